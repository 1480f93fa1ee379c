//! CRPS without the penalty on few draws.

use super::crps::of_draws;
use super::{Case, Score};
use crate::card::{Card, Kind, Params};
use crate::panel::{Absent, Value};

/// CRPS that the distribution behind the draws would have, on average.
#[derive(Debug)]
pub(super) struct FairCrps;

impl Score for FairCrps {
    fn card(&self) -> &'static Card {
        &Card {
            id: "fair_crps",
            aliases: &[],
            title: "Fair continuous ranked probability score",
            kind: Kind::Score,
            formula: "mean of (1/m) Σ |x_i − y| − 1/(m(m − 1)) Σ_{i<j} |x_i − x_j|; m draws x, y the outcome: unbiased for the \
                      CRPS of infinitely many draws; of a forecast without draws the absolute error",
            reference: "Ferro (2014), Fair scores for ensemble forecasts, section 3",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, _: &Params) -> Value {
        match case.forecast.draws().len() {
            1 => Err(Absent::ZeroDenominator),
            m => of_draws(case.forecast, case.actual, m as f64 * (m as f64 - 1.0)),
        }
    }
}
