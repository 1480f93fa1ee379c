//! The spatial Durbin error model.

use super::counted::BIAS_CORRECTION;
use super::impacts::{DRAWS, SEED};
use super::lags::LAGGED;
use super::likelihood::Filtered;
use super::maximum_likelihood::maximum_likelihood;
use super::random::EFFECTS;
use super::weights::{CUTOFF, LATITUDE, LONGITUDE, NEIGHBOURS, POWER, STANDARDISE, WEIGHTS};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Spatial Durbin error model (SDEM): the outcome depends on the neighbours' regressors and errors, by maximum
/// likelihood.
#[derive(Debug)]
pub(in crate::regression) struct SpatialDurbinError;

static CARD: Card = Card {
    id: "spatial_durbin_error",
    aliases: &["sdem"],
    title: "Spatial Durbin error model (SDEM): the outcome depends on the neighbours' regressors and errors, by \
            maximum likelihood",
    kind: Kind::Estimator,
    formula: "y = X b + W X c + D a + u, u = lambda W u + e. The log-likelihood -n/2*(ln(2*pi*s2) + 1) + ln|I - \
              lambda W| is concentrated over b and s2 and maximised where its derivative is zero. Impacts: means of \
              the entries of b I + c W. W: the spatial weights within each period; D: the fixed effects of the \
              formula; e: normal errors of one variance s2.",
    reference: "LeSage and Pace (2009), Introduction to Spatial Econometrics, ch. 2; Elhorst (2014), Spatial \
                Econometrics, ch. 2",
    params: &[
        WEIGHTS,
        NEIGHBOURS,
        CUTOFF,
        POWER,
        STANDARDISE,
        LATITUDE,
        LONGITUDE,
        LAGGED,
        BIAS_CORRECTION,
        EFFECTS,
        DRAWS,
        SEED,
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for SpatialDurbinError {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        maximum_likelihood(design, params, (Filtered::Errors, true), stop)
    }
}
