//! The least change that reaches a target.
//!
//! min Σ wᵢ yᵢ² subject to m(start + y) reaching the target within the bounds, yᵢ the change of an amount in units of its
//! range and m the point forecast or, with a probability p, the number that the share p of the draws meets. At the answer
//! yᵢ = λ mᵢ / wᵢ within the bounds, mᵢ the slopes of m there (Nocedal and Wright 2006, theorem 12.1): on this curve λ is
//! found by Brent's method, the slopes are taken anew at what was found, and so on until they agree, so that every step
//! reaches the target and costs less than the one before. With one instrument the first is the answer.
//!
//! The slopes of a quantile are the mean slopes of the draws near it (Hong 2009, Operations Research 57, 118–130).

mod curve;
mod search;

use super::range::Range;
use super::reach::Extreme;
use super::response::{Response, gradient};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use search::Search;

/// An amount that may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instrument {
    /// Its start and bounds.
    pub range: Range,
    /// Weight of its squared change, measured in its range; positive.
    pub weight: f64,
    /// The least and most that its action allows, for the certificate.
    pub limits: (f64, f64),
    /// 1 when raising it is meant to raise the number, −1 to lower it, 0 when its name promises nothing.
    pub promise: f64,
}

/// What is sought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// The target.
    pub value: f64,
    /// On which side of it the number must be.
    pub sense: Sense,
    /// The share of the draws that must meet it, in (0, 1); `None` asks the point forecast to.
    pub probability: Option<f64>,
}

/// On which side of a target a number meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// It or more.
    AtLeast,
    /// It or less.
    AtMost,
    /// It exactly.
    Equal,
}

/// How a search ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The target is met without any change.
    Met,
    /// The amounts reach the target.
    Reached,
    /// No amounts within the bounds reach it; the amounts come nearest.
    OutOfReach {
        /// How far they come within the bounds.
        within: Extreme,
        /// How far they come with the bounds let go.
        beyond: Extreme,
    },
}

/// The answer of [`seek`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    /// How the search ended.
    pub outcome: Outcome,
    /// One amount an instrument.
    pub amounts: Vec<f64>,
    /// The number at these amounts: its point forecast.
    pub point: f64,
    /// Its draws; empty without draws.
    pub draws: Vec<f64>,
    /// Share of the draws that meet the target; `None` without draws or for a target to be met exactly.
    pub probability: Option<f64>,
    /// What one unit more of each instrument does to the point forecast, at the start.
    pub slopes: Vec<f64>,
    /// The instruments whose slope breaks their promise.
    pub perverse: Vec<usize>,
    /// Of a single instrument: whether the point forecast only rises or only falls between its bounds. If not, other
    /// amounts may reach the target as well; the nearest is told.
    pub monotone: Option<bool>,
    /// Curves searched.
    pub iterations: usize,
    /// Whether the target is met and no smaller change meets it nearby or, out of reach, nothing comes nearer.
    pub converged: bool,
}

/// Finds the least change of the instruments that brings the first number of `response` to the goal.
///
/// # Errors
/// [`Error::Invalid`] at `instruments[i]…`, `target.value` and `target.probability`; those of the response;
/// [`Error::Cancelled`].
pub fn seek(response: &dyn Response, instruments: &[Instrument], goal: &Goal, stop: &Stop) -> Result<Sought, Error> {
    check(instruments, goal)?;
    let start: Vec<f64> = instruments.iter().map(|i| i.range.place(i.range.start)).collect();
    let undefined = || {
        let rule = "the number is undefined without any change, so there is nothing to start from";
        Error::from(Violation::new("target", rule, ""))
    };
    let mut search = Search { response, instruments, goal, sign: 1.0, stop };
    let point = search.point(&start)?.ok_or_else(undefined)?;
    search.sign = match goal.sense {
        Sense::AtLeast => 1.0,
        Sense::AtMost => -1.0,
        Sense::Equal => (goal.value - point).signum(),
    };
    let first = search.trial(&start)?.ok_or_else(undefined)?;
    if goal.probability.is_some() && first.draws.is_empty() {
        return Err(Violation::new("target.probability", "needs draws", "").into());
    }
    let slopes = gradient(&|y| search.point(y), &start, point)?;
    let end = search.run(&first, &slopes)?;
    search.tell(&slopes, end)
}

/// Checks bounds, weights and goal.
///
/// # Errors
/// Every violation, at `instruments[i]…` and `target…`.
pub(super) fn check(instruments: &[Instrument], goal: &Goal) -> Result<(), Violations> {
    let mut violations = Violations::default();
    let mut refuse = |field: String, rule: &str, value: f64| violations.push(Violation::new(field, rule, value));
    if !goal.value.is_finite() {
        refuse("target.value".to_owned(), "must be a finite number", goal.value);
    }
    if let Some(p) = goal.probability {
        if !(p > 0.0 && p < 1.0) {
            refuse("target.probability".to_owned(), "must be in (0, 1)", p);
        } else if goal.sense == Sense::Equal {
            let rule = "no draw meets a number exactly: ask for at least or at most";
            refuse("target.probability".to_owned(), rule, p);
        }
    }
    for (i, instrument) in instruments.iter().enumerate() {
        if !(instrument.weight > 0.0 && instrument.weight.is_finite()) {
            refuse(format!("instruments[{i}].weight"), "must be a positive number", instrument.weight);
        }
    }
    if instruments.is_empty() {
        violations.push(Violation::new("instruments", "needs at least one", ""));
    }
    for (i, instrument) in instruments.iter().enumerate() {
        violations.keep(&format!("instruments[{i}]"), instrument.range.check_all());
    }
    violations.into_result(())
}
