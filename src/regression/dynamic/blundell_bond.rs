//! System GMM.

use super::method::{
    COLLAPSE, ENDOGENOUS, ERRORS, MAX_LAG, MIN_LAG, PREDETERMINED, STEPS, TAKES, TRANSFORMATION, estimate,
};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Differences instrumented by past levels, and levels instrumented by past differences.
#[derive(Debug)]
pub(in crate::regression) struct BlundellBond;

static CARD: Card = Card {
    id: "blundell_bond",
    aliases: &["system_gmm", "bb_gmm"],
    title: "Dynamic panel by system GMM",
    kind: Kind::Estimator,
    formula: "The equations of arellano_bond and, below them, y = Xb + u in levels, whose instruments are the differences \
              of outcome and endogenous terms at t-min_lag+1 (predetermined terms one later), a column for each period, and \
              the other terms themselves, in one column with their transformed values. Valid when the effects of units are \
              uncorrelated with those differences, as with a stationary start. One step: A = (sum Z'HZ)^-1 with H = \
              (D; I)(D; I)', D the transformation",
    reference: "Blundell and Bond (1998), J. Econometrics 87(1), eqs. 4.1 to 4.6; Windmeijer (2005), J. Econometrics 126(1), \
                eq. 3.3; Roodman (2009), Stata Journal 9(1)",
    params: &[
        ENDOGENOUS,
        PREDETERMINED,
        MIN_LAG,
        MAX_LAG,
        COLLAPSE,
        STEPS,
        TRANSFORMATION,
        ERRORS,
        Param {
            name: "first_weights",
            doc: "Whether the weights of the first step know that disturbances of differences are made of those of levels \
                  (together, as in xtabond2 and plm) or treat them as unrelated (apart, as DPD for Ox does).",
            domain: Domain::Choice(&["together", "apart"]),
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for BlundellBond {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        estimate(design, params, true, stop)
    }
}
