//! Independent errors whose variances differ.

use super::{Covariance, Vcov, meat, residual_df, sandwich};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;

/// White's covariance with the degrees-of-freedom factor.
#[derive(Debug)]
pub(super) struct Hc1;

static CARD: Card = Card {
    id: "hc1",
    aliases: &["hetero", "robust", "white"],
    title: "Independent errors of differing variances (heteroskedasticity-robust)",
    kind: Kind::Covariance,
    formula: "V = n/(n-K) * B (sum_i s_i s_i') B, B = (X'WX)^-1, scores s_i = w_i x_i u_i, K = all parameters; t with \
              n-K degrees of freedom",
    reference: "White (1980), Econometrica 48(4); MacKinnon and White (1985), HC1; K as in the R package fixest 0.14",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Covariance for Hc1 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let n = design.y.len();
        let (parameters, df) = residual_df(estimate, design);
        let factor = n as f64 / df as f64;
        Ok(Vcov {
            matrix: sandwich(&estimate.sandwich.bread_root, &meat(&estimate.sandwich.scores, None, stop)?) * factor,
            parameters,
            factor,
            t_df: Some(df),
            rule: format!("n/(n-K) = {n}/{df} with K = {parameters}; t with {df} degrees of freedom"),
            ..Vcov::default()
        })
    }
}
