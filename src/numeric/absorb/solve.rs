//! Conjugate gradients for four right-hand sides at once.

use super::lanes::{LANES, Lanes, add_scaled, dots};
use crate::numeric::Stop;

/// Reduction of the residual in one run, below which rounding in `right` has a part: in a singular system that part would
/// only grow.
const REDUCTION: f64 = 1e-12;

/// When a right-hand side is solved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Which right-hand sides are to be solved at all.
    pub(super) open: [bool; LANES],
    /// Length of the residual.
    pub(super) residual: Lanes,
    /// Length of the error in the energy norm, which is that of a column's fixed effects.
    pub(super) error: Lanes,
}

/// What a run of conjugate gradients found.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) solution: Vec<Lanes>,
    pub(super) iterations: [usize; LANES],
    /// One over the smallest Rayleigh quotient met: the error is about the residual times its root.
    pub(super) softness: Lanes,
}

/// Solves a positive semidefinite system until residual and error are as wanted.
///
/// On a long chain of levels residuals are small long before the effects are right, because eigenvalues are; the
/// steps, each of which is one over a Rayleigh quotient, tell how small.
pub(super) fn conjugate_gradients(
    image_of: impl Fn(&[Lanes]) -> Vec<Lanes>,
    right: &[Lanes],
    wanted: Wanted,
    stop: &Stop,
) -> Run {
    let (mut residual, mut direction) = (right.to_vec(), right.to_vec());
    let mut size = dots(right, right);
    let floor = size.map(|s| s * REDUCTION * REDUCTION);
    let mut run = Run { solution: vec![[0.0; LANES]; right.len()], iterations: [0; LANES], softness: [0.0; LANES] };
    let mut open = wanted.open;
    for iteration in 0..(10 * right.len() + 100).min(10_000) {
        for l in 0..LANES {
            let far = size[l] > wanted.residual[l].powi(2) || size[l] * run.softness[l] > wanted.error[l].powi(2);
            open[l] &= far && size[l] > floor[l];
        }
        if !open.contains(&true) || stop.raised() {
            break;
        }
        let image = image_of(&direction);
        let (curvature, length) = (dots(&direction, &image), dots(&direction, &direction));
        let mut step = [0.0; LANES];
        for l in 0..LANES {
            // What is left lies in the null space.
            open[l] &= curvature[l] > 1e-15 * length[l];
            if open[l] {
                step[l] = size[l] / curvature[l];
                run.iterations[l] = iteration + 1;
                run.softness[l] = run.softness[l].max(length[l] / curvature[l]);
            }
        }
        add_scaled(&mut run.solution, &step, &direction);
        add_scaled(&mut residual, &step.map(|s| -s), &image);
        let next = dots(&residual, &residual);
        let ratio: Lanes = std::array::from_fn(|l| if open[l] { next[l] / size[l] } else { 0.0 });
        for (d, r) in direction.iter_mut().zip(&residual) {
            *d = std::array::from_fn(|l| r[l] + ratio[l] * d[l]);
        }
        size = next;
    }
    run
}
