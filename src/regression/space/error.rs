//! The spatial error model.

use super::counted::BIAS_CORRECTION;
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

/// Spatial error model (SEM): the error depends on that of the neighbours, by maximum likelihood.
#[derive(Debug)]
pub(in crate::regression) struct SpatialError;

const METHOD: Param = Param {
    name: "method",
    doc: "`ml`: maximum likelihood. `gmm`: lambda, a figure without a standard error, by the moments of Kelejian and \
          Prucha (1999), b by least squares of filtered data; for errors that need not be normal.",
    domain: Domain::Choice(&["ml", "gmm"]),
};

static CARD: Card = Card {
    id: "spatial_error",
    aliases: &["sem"],
    title: "Spatial error model (SEM): the error depends on that of the neighbours, by maximum likelihood or without \
            normal errors",
    kind: Kind::Estimator,
    formula: "y = X b + D a + u, u = lambda W u + e. The log-likelihood -n/2*(ln(2*pi*s2) + 1) + ln|I - lambda W| is \
              concentrated over b and s2 and maximised where its derivative is zero. Residuals are e. Where the \
              filter I - lambda W does not map the effects D onto effects (unbalanced panels; periods with rows of W \
              that do not sum to 1), D a stands for the filtered effects. W: the spatial weights within each period; \
              D: the fixed effects of the formula; e: normal errors of one variance s2.",
    reference: "Ord (1975), JASA 70(349); Anselin (1988), Spatial Econometrics, ch. 6; Kelejian and Prucha (1998), \
                Journal of Real Estate Finance and Economics 17(1); Kelejian and Prucha (1999), International \
                Economic Review 40(2); Elhorst (2003), International Regional Science Review 26(3)",
    params: &[METHOD, WEIGHTS, NEIGHBOURS, CUTOFF, POWER, STANDARDISE, LATITUDE, LONGITUDE, BIAS_CORRECTION, EFFECTS],
    inference: &[],
    laws: &[],
};

impl Estimator for SpatialError {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        if params.chooses("method", "ml") {
            maximum_likelihood(design, params, (Filtered::Errors, false), stop)
        } else {
            two_stage(design, params, Filtered::Errors, stop)
        }
    }
}
