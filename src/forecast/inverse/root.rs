//! The first root of a function on an interval.

use crate::error::Error;

/// Most steps of Brent's method; bisection alone would need 53.
const STEPS: usize = 100;

/// A function of one number, `None` outside its domain.
type Curve<'a> = dyn FnMut(f64) -> Result<Option<f64>, Error> + 'a;

/// The first place at which `f`, negative at the first of the ascending `grid`, is zero or more, looked for between
/// neighbours of the grid; `None` when it is negative at all of them.
///
/// # Errors
/// Those of `f`.
pub(super) fn first(f: &mut Curve<'_>, grid: &[f64]) -> Result<Option<f64>, Error> {
    let mut before = None;
    for t in grid.iter().copied() {
        match (before, f(t)?) {
            (_, None) => before = None,
            (_, Some(value)) if value < 0.0 => before = Some((t, value)),
            (Some(below), Some(value)) => return brent(f, below, (t, value)).map(Some),
            (None, Some(_)) => return Ok(Some(t)),
        }
    }
    Ok(None)
}

/// The root between `a` and `b`, at which the signs differ (Brent 1973, chapter 4): inverse quadratic interpolation where
/// it is safe, bisection elsewhere, to the last bits.
fn brent(f: &mut Curve<'_>, a: (f64, f64), b: (f64, f64)) -> Result<f64, Error> {
    let ((mut a, mut fa), (mut b, mut fb)) = (a, b);
    let (mut c, mut fc) = (a, fa);
    let (mut step, mut last) = (b - a, b - a);
    for _ in 0..STEPS {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            (step, last) = (b - a, b - a);
        }
        if fc.abs() < fb.abs() {
            (a, fa) = (b, fb);
            (b, fb) = (c, fc);
            (c, fc) = (a, fa);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs() + f64::MIN_POSITIVE;
        let middle = 0.5 * (c - b);
        if middle.abs() <= tolerance || fb == 0.0 {
            break;
        }
        (step, last) = match interpolate((a, fa), (b, fb), (c, fc)) {
            Some(jump) if last.abs() >= tolerance && fa.abs() > fb.abs() && is_safe(jump, middle, last) => (jump, step),
            _ => (middle, middle),
        };
        (a, fa) = (b, fb);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(middle) };
        // A hole in the domain between the two: its edge is all that can be told.
        let Some(value) = f(b)? else { return Ok(c) };
        fb = value;
    }
    Ok(b)
}

/// The step from b to where the inverse parabola (or line, when a = c) through the three is zero.
fn interpolate(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> Option<f64> {
    let (ab, cb) = (a.0 - b.0, c.0 - b.0);
    let s = b.1 / a.1;
    let (p, q) = if a.0.to_bits() == c.0.to_bits() {
        (cb * s, 1.0 - s)
    } else {
        let (q, r) = (a.1 / c.1, b.1 / c.1);
        (s * (cb * q * (q - r) + ab * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
    };
    let jump = -p / q;
    jump.is_finite().then_some(jump)
}

/// Brent's conditions: towards the root by less than three quarters of the way, and shrinking.
fn is_safe(jump: f64, middle: f64, last: f64) -> bool {
    jump / middle > 0.0 && jump.abs() < 1.5 * middle.abs() && jump.abs() < 0.5 * last.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

    #[test]
    fn roots_are_found_to_the_last_bits() {
        let cube = |t: f64| Ok(Some(t * t * t - 0.2));
        let flat = |t: f64| Ok(Some((t - 0.3).powi(9)));
        let steep = |t: f64| Ok(Some(1.0 - 0.01 / (t + 1e-3)));
        assert!((first(&mut cube.clone(), &GRID).unwrap().unwrap() - 0.2_f64.cbrt()).abs() < 1e-15);
        assert!((first(&mut flat.clone(), &GRID).unwrap().unwrap() - 0.3).abs() < 1e-6);
        assert!((first(&mut steep.clone(), &GRID).unwrap().unwrap() - 0.009).abs() < 1e-15);
    }

    #[test]
    fn the_first_root_is_taken_and_none_where_there_is_none() {
        let mut wave = |t: f64| Ok(Some(-(12.0 * t).cos()));
        assert!((first(&mut wave, &GRID).unwrap().unwrap() - std::f64::consts::PI / 24.0).abs() < 1e-15);
        assert_eq!(first(&mut |t| Ok(Some(t - 1.5)), &GRID).unwrap(), None);
        assert_eq!(first(&mut |t| Ok((t < 0.5).then_some(t - 0.7)), &GRID).unwrap(), None);
    }
}
