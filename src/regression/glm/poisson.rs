//! Poisson pseudo-maximum likelihood with absorbed fixed effects.

use super::family::Family;
use super::{TAKES, fit};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Poisson regression of counts, or of any outcome that is not negative: flows, patents, plants.
#[derive(Debug)]
pub(in crate::regression) struct Poisson;

static CARD: Card = Card {
    id: "poisson",
    aliases: &["ppml", "fepois"],
    title: "Poisson pseudo-maximum likelihood with absorbed fixed effects, for counts and for flows with zeros",
    kind: Kind::Estimator,
    formula: "E[y] = exp(x'b + effects); b solves sum_i w_i x_i (y_i - mu_i) = 0 by Fisher scoring: least squares of z = eta + \
              (y - mu)/mu with weights w mu and absorbed effects until no eta = ln mu moves by more than 1e-9. Consistent \
              whatever the distribution if the mean is right; use hc1 or cluster then, iid is the inverse information of true \
              counts. Rows of levels with zeros alone, and rows of zero outcome that a combination of terms and effects \
              separates, have no finite estimate and are left out",
    reference: "Gourieroux, Monfort and Trognon (1984), Econometrica 52(3); Santos Silva and Tenreyro (2006), REStat 88(4); \
                Correia, Guimaraes and Zylkin (2020), Stata Journal 20(1), and (2019), arXiv 1903.01633",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for Poisson {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        fit(design, Family::Poisson, stop)
    }
}
