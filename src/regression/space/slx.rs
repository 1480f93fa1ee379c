//! The model with spatially lagged regressors.

use super::filters::Filters;
use super::impacts::{DRAWS, Impacts, Multipliers, SEED};
use super::lags::{LAGGED, add_lags};
use super::weights::{CUTOFF, LATITUDE, LONGITUDE, NEIGHBOURS, POWER, STANDARDISE, WEIGHTS, Weights};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::small_sample::parameters;
use crate::regression::{Estimated, Estimator, Response, Takes};

/// Least squares with the neighbours' regressors.
#[derive(Debug)]
pub(in crate::regression) struct Slx;

static CARD: Card = Card {
    id: "slx",
    aliases: &["spatial_lag_of_x"],
    title: "Spatially lagged regressors (SLX): the outcome depends on regressors of the neighbours, by least squares",
    kind: Kind::Estimator,
    formula: "y = X b + W X c + D a + e by least squares. Impacts: means of the entries of b I + c W, so that with \
              rows of W that sum to 1 the indirect impact is c; their errors are those of independent errors of one \
              variance. W: the spatial weights within each period; D: the fixed effects of the formula",
    reference: "Halleck Vega and Elhorst (2015), Journal of Regional Science 55(3)",
    params: &[WEIGHTS, NEIGHBOURS, CUTOFF, POWER, STANDARDISE, LATITUDE, LONGITUDE, LAGGED, DRAWS, SEED],
    inference: &[],
    laws: &[],
};

impl Estimator for Slx {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { any_units: false, ..Takes::default() }
    }

    fn estimate(&self, mut design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let weights = Weights::of(&design, params, "estimator_parameters", stop)?;
        let pairs = add_lags(&mut design, &weights, params)?;
        let mut estimate = least_squares(&design, stop)?;
        let counted = parameters(estimate.coefficients.len(), &design);
        let df = design.y.len().saturating_sub(counted).max(1);
        let root = &estimate.sandwich.bread_root * (estimate.ssr / df as f64).sqrt();
        let impacts = Impacts {
            terms: Impacts::terms(&pairs, &design.names, &estimate.kept),
            parameters: &estimate.coefficients,
            root: &root,
            rho: None,
            multipliers: Multipliers::without_filter(&weights),
        };
        let (part, _) = impacts.table(&Filters::default(), params, stop)?;
        estimate.parts.push(part);
        estimate.remarks.extend(weights.remark(&design));
        estimate.response = Response::Joint;
        Ok(Estimated { design, estimate })
    }
}
