//! The Frisch–Newton interior point method for quantile regression (Portnoy and Koenker 1997).
//!
//! It solves the dual max y'a, X'a = (1 − τ)X'1, 0 ≤ a ≤ 1 with Mehrotra's predictor and corrector; the multipliers of the
//! equations are the coefficients. The loss less the dual's value bounds what any coefficients could gain.

use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use nalgebra::{DMatrix, DVector};

/// The duality gap, relative to the loss, of a minimum.
pub(super) const GAP: f64 = 1e-9;
/// The gap at which the method is content.
const TARGET: f64 = 1e-13;
const ITERATIONS: usize = 100;
/// How much of the way to the boundary a step goes.
const DAMPING: f64 = 0.99995;

/// Coefficients with what they may be short of the minimum.
#[derive(Debug)]
pub(super) struct Solution {
    /// One a column.
    pub(super) coefficients: Vec<f64>,
    pub(super) iterations: usize,
    /// Duality gap over the loss.
    pub(super) gap: f64,
}

/// Σ u(τ − `1[u < 0]`).
pub(super) fn loss(u: &[f64], tau: f64) -> f64 {
    u.iter().map(|u| if *u < 0.0 { (tau - 1.0) * u } else { tau * u }).sum()
}

/// A point inside: a, 1 − a and the slacks of their bounds, with the coefficients.
struct Point {
    a: Vec<f64>,
    rest: Vec<f64>,
    z: Vec<f64>,
    w: Vec<f64>,
    b: Vec<f64>,
}

/// The coefficients on orthonormal columns `x` that minimise the loss.
pub(super) fn minimise(y: &[f64], x: &[Vec<f64>], tau: f64, stop: &Stop) -> Result<Solution, Error> {
    let mut point = start(y, x, tau);
    let mut iterations = 0;
    loop {
        stop.check()?;
        let gap = gap(y, x, tau, &point.a, &point.b);
        if gap <= TARGET || iterations == ITERATIONS || !advance(&mut point, x, stop)? {
            break;
        }
        iterations += 1;
    }
    let inside = point.b.clone();
    let vertex = vertex(y, x, &inside, stop)?;
    let better = vertex.filter(|b| loss(&residuals(y, x, b), tau) <= loss(&residuals(y, x, &inside), tau));
    let coefficients = better.unwrap_or(inside);
    Ok(Solution { gap: gap(y, x, tau, &point.a, &coefficients), coefficients, iterations })
}

fn residuals(y: &[f64], x: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let mut u = y.to_vec();
    x.iter().zip(b).for_each(|(x, b)| add_scaled(&mut u, -b, x));
    u
}

/// The loss at `b` less the dual at `a`, over the loss.
fn gap(y: &[f64], x: &[Vec<f64>], tau: f64, a: &[f64], b: &[f64]) -> f64 {
    let u = residuals(y, x, b);
    let primal = loss(&u, tau);
    // y'a − (1 − τ)y'1 is the same for residuals, because X'a = (1 − τ)X'1, and then no difference of large numbers.
    let dual: f64 = u.iter().zip(a).map(|(u, a)| u * (a - (1.0 - tau))).sum();
    if primal > 0.0 { ((primal - dual) / primal).max(0.0) } else { 0.0 }
}

fn start(y: &[f64], x: &[Vec<f64>], tau: f64) -> Point {
    let b: Vec<f64> = x.iter().map(|x| dot(x, y)).collect();
    let u = residuals(y, x, &b);
    let size = u.iter().map(|u| u.abs()).sum::<f64>() / u.len() as f64;
    let least = if size > 0.0 { 1e-3 * size } else { 1.0 };
    Point {
        a: vec![1.0 - tau; y.len()],
        rest: vec![tau; y.len()],
        // Slacks z − w = −u, both positive.
        z: u.iter().map(|u| (-u).max(0.0) + least).collect(),
        w: u.iter().map(|u| u.max(0.0) + least).collect(),
        b,
    }
}

/// Directions of a, of the slacks, and of the coefficients.
struct Step {
    a: Vec<f64>,
    z: Vec<f64>,
    w: Vec<f64>,
    b: Vec<f64>,
}

/// One step of predictor and corrector; whether it could be taken.
fn advance(point: &mut Point, x: &[Vec<f64>], stop: &Stop) -> Result<bool, Error> {
    let n = point.a.len();
    let q: Vec<f64> = (0..n).map(|i| 1.0 / (point.z[i] / point.a[i] + point.w[i] / point.rest[i])).collect();
    let columns = x.iter().map(|x| x.iter().zip(&q).map(|(x, q)| x * q.sqrt()).collect()).collect();
    let qr = Orthogonal::new(columns, stop)?;
    if qr.kept.len() < x.len() {
        return Ok(false);
    }
    let slack: Vec<f64> = (0..n).map(|i| point.z[i] - point.w[i]).collect();
    let nothing = vec![0.0; n];
    let predictor = direction(point, x, &q, &qr, &slack, (&nothing, &nothing), 0.0);
    let (fp, fd) = lengths(point, &predictor);
    let complementarity = |fp: f64, fd: f64, step: &Step| -> f64 {
        let term = |i: usize| {
            (point.z[i] + fd * step.z[i]) * (point.a[i] + fp * step.a[i])
                + (point.w[i] + fd * step.w[i]) * (point.rest[i] - fp * step.a[i])
        };
        (0..n).map(term).sum()
    };
    let mut step = predictor;
    if fp.min(fd) < 1.0 {
        let now = complementarity(0.0, 0.0, &step);
        let mu = now * (complementarity(fp, fd, &step) / now).powi(3) / (2 * n) as f64;
        let of_a: Vec<f64> = (0..n).map(|i| step.a[i] * step.z[i] / point.a[i]).collect();
        let of_rest: Vec<f64> = (0..n).map(|i| -step.a[i] * step.w[i] / point.rest[i]).collect();
        step = direction(point, x, &q, &qr, &slack, (&of_a, &of_rest), mu);
    }
    let (fp, fd) = lengths(point, &step);
    add_scaled(&mut point.a, fp, &step.a);
    add_scaled(&mut point.rest, -fp, &step.a);
    add_scaled(&mut point.z, fd, &step.z);
    add_scaled(&mut point.w, fd, &step.w);
    add_scaled(&mut point.b, fd, &step.b);
    Ok(true)
}

/// Newton's direction to complementarity `mu`, with the second-order terms of the predictor.
fn direction(
    point: &Point,
    x: &[Vec<f64>],
    q: &[f64],
    qr: &Orthogonal,
    slack: &[f64],
    (of_a, of_rest): (&[f64], &[f64]),
    mu: f64,
) -> Step {
    let n = q.len();
    let target: Vec<f64> =
        (0..n).map(|i| slack[i] + of_a[i] - of_rest[i] - mu * (1.0 / point.a[i] - 1.0 / point.rest[i])).collect();
    let mut right: Vec<f64> = target.iter().zip(q).map(|(t, q)| t * q.sqrt()).collect();
    let multipliers = qr.solve(qr.project(&mut right));
    let mut moved = vec![0.0; n];
    x.iter().zip(&multipliers).for_each(|(x, m)| add_scaled(&mut moved, *m, x));
    let a: Vec<f64> = (0..n).map(|i| q[i] * (moved[i] - target[i])).collect();
    let z = (0..n).map(|i| (mu - point.z[i] * a[i]) / point.a[i] - point.z[i] - of_a[i]).collect();
    let w = (0..n).map(|i| (mu + point.w[i] * a[i]) / point.rest[i] - point.w[i] - of_rest[i]).collect();
    Step { a, z, w, b: multipliers.iter().map(|m| -m).collect() }
}

/// How far a and the slacks can go along a step.
fn lengths(point: &Point, step: &Step) -> (f64, f64) {
    let bound = |from: &[f64], by: &[f64], sign: f64| {
        from.iter().zip(by).filter(|(_, by)| sign * **by < 0.0).fold(f64::INFINITY, |l, (x, by)| l.min(x / by.abs()))
    };
    let primal = bound(&point.a, &step.a, 1.0).min(bound(&point.rest, &step.a, -1.0));
    let dual = bound(&point.z, &step.z, 1.0).min(bound(&point.w, &step.w, 1.0));
    ((DAMPING * primal).min(1.0), (DAMPING * dual).min(1.0))
}

/// The coefficients that fit the nearest independent rows exactly: where the minimum is if it is unique.
fn vertex(y: &[f64], x: &[Vec<f64>], b: &[f64], stop: &Stop) -> Result<Option<Vec<f64>>, Error> {
    let u = residuals(y, x, b);
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|i, j| u[*i].abs().total_cmp(&u[*j].abs()));
    order.truncate(20 * x.len());
    let rows = order.iter().map(|i| x.iter().map(|x| x[*i]).collect()).collect();
    let rows: Vec<usize> = Orthogonal::new(rows, stop)?.kept.iter().map(|l| order[*l]).collect();
    if rows.len() < x.len() {
        return Ok(None);
    }
    let matrix = DMatrix::from_fn(rows.len(), rows.len(), |i, j| x[j][rows[i]]);
    let right = DVector::from_iterator(rows.len(), rows.iter().map(|i| u[*i]));
    let correction = matrix.lu().solve(&right);
    Ok(correction.map(|correction| b.iter().zip(&correction).map(|(b, c)| b + c).collect()))
}
