//! Wald tests that several coefficients are zero.

use crate::numeric::distributions::{chi_squared_tail, f_tail};
use crate::panel::{Absent, Value, finite};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// A test of the hypothesis that q coefficients are all zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wald {
    /// b'V⁻¹b/q; absent with [`Absent::ZeroDenominator`] when V is singular, as with fewer clusters than coefficients.
    pub statistic: Value,
    /// Numerator degrees of freedom q.
    pub df1: usize,
    /// Denominator degrees of freedom: those of the t distribution of the fit; `None` where q·F is chi-squared.
    pub df2: Option<usize>,
    /// P(F > statistic).
    pub p_value: Value,
}

impl Wald {
    /// Tests `coefficients` with covariance `vcov`.
    pub(super) fn new(coefficients: &DVector<f64>, vcov: &DMatrix<f64>, df2: Option<usize>) -> Self {
        let df1 = coefficients.len();
        let statistic = quadratic_form(coefficients, vcov).map(|chi2| chi2 / df1 as f64);
        let tail = |f: f64| match df2 {
            Some(df2) => f_tail(f, df1 as f64, df2 as f64),
            None => chi_squared_tail(f * df1 as f64, df1 as f64),
        };
        let p_value = statistic.map(tail);
        Self { statistic, df1, df2, p_value }
    }

    /// The test where there is nothing to test, because the outcome does not vary.
    pub(super) fn of_constant(self) -> Self {
        Self { statistic: Err(Absent::ZeroDenominator), p_value: Err(Absent::ZeroDenominator), ..self }
    }
}

/// b'V⁻¹b by Cholesky's decomposition of the correlations.
fn quadratic_form(b: &DVector<f64>, vcov: &DMatrix<f64>) -> Value {
    let errors = vcov.diagonal().map(f64::sqrt);
    let correlations = DMatrix::from_fn(b.len(), b.len(), |i, j| vcov[(i, j)] / (errors[i] * errors[j]));
    let cholesky = correlations.cholesky().ok_or(Absent::ZeroDenominator)?;
    let singular = cholesky.l_dirty().diagonal().iter().any(|pivot| *pivot < 1e-7);
    if singular {
        return Err(Absent::ZeroDenominator);
    }
    let t = b.component_div(&errors);
    finite(t.dot(&cholesky.solve(&t)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coefficient_gives_the_square_of_t() {
        let wald = Wald::new(&DVector::from_element(1, 3.0), &DMatrix::from_element(1, 1, 4.0), Some(10));
        assert_eq!(wald.statistic, Ok(2.25));
    }

    #[test]
    fn a_singular_covariance_has_no_statistic() {
        let wald = Wald::new(&DVector::from_element(2, 1.0), &DMatrix::from_element(2, 2, 1.0), Some(10));
        assert_eq!(wald.statistic, Err(Absent::ZeroDenominator));
    }
}
