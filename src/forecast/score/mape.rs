//! Mean absolute percentage error.

use super::{Case, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Value, ratio};

/// Mean absolute error in percent of the outcome.
#[derive(Debug)]
pub(super) struct Mape;

impl Score for Mape {
    fn card(&self) -> &'static Card {
        &Card {
            id: "mape",
            aliases: &["mean_absolute_percentage_error"],
            title: "Mean absolute percentage error",
            kind: Kind::Score,
            formula: "mean 100 |(y − ŷ)/y|; y the outcome, ŷ the point forecast; means little where y is near zero, as growth is",
            reference: "Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 13",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, _: &Params) -> Value {
        ratio(100.0 * case.error().abs(), case.actual.abs())
    }
}
