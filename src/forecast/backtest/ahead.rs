//! The model's forecasts at an origin: levels of every area, draw by draw.

use super::super::answer::Area;
use super::super::request::{DriverPath, GivenPath, Request};
use super::super::series::Series;
use super::super::simulate::Engine;
use super::super::summary::Summary;
use super::super::{Model, Plan, area, check_formula, draw_shocks, memory, path, scenario_paths};
use crate::error::Error;
use crate::formula::{History, Program};
use crate::numeric::Stop;
use crate::panel::{Panel, Period};
use std::collections::BTreeMap;

/// Futures of the areas after the data end.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) areas: Vec<Area>,
    /// Future (the baseline first) × area × step.
    pub(super) levels: Vec<Vec<Vec<Series>>>,
}

impl Ahead {
    /// Forecasts the baseline and the scenarios of a request.
    ///
    /// # Errors
    /// As [`super::super::forecast`].
    pub(super) fn run(
        (program, model): &(Program, Model),
        panel: &Panel,
        request: &Request,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let link = check_formula(program)?;
        let plan = Plan::read(request, panel, &program.drivers(), link)?;
        memory::check(request, program)?;
        let projected = path::baseline(&plan, panel, &mut Vec::new());
        let history = History::new(panel);
        let engine = Engine { program, panel, history: &history, model, plan: &plan, link, projected: &projected };
        let shocks = draw_shocks(program, model, request, stop)?;
        let baseline = engine.future(projected.clone(), None);
        let runs = engine.run_all(&baseline, &shocks, None, stop)?;
        let rows = area::rows(&engine, &runs[0], &projected);
        let areas = area::areas(&engine, &rows);
        let summary = Summary { engine: &engine, rows: &rows, areas: &areas, quantiles: &[], stop };
        let mut futures = vec![summary.paths(&runs, &[], &projected)];
        for (scenario, drivers) in plan.scenarios.iter().zip(scenario_paths(&plan, panel, &projected)?) {
            let future = engine.future(drivers, Some(scenario));
            let runs = engine.run_all(&future, &shocks, Some(&runs), stop)?;
            futures.push(summary.paths(&runs, &[], &future.drivers));
        }
        let steps = 1..=plan.periods.len();
        let level = |paths: &super::super::summary::Paths, area: &Area| -> Vec<Series> {
            steps.clone().map(|h| paths.levels.level(area, h, &paths.level)).collect()
        };
        let levels = futures.iter().map(|paths| areas.iter().map(|area| level(paths, area)).collect()).collect();
        Ok(Self { areas, levels })
    }
}

/// A request that is told the true paths of the measures that the model reads, over its horizon after `origin`.
///
/// Cells whose path has holes go on as the method `given_path` has them do.
pub(super) fn with_known_drivers(request: &Request, program: &Program, panel: &Panel, origin: Period) -> Request {
    let link = program.link().ok();
    let population = request.population.as_deref().and_then(|name| panel.find_measure(name));
    let mut reads: Vec<usize> = program.drivers();
    reads.extend(link.and_then(|link| link.divisor).into_iter().chain(population));
    reads.sort_unstable();
    reads.dedup();
    let own = link.map(|link| link.measure);
    let known = reads.into_iter().filter(|measure| Some(*measure) != own);
    let paths: BTreeMap<usize, Vec<GivenPath>> =
        known.map(|measure| (measure, true_paths(panel, measure, origin, request.horizon))).collect();
    let name = |measure: usize| panel.measures()[measure].name.clone();
    let told = |measure: &usize| paths.get(measure).is_some_and(|given| !given.is_empty());
    let kept = request.drivers.iter().filter(|path| !panel.find_measure(&path.measure).is_some_and(|m| told(&m)));
    let given = paths.iter().filter(|(_, given)| !given.is_empty()).map(|(measure, given)| DriverPath {
        measure: name(*measure),
        method: "given_path".to_owned(),
        params: BTreeMap::new(),
        given: given.clone(),
    });
    Request { drivers: kept.cloned().chain(given).collect(), ..request.clone() }
}

/// The cells of a measure whose level is known in each of the periods after the origin.
fn true_paths(panel: &Panel, measure: usize, origin: Period, horizon: usize) -> Vec<GivenPath> {
    let grids: Option<Vec<_>> = (1..=horizon as i32).map(|h| panel.grid(measure, origin.plus(h))).collect();
    let Some(grids) = grids else { return Vec::new() };
    let negative = !panel.measures()[measure].adds_up();
    let cell = |cell: usize| {
        let values = grids.iter().map(|grid| grid.values[cell].ok()).collect::<Option<Vec<f64>>>()?;
        let (region, industry) = (cell / panel.width(), cell % panel.width());
        (negative || values.iter().all(|x| *x >= 0.0)).then(|| GivenPath {
            region: panel.regions().name(region).to_owned(),
            industry: panel.industries().map(|labels| labels.name(industry).to_owned()),
            values,
        })
    };
    (0..panel.regions().len() * panel.width()).filter_map(cell).collect()
}
