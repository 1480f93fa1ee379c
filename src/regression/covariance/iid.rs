//! Errors that are independent and have one variance.

use super::{Covariance, Vcov, residual_df};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;

/// The classical covariance.
#[derive(Debug)]
pub(super) struct Iid;

static CARD: Card = Card {
    id: "iid",
    aliases: &["classical", "unadjusted", "standard"],
    title: "Independent errors of one variance",
    kind: Kind::Covariance,
    formula: "V = SSR/(n-K) * (X'WX)^-1, K = all parameters; t with n-K degrees of freedom. For estimators that are not \
              least squares, the covariance under their model's own assumptions, such as the inverse information of maximum \
              likelihood",
    reference: "Gauss (1821); K as in the R package fixest 0.14, ssc() defaults",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Covariance for Iid {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, _: &Stop) -> Result<Vcov, Error> {
        let (parameters, df) = residual_df(estimate, design);
        if let Some(own) = &estimate.own {
            return Ok(Vcov {
                matrix: own.matrix.clone(),
                parameters,
                factor: 1.0,
                t_df: Some(df),
                rule: own.rule.clone(),
                ..Vcov::default()
            });
        }
        let sigma2 = estimate.ssr / df as f64;
        Ok(Vcov {
            matrix: &estimate.sandwich.bread_root * estimate.sandwich.bread_root.transpose() * sigma2,
            parameters,
            factor: 1.0,
            t_df: Some(df),
            rule: format!("SSR/(n-K) with n = {} and K = {parameters}; t with {df} degrees of freedom", design.y.len()),
            ..Vcov::default()
        })
    }
}
