//! Who gains and who loses.

use super::super::answer::AreaKind;
use super::super::plan::Scenario;
use super::super::series::Series;
use super::super::study::{Draws, Study};
use super::answer::{EffectKind, Explained, Gain, Gains};
use super::effects::Effects;
use crate::error::Error;
use crate::panel::{Value, finite};

/// Effect, in percent of the baseline's level, up to which it is rounding.
const ROUNDING_PERCENT: f64 = 1e-10;

/// The effects on one area.
struct Effect {
    area: usize,
    level: Series,
    percent: Series,
    growth: Series,
}

/// Gains and losses of a scenario at a step.
///
/// # Errors
/// As [`Study::values`].
pub(super) fn gains(study: &Study<'_>, scenario: &Scenario, step: usize, quantiles: &[f64]) -> Result<Gains, Error> {
    let areas: Vec<usize> = (0..study.areas().len()).filter(|a| study.areas()[*a].kind != AreaKind::Cell).collect();
    let kinds = [EffectKind::Level, EffectKind::LevelPercent, EffectKind::Growth];
    let of_area = |area: &usize| kinds.map(|kind| Explained { kind, area: *area, step });
    let explained: Vec<Explained> = areas.iter().flat_map(of_area).collect();
    let mut series = Effects::new(study, &explained, Draws::All)?.of(scenario)?.into_iter();
    let mut effects = Vec::with_capacity(areas.len());
    for area in areas {
        let (Some(level), Some(percent), Some(growth)) = (series.next(), series.next(), series.next()) else { break };
        effects.push(Effect { area, level, percent, growth });
    }
    let regions: Vec<&Effect> = effects.iter().filter(|e| study.areas()[e.area].kind == AreaKind::Region).collect();
    let points: Vec<Value> = regions.iter().map(|effect| effect.percent.point).collect();
    let count = |is: fn(f64) -> bool| points.iter().filter(|point| point.is_ok_and(is)).count();
    let sum = |is: fn(f64) -> bool| super::levels_add_up(study).then(|| total(&regions, is).band(quantiles));
    Ok(Gains {
        gainers: count(is_gain),
        losers: count(is_loss),
        unchanged: count(|x| !is_gain(x) && !is_loss(x)),
        absent: points.iter().filter(|point| point.is_err()).count(),
        gained: sum(is_gain),
        lost: sum(is_loss),
        areas: effects.iter().map(|effect| effect.tell(study, &points, quantiles)).collect(),
    })
}

fn is_gain(percent: f64) -> bool {
    percent > ROUNDING_PERCENT
}

fn is_loss(percent: f64) -> bool {
    percent < -ROUNDING_PERCENT
}

/// The sum, in each draw, of the levels of the regions of which `is` holds in it; regions without an effect are left out.
fn total(regions: &[&Effect], is: fn(f64) -> bool) -> Series {
    let draws = regions.iter().find_map(|effect| effect.level.draws.as_ref().ok()).map_or(0, Vec::len);
    let mut sum = Series::constant(Ok(0.0), draws);
    for effect in regions.iter().filter(|effect| effect.percent.point.is_ok()) {
        let chosen = effect.level.zip(&effect.percent, |level, percent| Ok(if is(percent) { level } else { 0.0 }));
        sum.add(Ok(1.0), chosen.draws());
    }
    sum
}

impl Effect {
    fn tell(&self, study: &Study<'_>, points: &[Value], quantiles: &[f64]) -> Gain {
        let is_region = study.areas()[self.area].kind == AreaKind::Region;
        let better = |point: f64| points.iter().filter(|other| other.is_ok_and(|other| other > point)).count();
        Gain {
            area: self.area,
            level: self.level.clone().band(quantiles),
            level_percent: self.percent.clone().band(quantiles),
            growth: self.growth.clone().band(quantiles),
            probability_of_gain: self.probability_of_gain(),
            rank: self.percent.point.ok().filter(|_| is_region).map(|point| 1 + better(point)),
        }
    }

    /// `None` without draws.
    fn probability_of_gain(&self) -> Option<Value> {
        match &self.percent.draws {
            Ok(draws) if draws.is_empty() => None,
            Ok(draws) => {
                let gains = draws.iter().filter(|x| is_gain(**x)).count();
                Some(finite(gains as f64 / draws.len() as f64))
            }
            Err(reason) => Some(Err(*reason)),
        }
    }
}
