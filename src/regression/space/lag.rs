//! The spatial lag model.

use super::counted::BIAS_CORRECTION;
use super::impacts::{DRAWS, SEED};
use super::likelihood::Filtered;
use super::maximum_likelihood::maximum_likelihood;
use super::random::EFFECTS;
use super::two_stage::two_stage;
use super::weights::{CUTOFF, LATITUDE, LONGITUDE, NEIGHBOURS, POWER, STANDARDISE, WEIGHTS};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Spatial lag model (SAR): the outcome depends on that of the neighbours, by maximum likelihood.
#[derive(Debug)]
pub(in crate::regression) struct SpatialLag;

const METHOD: Param = Param {
    name: "method",
    doc: "`ml`: maximum likelihood. `s2sls`: two-stage least squares with the instruments X, WX and WWX (Kelejian \
          and Prucha 1998), for errors that need be neither normal nor of one variance.",
    domain: Domain::Choice(&["ml", "s2sls"]),
};

static CARD: Card = Card {
    id: "spatial_lag",
    aliases: &["sar", "spatial_autoregressive"],
    title: "Spatial lag model (SAR): the outcome depends on that of the neighbours, by maximum likelihood or without \
            normal errors",
    kind: Kind::Estimator,
    formula: "y = rho W y + X b + D a + e. The log-likelihood -n/2*(ln(2*pi*s2) + 1) + ln|I - rho W| is concentrated \
              over b and s2 and maximised where its derivative is zero, ln|I - rho W| by sparse decomposition. \
              Impacts: means of the entries of (I - rho W)^-1 b. W: the spatial weights within each period; D: the \
              fixed effects of the formula; e: normal errors of one variance s2.",
    reference: "Ord (1975), JASA 70(349); Anselin (1988), Spatial Econometrics, ch. 6; Kelejian and Prucha (1998), \
                Journal of Real Estate Finance and Economics 17(1); Kelejian and Prucha (1999), International \
                Economic Review 40(2); Elhorst (2003), International Regional Science Review 26(3); LeSage and Pace \
                (2009), ch. 2",
    params: &[
        METHOD,
        WEIGHTS,
        NEIGHBOURS,
        CUTOFF,
        POWER,
        STANDARDISE,
        LATITUDE,
        LONGITUDE,
        BIAS_CORRECTION,
        EFFECTS,
        DRAWS,
        SEED,
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for SpatialLag {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        if params.chooses("method", "ml") {
            maximum_likelihood(design, params, (Filtered::Outcome, false), stop)
        } else {
            two_stage(design, params, Filtered::Outcome, stop)
        }
    }
}
