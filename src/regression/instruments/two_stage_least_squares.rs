//! Two-stage least squares.

use super::model::Model;
use super::{TAKES, k_class};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Least squares on what instruments explain of the regressors.
#[derive(Debug)]
pub(in crate::regression) struct TwoStageLeastSquares;

static CARD: Card = Card {
    id: "two_stage_least_squares",
    aliases: &["2sls", "tsls", "iv"],
    title: "Two-stage least squares with absorbed fixed effects, with or without weights",
    kind: Kind::Estimator,
    formula: "b = (X'P_Z X)^-1 X'P_Z y, where P_Z projects on exogenous terms and instruments; fixed effects are absorbed \
              from y, X and Z, weights enter as in weighted least squares. Residuals u = y - Xb, scores s_i = (P_Z X)_i u_i; \
              leverages of hc2 and hc3 are those of the second stage",
    reference: "Theil (1953), The Hague: Central Planning Bureau; Basmann (1957), Econometrica 25(1); Wooldridge (2010), \
                Econometric Analysis of Cross Section and Panel Data, eq. 5.24",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for TwoStageLeastSquares {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let model = Model::new(&design, stop)?;
        let estimate = k_class::estimate(&model, &design, 1.0, stop)?;
        Ok(Estimated { design, estimate })
    }
}
