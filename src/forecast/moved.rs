//! Which drivers a scenario moves, where and how far.

use super::answer::MovedDriver;
use super::future::Future;
use super::series::difference;
use super::study::Study;
use crate::panel::{Grid, Value};
use std::sync::Arc;

/// The drivers that the first model's point forecast has moved, by driver, period and region.
pub(super) fn drivers(study: &Study<'_>, futures: &[Future]) -> Vec<MovedDriver> {
    let (engine, ours) = (study.engine(), &futures[0].point.drivers);
    let theirs = &study.baseline[0].point.drivers;
    let panel = engine.panel;
    let measures = theirs.first().into_iter().flat_map(|step| step.keys());
    let mut moved = Vec::new();
    for measure in measures.filter(|measure| **measure != engine.main.link.measure) {
        let info = &panel.measures()[*measure];
        let steps = ours.iter().zip(theirs).map(|(ours, theirs)| (&ours[measure], &theirs[measure]));
        for (step, (ours, theirs)) in steps.enumerate().filter(|(_, (ours, theirs))| !Arc::ptr_eq(ours, theirs)) {
            let pairs = by_region(ours, info.adds_up()).into_iter().zip(by_region(theirs, info.adds_up()));
            for (region, (scenario, baseline)) in pairs.enumerate().filter(|(_, (a, b))| apart(*a, *b)) {
                let region = panel.regions().name(region).to_owned();
                moved.push(MovedDriver { driver: info.name.clone(), region, step, baseline, scenario });
            }
        }
    }
    moved
}

/// The total of the industries that are there, or their mean.
fn by_region(grid: &Grid, adds_up: bool) -> Vec<Value> {
    let mut values = grid.region_totals();
    if !adds_up {
        for (value, cells) in values.iter_mut().zip(grid.values.chunks(grid.width)) {
            *value = value.map(|sum| sum / cells.iter().flatten().count() as f64);
        }
    }
    values
}

fn apart(a: Value, b: Value) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => difference(a, b) != Ok(0.0),
        (a, b) => a.is_ok() != b.is_ok(),
    }
}
