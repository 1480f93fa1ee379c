//! Difference GMM.

use super::method::{
    COLLAPSE, ENDOGENOUS, ERRORS, MAX_LAG, MIN_LAG, PREDETERMINED, STEPS, TAKES, TRANSFORMATION, estimate,
};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Differences of a dynamic panel, instrumented by the past levels of outcome and terms.
#[derive(Debug)]
pub(in crate::regression) struct ArellanoBond;

static CARD: Card = Card {
    id: "arellano_bond",
    aliases: &["difference_gmm", "ab_gmm"],
    title: "Dynamic panel by difference GMM",
    kind: Kind::Estimator,
    formula: "dy = dX b + du of each unit and period, d the difference from the period before or the deviation from later \
              ones; b minimises (sum Z'du)' A (sum Z'du) over units. Z holds, for the equation of period t, the levels of \
              the outcome at t-min_lag and before, a column each, those of endogenous and predetermined terms, and d of all \
              other terms. One step: A = (sum Z'HZ)^-1, H the covariance of d of independent disturbances; two steps: A = \
              (sum Z'uu'Z)^-1 with the residuals u of the first. A term is taken for a lag of the outcome when it equals \
              the outcome of some periods before wherever both are known. Sargan's test: u'Z A Z'u / s2 of one step with s2 \
              = u'u/(n-k), halved for differences; Hansen's: the criterion of two steps; m1 and m2 on differences. Effects \
              of periods become dummies, those of units need no mention. cluster and the other covariances leave out \
              Windmeijer's correction",
    reference: "Arellano and Bond (1991), Review of Economic Studies 58(2); Arellano and Bover (1995), J. Econometrics 68(1); \
                Windmeijer (2005), J. Econometrics 126(1), eq. 3.3; Roodman (2009), Stata Journal 9(1)",
    params: &[ENDOGENOUS, PREDETERMINED, MIN_LAG, MAX_LAG, COLLAPSE, STEPS, TRANSFORMATION, ERRORS],
    inference: &[],
    laws: &[],
};

impl Estimator for ArellanoBond {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        estimate(design, params, false, stop)
    }
}
