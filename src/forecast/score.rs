//! The catalogue of scores: how good forecasts were, one file and one card each.
//!
//! A [`Score`] judges one [`Case`], a forecast and what came; a method is judged by the mean over many cases. The
//! difference between two methods is told by [`skill`] and, with its significance, by [`diebold_mariano`]; whether
//! distributions were honest by [`pit`]. The logarithmic score is not among them: from draws it needs a density
//! estimate, whose bandwidth would decide it (Krüger, Lerch, Thorarinsdottir and Gneiting 2021, section 4).

mod bias;
mod coverage;
mod crps;
pub mod diebold_mariano;
mod fair_crps;
mod interval_score;
mod mae;
mod mape;
mod mase;
mod pinball;
pub mod pit;
mod predictive;
mod rmse;
mod rmsse;
pub mod skill;

pub use predictive::Predictive;

use crate::card::{Card, Domain, Param, Params};
use crate::panel::{Absent, Value, finite, ratio};

/// A forecast of one number, and the number.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What was forecast.
    pub forecast: &'a Predictive,
    /// What came.
    pub actual: f64,
    /// What was known when the forecast was made: the same number period by period, the last one last.
    pub history: &'a [Value],
}

impl Case<'_> {
    /// What came less the point forecast.
    fn error(&self) -> f64 {
        self.actual - self.forecast.point()
    }
}

/// A way to judge a forecast.
pub trait Score: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// The score of one case, whose mean over cases [`Score::of_mean`] turns into the score that is told.
    ///
    /// # Errors
    /// Why the case has none, such as an interval score of a forecast without draws.
    fn of_case(&self, case: &Case<'_>, params: &Params) -> Value;

    /// The score as it is told: the mean over cases, or the root of it for squares.
    fn of_mean(&self, mean: f64) -> f64 {
        mean
    }

    /// Whether less is better. If not, there is no skill and no comparison in it.
    fn is_loss(&self) -> bool {
        true
    }
}

/// Every score of cases, in the order of the catalogue.
pub static ALL: &[&dyn Score] = &[
    &mae::Mae,
    &rmse::Rmse,
    &bias::Bias,
    &mape::Mape,
    &mase::Mase,
    &rmsse::Rmsse,
    &crps::Crps,
    &fair_crps::FairCrps,
    &interval_score::IntervalScore,
    &pinball::Pinball,
    &coverage::Coverage,
];

/// The score of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Score> {
    ALL.iter().copied().find(|score| score.card().answers_to(name))
}

/// The cards of all scores and of the tests and comparisons made with them.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    ALL.iter().map(|score| score.card()).chain([&skill::CARD, &diebold_mariano::CARD, &pit::CARD])
}

/// A score of several cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// The score over the cases that have one; absent, with the reason of the first case, when none has.
    pub value: Value,
    /// Cases with a score.
    pub cases: usize,
    /// Cases without one.
    pub without: usize,
}

impl Total {
    /// The score of cases with these scores.
    pub fn of(score: &dyn Score, of_cases: &[Value]) -> Self {
        let cases = of_cases.iter().flatten().count();
        let sum: f64 = of_cases.iter().flatten().sum();
        let reason = of_cases.iter().find_map(|x| x.err()).unwrap_or(Absent::Missing);
        let value = if cases == 0 { Err(reason) } else { finite(score.of_mean(sum / cases as f64)) };
        Self { value, cases, without: of_cases.len() - cases }
    }
}

/// The mean of `size` of the changes over `season` periods in a history, left out where one end is absent.
fn naive_scale(history: &[Value], season: usize, size: fn(f64) -> f64) -> Value {
    let pairs = history.iter().zip(history.iter().skip(season));
    let changes: Vec<f64> = pairs.filter_map(|(before, now)| Some(size((*now).ok()? - (*before).ok()?))).collect();
    if changes.is_empty() {
        return Err(Absent::NoPeriod);
    }
    finite(changes.iter().sum::<f64>() / changes.len() as f64)
}

/// `error` over a scale that a constant history leaves at zero.
fn scaled(error: f64, scale: Value) -> Value {
    ratio(error, scale?)
}

/// The parameter of scores that compare with the errors of a naive forecast.
const SEASON: Param = Param {
    name: "season",
    doc: "Periods back from which the naive forecast takes its value; 1 is the last period.",
    domain: Domain::Integer { min: 1, max: 1000, default: 1 },
};

/// The parameter of scores of a central interval.
const LEVEL: Param = Param {
    name: "level",
    doc: "Probability that the central interval is meant to hold.",
    domain: Domain::Number { min: 0.01, max: 0.999, default: 0.95 },
};
