//! The spatial parameter of the errors by the moments of Kelejian and Prucha (1999).

use super::maximum::{Slope, maximise};
use crate::error::Error;
use crate::numeric::sparse::Sparse;
use crate::numeric::vector::dot;

/// The sum of squared moments, with the variance at its best, and its derivative; both negative.
struct Fit(f64, f64);

impl Slope for Fit {
    fn value(&self) -> f64 {
        self.0
    }

    fn slope(&self) -> f64 {
        self.1
    }
}

/// λ in `interval` that brings the three moments of e = u − λWu (its variance, that of We, and their covariance)
/// nearest to σ², σ²·tr(W'W)/n and 0.
///
/// # Errors
/// Never of its own.
pub(super) fn error_parameter(u: &[f64], w: &Sparse, interval: (f64, f64)) -> Result<Option<f64>, Error> {
    let n = u.len() as f64;
    let once = w.times(u);
    let twice = w.times(&once);
    let of = |a: &[f64], b: &[f64]| dot(a, b) / n;
    let squares = w.values().iter().map(|w| w * w).sum::<f64>() / n;
    // Moments g − aλ − bλ² − cσ², without their part along c.
    let mut g = [of(u, u), of(&once, &once), of(u, &once)];
    let mut a = [2.0 * of(u, &once), 2.0 * of(&twice, &once), of(u, &twice) + of(&once, &once)];
    let mut b = [-of(&once, &once), -of(&twice, &twice), -of(&once, &twice)];
    let c = [1.0, squares, 0.0];
    for column in [&mut g, &mut a, &mut b] {
        let along = dot(column, &c) / dot(&c, &c);
        (0..3).for_each(|i| column[i] -= along * c[i]);
    }
    let found = maximise(interval, |lambda| {
        let moments: [f64; 3] = std::array::from_fn(|i| g[i] - lambda * (a[i] + lambda * b[i]));
        let slopes: [f64; 3] = std::array::from_fn(|i| -a[i] - 2.0 * lambda * b[i]);
        Ok(Some(Fit(-dot(&moments, &moments), -2.0 * dot(&moments, &slopes))))
    })?;
    Ok(found.map(|maximum| maximum.at))
}
