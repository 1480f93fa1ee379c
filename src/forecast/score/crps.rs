//! Continuous ranked probability score.

use super::{Case, Predictive, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Value, finite};

/// CRPS of the empirical distribution of the draws.
#[derive(Debug)]
pub(super) struct Crps;

impl Score for Crps {
    fn card(&self) -> &'static Card {
        &Card {
            id: "crps",
            aliases: &["continuous_ranked_probability_score"],
            title: "Continuous ranked probability score",
            kind: Kind::Score,
            formula: "mean of ∫ (F(z) − 1{y ≤ z})² dz = E|X − y| − ½ E|X − X'|; F the empirical distribution of the draws X, \
                      y the outcome; of a forecast without draws the absolute error",
            reference: "Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, equation 21",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, _: &Params) -> Value {
        let m = case.forecast.draws().len() as f64;
        of_draws(case.forecast, case.actual, m * m)
    }
}

/// E|X − y| − Σ_{i<j} |x_i − x_j| / `pairs`, by the order of the draws: x_(i) counts 2i − m − 1 times.
pub(super) fn of_draws(forecast: &Predictive, actual: f64, pairs: f64) -> Value {
    let draws = forecast.draws();
    if draws.is_empty() {
        return finite((actual - forecast.point()).abs());
    }
    let m = draws.len() as f64;
    let (mut distance, mut spread) = (0.0, 0.0);
    for (i, draw) in draws.iter().enumerate() {
        // About the outcome, lest large numbers cancel.
        let x = draw - actual;
        distance += x.abs();
        spread += (2.0 * i as f64 + 1.0 - m) * x;
    }
    finite(distance / m - spread / pairs)
}
