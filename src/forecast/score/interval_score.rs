//! Interval score.

use super::{Case, LEVEL, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Value, finite};

/// Width of the central interval and what lies outside it.
#[derive(Debug)]
pub(super) struct IntervalScore;

impl Score for IntervalScore {
    fn card(&self) -> &'static Card {
        &Card {
            id: "interval_score",
            aliases: &["winkler_score"],
            title: "Interval score",
            kind: Kind::Score,
            formula: "mean of (u − l) + (2/α) max(l − y, y − u, 0); [l, u] the central interval of level 1 − α, y the outcome",
            reference: "Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, equation 43",
            params: &[LEVEL],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, params: &Params) -> Value {
        let level = params.number("level");
        let (lower, upper) = case.forecast.interval(level)?;
        let miss = (lower - case.actual).max(case.actual - upper).max(0.0);
        finite(upper - lower + 2.0 / (1.0 - level) * miss)
    }
}
