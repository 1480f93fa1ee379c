//! The exact distribution of Kolmogorov's statistic.

use crate::panel::Absent;
use nalgebra::DMatrix;
use statrs::function::gamma::ln_gamma;

/// n·D² from which crossing on both sides is too rare to matter (relative 1e-10).
const ONE_SIDED: f64 = 4.0;

/// The test of independent numbers against the uniform distribution on [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniformity {
    /// D, the largest distance between the empirical distribution and the uniform one.
    pub statistic: f64,
    /// Exact for independent numbers.
    pub p_value: f64,
    /// How many numbers.
    pub count: usize,
}

/// Kolmogorov–Smirnov test that these independent numbers are uniform on [0, 1].
///
/// # Errors
/// [`Absent::NoPeriod`] without any number.
pub fn uniformity(numbers: &[f64]) -> Result<Uniformity, Absent> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len();
    if count == 0 {
        return Err(Absent::NoPeriod);
    }
    let n = count as f64;
    let gap = |(i, u): (usize, &f64)| ((i + 1) as f64 / n - u).max(u - i as f64 / n);
    let statistic = sorted.iter().enumerate().map(gap).fold(0.0, f64::max);
    Ok(Uniformity { statistic, p_value: tail(count, statistic), count })
}

/// P(D ≥ d) of n independent uniform numbers; O((n d)³ log n).
fn tail(count: usize, d: f64) -> f64 {
    let n = count as f64;
    if d >= 1.0 {
        0.0
    } else if 2.0 * d >= 1.0 || n * d * d >= ONE_SIDED {
        (2.0 * one_sided_tail(n, d)).min(1.0)
    } else {
        (1.0 - below(count, d)).clamp(0.0, 1.0)
    }
}

/// P(D⁺ ≥ d): Birnbaum and Tingey (1951), equation 3.0.
fn one_sided_tail(n: f64, d: f64) -> f64 {
    let log_term = |j: f64| {
        let choose = ln_gamma(n + 1.0) - ln_gamma(j + 1.0) - ln_gamma(n - j + 1.0);
        choose + (j - 1.0) * (d + j / n).ln() + (n - j) * (1.0 - d - j / n).ln()
    };
    let last = (n * (1.0 - d)).floor() as usize;
    // A last term at 1 − d − j/n = 0 adds nothing.
    let terms = (0..=last).map(|j| j as f64).filter(|j| 1.0 - d - j / n > 0.0);
    d * terms.map(|j| log_term(j).exp()).sum::<f64>()
}

/// P(D < d): n!/nⁿ times the middle entry of Hⁿ, Marsaglia, Tsang and Wang (2003).
///
/// H is divided by e, which keeps its powers in range, as n!/nⁿ is about e⁻ⁿ.
fn below(count: usize, d: f64) -> f64 {
    let n = count as f64;
    let k = (n * d).floor() as usize + 1;
    let rest = k as f64 - n * d;
    let power = power(&(matrix(k, rest) / std::f64::consts::E), count);
    let factor: f64 = (1..=count).map(|i| (i as f64 / n).ln() + 1.0).sum();
    power[(k - 1, k - 1)] * factor.exp()
}

/// H of order 2k − 1.
fn matrix(k: usize, rest: f64) -> DMatrix<f64> {
    let m = 2 * k - 1;
    let mut h = DMatrix::from_fn(m, m, |i, j| f64::from(u8::from(i + 1 >= j)));
    for i in 0..m {
        h[(i, 0)] -= rest.powi(i as i32 + 1);
        h[(m - 1, i)] -= rest.powi((m - i) as i32);
    }
    h[(m - 1, 0)] += (2.0 * rest - 1.0).max(0.0).powi(m as i32);
    for i in 0..m {
        for j in 0..=i {
            h[(i, j)] /= (1..=(i - j + 1)).map(|f| f as f64).product::<f64>();
        }
    }
    h
}

/// By repeated squaring.
fn power(matrix: &DMatrix<f64>, mut exponent: usize) -> DMatrix<f64> {
    let mut result = DMatrix::identity(matrix.nrows(), matrix.ncols());
    let mut square = matrix.clone();
    while exponent > 0 {
        if exponent % 2 == 1 {
            result *= &square;
        }
        exponent /= 2;
        if exponent > 0 {
            square = &square * &square;
        }
    }
    result
}
