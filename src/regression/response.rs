//! What a sum of terms and effects says about the outcome.

use super::Response;
use crate::numeric::distributions::normal_tail;
use std::f64::consts::PI;

impl Response {
    /// The expected outcome.
    pub fn mean(self, sum: f64) -> f64 {
        match self {
            Self::Identity | Self::Joint => sum,
            Self::Exponential => sum.exp(),
            Self::Logistic => 1.0 / (1.0 + (-sum).exp()),
            Self::Normal => normal_tail(-sum),
        }
    }

    /// The derivative of the expected outcome.
    pub fn slope(self, sum: f64) -> f64 {
        match self {
            Self::Identity | Self::Joint => 1.0,
            Self::Exponential => sum.exp(),
            Self::Logistic => self.mean(sum) * self.mean(-sum),
            Self::Normal => (-0.5 * sum * sum).exp() / (2.0 * PI).sqrt(),
        }
    }

    /// The variance of an outcome in units of the dispersion: one, the mean of a count, p(1 − p) of a share.
    pub fn variance(self, sum: f64) -> f64 {
        match self {
            Self::Identity | Self::Joint => 1.0,
            Self::Exponential => sum.exp(),
            Self::Logistic | Self::Normal => self.mean(sum) * self.mean(-sum),
        }
    }

    /// Whether the outcome is a sum with errors of one variance, so that sums of squares measure the fit.
    pub fn is_sum(self) -> bool {
        matches!(self, Self::Identity | Self::Joint)
    }
}
