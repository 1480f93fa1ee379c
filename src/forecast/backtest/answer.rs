//! What a backtest answers.

use super::super::answer::{Area, AreaKind};
use super::super::score::diebold_mariano::{self, DieboldMariano, Kernel};
use super::super::score::pit::{self, Uniformity};
use super::super::score::skill::skill;
use super::super::score::{Case, Total};
use super::request::{Chosen, DEFAULT_ORIGINS, Plan, Request, Wanted};
use super::rival::Rival;
use crate::error::Error;
use crate::formula::{Link, Program};
use crate::panel::{Absent, Panel, Period, Value};
use std::collections::BTreeMap;

/// The forecasts of all contenders at all origins, compared with what came.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// Canonical text of the outcome; empty when the model ran at no origin.
    pub outcome: String,
    /// Name of the level the outcome gives back.
    pub level: String,
    /// Longest horizon.
    pub horizon: usize,
    /// Periods between origins.
    pub step: usize,
    /// The origins in the order of time, those that failed among them.
    pub origins: Vec<Origin>,
    /// The places of the forecasts, as at the first origin that has any.
    pub areas: Vec<Area>,
    /// The model with drivers forecast, the model with drivers known, the rivals.
    pub contenders: Vec<String>,
    /// The scores: id and parameters in force, as in `coverage level=0.8`.
    pub scores: Vec<String>,
    chosen: Vec<Chosen>,
    /// By contender, quantity, area and step: one case an origin, in the order of time.
    cases: Vec<Vec<Scored>>,
}

/// A period at which the data were cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The last period known.
    pub period: Period,
    /// Numbers of the contenders without a forecast, and why: with the model itself, the whole origin is left out.
    pub failures: Vec<(usize, String)>,
}

/// What a forecast number measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// The level.
    Level,
    /// Percent growth of the level on the period before.
    Growth,
}

impl Quantity {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Level, Self::Growth];

    /// The quantity's name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Growth => "growth",
        }
    }
}

/// The cases that a number is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Level or growth.
    pub quantity: Quantity,
    /// Number of the area; `None` pools the regions.
    pub area: Option<usize>,
    /// Steps ahead, from 1; `None` pools all.
    pub horizon: Option<usize>,
}

/// One forecast of one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Number of its origin.
    pub origin: usize,
    /// By score, before the mean is taken: of the root mean squared error the square.
    pub scores: Vec<Value>,
    /// Forecast and outcome, or why one of them is absent.
    pub told: Result<Told, Absent>,
}

/// A forecast and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// The point forecast.
    pub point: f64,
    /// The central 95 % interval; absent without draws.
    pub interval: Result<(f64, f64), Absent>,
    /// What came.
    pub actual: f64,
    /// Where in the distribution it fell.
    pub pit: Value,
}

/// Level that the interval told with each case is meant to have.
const TOLD_LEVEL: f64 = 0.95;

impl Told {
    pub(super) fn of(case: &Case<'_>) -> Self {
        Self {
            point: case.forecast.point(),
            interval: case.forecast.interval(TOLD_LEVEL),
            actual: case.actual,
            pit: pit::pit(case),
        }
    }
}

/// Where a case belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) contender: usize,
    pub(super) quantity: Quantity,
    pub(super) area: usize,
    pub(super) step: usize,
}

/// One contender against another by one score, on the cases that both have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Skill over the rival: 1 − S/S_r.
    pub skill: Value,
    /// Whether the difference is more than chance.
    pub test: Result<DieboldMariano, Absent>,
    /// Cases that both have.
    pub cases: usize,
}

/// Where what came fell in the distributions of a contender.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Cases by bin of [0, 1], equally wide.
    pub histogram: Vec<usize>,
    /// Test of uniformity; absent where the cases are not independent.
    pub uniformity: Result<Uniformity, Absent>,
    /// Cases without a distribution or an outcome.
    pub without: usize,
}

impl Backtest {
    pub(super) fn empty(plan: &Plan, horizon: usize) -> Self {
        let rivals = plan.rivals.iter().map(|rival| rival.name());
        Self {
            outcome: String::new(),
            level: String::new(),
            horizon,
            step: plan.step,
            origins: Vec::new(),
            areas: Vec::new(),
            contenders: ["model", "model_drivers_known"].into_iter().chain(rivals).map(str::to_owned).collect(),
            scores: plan.scores.iter().map(Chosen::label).collect(),
            chosen: plan.scores.clone(),
            cases: Vec::new(),
        }
    }

    /// Makes room for the cases of all origins, once the areas are known.
    ///
    /// # Errors
    /// [`Error::Limit`]: they take more memory than they may.
    pub(super) fn prepare(
        &mut self,
        (program, link): (&Program, Link),
        panel: &Panel,
        areas: &[Area],
        (origins, limit): (usize, u64),
    ) -> Result<(), Error> {
        if !self.areas.is_empty() {
            return Ok(());
        }
        let slots = self.contenders.len() * Quantity::ALL.len() * areas.len() * self.horizon;
        let needed = bytes(slots * origins, self.scores.len());
        if needed > limit {
            return Err(Error::Limit { what: "memory", needed, limit, unit: "bytes" });
        }
        let name = |measure: usize| panel.measures()[measure].name.as_str();
        let measure = name(link.measure);
        self.outcome = program.outcome().to_owned();
        self.level = link.divisor.map_or_else(|| measure.to_owned(), |d| format!("{measure}/{}", name(d)));
        self.areas = areas.to_vec();
        self.cases = vec![Vec::new(); slots];
        Ok(())
    }

    fn slot(&self, key: Key) -> usize {
        let quantity = usize::from(key.quantity == Quantity::Growth);
        ((key.contender * Quantity::ALL.len() + quantity) * self.areas.len() + key.area) * self.horizon + key.step - 1
    }

    pub(super) fn push(&mut self, key: Key, scored: Scored) {
        let slot = self.slot(key);
        self.cases[slot].push(scored);
    }

    /// The cases of a contender in an area so many steps ahead, in the order of time.
    pub fn cases(&self, contender: usize, quantity: Quantity, area: usize, step: usize) -> &[Scored] {
        &self.cases[self.slot(Key { contender, quantity, area, step })]
    }

    /// The lists of cases that make up a place, by area and step.
    fn lists(&self, contender: usize, place: Place) -> Vec<&[Scored]> {
        let regions = || (0..self.areas.len()).filter(|area| self.areas[*area].kind == AreaKind::Region).collect();
        let areas: Vec<usize> = place.area.map_or_else(regions, |area| vec![area]);
        let steps = place.horizon.map_or(1..=self.horizon, |step| step..=step);
        let lists =
            areas.iter().flat_map(|area| steps.clone().map(|step| self.cases(contender, place.quantity, *area, step)));
        lists.collect()
    }

    /// Cases that have a forecast and an outcome, and cases that lack one.
    pub fn size(&self, contender: usize, place: Place) -> (usize, usize) {
        let lists = self.lists(contender, place);
        let (with, without): (Vec<&Scored>, Vec<&Scored>) =
            lists.iter().flat_map(|list| list.iter()).partition(|case| case.told.is_ok());
        (with.len(), without.len())
    }

    /// A score of a contender.
    pub fn total(&self, contender: usize, score: usize, place: Place) -> Total {
        let lists = self.lists(contender, place);
        let of_cases: Vec<Value> = lists.iter().flat_map(|list| list.iter().map(|case| case.scores[score])).collect();
        Total::of(self.chosen[score].score, &of_cases)
    }

    /// Whether less of a score is better, so that contenders can be compared by it.
    pub fn is_loss(&self, score: usize) -> bool {
        self.chosen[score].score.is_loss()
    }

    /// A contender against a rival by a score that is a loss.
    pub fn comparison(&self, (contender, rival): (usize, usize), score: usize, place: Place) -> Comparison {
        let (ours, theirs) = (self.lists(contender, place), self.lists(rival, place));
        let mut pairs: Vec<(usize, f64, f64)> = Vec::new();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let theirs: BTreeMap<usize, Value> = theirs.iter().map(|case| (case.origin, case.scores[score])).collect();
            pairs.extend(ours.iter().filter_map(|case| {
                Some((case.origin, case.scores[score].ok()?, theirs.get(&case.origin).copied()?.ok()?))
            }));
        }
        let total = |of: fn(&(usize, f64, f64)) -> f64| {
            let scores: Vec<Value> = pairs.iter().map(|pair| Ok(of(pair))).collect();
            Total::of(self.chosen[score].score, &scores).value
        };
        let skill = total(|pair| pair.1).and_then(|ours| skill(ours, total(|pair| pair.2)?));
        let bandwidth = self.overlap(place.horizon.unwrap_or(self.horizon));
        let differences = by_origin(&pairs);
        // Fewer windows than two that do not overlap tell no variance, and the statistic is anything.
        let test = match differences.len() < 2 * bandwidth {
            true => Err(Absent::NoPeriod),
            false => diebold_mariano::test(&differences, bandwidth, Kernel::Rectangular),
        };
        Comparison { skill, test, cases: pairs.len() }
    }

    /// Every how many origins forecasts of these steps do not overlap.
    fn overlap(&self, steps: usize) -> usize {
        steps.div_ceil(self.step)
    }

    /// The calibration of a contender's distributions.
    pub fn calibration(&self, contender: usize, place: Place, bins: usize) -> Calibration {
        let lists = self.lists(contender, place);
        let places =
            |list: &[Scored]| -> Vec<f64> { list.iter().filter_map(|case| case.told.ok()?.pit.ok()).collect() };
        let pits: Vec<f64> = lists.iter().flat_map(|list| places(list)).collect();
        let uniformity = match (place.area, place.horizon, &lists[..]) {
            (Some(_), Some(steps), [list]) => uniformity(&places(list), self.overlap(steps)),
            _ => Err(Absent::Undetermined),
        };
        let cases: usize = lists.iter().map(|list| list.len()).sum();
        Calibration { histogram: pit::histogram(&pits, bins), uniformity, without: cases - pits.len() }
    }
}

/// Bytes that a backtest of a model of so many rows keeps beside the forecasts it makes.
pub fn predicted_bytes(request: &Request, rows: usize) -> u64 {
    let rivals = if request.rivals.is_empty() { Rival::ALL.len() } else { request.rivals.len() };
    let scores = if request.scores.is_empty() { Wanted::usual().len() } else { request.scores.len() };
    let origins = request.origins.count.max(DEFAULT_ORIGINS);
    // Groups and the nation count like rows.
    let cases = (2 + rivals) * Quantity::ALL.len() * 2 * rows * request.forecast.horizon * origins;
    bytes(cases, scores)
}

/// Bytes of so many cases.
fn bytes(cases: usize, scores: usize) -> u64 {
    (cases as u64).saturating_mul((size_of::<Scored>() + scores * size_of::<Value>()) as u64)
}

/// Mean difference of the losses by origin, in the order of time.
fn by_origin(pairs: &[(usize, f64, f64)]) -> Vec<f64> {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (origin, ours, theirs) in pairs {
        let (sum, count) = sums.entry(*origin).or_default();
        (*sum, *count) = (*sum + ours - theirs, *count + 1.0);
    }
    sums.values().map(|(sum, count)| sum / count).collect()
}

/// The test of every `apart`-th number; of these samples the one with the smallest p-value, times their number.
fn uniformity(pits: &[f64], apart: usize) -> Result<Uniformity, Absent> {
    let sample = |start: usize| pits.iter().skip(start).step_by(apart).copied().collect::<Vec<_>>();
    let tests: Result<Vec<Uniformity>, Absent> = (0..apart).map(|start| pit::uniformity(&sample(start))).collect();
    let smallest = tests?.into_iter().min_by(|a, b| a.p_value.total_cmp(&b.p_value)).ok_or(Absent::NoPeriod)?;
    Ok(Uniformity { p_value: (smallest.p_value * apart as f64).min(1.0), ..smallest })
}
