//! The lasso, followed by least squares.

use super::selection::select_and_fit;
use super::{CHOICE, FOLDS, LAMBDA, SEED, STANDARDISE, TAKES};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Takes};

/// Selection of terms by the sum of absolute coefficients.
#[derive(Debug)]
pub(in crate::regression) struct Lasso;

static CARD: Card = Card {
    id: "lasso",
    aliases: &["post_lasso"],
    title: "Lasso selection of terms, and least squares of those selected (post-lasso)",
    kind: Kind::Estimator,
    formula: "c minimises SSR(c)/(2 sum w) + lambda sum_j |s_j c_j|, s_j the standard deviation of term j, or 1; intercept and \
              fixed effects are taken out first and not penalised. b is least squares of the terms with c_j not 0, with its \
              usual covariances; c is in the table `penalised`. Cross-validation leaves out regions in turn, after effects \
              are taken out with all rows",
    reference: "Tibshirani (1996), JRSS B 58(1); Friedman, Hastie and Tibshirani (2010), Journal of Statistical Software \
                33(1); Belloni and Chernozhukov (2013), Bernoulli 19(2)",
    params: &[LAMBDA, CHOICE, FOLDS, SEED, STANDARDISE],
    inference: &[],
    laws: &[],
};

impl Estimator for Lasso {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        select_and_fit(design, 1.0, params, stop)
    }
}
