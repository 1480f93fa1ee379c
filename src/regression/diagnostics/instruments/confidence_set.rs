//! The set of slopes that a test accepts, by inversion.
//!
//! Slopes tan(angle), infinity included, are a circle; on it an accepted set is a number of arcs.

use crate::error::Error;
use crate::numeric::Stop;
use std::f64::consts::{FRAC_PI_2, PI};

/// Angles looked at before extremes and bounds are sought between them.
const GRID: usize = 720;
/// Share of the distance to the other end at which golden sections part an interval.
const GOLDEN: f64 = 0.381_966_011_250_105_1;

/// A set of numbers.
#[derive(Debug, PartialEq)]
pub(super) struct Set {
    /// Its pieces from low to high, possibly infinite.
    pub(super) pieces: Vec<(f64, f64)>,
}

impl Set {
    /// The set of `centre` plus `unit` times its numbers.
    pub(super) fn moved(self, centre: f64, unit: f64) -> Self {
        let moved = |x: f64| if x.is_infinite() { x } else { centre + unit * x };
        Self { pieces: self.pieces.into_iter().map(|(low, high)| (moved(low), moved(high))).collect() }
    }

    /// The set in words.
    pub(super) fn told(&self) -> String {
        let bound = |x: f64| if x.is_infinite() { "inf".to_owned() } else { format!("{x:.6}") };
        let low = |x: f64| if x.is_infinite() { "(-inf".to_owned() } else { format!("[{}", bound(x)) };
        let high = |x: f64| if x.is_infinite() { "inf)".to_owned() } else { format!("{}]", bound(x)) };
        let pieces: Vec<String> = self.pieces.iter().map(|(a, b)| format!("{}, {}", low(*a), high(*b))).collect();
        let unbounded = self.pieces.iter().any(|(low, high)| low.is_infinite() || high.is_infinite());
        match pieces.as_slice() {
            [] => "empty, as no coefficient agrees with all instruments".to_owned(),
            _ if unbounded => format!("{}, unbounded as the instruments are weak", pieces.join(" or ")),
            _ => pieces.join(" or "),
        }
    }
}

/// The slopes at whose angles `accepted` is not negative; `None` where it is undefined throughout.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn confidence_set(accepted: impl Fn(f64) -> Option<f64>, stop: &Stop) -> Result<Option<Set>, Error> {
    let mut points = Vec::with_capacity(GRID + 1);
    for i in 0..=GRID {
        stop.check()?;
        let angle = PI * i as f64 / GRID as f64 - FRAC_PI_2;
        let Some(value) = accepted(angle) else { return Ok(None) };
        points.push((angle, value));
    }
    let value = |angle: f64| accepted(angle).unwrap_or(-1.0);
    let mut refined = points.clone();
    for three in points.windows(3) {
        let [a, b, c] = [three[0], three[1], three[2]];
        // A hidden arc: the peak between rejected angles may be accepted, the trough between accepted ones rejected.
        let peak = b.1 < 0.0 && b.1 >= a.1 && b.1 >= c.1;
        let trough = b.1 >= 0.0 && b.1 <= a.1 && b.1 <= c.1;
        if peak || trough {
            let sign = if peak { 1.0 } else { -1.0 };
            let angle = maximum(|angle| sign * value(angle), a.0, c.0);
            refined.push((angle, value(angle)));
        }
    }
    refined.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Some(Set { pieces: pieces(&refined, value) }))
}

/// The arcs of accepted angles as intervals of slopes.
fn pieces(points: &[(f64, f64)], value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let mut pieces = Vec::new();
    let mut low = (points[0].1 >= 0.0).then_some(f64::NEG_INFINITY);
    for two in points.windows(2) {
        let (before, after) = (two[0].1 >= 0.0, two[1].1 >= 0.0);
        if before != after {
            let slope = crossing(&value, two[0].0, two[1].0).tan();
            match low.take() {
                Some(low) => pieces.push((low, slope)),
                None => low = Some(slope),
            }
        }
    }
    pieces.extend(low.map(|low| (low, f64::INFINITY)));
    pieces
}

/// Where acceptance changes between two angles, by bisection.
fn crossing(value: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    let at_a = value(a) >= 0.0;
    for _ in 0..100 {
        let middle = 0.5 * (a + b);
        if middle <= a || middle >= b {
            break;
        }
        if (value(middle) >= 0.0) == at_a { a = middle } else { b = middle }
    }
    0.5 * (a + b)
}

/// The largest value between two angles, by golden sections.
fn maximum(value: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    for _ in 0..80 {
        let (left, right) = (a + GOLDEN * (b - a), b - GOLDEN * (b - a));
        if value(left) >= value(right) { b = right } else { a = left }
    }
    0.5 * (a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_slopes(accepted: impl Fn(f64) -> f64) -> Set {
        confidence_set(|angle| Some(accepted(angle.tan())), &Stop::default()).unwrap().unwrap()
    }

    #[test]
    fn every_shape_is_found() {
        let close = |set: Set, expected: &[(f64, f64)]| {
            assert_eq!(set.pieces.len(), expected.len(), "{set:?}");
            let bounds = set.pieces.iter().zip(expected).flat_map(|(a, b)| [(a.0, b.0), (a.1, b.1)]);
            for (got, expected) in bounds {
                assert!(got == expected || (got - expected).abs() < 1e-12, "{got} is not {expected}");
            }
        };
        let infinity = f64::INFINITY;
        close(of_slopes(|b| (2.0 - b) * (b + 1.0)), &[(-1.0, 2.0)]);
        close(of_slopes(|b| (b - 2.0) * (b + 1.0)), &[(-infinity, -1.0), (2.0, infinity)]);
        close(of_slopes(|_| 1.0), &[(-infinity, infinity)]);
        close(of_slopes(|_| -1.0), &[]);
        // An arc far narrower than the grid.
        close(of_slopes(|b| (0.300_01 - b) * (b - 0.3)), &[(0.3, 0.300_01)]);
    }
}
