//! Mean absolute scaled error.

use super::{Case, SEASON, Score, naive_scale, scaled};
use crate::card::{Card, Kind, Params};
use crate::panel::Value;

/// Absolute error over that of a naive forecast in the history.
#[derive(Debug)]
pub(super) struct Mase;

impl Score for Mase {
    fn card(&self) -> &'static Card {
        &Card {
            id: "mase",
            aliases: &["mean_absolute_scaled_error"],
            title: "Mean absolute scaled error",
            kind: Kind::Score,
            formula: "mean |y − ŷ| / q, q = mean_t |y_t − y_{t−m}| over the history before each forecast, m the season; \
                      one where errors are as large as those of a one-step naive forecast were",
            reference: "Hyndman and Koehler (2006), Another look at measures of forecast accuracy, section 3",
            params: &[SEASON],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, params: &Params) -> Value {
        let season = params.number("season") as usize;
        scaled(case.error().abs(), naive_scale(case.history, season, f64::abs))
    }
}
