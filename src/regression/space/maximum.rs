//! The maximum of a smooth function on an interval, from its values and slopes.

use crate::error::Error;

/// Points tried before the search narrows: more modes than they tell apart are not expected.
const GRID: usize = 7;

/// Evaluations after which a search ends.
const EVALUATIONS: usize = 200;

/// What a function says at a point.
pub(super) trait Slope {
    /// Its value.
    fn value(&self) -> f64;
    /// Its derivative.
    fn slope(&self) -> f64;
}

/// The place of a maximum.
#[derive(Debug)]
pub(super) struct Maximum<T> {
    /// Where it is.
    pub(super) at: f64,
    /// The function there.
    pub(super) of: T,
    /// Evaluations used.
    pub(super) evaluations: usize,
    /// Whether the slope is zero there up to rounding; else the function still rises at an end of the interval.
    pub(super) converged: bool,
}

/// The highest maximum seen from a grid over the open interval (`low`, `high`), to the last digits: the root of the
/// slope by secants within a bracket, halved where they do not shrink it (Dekker 1969). Where the function is not
/// defined, such as beyond the last ρ whose filter can be decomposed, it is taken to fall away from the interval's
/// middle.
pub(super) fn maximise<T: Slope>(
    (low, high): (f64, f64),
    mut of: impl FnMut(f64) -> Result<Option<T>, Error>,
) -> Result<Option<Maximum<T>>, Error> {
    let mut best: Option<(usize, f64, T)> = None;
    let place = |i: usize| low + (high - low) * i as f64 / (GRID + 1) as f64;
    for i in 1..=GRID {
        let Some(point) = of(place(i))? else { continue };
        if best.as_ref().is_none_or(|(_, _, known)| point.value() > known.value()) {
            best = Some((i, place(i), point));
        }
    }
    let Some((i, mut at, mut point)) = best else { return Ok(None) };
    let mut evaluations = GRID;
    // Ends of the bracket: the slope is positive (or unknown) at the left one and negative at the right one.
    let mut bracket = if point.slope() > 0.0 { (at, place(i + 1)) } else { (place(i - 1), at) };
    let mut before: Option<(f64, f64)> = None;
    let mut width = f64::INFINITY;
    while evaluations < EVALUATIONS && point.slope() != 0.0 {
        let secant = before.map(|(x, slope)| at - point.slope() * (at - x) / (point.slope() - slope));
        let inside = secant.filter(|x| *x > bracket.0 && *x < bracket.1);
        let halved = bracket.1 - bracket.0 <= 0.5 * width;
        let next = match inside {
            Some(x) if halved || before.is_some_and(|(before, _)| (x - at).abs() < 0.5 * (at - before).abs()) => x,
            _ => 0.5 * (bracket.0 + bracket.1),
        };
        width = bracket.1 - bracket.0;
        if (next - at).abs() <= 4.0 * f64::EPSILON * next.abs().max(1e-3) || next <= bracket.0 || next >= bracket.1 {
            break;
        }
        evaluations += 1;
        match of(next)? {
            Some(found) => {
                before = Some((at, point.slope()));
                if found.slope() > 0.0 {
                    bracket.0 = next
                } else {
                    bracket.1 = next
                }
                (at, point) = (next, found);
            }
            None if next > at => bracket.1 = next,
            None => bracket.0 = next,
        }
    }
    let margin = 1e-6 * (high - low);
    let converged = evaluations < EVALUATIONS && at > low + margin && at < high - margin;
    Ok(Some(Maximum { at, of: point, evaluations, converged }))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Slope for (f64, f64) {
        fn value(&self) -> f64 {
            self.0
        }
        fn slope(&self) -> f64 {
            self.1
        }
    }

    #[test]
    fn the_maximum_is_found_to_the_last_digits() {
        for root in [-0.97, -0.3, 0.1, 0.77, 0.9999] {
            // (1 + root)·ln(1 + x) + (1 − root)·ln(1 − x) is highest at x = root.
            let of = |x: f64| {
                let value = (1.0 + root) * (1.0 + x).ln() + (1.0 - root) * (1.0 - x).ln();
                Ok(Some((value, (1.0 + root) / (1.0 + x) - (1.0 - root) / (1.0 - x))))
            };
            let maximum = maximise((-1.0, 1.0), of).unwrap().unwrap();
            assert!((maximum.at - root).abs() < 1e-14 && maximum.converged, "{maximum:?}");
            assert!(maximum.evaluations < 40, "{maximum:?}");
        }
    }

    #[test]
    fn of_two_maxima_the_higher_one_is_found_and_an_end_is_no_maximum() {
        let two = |x: f64| Ok(Some((-(x * x - 0.25).powi(2) + 0.01 * x, -4.0 * x * (x * x - 0.25) + 0.01)));
        assert!((maximise((-1.0, 1.0), two).unwrap().unwrap().at - 0.505).abs() < 0.001);
        let rising = |x: f64| Ok(Some((x, 1.0)));
        assert!(!maximise((-1.0, 1.0), rising).unwrap().unwrap().converged);
    }
}
