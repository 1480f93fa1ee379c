//! Independent errors whose variances differ, each residual as if its row had not been used.

use super::leverage::leveraged;
use super::{Covariance, Vcov};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;

/// The covariance with squared residuals over (1 − h)², close to the jackknife's.
#[derive(Debug)]
pub(super) struct Hc3;

static CARD: Card = Card {
    id: "hc3",
    aliases: &[],
    title: "Independent errors of differing variances, each residual as if its row were left out",
    kind: Kind::Covariance,
    formula: "V = B (sum_i s_i s_i' / (1-h_i)^2) B, B = (X'WX)^-1, scores s_i = w_i x_i u_i, h_i the leverage of the \
              row among the regressors and all fixed effects, exactly; no factor (the jackknife's (n-1)/n and centring \
              are left out); t with n-K degrees of freedom. Not defined where a leverage is 1",
    reference: "Davidson and MacKinnon (1993), Estimation and Inference in Econometrics, ch. 16.3; Long and Ervin \
                (2000), The American Statistician 54(3); h with fixed effects as in the R package fixest 0.14",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Covariance for Hc3 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, stop: &Stop) -> Result<Vcov, Error> {
        leveraged(CARD.id, |left| left, estimate, design, stop)
    }
}
