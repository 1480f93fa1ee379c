//! The covariance of maximum-likelihood estimates by the information matrix, and the scores of robust ones.
//!
//! With G = W(I − ρW)⁻¹, H = W(I − λW)⁻¹ and m the mean of the filtered lagged outcome, the information of ρ and λ is
//! tr(GG + G'G) + m'm/σ², tr(HG + H'G) and tr(HH + H'H); that of b and ρ is (BX)'m/σ² (Anselin 1988, section 6.2). The
//! variance σ², whose information with ρ is tr(G)/σ², is concentrated out.

use super::filters::Traces;
use super::likelihood::{At, Filtered, Likelihood};
use super::sample::{Lagged, Sample, filtered};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::vector::{add_scaled, dot};
use crate::regression::{Sandwich, Scores};
use nalgebra::DMatrix;

/// The covariance of coefficients and filter parameters.
#[derive(Debug)]
pub(super) struct Information {
    /// Bread and scores; bread·bread' is the inverse of the information.
    pub(super) sandwich: Sandwich,
    /// The traces at the estimate.
    pub(super) traces: Traces,
}

/// The information at an estimate; `None` where it is not positive definite.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn information(
    likelihood: &Likelihood<'_>,
    at: &At,
    model: Filtered,
    stop: &Stop,
) -> Result<Option<Information>, Error> {
    let counted = likelihood.counted;
    let [g, h] = at.at;
    // A parameter that the model does not have takes the other's traces, which saves half of the work.
    let points = match model {
        Filtered::Outcome => [g, g],
        Filtered::Errors => [h, h],
        Filtered::Both => [g, h],
    };
    let Some(traces) = likelihood.filters.traces(points, &at.errors, stop)? else { return Ok(None) };
    let sigma2 = at.ssr / counted.n;
    let means = means(likelihood, at, model, stop)?;
    let places = model.places();
    let (k, q) = (at.qr.basis.len(), places.len());
    let coordinates: Vec<Vec<f64>> =
        means.iter().map(|m| at.qr.basis.iter().map(|basis| dot(basis, m)).collect()).collect();
    let own = DMatrix::from_fn(q, q, |i, j| {
        let pair = places[i] + places[j];
        let unit = |q: usize| 1.0 / (1.0 - points[q]);
        let lost = counted.periods * unit(places[i]) * unit(places[j]);
        let sums = if counted.periods > 0.0 { traces.column_sums[pair] } else { 0.0 };
        let squares = counted.share * (traces.product[pair] + traces.square[pair] - lost - sums);
        let trace = |q: usize| counted.share * (traces.trace[q] - counted.periods * unit(q));
        let beyond = dot(&means[i], &means[j]) - dot(&coordinates[i], &coordinates[j]);
        squares + beyond / sigma2 - 2.0 * trace(places[i]) * trace(places[j]) / counted.n
    });
    let Some(root) = own.try_inverse().and_then(|inverse| inverse.cholesky()).map(|cholesky| cholesky.l()) else {
        return Ok(None);
    };
    let across = DMatrix::from_fn(k, q, |j, i| coordinates[i][j]);
    let triangle = at.qr.inverse_triangle();
    let mut bread_root = DMatrix::zeros(k + q, k + q);
    bread_root.view_mut((0, 0), (k, k)).copy_from(&(&triangle * sigma2.sqrt()));
    bread_root.view_mut((0, k), (k, q)).copy_from(&(-&triangle * &across * &root));
    bread_root.view_mut((k, k), (q, q)).copy_from(&root);
    let scores = scores(at, &traces, &means, (places, sigma2, counted.n), &across, &root);
    Ok(Some(Information { sandwich: Sandwich { bread_root, scores, leverages: Vec::new() }, traces }))
}

/// Of each of the model's filter parameters, the mean of minus the errors' derivative by it: G(BAy − e) for ρ and
/// H(BAy − BXb − e), the filter of the fixed effects alone, for λ.
fn means(likelihood: &Likelihood<'_>, at: &At, model: Filtered, stop: &Stop) -> Result<Vec<Vec<f64>>, Error> {
    let sample: &Sample<'_> = likelihood.sample;
    let mut mean = filtered(&sample.raw_y, at.at);
    add_scaled(&mut mean, -1.0, &at.errors);
    let of = |q: usize| {
        let mut inner = mean.clone();
        if q == 1 {
            let x = |column: &Lagged| filtered(column, [0.0, at.at[1]]);
            at.coefficients.iter().zip(&sample.raw_x).for_each(|(b, column)| add_scaled(&mut inner, -b, &x(column)));
        }
        let solved = likelihood.filters.solve(at.at[q], &inner, stop)?.unwrap_or_default();
        sample.within(&sample.weights.matrix.times(&solved), stop)
    };
    model.places().iter().map(|q| of(*q)).collect()
}

/// The scores in the coordinates of the bread's root. The quadratic form e'Ge is told row by row as a sum of martingale
/// differences eᵢ·(Gᵢᵢeᵢ + Σ(Gᵢⱼ + Gⱼᵢ)eⱼ), j before i, which are uncorrelated (Kelejian and Prucha 2001, Journal of
/// Econometrics 104(2)).
fn scores(
    at: &At,
    traces: &Traces,
    means: &[Vec<f64>],
    (places, sigma2, n): (&[usize], f64, f64),
    across: &DMatrix<f64>,
    root: &DMatrix<f64>,
) -> Scores {
    let of_coefficient =
        |basis: &Vec<f64>| -> Vec<f64> { basis.iter().zip(&at.errors).map(|(q, e)| q * e / sigma2.sqrt()).collect() };
    let mut columns: Vec<Vec<f64>> = at.qr.basis.iter().map(of_coefficient).collect();
    let raw = |(i, q): (usize, &usize)| -> Vec<f64> {
        let (before, diagonal) = (&traces.before[*q], &traces.diagonal[*q]);
        let mean_diagonal = traces.trace[*q] / n;
        let row = |r: usize| {
            let e = at.errors[r];
            let linear =
                means[i][r] - at.qr.basis.iter().enumerate().fold(0.0, |sum, (j, q)| sum + across[(j, i)] * q[r]);
            (e * (linear + before[r]) + (diagonal[r] - mean_diagonal) * (e * e - sigma2)) / sigma2
        };
        (0..at.errors.len()).map(row).collect()
    };
    let own: Vec<Vec<f64>> = places.iter().enumerate().map(raw).collect();
    for c in 0..own.len() {
        let mut column = vec![0.0; at.errors.len()];
        own.iter().enumerate().for_each(|(i, scores)| add_scaled(&mut column, root[(i, c)], scores));
        columns.push(column);
    }
    Scores::new(columns)
}
