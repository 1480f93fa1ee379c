//! Root mean squared error.

use super::{Case, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Value, finite};

/// Root mean squared error of the points.
#[derive(Debug)]
pub(super) struct Rmse;

impl Score for Rmse {
    fn card(&self) -> &'static Card {
        &Card {
            id: "rmse",
            aliases: &["root_mean_squared_error"],
            title: "Root mean squared error",
            kind: Kind::Score,
            formula: "√ mean (y − ŷ)²; y the outcome, ŷ the point forecast",
            reference: "Hyndman and Koehler (2006), Another look at measures of forecast accuracy, section 2.1",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, _: &Params) -> Value {
        finite(case.error().powi(2))
    }

    fn of_mean(&self, mean: f64) -> f64 {
        mean.sqrt()
    }
}
