//! Logit models with absorbed fixed effects.

use super::family::Family;
use super::{TAKES, fit};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Logistic regression of zeros and ones, or of shares.
#[derive(Debug)]
pub(in crate::regression) struct Logit;

static CARD: Card = Card {
    id: "logit",
    aliases: &["felogit", "fractional_logit"],
    title: "Logit model of zeros and ones, or of shares between them, with absorbed fixed effects",
    kind: Kind::Estimator,
    formula: "E[y] = p = 1/(1 + exp(-x'b - effects)); b maximises sum_i w_i (y_i ln p_i + (1 - y_i) ln(1 - p_i)) by Fisher \
              scoring until no linear predictor moves by more than 1e-9. Levels with outcomes of 0 alone or 1 alone are left \
              out. With few rows a level the effects bias b (incidental parameters). For shares use hc1 or cluster",
    reference: "Cox (1958), JRSS B 20(2); Papke and Wooldridge (1996), Journal of Applied Econometrics 11(6); Stammann, Heiss \
                and McFadden (2016), FEU conference paper G01-V3",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for Logit {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        fit(design, Family::Logit, stop)
    }
}
