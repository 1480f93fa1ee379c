//! Probit models with absorbed fixed effects.

use super::family::Family;
use super::{TAKES, fit};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Probit regression of zeros and ones, or of shares.
#[derive(Debug)]
pub(in crate::regression) struct Probit;

static CARD: Card = Card {
    id: "probit",
    aliases: &["feprobit", "fractional_probit"],
    title: "Probit model of zeros and ones, or of shares between them, with absorbed fixed effects",
    kind: Kind::Estimator,
    formula: "E[y] = p = Phi(x'b + effects), Phi the standard normal distribution; b maximises sum_i w_i (y_i ln p_i + (1 - \
              y_i) ln(1 - p_i)) by Fisher scoring until no linear predictor moves by more than 1e-9; the information is the \
              expected one. Levels with outcomes of 0 alone or 1 alone are left out. With few rows a level the effects bias b \
              (incidental parameters). For shares use hc1 or cluster",
    reference: "Bliss (1934), Science 79(2037); McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., ch. 2 and 4",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for Probit {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        fit(design, Family::Probit, stop)
    }
}
