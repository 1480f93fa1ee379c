//! A scenario of which some amounts are free.

use super::super::change::{Act, Change};
use super::super::plan::{Plan, Scenario};
use super::super::request::{self, Request};
use super::super::series::Series;
use super::super::study::{Draws, Study, Target, linked};
use super::response::Response;
use crate::error::{Error, Violation, Violations};
use crate::formula::{Link, Program};
use crate::panel::Panel;

/// The data and the formulas that a question is checked against.
#[derive(Debug, Clone)]
pub(super) struct Ground<'a> {
    pub(super) panel: &'a Panel,
    /// Models of the outcome.
    pub(super) models: Vec<(&'a Program, Link)>,
    /// Equations that project drivers.
    equations: Vec<(&'a Program, Link)>,
}

impl<'a> Ground<'a> {
    /// That of models of the outcome and equations of drivers.
    ///
    /// # Errors
    /// At the models: formulas that cannot be forecast or do not go together.
    pub(super) fn of_programs(
        (outcome, drivers): (&[&'a Program], &[&'a Program]),
        panel: &'a Panel,
    ) -> Result<Self, Violations> {
        let (models, equations) = linked(outcome, drivers)?;
        Ok(Self { panel, models, equations })
    }

    /// That of a study.
    pub(super) fn of_study(study: &Study<'a>) -> Self {
        let engine = study.engine();
        let models = study.members.iter().map(|member| (member.engine.main.program, member.engine.main.link));
        let equations = engine.drivers.iter().map(|equation| (equation.program, equation.link));
        Self { panel: engine.panel, models: models.collect(), equations: equations.collect() }
    }
}

/// A change whose amount is free, as a question states it.
#[derive(Debug, Clone, PartialEq)]
pub struct Free {
    /// The change; its amount is where the search starts, usually no change at all (a factor of 1, nothing added).
    pub change: request::Change,
    /// The least amount.
    pub low: f64,
    /// The most.
    pub high: f64,
}

/// A checked scenario: what is in place anyway, and the changes whose amounts are free.
#[derive(Debug, Clone)]
pub(super) struct FreeScenario {
    fixed: Scenario,
    /// The free changes.
    pub(super) changes: Vec<Change>,
    /// Which free change of the question each comes from.
    pub(super) origins: Vec<usize>,
    /// Names of the request's groups.
    pub(super) groups: Vec<String>,
}

impl FreeScenario {
    /// Checks the request, its only scenario, if any, being in place anyway, and the free changes at their start and at
    /// both bounds; the violations of free change i are at `{field}[i]`.
    ///
    /// # Errors
    /// Every violation.
    pub(super) fn read(ground: &Ground<'_>, request: &Request, free: &[Free], field: &str) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        if request.scenarios.len() > 1 {
            let rule = "at most one: what is in place whatever the answer";
            violations.push(Violation::new("scenarios", rule, request.scenarios.len()));
        }
        let in_place = request.scenarios.first();
        let before = in_place.map_or(0, |scenario| scenario.changes.len());
        let asked = Request { scenarios: variants(in_place, free), ..request.clone() };
        let planned = Plan::read(&asked, ground.panel, &ground.models, &ground.equations);
        let Some(plan) = violations.keep("", planned.map_err(|found| on_the_question(&found, before, field))) else {
            return Err(violations);
        };
        let mut scenarios = plan.scenarios.into_iter().skip(BOUNDS.len());
        let fixed = scenarios.next().ok_or_else(|| Violation::new("scenarios", "were not planned", ""))?;
        let changes = scenarios.flat_map(|scenario| scenario.changes).collect();
        let origins = (0..free.len()).collect();
        violations.into_result(Self { fixed, changes, origins, groups: plan.groups.names })
    }

    /// The scenario with these amounts.
    pub(super) fn with(&self, amounts: &[f64]) -> Scenario {
        let mut scenario = self.fixed.clone();
        scenario.changes.extend(
            self.changes.iter().zip(amounts).map(|(change, amount)| Change { amount: *amount, ..change.clone() }),
        );
        scenario.changes.sort_by(Change::canonical);
        scenario
    }

    /// The same with a free change of its own for each region.
    pub(super) fn by_region(self) -> Self {
        let split = |(origin, change): (usize, Change)| {
            let regions = change.regions.clone();
            regions.into_iter().map(move |region| (origin, Change { regions: vec![region], ..change.clone() }))
        };
        let (origins, changes) = self.origins.into_iter().zip(self.changes).flat_map(split).unzip();
        Self { origins, changes, ..self }
    }
}

/// The amounts at which all free changes are checked together.
const BOUNDS: [fn(&Free) -> f64; 3] = [|free| free.change.amount, |free| free.low, |free| free.high];

/// All together at each of the bounds; then what is in place alone, and each free change alone.
fn variants(in_place: Option<&request::Scenario>, free: &[Free]) -> Vec<request::Scenario> {
    let nothing =
        || request::Scenario { name: "answer".to_owned(), changes: Vec::new(), closure: request::Closure::NewActivity };
    let fixed = in_place.cloned().unwrap_or_else(nothing);
    let together = |amount: &fn(&Free) -> f64| {
        let mut scenario = fixed.clone();
        scenario.changes.extend(free.iter().map(|f| request::Change { amount: amount(f), ..f.change.clone() }));
        scenario
    };
    let singly = free.iter().map(|free| request::Scenario { changes: vec![free.change.clone()], ..nothing() });
    let mut all: Vec<_> = BOUNDS.iter().map(together).chain([fixed.clone()]).chain(singly).collect();
    // The first keeps its name, to be checked; those of the others only have to differ from it.
    let letter = if fixed.name.starts_with('v') { 'w' } else { 'v' };
    all.iter_mut().enumerate().skip(1).for_each(|(i, scenario)| scenario.name = format!("{letter}{i}"));
    all
}

/// Violations of the variants where the question has them: those of the first in full, of the other two the amounts.
fn on_the_question(found: &Violations, before: usize, field: &str) -> Violations {
    let mut violations = Violations::default();
    for violation in found.told() {
        if let Some(name) = name_of(&violation.field, before, field) {
            violations.push(Violation { field: name, ..violation.clone() });
        }
    }
    violations
}

fn name_of(path: &str, before: usize, field: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix("scenarios[") else { return Some(path.to_owned()) };
    let (variant, rest) = rest.split_once(']')?;
    let change = rest.strip_prefix(".changes[").and_then(|rest| rest.split_once(']'));
    let change = change.and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest)));
    match (variant, change) {
        ("0", Some((number, rest))) if number >= before => Some(format!("{field}[{}].change{rest}", number - before)),
        ("0", _) => Some(path.to_owned()),
        ("1", Some((number, ".amount"))) if number >= before => Some(format!("{field}[{}].low", number - before)),
        ("2", Some((number, ".amount"))) if number >= before => Some(format!("{field}[{}].high", number - before)),
        _ => None,
    }
}

/// The furthest amounts that an action knows, for what lies beyond the bounds.
pub(super) fn limits(act: &Act, scale: f64) -> (f64, f64) {
    let most = 1e12 * scale.abs().max(1.0);
    match act {
        Act::Scale => (0.0, most),
        Act::Move(_) => (0.0, 1.0),
        Act::Set | Act::Add => (-most, most),
    }
}

/// A number of the forecast: one target, or one less another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub(super) Target, pub(super) Option<Target>);

/// A study as a function of the free amounts.
pub(super) struct OfStudy<'a> {
    pub(super) study: &'a Study<'a>,
    pub(super) free: &'a FreeScenario,
    pub(super) numbers: &'a [Number],
}

impl OfStudy<'_> {
    /// Point and draws of each number; `None` where the amounts cannot be carried out or one is undefined.
    fn values(&self, amounts: &[f64], draws: Draws) -> Result<Option<(Vec<f64>, Vec<Vec<f64>>)>, Error> {
        let Some(series) = self.series(amounts, draws)? else { return Ok(None) };
        let numbers = series.into_iter().map(|series| Some((series.point.ok()?, series.draws.ok()?)));
        Ok(numbers.collect::<Option<Vec<_>>>().map(|numbers| numbers.into_iter().unzip()))
    }

    /// The numbers at these amounts; `None` where they cannot be carried out.
    ///
    /// # Errors
    /// Those of the study.
    pub(super) fn series(&self, amounts: &[f64], draws: Draws) -> Result<Option<Vec<Series>>, Error> {
        let targets: Vec<Target> =
            self.numbers.iter().flat_map(|Number(one, less)| [Some(*one), *less]).flatten().collect();
        let values = match self.study.values(Some(&self.free.with(amounts)), &targets, draws) {
            Err(Error::Invalid(_)) => return Ok(None),
            other => other?,
        };
        let mut values = values.into_iter();
        let mut number = |Number(_, less): &Number| {
            let one = values.next()?;
            if less.is_some() { Some(one.minus(&values.next()?)) } else { Some(one) }
        };
        Ok(self.numbers.iter().map(&mut number).collect())
    }
}

impl Response for OfStudy<'_> {
    fn point(&self, amounts: &[f64]) -> Result<Option<Vec<f64>>, Error> {
        Ok(self.values(amounts, Draws::Point)?.map(|(point, _)| point))
    }

    fn draws(&self, amounts: &[f64]) -> Result<Option<Vec<Vec<f64>>>, Error> {
        Ok(self.values(amounts, Draws::All)?.map(|(_, draws)| draws))
    }
}
