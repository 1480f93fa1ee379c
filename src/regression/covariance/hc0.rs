//! Independent errors whose variances differ, without a small-sample factor.

use super::{Covariance, Vcov, meat, residual_df, sandwich};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;

/// White's covariance as he published it.
#[derive(Debug)]
pub(super) struct Hc0;

static CARD: Card = Card {
    id: "hc0",
    aliases: &[],
    title: "Independent errors of differing variances, without a small-sample factor",
    kind: Kind::Covariance,
    formula: "V = B (sum_i s_i s_i') B, B = (X'WX)^-1, scores s_i = w_i x_i u_i; t with n-K degrees of freedom, K = all \
              parameters",
    reference: "White (1980), Econometrica 48(4); MacKinnon and White (1985), Journal of Econometrics 29(3)",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Covariance for Hc0 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let (parameters, df) = residual_df(estimate, design);
        Ok(Vcov {
            matrix: sandwich(&estimate.sandwich.bread_root, &meat(&estimate.sandwich.scores, None, stop)?),
            parameters,
            factor: 1.0,
            t_df: Some(df),
            rule: format!("no factor; t with n-K = {df} degrees of freedom, K = {parameters}"),
            ..Vcov::default()
        })
    }
}
