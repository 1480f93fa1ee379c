//! What is inverted: numbers of the forecast as a function of the amounts, and its slopes.

use crate::error::Error;
use rayon::prelude::*;

/// Numbers of a forecast at given amounts, on fixed draws: the same amounts always give the same numbers.
pub trait Response: Sync {
    /// The point forecasts; `None` where the amounts cannot be carried out or a number is undefined.
    ///
    /// # Errors
    /// What stops the calculation, such as [`Error::Cancelled`].
    fn point(&self, amounts: &[f64]) -> Result<Option<Vec<f64>>, Error>;

    /// The draws of each number; none when there are no draws, `None` as for the point.
    ///
    /// # Errors
    /// As [`Response::point`].
    fn draws(&self, amounts: &[f64]) -> Result<Option<Vec<Vec<f64>>>, Error>;
}

/// A function on the unit box, `None` outside its domain.
pub(super) type Function<'a> = dyn Fn(&[f64]) -> Result<Option<f64>, Error> + Sync + 'a;

/// Step of the finite differences: truncation and rounding are then alike for a function as smooth as its range is wide.
pub(super) const STEP: f64 = 1e-5;

/// The slopes of `f` at `y`, where it is `at`: differences of second order, central inside the box and one-sided at its
/// ends (Nocedal and Wright 2006, section 8.1). A place from which no step is possible has slope 0.
///
/// # Errors
/// Those of `f`.
pub(super) fn gradient(f: &Function<'_>, y: &[f64], at: f64) -> Result<Vec<f64>, Error> {
    let slope = |i: usize| {
        let moved = |step: f64| {
            let mut moved = y.to_vec();
            moved[i] += step;
            if (0.0..=1.0).contains(&moved[i]) { f(&moved) } else { Ok(None) }
        };
        let (above, below) = (moved(STEP)?, moved(-STEP)?);
        let one_sided = |near: f64, step: f64| {
            let far = moved(2.0 * step)?;
            Ok(far.map_or((near - at) / step, |far| (4.0 * near - 3.0 * at - far) / (2.0 * step)))
        };
        match (above, below) {
            (Some(above), Some(below)) => Ok((above - below) / (2.0 * STEP)),
            (Some(above), None) => one_sided(above, STEP),
            (None, Some(below)) => one_sided(below, -STEP),
            (None, None) => Ok(0.0),
        }
    };
    (0..y.len()).into_par_iter().map(slope).collect()
}

/// The largest absolute value, 0 of nothing.
pub(super) fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |largest, x| x.abs().max(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_exact_for_parabolas_inside_and_at_the_ends() {
        let f = |y: &[f64]| Ok(Some(3.0 * y[0] * y[0] - 2.0 * y[1] + y[2] * y[2]));
        let y = [0.5, 0.0, 1.0];
        let slopes = gradient(&f, &y, f(&y).unwrap().unwrap()).unwrap();
        for (slope, expected) in slopes.iter().zip([3.0, -2.0, 2.0]) {
            assert!((slope - expected).abs() < 1e-9, "{slope} is not {expected}");
        }
    }

    #[test]
    fn outside_the_domain_slopes_are_one_sided() {
        let f = |y: &[f64]| Ok((y[0] <= 0.5).then(|| y[0] * y[0]));
        assert!((gradient(&f, &[0.5], 0.25).unwrap()[0] - 1.0).abs() < 1e-9);
    }
}
