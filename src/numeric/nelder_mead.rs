//! The simplex search of Nelder and Mead (1965) in the unit cube, for functions without derivatives.

/// Evaluations after which the search gives up.
const MOST: usize = 2_000;

/// Where a search ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minimum<const D: usize> {
    /// The point.
    pub at: [f64; D],
    /// The function there.
    pub value: f64,
    /// Whether the simplex shrank to a point before the evaluations ran out.
    pub converged: bool,
}

/// Minimises `f` over [0, 1]^D from `start`; points outside the cube are moved to its surface.
///
/// Coefficients 1, 2, ½, ½. A simplex may collapse against a face of the cube, so the search starts again around
/// where it ended until that gains nothing.
pub fn minimise<const D: usize>(f: impl Fn(&[f64; D]) -> f64, start: [f64; D], size: f64) -> Minimum<D> {
    let mut best = Minimum { at: start, value: f(&start), converged: false };
    let mut left = MOST;
    let mut size = size;
    loop {
        let found = search(&f, best, size, &mut left);
        let gain = best.value - found.value;
        best = found;
        if !found.converged || gain <= 1e-12 * found.value.abs() {
            return best;
        }
        size = (size / 4.0).max(1e-3);
    }
}

fn search<const D: usize>(f: &impl Fn(&[f64; D]) -> f64, start: Minimum<D>, size: f64, left: &mut usize) -> Minimum<D> {
    let mut value = |at: &[f64; D]| {
        *left = left.saturating_sub(1);
        (f(at), *left > 0)
    };
    let mut simplex = vec![(start.at, start.value)];
    for d in 0..D {
        let mut at = start.at;
        at[d] = if at[d] + size <= 1.0 { at[d] + size } else { at[d] - size };
        simplex.push((at, value(&at).0));
    }
    loop {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (simplex[0], simplex[D]);
        let width = (0..D).map(|d| simplex.iter().fold(0.0_f64, |w, s| w.max((s.0[d] - best.0[d]).abs())));
        if width.fold(0.0, f64::max) < 1e-10 {
            return Minimum { at: best.0, value: best.1, converged: true };
        }
        let centre: [f64; D] = std::array::from_fn(|d| simplex[..D].iter().map(|s| s.0[d]).sum::<f64>() / D as f64);
        // The point on the line from the worst one through the centre of the others.
        let along = |step: f64| -> [f64; D] {
            std::array::from_fn(|d| (centre[d] + step * (centre[d] - worst.0[d])).clamp(0.0, 1.0))
        };
        let reflected = along(1.0);
        let (at_reflected, more) = value(&reflected);
        if !more {
            return Minimum { at: best.0, value: best.1, converged: false };
        }
        let candidate = if at_reflected < best.1 {
            let expanded = along(2.0);
            let at_expanded = value(&expanded).0;
            if at_expanded < at_reflected { (expanded, at_expanded) } else { (reflected, at_reflected) }
        } else if at_reflected < simplex[D - 1].1 {
            (reflected, at_reflected)
        } else {
            let contracted = along(if at_reflected < worst.1 { 0.5 } else { -0.5 });
            (contracted, value(&contracted).0)
        };
        if candidate.1 < worst.1 {
            simplex[D] = candidate;
            continue;
        }
        for vertex in &mut simplex[1..] {
            vertex.0 = std::array::from_fn(|d| 0.5 * (vertex.0[d] + best.0[d]));
            vertex.1 = value(&vertex.0).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_minima_inside_and_on_the_faces() {
        let inside =
            minimise(|x: &[f64; 2]| (x[0] - 0.3).powi(2) + 10.0 * (x[1] - x[0] * x[0]).powi(2), [0.9, 0.9], 0.1);
        assert!(inside.converged && (inside.at[0] - 0.3).abs() < 1e-7 && (inside.at[1] - 0.09).abs() < 1e-7);
        let face = minimise(|x: &[f64; 2]| x[0] + (x[1] - 0.5).powi(2), [0.5, 0.9], 0.1);
        assert!(face.converged && face.at[0] < 1e-9 && (face.at[1] - 0.5).abs() < 1e-7);
    }
}
