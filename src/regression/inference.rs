//! Tests and intervals of single coefficients that do not rest on one t distribution for all of them.

use crate::numeric::distributions::{t_critical, t_two_sided};
use serde::{Deserialize, Serialize};

/// What the tests and intervals of each coefficient rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OwnInference {
    /// A t distribution with these degrees of freedom for each.
    DegreesOfFreedom(Vec<f64>),
    /// A bootstrapped t statistic for each.
    Bootstrapped(Vec<Bootstrapped>),
}

/// A bootstrapped test, at every value that a coefficient could have: its p-value is the share of draws that are at
/// least as far out as the estimate, which is all of them at the estimate itself and changes at `above` and `below`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bootstrapped {
    /// The p-value of the value 0.
    pub p_value: f64,
    /// The number of draws.
    pub draws: usize,
    /// Values above the estimate at which a draw leaves those that are farther out (-1) or joins them again (1), from the
    /// estimate outwards.
    pub above: Vec<(f64, i8)>,
    /// The same below the estimate.
    pub below: Vec<(f64, i8)>,
}

impl Bootstrapped {
    /// The values whose p-values exceed `alpha`, from the lowest to the highest.
    fn interval(&self, alpha: f64) -> (f64, f64) {
        let most = alpha * self.draws as f64 + 1e-9;
        let end = |changes: &[(f64, i8)], beyond: f64| {
            let (mut count, mut end) = (self.draws as f64, beyond);
            for (value, step) in changes {
                let before = count;
                count += f64::from(*step);
                if before > most && count <= most {
                    end = *value;
                }
            }
            if count > most { beyond } else { end }
        };
        (end(&self.below, f64::NEG_INFINITY), end(&self.above, f64::INFINITY))
    }
}

impl OwnInference {
    /// The two-sided p-value of the `j`-th coefficient over its standard error.
    pub(super) fn p_value(&self, j: usize, t: f64) -> f64 {
        match self {
            Self::DegreesOfFreedom(df) => t_two_sided(t, df[j]),
            Self::Bootstrapped(tests) => tests[j].p_value,
        }
    }

    /// The interval of the `j`-th coefficient `b` with standard error `se`, at a level strictly between 0 and 1; it is
    /// unbounded where no draw can tell a value from the estimate.
    pub(super) fn interval(&self, j: usize, b: f64, se: f64, level: f64) -> (f64, f64) {
        match self {
            Self::DegreesOfFreedom(df) => {
                let t = t_critical(1.0 - level, df[j]);
                (b - t * se, b + t * se)
            }
            Self::Bootstrapped(tests) => tests[j].interval(1.0 - level),
        }
    }

    /// Puts the coefficients into other units.
    pub(super) fn scale(&mut self, units: &[f64]) {
        if let Self::Bootstrapped(tests) = self {
            for (test, unit) in tests.iter_mut().zip(units) {
                test.above.iter_mut().chain(&mut test.below).for_each(|(value, _)| *value *= unit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_ends_where_enough_draws_have_left_for_good() {
        let above = vec![(1.0, -1), (2.0, -1), (3.0, 1), (4.0, -1), (5.0, -1)];
        let test = Bootstrapped { p_value: 1.0, draws: 4, above, below: vec![(-1.0, -1), (-2.0, -1)] };
        assert_eq!(test.interval(0.25), (f64::NEG_INFINITY, 5.0));
        assert_eq!(test.interval(0.5), (-2.0, 4.0));
        assert_eq!(test.interval(0.75), (-1.0, 1.0));
        assert_eq!(test.interval(0.2), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
