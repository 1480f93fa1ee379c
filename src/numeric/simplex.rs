//! Least squares over the unit simplex: the point of a convex hull next to a target.
//!
//! min ‖Xw − y‖²_V + ridge·‖w‖² subject to w ≥ 0, Σw = 1, by the active set of Wolfe (1976, Mathematical Programming
//! 11, 128–149), which ends at the exact solution after finitely many steps. Its **corral** is a set of affinely
//! independent points with the target's nearest point inside. Differences to the target are taken first and the corral is
//! solved by orthogonal least squares, never by cross-products, so that near-collinear points keep their digits.
//!
//! Several weights may reach the same nearest point: always when the target lies inside the hull of many points, and
//! where points repeat. The weights are then those of least ‖w‖², and the answer says so.

use super::Stop;
use super::vector::{add_scaled, dot, magnitude, norm};
use crate::error::Error;
use nalgebra::{DMatrix, DVector};

/// A solution may be improved by no more than this, relative to the farthest point times the distance.
const TOLERANCE: f64 = 1e-12;
/// The part of such an improvement that rounding explains, relative to the square of the farthest point.
const ROUNDING: f64 = 4.0 * f64::EPSILON;
/// Distance, relative to the farthest point, below which the target counts as reached: the square root of rounding.
pub const REACHED: f64 = 1e-7;
/// Points that would improve a solution by less than this share of the square of the farthest may belong to another.
const TIED: f64 = 1e-9;
/// Weight of ‖w‖, relative to the farthest point, among weights that reach the same point.
const EVENNESS: f64 = 1e-3;
/// Rounds in which that weight's bias is taken out.
const ROUNDS: usize = 50;

/// What to minimise.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// The columns of X, at least one, each as long as the target; finite, as are their differences to the target.
    pub points: &'a [&'a [f64]],
    /// y.
    pub target: &'a [f64],
    /// The diagonal of V, not negative; `None` stands for ones.
    pub importance: Option<&'a [f64]>,
    /// Penalty on ‖w‖², not negative.
    pub ridge: f64,
}

/// The nearest point.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// w, one a point.
    pub weights: Vec<f64>,
    /// √(Xw − y)'V(Xw − y).
    pub distance: f64,
    /// Whether the target itself was reached, to the square root of rounding.
    pub reached: bool,
    /// Whether other weights do as well; these are then the ones of least ‖w‖².
    pub non_unique: bool,
    /// Points that entered the corral after the first.
    pub steps: usize,
    /// Whether the solution is optimal to rounding.
    pub converged: bool,
}

impl Problem<'_> {
    /// The weights of the nearest point.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once `stop` is raised.
    pub fn nearest(&self, stop: &Stop) -> Result<Nearest, Error> {
        let (cloud, unit) = self.cloud();
        let corral = cloud.solve(stop)?;
        let distance = unit * norm(&corral.nearest);
        let reached = norm(&corral.nearest) <= REACHED * cloud.radius;
        let ties = cloud.ties(&corral);
        let non_unique = cloud.others_do_as_well(&corral, &ties, stop)?;
        let (steps, mut converged) = (corral.steps, corral.converged);
        let mut weights = vec![0.0; self.points.len()];
        if non_unique {
            let members: Vec<usize> = corral.members.iter().chain(&ties).copied().collect();
            let (least, solved) = cloud.least_even(&members, &corral.nearest, stop)?;
            members.iter().zip(least).for_each(|(i, w)| weights[*i] = w);
            converged &= solved;
        } else {
            corral.members.iter().zip(&corral.weights).for_each(|(i, w)| weights[*i] = *w);
        }
        Ok(Nearest { weights, distance, reached, non_unique, steps, converged })
    }

    /// √V(Xw − y) of the nearest point, and whether it is optimal to rounding: what [`Problem::nearest`] finds, without
    /// asking whether other weights do as well.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once `stop` is raised.
    pub fn difference(&self, stop: &Stop) -> Result<(Vec<f64>, bool), Error> {
        let (cloud, unit) = self.cloud();
        let corral = cloud.solve(stop)?;
        Ok((corral.nearest.iter().map(|x| unit * x).collect(), corral.converged))
    }

    /// The points as seen from the target, and the unit they are measured in.
    fn cloud(&self) -> (Cloud, f64) {
        let root = |t: usize| self.importance.map_or(1.0, |v| v[t].sqrt());
        let seen = |point: &&[f64]| -> Vec<f64> {
            point.iter().zip(self.target).enumerate().map(|(t, (x, y))| root(t) * (x - y)).collect()
        };
        let mut points: Vec<Vec<f64>> = self.points.iter().map(seen).collect();
        let unit = points.iter().map(|point| magnitude(point)).fold(0.0, f64::max);
        points.iter_mut().flatten().for_each(|x| *x /= unit);
        (Cloud::new(points, self.ridge.sqrt() / unit), unit)
    }
}

/// Points around the origin; each has a coordinate of its own, too, of the same size for all.
struct Cloud {
    points: Vec<Vec<f64>>,
    own: f64,
    /// Distance of the farthest point.
    radius: f64,
}

/// Points whose convex combination is the nearest one so far.
struct Corral {
    members: Vec<usize>,
    /// One a member, positive.
    weights: Vec<f64>,
    /// Their combination, without the points' own coordinates.
    nearest: Vec<f64>,
    steps: usize,
    converged: bool,
}

impl Cloud {
    fn new(points: Vec<Vec<f64>>, own: f64) -> Self {
        let radius = points.iter().map(|point| norm(point).hypot(own)).fold(0.0, f64::max);
        Self { points, own, radius }
    }

    /// Wolfe's algorithm.
    fn solve(&self, stop: &Stop) -> Result<Corral, Error> {
        let lengths: Vec<f64> = self.points.iter().map(|point| norm(point)).collect();
        let first = (0..lengths.len()).min_by(|a, b| lengths[*a].total_cmp(&lengths[*b])).unwrap_or_default();
        let nearest = self.points[first].clone();
        let mut corral = Corral { members: vec![first], weights: vec![1.0], nearest, steps: 0, converged: false };
        let size = self.points.len().min(self.points[0].len() + if self.own > 0.0 { self.points.len() } else { 1 });
        for step in 0..100 + 20 * size {
            stop.check()?;
            corral.steps = step;
            let gains = self.gains(&corral);
            let best = (0..gains.len()).max_by(|a, b| gains[*a].total_cmp(&gains[*b])).unwrap_or_default();
            if gains[best] <= self.radius * (TOLERANCE * self.length(&corral) + ROUNDING * self.radius) {
                corral.converged = true;
                break;
            }
            if corral.members.contains(&best) || !self.enter(best, &mut corral) {
                break;
            }
        }
        Ok(corral)
    }

    /// ‖z‖ of the corral's point z, with the points' own coordinates.
    fn length(&self, corral: &Corral) -> f64 {
        norm(&corral.nearest).hypot(self.own * norm(&corral.weights))
    }

    /// z'z − p'z of every point p: positive where a step towards it comes nearer to the origin.
    fn gains(&self, corral: &Corral) -> Vec<f64> {
        let square = self.length(corral).powi(2);
        let mut gains: Vec<f64> = self.points.iter().map(|point| square - dot(point, &corral.nearest)).collect();
        for (i, w) in corral.members.iter().zip(&corral.weights) {
            gains[*i] -= self.own * self.own * w;
        }
        gains
    }

    /// Adds a point to the corral and drops those that it makes idle; whether that came nearer to the origin.
    fn enter(&self, point: usize, corral: &mut Corral) -> bool {
        corral.members.push(point);
        corral.weights.push(0.0);
        while let Some(affine) = self.affine(&corral.members) {
            let weights = &mut corral.weights;
            let part = |i: usize| match (affine[i] > 0.0, weights[i] > 0.0) {
                (true, _) => 1.0,
                (false, true) => weights[i] / (weights[i] - affine[i]),
                (false, false) => 0.0,
            };
            let Some(idle) = (0..affine.len()).min_by(|a, b| part(*a).total_cmp(&part(*b))) else { break };
            let step = part(idle);
            if step >= 1.0 {
                *weights = affine;
                corral.nearest = self.combine(&corral.members, weights);
                return true;
            }
            weights.iter_mut().zip(&affine).for_each(|(w, a)| *w += step * (a - *w));
            weights[idle] = 0.0;
            let mut kept = weights.iter();
            corral.members.retain(|_| kept.next().is_some_and(|w| *w > 0.0));
            weights.retain(|w| *w > 0.0);
            if step == 0.0 {
                break;
            }
        }
        corral.nearest = self.combine(&corral.members, &corral.weights);
        false
    }

    fn combine(&self, members: &[usize], weights: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.points[0].len()];
        members.iter().zip(weights).for_each(|(i, w)| add_scaled(&mut sum, *w, &self.points[*i]));
        sum
    }

    /// The weights, of any sign, of the point next to the origin in the affine hull of some points.
    fn affine(&self, members: &[usize]) -> Option<Vec<f64>> {
        let (width, others) = (self.points[0].len(), members.len() - 1);
        let height = if self.own > 0.0 { width + members.len() } else { width };
        if others == 0 || others > height {
            return (others == 0).then(|| vec![1.0]);
        }
        let coordinate = |member: usize, row: usize| match row.checked_sub(width) {
            None => self.points[members[member]][row],
            Some(own) if own == member => self.own,
            Some(_) => 0.0,
        };
        let mut toward = DVector::from_fn(height, |row, _| -coordinate(0, row));
        let sides = DMatrix::from_fn(height, others, |row, k| coordinate(k + 1, row) - coordinate(0, row));
        let qr = sides.qr();
        qr.q_tr_mul(&mut toward);
        let rest = qr.r().solve_upper_triangular(&toward.rows(0, others))?;
        let weights: Vec<f64> = std::iter::once(1.0 - rest.sum()).chain(rest.iter().copied()).collect();
        weights.iter().all(|w| w.is_finite()).then_some(weights)
    }

    /// Points outside the corral that another solution might use.
    fn ties(&self, corral: &Corral) -> Vec<usize> {
        let gains = self.gains(corral);
        let tied = |i: &usize| gains[*i] >= -TIED * self.radius * self.radius && !corral.members.contains(i);
        if self.own > 0.0 { Vec::new() } else { (0..gains.len()).filter(tied).collect() }
    }

    /// Whether a convex combination of the tied points lies in the affine hull of the corral, so that weight can move
    /// to them and leave the nearest point where it is.
    fn others_do_as_well(&self, corral: &Corral, ties: &[usize], stop: &Stop) -> Result<bool, Error> {
        let Some((first, others)) = corral.members.split_first().filter(|_| !ties.is_empty()) else {
            return Ok(false);
        };
        let sides = |i: &usize| {
            let mut side = self.points[*i].clone();
            add_scaled(&mut side, -1.0, &self.points[*first]);
            side
        };
        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(others.len());
        for mut side in others.iter().map(sides) {
            project_out(&basis, &mut side);
            let length = norm(&side);
            side.iter_mut().for_each(|x| *x /= length);
            basis.push(side);
        }
        let away = ties.iter().map(sides).map(|mut side| {
            project_out(&basis, &mut side);
            side
        });
        let away = Self { radius: self.radius, ..Self::new(away.collect(), 0.0) };
        Ok(norm(&away.solve(stop)?.nearest) <= REACHED * self.radius)
    }

    /// Among convex weights of `members` that reach `nearest`, those of least ‖w‖², and whether they were found.
    ///
    /// A penalty on ‖w‖² draws the point away from `nearest`; the method of multipliers (Hestenes 1969) moves the
    /// origin against it until it is reached.
    fn least_even(&self, members: &[usize], nearest: &[f64], stop: &Stop) -> Result<(Vec<f64>, bool), Error> {
        let mut shift: Vec<f64> = nearest.iter().map(|x| -x).collect();
        let mut weights = vec![0.0; members.len()];
        for _ in 0..ROUNDS {
            let moved = |i: &usize| {
                let mut point = self.points[*i].clone();
                add_scaled(&mut point, 1.0, &shift);
                point
            };
            let cloud = Self::new(members.iter().map(moved).collect(), EVENNESS * self.radius);
            let corral = cloud.solve(stop)?;
            weights.fill(0.0);
            corral.members.iter().zip(&corral.weights).for_each(|(i, w)| weights[*i] = *w);
            let mut missed = self.combine(members, &weights);
            add_scaled(&mut missed, -1.0, nearest);
            if norm(&missed) <= TOLERANCE * self.radius {
                return Ok((weights, corral.converged));
            }
            add_scaled(&mut shift, 1.0, &missed);
        }
        Ok((weights, false))
    }
}

/// Takes out what a vector has in common with orthonormal ones, twice, so that rounding leaves nothing.
fn project_out(basis: &[Vec<f64>], vector: &mut [f64]) {
    for direction in basis.iter().chain(basis) {
        let common = dot(direction, vector);
        add_scaled(vector, -common, direction);
    }
}
