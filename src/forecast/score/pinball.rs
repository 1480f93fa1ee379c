//! Quantile loss.

use super::{Case, Score};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::panel::{Value, finite};

/// Loss of one quantile of the draws.
#[derive(Debug)]
pub(super) struct Pinball;

impl Score for Pinball {
    fn card(&self) -> &'static Card {
        &Card {
            id: "pinball",
            aliases: &["quantile_loss"],
            title: "Pinball loss of a quantile",
            kind: Kind::Score,
            formula: "mean of (p − 1{y < q}) (y − q); q the p-quantile of the draws, y the outcome",
            reference: "Koenker and Bassett (1978), Regression quantiles; Gneiting and Raftery (2007), equation 40",
            params: &[Param {
                name: "probability",
                doc: "Probability of the quantile.",
                domain: Domain::Number { min: 0.001, max: 0.999, default: 0.5 },
            }],
            inference: &[],
            laws: &[],
        }
    }

    fn of_case(&self, case: &Case<'_>, params: &Params) -> Value {
        let p = params.number("probability");
        let above = case.actual - case.forecast.quantile(p)?;
        finite((p * above).max((p - 1.0) * above))
    }
}
