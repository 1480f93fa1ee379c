//! The elastic net, followed by least squares.

use super::selection::select_and_fit;
use super::{CHOICE, FOLDS, LAMBDA, SEED, STANDARDISE, TAKES};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Selection of terms by absolute and squared coefficients.
#[derive(Debug)]
pub(in crate::regression) struct ElasticNet;

static CARD: Card = Card {
    id: "elastic_net",
    aliases: &[],
    title: "Elastic-net selection of terms, and least squares of those selected",
    kind: Kind::Estimator,
    formula: "c minimises SSR(c)/(2 sum w) + lambda (m sum_j |s_j c_j| + (1 - m)/2 sum_j (s_j c_j)^2), s_j the standard \
              deviation of term j, or 1, m the mixing; correlated terms come in together. Otherwise as lasso",
    reference: "Zou and Hastie (2005), JRSS B 67(2); Friedman, Hastie and Tibshirani (2010), Journal of Statistical Software \
                33(1)",
    params: &[
        LAMBDA,
        Param {
            name: "mixing",
            doc: "Share of the absolute values in the penalty; 1 is the lasso",
            domain: Domain::Number { min: 0.01, max: 1.0, default: 0.5 },
        },
        CHOICE,
        FOLDS,
        SEED,
        STANDARDISE,
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for ElasticNet {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        select_and_fit(design, params.number("mixing"), params, stop)
    }
}
