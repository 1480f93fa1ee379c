//! Root mean squared scaled error.

use super::{Case, SEASON, Score, naive_scale, scaled};
use crate::card::{Card, Kind, Params};
use crate::panel::Value;

/// Squared error over that of a naive forecast in the history.
#[derive(Debug)]
pub(super) struct Rmsse;

impl Score for Rmsse {
    fn card(&self) -> &'static Card {
        &Card {
            id: "rmsse",
            aliases: &["root_mean_squared_scaled_error"],
            title: "Root mean squared scaled error",
            kind: Kind::Score,
            formula: "√ mean (y − ŷ)² / q², q² = mean_t (y_t − y_{t−m})² over the history before each forecast, m the season",
            reference: "Makridakis, Spiliotis and Assimakopoulos (2022), M5 accuracy competition: results, findings, and conclusions, equation 1",
            params: &[SEASON],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, params: &Params) -> Value {
        let season = params.number("season") as usize;
        scaled(case.error().powi(2), naive_scale(case.history, season, |change| change * change))
    }

    fn of_mean(&self, mean: f64) -> f64 {
        mean.sqrt()
    }
}
