//! Mean error.

use super::{Case, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Value, finite};

/// Mean error of the points.
#[derive(Debug)]
pub(super) struct Bias;

impl Score for Bias {
    fn card(&self) -> &'static Card {
        &Card {
            id: "bias",
            aliases: &["mean_error"],
            title: "Mean error",
            kind: Kind::Score,
            formula: "mean (y − ŷ); y the outcome, ŷ the point forecast; above zero where forecasts were too low",
            reference: "Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, section 5.8",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, _: &Params) -> Value {
        finite(case.error())
    }

    fn is_loss(&self) -> bool {
        false
    }
}
