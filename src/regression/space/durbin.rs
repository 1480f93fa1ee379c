//! The spatial Durbin model.

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

/// Spatial Durbin model (SDM): the outcome depends on outcome and regressors of the neighbours, by maximum likelihood.
#[derive(Debug)]
pub(in crate::regression) struct SpatialDurbin;

static CARD: Card = Card {
    id: "spatial_durbin",
    aliases: &["sdm"],
    title: "Spatial Durbin model (SDM): the outcome depends on outcome and regressors of the neighbours, by maximum \
            likelihood",
    kind: Kind::Estimator,
    formula: "y = rho W y + X b + W X c + D a + e. The log-likelihood -n/2*(ln(2*pi*s2) + 1) + ln|I - rho W| is \
              concentrated over b and s2 and maximised where its derivative is zero. Impacts: means of the entries \
              of (I - rho W)^-1 (b I + c W). W: the spatial weights within each period; D: the fixed effects of the \
              formula; e: normal errors of one variance s2.",
    reference: "Anselin (1988), Spatial Econometrics, ch. 6; LeSage and Pace (2009), Introduction to Spatial \
                Econometrics, ch. 2-3",
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

impl Estimator for SpatialDurbin {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        maximum_likelihood(design, params, (Filtered::Outcome, true), stop)
    }
}
