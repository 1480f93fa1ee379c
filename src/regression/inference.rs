//! Tests and intervals of single coefficients that do not rest on one t distribution for all of them.

use crate::numeric::distributions::{t_critical, t_two_sided};
use serde::{Deserialize, Serialize};

/// What the tests and intervals of each coefficient rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OwnInference {
    /// A t distribution with these degrees of freedom for each.
    DegreesOfFreedom(Vec<f64>),
}

impl OwnInference {
    /// The two-sided p-value of the `j`-th coefficient over its standard error.
    pub(super) fn p_value(&self, j: usize, t: f64) -> f64 {
        match self {
            Self::DegreesOfFreedom(df) => t_two_sided(t, df[j]),
        }
    }

    /// The interval of the `j`-th coefficient `b` with standard error `se`, at a level strictly between 0 and 1.
    pub(super) fn interval(&self, j: usize, b: f64, se: f64, level: f64) -> (f64, f64) {
        match self {
            Self::DegreesOfFreedom(df) => {
                let t = t_critical(1.0 - level, df[j]);
                (b - t * se, b + t * se)
            }
        }
    }
}
