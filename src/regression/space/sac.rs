//! The model with a spatial lag and spatial errors.

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

/// Spatial lag and spatial error model (SAC, SARAR): outcome and error depend on those of the neighbours, by maximum
/// likelihood.
#[derive(Debug)]
pub(in crate::regression) struct Sac;

const METHOD: Param = Param {
    name: "method",
    doc: "`ml`: maximum likelihood. `gmm`: two-stage least squares with the instruments X, WX and WWX, lambda, a \
          figure without a standard error, by the moments of its residuals, and again two-stage least squares of \
          filtered data (Kelejian and Prucha 1998, 1999); for errors that need not be normal.",
    domain: Domain::Choice(&["ml", "gmm"]),
};

static CARD: Card = Card {
    id: "sac",
    aliases: &["sarar"],
    title: "Spatial lag and spatial error model (SAC, SARAR): outcome and error depend on those of the neighbours, \
            by maximum likelihood or without normal errors",
    kind: Kind::Estimator,
    formula: "y = rho W y + X b + D a + u, u = lambda W u + e, with the same W. The log-likelihood -n/2*(ln(2*pi*s2) \
              + 1) + ln|I - rho W| + ln|I - lambda W| is concentrated over b and s2, maximised over lambda for each \
              rho of a search from a grid, and over rho. Impacts: means of the entries of (I - rho W)^-1 b. W: the \
              spatial weights within each period; D: the fixed effects of the formula; e: normal errors of one \
              variance s2.",
    reference: "Anselin (1988), Spatial Econometrics, ch. 6; Kelejian and Prucha (1998), Journal of Real Estate \
                Finance and Economics 17(1); Kelejian and Prucha (1999), International Economic Review 40(2); LeSage \
                and Pace (2009), ch. 2",
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

impl Estimator for Sac {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        if params.chooses("method", "ml") {
            maximum_likelihood(design, params, (Filtered::Both, false), stop)
        } else {
            two_stage(design, params, Filtered::Both, stop)
        }
    }
}
