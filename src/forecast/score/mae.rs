//! Mean absolute error.

use super::{Case, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Value, finite};

/// Mean absolute error of the points.
#[derive(Debug)]
pub(super) struct Mae;

impl Score for Mae {
    fn card(&self) -> &'static Card {
        &Card {
            id: "mae",
            aliases: &["mean_absolute_error"],
            title: "Mean absolute error",
            kind: Kind::Score,
            formula: "mean |y − ŷ|; y the outcome, ŷ the point forecast",
            reference: "Hyndman and Koehler (2006), Another look at measures of forecast accuracy, section 2.1",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, _: &Params) -> Value {
        finite(case.error().abs())
    }
}
