//! How often intervals hold what comes.

use super::{Case, LEVEL, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::Value;

/// Share of outcomes in their central intervals.
#[derive(Debug)]
pub(super) struct Coverage;

impl Score for Coverage {
    fn card(&self) -> &'static Card {
        &Card {
            id: "coverage",
            aliases: &[],
            title: "Coverage of the intervals",
            kind: Kind::Score,
            formula: "mean of 1{l ≤ y ≤ u}; [l, u] the central interval of the level, y the outcome; right when it equals the level",
            reference: "Christoffersen (1998), Evaluating interval forecasts, section 2",
            params: &[LEVEL],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, params: &Params) -> Value {
        let (lower, upper) = case.forecast.interval(params.number("level"))?;
        Ok(f64::from(u8::from(lower <= case.actual && case.actual <= upper)))
    }

    fn is_loss(&self) -> bool {
        false
    }
}
