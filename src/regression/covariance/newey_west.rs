//! Errors that are correlated over time within an observed unit.

use super::autocovariance::{LAG, autocorrelated};
use super::{Covariance, Vcov};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;

/// The covariance of Newey and West, in every region (or cell of region and industry) by itself.
#[derive(Debug)]
pub(super) struct NeweyWest;

static CARD: Card = Card {
    id: "newey_west",
    aliases: &["nw", "hac"],
    title: "Errors correlated over time within a region, or within a cell of region and industry",
    kind: Kind::Covariance,
    formula: "V = T/(T-1) * (n-1)/(n-K) * B (sum over units r of G_r0 + sum_{l=1..L} (1-l/(L+1)) (G_rl + G_rl')) B, \
              G_rl = sum_t s_rt s_r(t-l)', scores s_rt = w_rt x_rt u_rt, B = (X'WX)^-1, T periods with rows, K all \
              parameters; t with T-1 degrees of freedom. t-l is a period of the calendar: rows on either side of a gap \
              are not neighbours, as they are to pyfixest and statsmodels",
    reference: "Newey and West (1987), Econometrica 55(3); factors and default lag as in the R package fixest 0.14, \
                vcov_NW() with ssc() defaults",
    params: &[LAG],
    inference: &[],
    laws: &[],
};

impl Covariance for NeweyWest {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error> {
        autocorrelated(estimate, design, &design.rows, params, stop)
    }
}
