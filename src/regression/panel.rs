//! Estimators of panels: a unit is a region, or a region's industry, observed over periods.
//!
//! Every one makes another design of the one given (means, differences, quasi-demeaned columns) and leaves the rest to
//! least squares, or combines the regressions of the units.

mod between;
mod by_unit;
mod common_correlated_effects;
mod components;
mod correlated_random_effects;
mod first_differences;
mod grouping;
mod hausman_taylor;
mod mean_group;
mod quasi_demeaned;
mod random_effects;
mod swamy;

pub(super) use between::Between;
pub(super) use common_correlated_effects::CommonCorrelatedEffects;
pub(super) use correlated_random_effects::{CorrelatedRandomEffects, mundlak, reading};
pub(super) use first_differences::FirstDifferences;
pub(super) use grouping::Grouping;
pub(super) use hausman_taylor::HausmanTaylor;
pub(super) use mean_group::MeanGroup;
pub(super) use random_effects::{RandomEffects, generalised};
pub(super) use swamy::Swamy;

use super::design::Design;
use crate::card::{Domain, Param};

/// The name of the column of ones.
pub(super) const INTERCEPT: &str = "(Intercept)";

/// How the variances of random effects are estimated.
pub(super) const COMPONENTS: Param = Param {
    name: "components",
    doc: "estimator of the variances of effects and errors: swamy_arora (within and between residuals), amemiya (within), \
          wallace_hussain (pooled) or nerlove (the fixed effects themselves)",
    domain: Domain::Choice(&["swamy_arora", "amemiya", "wallace_hussain", "nerlove"]),
};

/// Numbers of the regressors that change within some group; the column of ones does not.
fn varying(design: &Design, groups: &Grouping) -> Vec<usize> {
    (0..design.x.len()).filter(|j| groups.varies(&design.x[*j])).collect()
}
