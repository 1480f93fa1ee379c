//! What a sum of terms and effects says about the outcome.

use super::Response;
use crate::numeric::distributions::normal_tail;
use std::f64::consts::PI;

impl Response {
    /// The expected outcome, or its quantile.
    pub fn mean(self, sum: f64) -> f64 {
        match self {
            Self::Identity | Self::Quantile | Self::Joint => sum,
            Self::Exponential => sum.exp(),
            Self::Logistic => 1.0 / (1.0 + (-sum).exp()),
            Self::Normal => normal_tail(-sum),
        }
    }

    /// The derivative of the expected outcome.
    pub fn slope(self, sum: f64) -> f64 {
        match self {
            Self::Identity | Self::Quantile | Self::Joint => 1.0,
            Self::Exponential => sum.exp(),
            Self::Logistic => self.mean(sum) * self.mean(-sum),
            Self::Normal => (-0.5 * sum * sum).exp() / (2.0 * PI).sqrt(),
        }
    }

    /// The variance of a new outcome in units of the dispersion: one, or the mean of a count; none of a zero or one, which
    /// has no interval, and of one of which only a quantile is known.
    pub fn variance(self, sum: f64) -> Option<f64> {
        match self {
            Self::Identity | Self::Joint => Some(1.0),
            Self::Exponential => Some(sum.exp()),
            Self::Logistic | Self::Normal | Self::Quantile => None,
        }
    }

    /// Whether the outcome is a sum with errors of one variance, so that sums of squares measure the fit.
    pub fn is_sum(self) -> bool {
        matches!(self, Self::Identity | Self::Joint)
    }
}
