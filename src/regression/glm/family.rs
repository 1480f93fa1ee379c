//! The distributions of the outcome.

use crate::error::Violation;
use crate::numeric::distributions::normal_quantile;
use crate::regression::Response;
use statrs::function::gamma::ln_gamma;

/// A distribution with the way in which its mean follows from terms and effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Counts, or any outcome that is not negative, with exponential mean.
    Poisson,
    /// Zero, one or a share between them, with logistic mean.
    Logit,
    /// The same with the normal distribution's function as its mean.
    Probit,
}

impl Family {
    pub(super) const fn response(self) -> Response {
        match self {
            Self::Poisson => Response::Exponential,
            Self::Logit => Response::Logistic,
            Self::Probit => Response::Normal,
        }
    }

    /// The variance of an outcome.
    pub(super) fn variance(self, eta: f64) -> f64 {
        let response = self.response();
        match self {
            Self::Poisson => response.mean(eta),
            Self::Logit | Self::Probit => response.mean(eta) * response.mean(-eta),
        }
    }

    /// Whether outcomes are shares.
    pub(super) fn is_share(self) -> bool {
        self != Self::Poisson
    }

    /// Refuses outcomes that the distribution cannot have.
    pub(super) fn check(self, y: &[f64]) -> Result<(), Violation> {
        let (allowed, rule): (fn(f64) -> bool, _) = match self {
            Self::Poisson => (|y| y >= 0.0, "the outcome must not be negative"),
            Self::Logit | Self::Probit => {
                (|y| (0.0..=1.0).contains(&y), "the outcome must be 0, 1 or a share between them")
            }
        };
        match y.iter().find(|y| !allowed(**y)) {
            None => Ok(()),
            Some(y) => Err(Violation::new("formula", rule, y)),
        }
    }

    /// Whether all outcomes lie at one edge of their range, where the mean comes only as the linear predictor grows
    /// without end.
    pub(super) fn is_settled(self, mut outcomes: impl Iterator<Item = f64> + Clone) -> bool {
        outcomes.clone().all(|y| y == 0.0) || (self.is_share() && outcomes.all(|y| 1.0 - y == 0.0))
    }

    /// What outcomes do whose effects or terms have no finite estimate.
    pub(super) const fn settled_outcomes(self) -> &'static str {
        match self {
            Self::Poisson => "is 0",
            Self::Logit | Self::Probit => "is 0, or every one is 1",
        }
    }

    /// The logarithm of the density of an outcome, which for shares is that of a quasi-likelihood.
    pub(super) fn log_density(self, y: f64, eta: f64) -> f64 {
        match self {
            Self::Poisson => y * eta - eta.exp() - ln_gamma(y + 1.0),
            Self::Logit | Self::Probit => {
                let mean = |eta| self.response().mean(eta);
                times_log(y, mean(eta)) + times_log(1.0 - y, mean(-eta))
            }
        }
    }

    /// The same where the mean is the outcome itself.
    pub(super) fn saturated(self, y: f64) -> f64 {
        match self {
            Self::Poisson => times_log(y, y) - y - ln_gamma(y + 1.0),
            Self::Logit | Self::Probit => times_log(y, y) + times_log(1.0 - y, 1.0 - y),
        }
    }

    /// A linear predictor to start from: that of a mean between the outcome and the sample's.
    pub(super) fn start(self, y: f64, mean: f64) -> f64 {
        match self {
            Self::Poisson => self.link(0.5 * (y + mean)),
            Self::Logit | Self::Probit => self.link(0.5 * (y + 0.5)),
        }
    }

    /// The linear predictor of a mean.
    pub(super) fn link(self, mean: f64) -> f64 {
        match self {
            Self::Poisson => mean.ln(),
            Self::Logit => (mean / (1.0 - mean)).ln(),
            Self::Probit => normal_quantile(mean),
        }
    }
}

/// a·ln b, which is 0 for a = 0.
fn times_log(a: f64, b: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a * b.ln() }
}
