//! How unlikely the path is that a scenario imposes on a driver, given how the driver has moved before.
//!
//! The driver's logarithm is a random walk with drift whose errors are correlated across cells and independent over
//! time: the cumulated errors of steps 1 … h are what separates a path from the baseline. A path imposed at every step
//! fixes the errors one by one, so that q of [`crate::numeric::conditional`] is Σ_h e_h'Σ⁻¹e_h, e_h the increase of the
//! imposed deviation in step h. Few dates tell Σ badly or not at all: its correlations are shrunk to zero as far as they
//! are uncertain (Schäfer and Strimmer 2005, Statistical Applications in Genetics and Molecular Biology 4, 32).

use super::warning::{Code, Warning};
use crate::numeric::conditional::Plausibility;
use nalgebra::{DMatrix, DVector};

/// Dates below which the history does not tell a covariance.
const FEWEST_DATES: usize = 3;

/// The plausibility of imposed log deviations from the baseline, step × cell, beside the errors of the driver's
/// log growth in its history, date × cell; cells are those on which something is imposed, steps those in which the
/// deviation moves: a step that keeps it counts as one more condition, and an easy one.
///
/// `None` without any cell or step, with fewer than three dates, and where the errors of a cell do not vary.
pub fn plausibility(errors: &[Vec<f64>], imposed: &[Vec<f64>]) -> Option<Plausibility> {
    let cells = imposed.first()?.len();
    if cells == 0 || errors.len() < FEWEST_DATES {
        return None;
    }
    let (deviations, correlations) = shrunk(errors, cells)?;
    let root = correlations.cholesky()?;
    let mut before = vec![0.0; cells];
    let mut q = 0.0;
    for step in imposed {
        let shocks = (0..cells).map(|i| (step[i] - before[i]) / deviations[i]);
        let whitened = root.l_dirty().solve_lower_triangular(&DVector::from_iterator(cells, shocks))?;
        q += whitened.norm_squared();
        before.clone_from(step);
    }
    let conditions = cells * imposed.len();
    q.is_finite().then(|| Plausibility::new(q, conditions, conditions))
}

/// A warning when the path imposed on `driver` by scenario `name` is unlikely.
pub fn warning(name: &str, driver: &str, plausibility: &Plausibility) -> Option<Warning> {
    let Plausibility { q, df, tail, calibrated } = *plausibility;
    let message = format!(
        "the path imposed on {driver} is unlike its history: q = {q:.4} where {df} is expected (conditions: {df}), and {} of \
         its futures are farther away; calibrated distance {calibrated:.3}, from 0.5 (the baseline) to 1 (never)",
        share(tail)
    );
    plausibility.unlikely().then(|| Warning::new(Code::ImplausibleCondition, name, message))
}

/// A small share in words.
fn share(tail: f64) -> String {
    if tail < 1e-4 { "less than 0.01 %".to_owned() } else { format!("{:.2} %", 100.0 * tail) }
}

/// Standard deviations of the errors and their correlations, shrunk towards zero.
fn shrunk(errors: &[Vec<f64>], cells: usize) -> Option<(Vec<f64>, DMatrix<f64>)> {
    let n = errors.len() as f64;
    let column = |i: usize| {
        let mean = errors.iter().map(|date| date[i]).sum::<f64>() / n;
        let centred: Vec<f64> = errors.iter().map(|date| date[i] - mean).collect();
        let deviation = (centred.iter().map(|x| x * x).sum::<f64>() / (n - 1.0)).sqrt();
        let scored = centred.iter().map(|x| x / deviation).collect();
        (deviation > 0.0 && deviation.is_finite()).then_some((deviation, scored))
    };
    let (deviations, scores): (Vec<f64>, Vec<Vec<f64>>) =
        (0..cells).map(column).collect::<Option<Vec<_>>>()?.into_iter().unzip();
    let (mut uncertain, mut squares) = (0.0, 0.0);
    let mut correlations = DMatrix::identity(cells, cells);
    for i in 0..cells {
        for j in 0..i {
            let products: Vec<f64> = scores[i].iter().zip(&scores[j]).map(|(a, b)| a * b).collect();
            let mean = products.iter().sum::<f64>() / n;
            let spread = products.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
            let correlation = mean * n / (n - 1.0);
            uncertain += spread * n / (n - 1.0).powi(3);
            squares += correlation * correlation;
            (correlations[(i, j)], correlations[(j, i)]) = (correlation, correlation);
        }
    }
    let kept = if squares > 0.0 { 1.0 - (uncertain / squares).min(1.0) } else { 0.0 };
    for i in 0..cells {
        for j in (0..cells).filter(|j| *j != i) {
            correlations[(i, j)] *= kept;
        }
    }
    Some((deviations, correlations))
}
