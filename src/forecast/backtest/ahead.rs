//! The model's forecasts at an origin: levels of every area, draw by draw.

use super::super::answer::Area;
use super::super::request::{DriverPath, GivenPath, Request};
use super::super::series::Series;
use super::super::study::{Draws, Models, Quantity, Study, Target};
use super::Estimated;
use crate::error::{Error, Violation, Violations};
use crate::formula::{Link, Program};
use crate::numeric::Stop;
use crate::panel::{Panel, Period};
use std::collections::BTreeMap;

/// The futures of the areas after the data end.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) areas: Vec<Area>,
    /// Future (the baseline first, then the scenarios) × area × step.
    pub(super) levels: Vec<Vec<Vec<Series>>>,
}

impl Ahead {
    /// Forecasts the baseline and the scenarios of a request.
    ///
    /// # Errors
    /// As [`super::super::forecast`].
    pub(super) fn run(models: &Models<'_>, panel: &Panel, request: &Request, stop: &Stop) -> Result<Self, Error> {
        let study = Study::of(models, panel, request, stop)?;
        let steps = study.periods().len();
        let target = |area: usize| (1..=steps).map(move |step| Target { quantity: Quantity::Level, area, step });
        let targets: Vec<Target> = (0..study.areas().len()).flat_map(target).collect();
        let futures = std::iter::once(None).chain(study.scenarios().iter().map(Some));
        let levels = futures.map(|scenario| {
            let values = study.values(scenario, &targets, Draws::All)?;
            Ok(values.chunks(steps).map(<[Series]>::to_vec).collect())
        });
        Ok(Self { areas: study.areas().to_vec(), levels: levels.collect::<Result<_, Error>>()? })
    }
}

impl Estimated {
    /// The models, with the equations of drivers.
    pub(super) fn models(&self) -> Models<'_> {
        let drivers = self.drivers.iter().map(|(program, model)| (program, model)).collect();
        Models { drivers, ..self.models_of_outcome() }
    }

    /// The models without equations of drivers.
    pub(super) fn models_of_outcome(&self) -> Models<'_> {
        let outcome = self.outcome.iter().map(|(program, model, weight)| (program, model, *weight));
        Models { outcome: outcome.collect(), drivers: Vec::new() }
    }

    /// The program of the first model.
    ///
    /// # Errors
    /// Without any model, or with an outcome that gives no level back.
    pub(super) fn program(&self) -> Result<(&Program, Link), Violations> {
        let (program, ..) =
            self.outcome.first().ok_or_else(|| Violation::new("models", "must name at least one", ""))?;
        Ok((program, program.link()?))
    }
}

/// A request that is told the true paths of the measures that the models read, over its horizon after `origin`.
///
/// Cells whose path has holes go on as the method `given_path` has them do.
pub(super) fn with_known_drivers(request: &Request, models: &Estimated, panel: &Panel, origin: Period) -> Request {
    let link = models.program().ok().map(|(_, link)| link);
    let population = request.population.as_deref().and_then(|name| panel.find_measure(name));
    let mut reads: Vec<usize> = models.outcome.iter().flat_map(|(program, ..)| program.drivers()).collect();
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
