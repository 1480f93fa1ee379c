//! The highest point of a costly function over what is affordable.
//!
//! Projected quasi-Newton (Schmidt, van den Berg, Friedlander and Murphy 2009, AISTATS, algorithm 1): a quadratic model of
//! the function, its curvature learnt from the slopes met (BFGS with the damping of Powell 1978), is maximised over the
//! affordable set by projected gradients, which cost no run of the function; a line search then takes the step.

use super::projection::Affordable;
use super::response::{Function, STEP, gradient, largest};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::vector::{dot, norm};
use nalgebra::{DMatrix, DVector};

/// Most steps.
const STEPS: usize = 100;
/// Most projected gradient steps on the model.
const MODEL_STEPS: usize = 500;
/// Most halvings of a step.
const HALVINGS: usize = 40;
/// Part of the rise the slope promises that a step must bring (Armijo).
const RISE: f64 = 1e-4;
/// A [`Peak::residual`] up to this counts as converged.
const CONVERGED: f64 = 1e-6;
/// A promised rise below so many units of rounding of the value is none: a top by values is no sharper.
const FLAT: f64 = 64.0 * f64::EPSILON;
/// A residual below this ends the search: differences do not know the slopes better.
const ENOUGH: f64 = 1e-9;

/// Where an ascent ended.
#[derive(Debug, Clone)]
pub(super) struct Peak {
    pub(super) y: Vec<f64>,
    pub(super) value: f64,
    pub(super) slopes: Vec<f64>,
    /// How far a step along the slopes, the steepest of them scaled to 1, would still move, projected: 0 exactly where the
    /// conditions of Karush, Kuhn and Tucker hold.
    pub(super) residual: f64,
    /// Whether the residual is as small as slopes by differences allow, or no step promises a rise above rounding.
    pub(super) converged: bool,
    pub(super) steps: usize,
}

/// Climbs from `start`; `None` when `f` has no value there.
///
/// # Errors
/// Those of `f`; [`Error::Cancelled`].
pub(super) fn climb(f: &Function<'_>, set: Affordable<'_>, start: &[f64], stop: &Stop) -> Result<Option<Peak>, Error> {
    let y = set.nearest(start);
    let Some(value) = f(&y)? else { return Ok(None) };
    let slopes = gradient(f, &y, value)?;
    let mut peak = Peak { y, value, slopes, residual: 0.0, converged: false, steps: 0 };
    let mut curvature = Curvature::new(&peak.slopes);
    let (mut is_fresh, mut is_flat, mut steepest) = (true, false, largest(&peak.slopes));
    while peak.steps < STEPS {
        stop.check()?;
        steepest = steepest.max(largest(&peak.slopes));
        peak.residual = residual(&peak, steepest, set);
        if peak.residual <= ENOUGH {
            break;
        }
        let target = curvature.best(&peak.y, &peak.slopes, set);
        let Some((y, value)) = line_search(f, &peak, &target, set)? else {
            if is_fresh {
                peak.converged = is_flat;
                break;
            }
            // Learnt curvature knows how far the top is and how high; without any only the slopes are known.
            is_flat = promised(&peak, &target) <= FLAT * peak.value.abs();
            (curvature, is_fresh) = (Curvature::new(&peak.slopes), true);
            continue;
        };
        let slopes = gradient(f, &y, value)?;
        curvature.learn(&difference(&y, &peak.y), &difference(&peak.slopes, &slopes));
        peak = Peak { y, value, slopes, residual: 0.0, converged: false, steps: peak.steps + 1 };
        (is_fresh, is_flat) = (false, false);
    }
    peak.residual = residual(&peak, steepest, set);
    peak.converged |= peak.residual <= CONVERGED;
    Ok(Some(peak))
}

/// The rise that the slopes promise on the way to `target`.
fn promised(peak: &Peak, target: &[f64]) -> f64 {
    dot(&difference(target, &peak.y), &peak.slopes)
}

/// How far a step along the slopes would still move. Slopes are measured by the steepest one here but, because all vanish
/// at a top inside the set, by no less than a hundredth of the steepest met and a million times what rounding makes.
fn residual(peak: &Peak, steepest: f64, set: Affordable<'_>) -> f64 {
    let rounding = f64::EPSILON * peak.value.abs() / STEP;
    let scale = largest(&peak.slopes).max(0.01 * steepest).max(1e6 * rounding).max(f64::MIN_POSITIVE);
    let moved: Vec<f64> = peak.y.iter().zip(&peak.slopes).map(|(y, slope)| y + slope / scale).collect();
    largest(&difference(&set.nearest(&moved), &peak.y))
}

/// The first point on the way to `target` that is high enough.
fn line_search(
    f: &Function<'_>,
    from: &Peak,
    target: &[f64],
    set: Affordable<'_>,
) -> Result<Option<(Vec<f64>, f64)>, Error> {
    let step = difference(target, &from.y);
    let rise = dot(&step, &from.slopes);
    if rise <= 0.0 {
        return Ok(None);
    }
    let mut part = 1.0;
    for _ in 0..HALVINGS {
        // Rounding must not carry the point out of the set.
        let moved: Vec<f64> = from.y.iter().zip(&step).map(|(y, d)| y + part * d).collect();
        let moved = if part < 1.0 { set.nearest(&moved) } else { target.to_vec() };
        match f(&moved)? {
            Some(value) if value > from.value && value >= from.value + RISE * part * rise => {
                return Ok(Some((moved, value)));
            }
            _ => part *= 0.5,
        }
    }
    Ok(None)
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// The curvature of the model: a positive definite matrix B, the model being slopes'd − ½ d'Bd.
#[derive(Debug)]
struct Curvature(DMatrix<f64>);

impl Curvature {
    /// So weak that the first step goes as far as the steepest slope leads in one range.
    fn new(slopes: &[f64]) -> Self {
        let scale = largest(slopes).max(f64::MIN_POSITIVE);
        Self(DMatrix::from_diagonal_element(slopes.len(), slopes.len(), scale))
    }

    /// Learns that the slopes fell by `fall` along `step`.
    fn learn(&mut self, step: &[f64], fall: &[f64]) {
        let (s, mut y) = (DVector::from_column_slice(step), DVector::from_column_slice(fall));
        let mut bs = &self.0 * &s;
        let mut sbs = s.dot(&bs);
        if sbs <= 0.0 || !sbs.is_finite() {
            return;
        }
        // Where the function is straighter than the model, the whole model is (Oren and Luenberger 1974).
        let ratio = (s.dot(&y) / sbs).clamp(0.01, 1.0);
        self.0 *= ratio;
        bs *= ratio;
        sbs *= ratio;
        if s.dot(&y) < 0.2 * sbs {
            let theta = 0.8 * sbs / (sbs - s.dot(&y));
            y = theta * y + (1.0 - theta) * &bs;
        }
        let sy = s.dot(&y);
        self.0 += &y * y.transpose() / sy - &bs * bs.transpose() / sbs;
    }

    /// The affordable point at which the model is highest: projected gradients with the steps of Barzilai and Borwein
    /// (1988) and the exact line search that a parabola allows.
    fn best(&self, y: &[f64], slopes: &[f64], set: Affordable<'_>) -> Vec<f64> {
        let mut place = y.to_vec();
        let mut slope = slopes.to_vec();
        let mut length = 1.0 / largest(slopes).max(f64::MIN_POSITIVE);
        for _ in 0..MODEL_STEPS {
            let moved: Vec<f64> = place.iter().zip(&slope).map(|(y, g)| y + length * g).collect();
            let step = difference(&set.nearest(&moved), &place);
            if norm(&step) <= 1e-14 {
                break;
            }
            let bend = &self.0 * DVector::from_column_slice(&step);
            let bent = dot(&step, bend.as_slice());
            let part = if bent > 0.0 { (dot(&step, &slope) / bent).min(1.0) } else { 1.0 };
            for i in 0..place.len() {
                place[i] += part * step[i];
                slope[i] -= part * bend[i];
            }
            if bent > 0.0 {
                length = dot(&step, &step) / bent;
            }
        }
        set.nearest(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(f: &Function<'_>, set: Affordable<'_>, start: &[f64]) -> Peak {
        climb(f, set, start, &Stop::default()).unwrap().unwrap()
    }

    #[test]
    fn a_plane_is_climbed_to_its_corner_and_a_hill_to_its_top() {
        let set = Affordable { costs: &[1.0, 2.0, 1.0], budget: 1.5 };
        let plane = |y: &[f64]| Ok(Some(3.0 * y[0] + 4.0 * y[1] - y[2]));
        let peak = top(&plane, set, &[0.0; 3]);
        assert!(peak.residual < ENOUGH && (peak.value - 4.0).abs() < 1e-10, "{peak:?}");
        let free = Affordable { budget: f64::INFINITY, ..set };
        let ridge = |y: &[f64]| -(y[0] - 0.3).powi(2) - 50.0 * (y[1] - 0.2 - y[0]).powi(2);
        let hill = |y: &[f64]| Ok(Some(ridge(y) - (y[2] - 0.1).powi(2)));
        let peak = top(&hill, free, &[1.0; 3]);
        assert!(peak.residual < CONVERGED && (peak.y[0] - 0.3).abs() < 1e-6, "{peak:?}");
        let high = |y: &[f64]| Ok(Some(1e6 - (y[0] - 0.3).powi(2) - (y[1] - 0.6).powi(2) - y[2]));
        let peak = top(&high, free, &[1.0; 3]);
        assert!(peak.residual < CONVERGED && (peak.y[1] - 0.6).abs() < 1e-4 && peak.y[2] < 1e-9, "{peak:?}");
    }

    #[test]
    fn a_flat_top_is_neared_and_the_rest_of_the_way_is_told() {
        let flat = |y: &[f64]| Ok(Some(-(y[0] - 0.1).powi(4)));
        let peak = top(&flat, Affordable { costs: &[0.0], budget: f64::INFINITY }, &[1.0]);
        assert!(peak.value > -1e-8 && peak.residual < 1e-4, "{peak:?}");
    }
}
