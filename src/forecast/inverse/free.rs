//! A scenario of which some amounts are free.

use super::super::change::Change;
use super::super::plan::{Plan, Scenario};
use super::super::request::{self, Action, Entrants, Request};
use super::super::series::Series;
use super::super::study::{Draws, Study, Target, linked};
use super::response::Response;
use crate::error::{Error, Violation, Violations};
use crate::formula::{Link, Program};
use crate::panel::Panel;
use std::collections::BTreeSet;

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
    /// One an amount.
    pub(super) changes: Vec<Span>,
    /// Names of the request's groups.
    pub(super) groups: Vec<String>,
}

/// A free change between its bounds.
///
/// The amounts of the single measures it changes, and the pace of a growth target, are linear in its own.
#[derive(Debug, Clone)]
pub(super) struct Span {
    /// Number of the change in the question.
    pub(super) origin: usize,
    bounds: (f64, f64),
    /// What it does to single measures at the least amount.
    pub(super) low: Vec<Change>,
    high: Vec<Change>,
}

impl Span {
    /// What the change does at an amount.
    fn at(&self, amount: f64) -> impl Iterator<Item = Change> {
        let (low, high) = self.bounds;
        let part = if high > low { (amount - low) / (high - low) } else { 0.0 };
        // At the bounds themselves without rounding.
        let between = move |a: f64, b: f64| if part >= 1.0 { b + (part - 1.0) * (b - a) } else { a + part * (b - a) };
        self.low.iter().zip(&self.high).map(move |(low, high)| Change {
            amounts: low.amounts.iter().zip(&high.amounts).map(|(a, b)| between(*a, *b)).collect(),
            pace: between(low.pace, high.pace),
            ..low.clone()
        })
    }

    /// The regions it changes, ascending.
    pub(super) fn regions(&self) -> &[usize] {
        self.low.first().map_or(&[], |change| &change.regions)
    }

    /// One a region.
    fn by_region(self) -> impl Iterator<Item = Self> {
        let one = |changes: &[Change], i: usize| -> Vec<Change> {
            let only = |c: &Change| Change { regions: vec![c.regions[i]], amounts: vec![c.amounts[i]], ..c.clone() };
            changes.iter().map(only).collect()
        };
        (0..self.regions().len()).map(move |i| Self {
            low: one(&self.low, i),
            high: one(&self.high, i),
            ..self.clone()
        })
    }
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
        let planned = violations.keep("", planned.map_err(|found| on_the_question(&found, before, field)));
        let Some(plan) = planned else { return Err(violations) };
        let mut scenarios = plan.scenarios.into_iter().skip(BOUNDS.len());
        let fixed = scenarios.next().unwrap_or_else(|| Scenario::empty("answer"));
        let mut alone = scenarios.map(|scenario| scenario.changes);
        let mut next = || alone.next().unwrap_or_default();
        let span =
            |(origin, free): (usize, &Free)| Span { origin, bounds: (free.low, free.high), low: next(), high: next() };
        let changes = free.iter().enumerate().map(span).collect();
        violations.into_result(Self { fixed, changes, groups: plan.groups.names })
    }

    /// The scenario with these amounts.
    pub(super) fn with(&self, amounts: &[f64]) -> Scenario {
        let mut scenario = self.fixed.clone();
        scenario.changes.extend(self.changes.iter().zip(amounts).flat_map(|(span, amount)| span.at(*amount)));
        scenario.changes.sort_by(Change::canonical);
        scenario
    }

    /// The same with a free change of its own for each region.
    pub(super) fn by_region(self) -> Self {
        Self { changes: self.changes.into_iter().flat_map(Span::by_region).collect(), ..self }
    }
}

/// An amount of a free change, and its field.
type Bound = (fn(&Free) -> f64, &'static str);

/// The amounts at which all free changes are checked together, and what a violation there is told at.
const BOUNDS: [Bound; 3] =
    [(|free| free.change.amount, "change"), (|free| free.low, "low"), (|free| free.high, "high")];

/// All together at each of the bounds; then what is in place alone, and each free change alone at either bound.
fn variants(in_place: Option<&request::Scenario>, free: &[Free]) -> Vec<request::Scenario> {
    let nothing =
        || request::Scenario { name: "answer".to_owned(), changes: Vec::new(), closure: request::Closure::NewActivity };
    let fixed = in_place.cloned().unwrap_or_else(nothing);
    let together = |(amount, _): &Bound| {
        let mut scenario = fixed.clone();
        scenario.changes.extend(free.iter().map(|f| request::Change { amount: amount(f), ..f.change.clone() }));
        scenario
    };
    let alone = |free: &Free, amount: f64| {
        let changes = vec![request::Change { amount, ..free.change.clone() }];
        request::Scenario { changes, ..nothing() }
    };
    let singly = free.iter().flat_map(|free| [alone(free, free.low), alone(free, free.high)]);
    let mut all: Vec<_> = BOUNDS.iter().map(together).chain([fixed.clone()]).chain(singly).collect();
    // The first keeps its name, to be checked; those of the others only have to differ from it.
    let letter = if fixed.name.starts_with('v') { 'w' } else { 'v' };
    all.iter_mut().enumerate().skip(1).for_each(|(i, scenario)| scenario.name = format!("{letter}{i}"));
    all
}

/// Violations of the variants where the question has them: those at the start in full, those at the bounds that are new
/// there, and whatever else only when there is nothing to tell of these.
fn on_the_question(found: &Violations, before: usize, field: &str) -> Violations {
    let (mut told, mut others) = (Violations::default(), Violations::default());
    let mut known = BTreeSet::new();
    for violation in found.told() {
        let place = violation.field.strip_prefix("scenarios[").and_then(|rest| rest.split_once(']'));
        let variant = place.map(|(variant, rest)| (variant.parse::<usize>().unwrap_or(usize::MAX), rest));
        match variant {
            None => told.push(violation.clone()),
            Some((variant, rest)) if variant < BOUNDS.len() => {
                let here = (rest.to_owned(), violation.rule.clone());
                if variant == 0 || !known.contains(&here) {
                    told.push(Violation { field: name_of(variant, rest, before, field), ..violation.clone() });
                }
                if variant == 0 {
                    known.insert(here);
                }
            }
            Some(_) => others.push(Violation { field: field.to_owned(), ..violation.clone() }),
        }
    }
    if told.is_empty() { others } else { told }
}

/// The field of the question of what is at `rest` within a variant.
fn name_of(variant: usize, rest: &str, before: usize, field: &str) -> String {
    let change = rest.strip_prefix(".changes[").and_then(|rest| rest.split_once(']'));
    let free = change.and_then(|(number, rest)| Some((number.parse::<usize>().ok()?.checked_sub(before)?, rest)));
    match free {
        Some((number, rest)) if variant == 0 => format!("{field}[{number}].change{rest}"),
        Some((number, _)) => format!("{field}[{number}].{}", BOUNDS[variant].1),
        None => format!("scenarios[0]{rest}"),
    }
}

/// The furthest amounts that a free change knows, for what lies beyond its bounds.
pub(super) fn limits(free: &Free) -> (f64, f64) {
    let most = 1e12 * free.high.abs().max(1.0);
    match free.change.action {
        Action::Scale => (0.0, most),
        Action::Move { .. } => (0.0, 1.0),
        Action::SetShare => (0.0, 1.0 - 1e-12),
        Action::SetGrowth => (-100.0, 1000.0),
        Action::Intensive { .. } | Action::Extensive { entrants: Entrants::Rate, .. } => (-1.0, most),
        Action::Set | Action::Add | Action::Extensive { entrants: Entrants::Number, .. } => (-most, most),
    }
}

/// A number of the forecast: one target, or one less another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub(super) Target, pub(super) Option<Target>);

/// The point forecast of each number, and its draws.
type PointAndDraws = (Vec<f64>, Vec<Vec<f64>>);

/// A study as a function of the free amounts.
pub(super) struct OfStudy<'a> {
    pub(super) study: &'a Study<'a>,
    pub(super) free: &'a FreeScenario,
    pub(super) numbers: &'a [Number],
}

impl OfStudy<'_> {
    /// Point and draws of each number; `None` where the amounts cannot be carried out or one is undefined.
    fn values(&self, amounts: &[f64], draws: Draws) -> Result<Option<PointAndDraws>, Error> {
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
