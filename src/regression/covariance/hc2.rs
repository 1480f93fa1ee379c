//! Independent errors whose variances differ, each squared residual unbiased where they are equal.

use super::leverage::leveraged;
use super::{Covariance, Vcov};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;

/// The covariance with squared residuals over 1 − h.
#[derive(Debug)]
pub(super) struct Hc2;

static CARD: Card = Card {
    id: "hc2",
    aliases: &[],
    title: "Independent errors of differing variances, unbiased where the variances are equal",
    kind: Kind::Covariance,
    formula: "V = B (sum_i s_i s_i' / (1-h_i)) B, B = (X'WX)^-1, scores s_i = w_i x_i u_i, h_i the leverage of the row \
              among the regressors and all fixed effects, exactly; no factor; t with n-K degrees of freedom. Not \
              defined where a leverage is 1",
    reference: "Horn, Horn and Duncan (1975), JASA 70(350); MacKinnon and White (1985), Journal of Econometrics 29(3); \
                h with fixed effects as in the R package fixest 0.14",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Covariance for Hc2 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, stop: &Stop) -> Result<Vcov, Error> {
        leveraged(CARD.id, f64::sqrt, estimate, design, stop)
    }
}
