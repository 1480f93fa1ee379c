//! Autoregressions of each cell.

use super::cells::{Cell, Future, fit_cells};
use super::noise::Shocks;
use super::past::{Past, Series};
use super::walk::Walk;
use super::{Driver, Figure, Fitted};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use nalgebra::{DMatrix, DVector};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Most lags.
const MOST: usize = 4;
/// Degrees of freedom below which an order is not tried.
const FREEDOM: usize = 5;

/// Autoregression of growth or of the level.
#[derive(Debug)]
pub(super) struct Ar;

impl Driver for Ar {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ar",
            aliases: &["autoregression"],
            title: "Autoregression",
            kind: Kind::Driver,
            formula: "g_t = c + a_1 g_{t−1} + … + a_p g_{t−p} + e_t, g = Δ ln x (rates: x itself) or as asked; least squares; p ≤ lags of smallest AIC on a common sample, among the orders that are stationary; draws take c and a from their normal distribution, kept stationary",
            reference: "Lütkepohl (2005), New Introduction to Multiple Time Series Analysis, sections 3.2 and 4.3",
            params: &[
                Param {
                    name: "of",
                    doc: "what depends on its own past: growth (changes of ln x, for rates of x), level (ln x, for rates x) or automatic, growth for measures that add up and the level for rates",
                    domain: Domain::Choice(&["automatic", "growth", "level"]),
                },
                Param {
                    name: "lags",
                    doc: "largest order tried; a short history or a gap just before its end lowers it",
                    domain: Domain::Integer { min: 0, max: MOST as i64, default: 2 },
                },
            ],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let growth = if params.chooses("of", "automatic") { past.adds_up() } else { params.chooses("of", "growth") };
        let (refused, orders, cells) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let fit = |series: &Series| -> Option<Cell<Autoregression>> {
            let (best, unstable) = choose(&Numbers::new(series, growth), params.number("lags") as usize);
            let chosen = best.filter(|fit| !growth || fit.coefficients.len() > 1);
            refused.fetch_add(usize::from(unstable), Relaxed);
            cells.fetch_add(1, Relaxed);
            orders.fetch_add(chosen.as_ref().map_or(0, |fit| fit.coefficients.len() - 1), Relaxed);
            match chosen {
                Some(fit) => Some(fit.cell(growth, horizon)),
                // Without lags, the mean of growth needs no neighbouring periods.
                None => Walk::drifting(series, horizon).map(Autoregression::walk),
            }
        };
        let mut fitted = fit_cells(past, (past.scale(), 0), horizon, fit, stop)?;
        let mean = orders.into_inner() as f64 / cells.into_inner().max(1) as f64;
        fitted.figures = vec![
            Figure { name: "mean_order".to_owned(), value: mean },
            Figure { name: "cells_with_unstable_orders".to_owned(), value: refused.into_inner() as f64 },
        ];
        Ok(fitted)
    }
}

/// What is regressed on its own past, by date.
struct Numbers {
    first: usize,
    values: Vec<Option<f64>>,
}

impl Numbers {
    /// The values of a series, or the changes between neighbouring periods.
    fn new(series: &Series, changes: bool) -> Self {
        let (first, values) = (series.dates.first().copied().unwrap_or(0), series.dense());
        if !changes {
            return Self { first, values };
        }
        let change = |pair: &[Option<f64>]| pair[1].zip(pair[0]).map(|(now, before)| now - before);
        Self { first: first + 1, values: values.windows(2).map(change).collect() }
    }

    /// Positions whose value and `lags` values before are all there.
    fn rows(&self, lags: usize) -> Vec<usize> {
        (lags..self.values.len()).filter(|t| self.values[t - lags..=*t].iter().all(Option::is_some)).collect()
    }

    fn at(&self, t: usize) -> f64 {
        self.values[t].unwrap_or(0.0)
    }

    /// Least squares of order `lags` on the rows; `None` where the regressors are collinear.
    fn regress(&self, lags: usize, rows: &[usize]) -> Option<Regression> {
        if rows.len() <= lags {
            return None;
        }
        let regressor = |i: usize, j: usize| if j == 0 { 1.0 } else { self.at(rows[i] - j) };
        let x = DMatrix::from_fn(rows.len(), lags + 1, regressor);
        let y = DVector::from_fn(rows.len(), |i, _| self.at(rows[i]));
        let qr = x.clone().qr();
        let (q, r) = (qr.q(), qr.r());
        let size = r.diagonal().amax();
        if r.diagonal().iter().any(|d| d.abs() <= 1e-12 * size) {
            return None;
        }
        let coefficients = r.solve_upper_triangular(&q.tr_mul(&y))?;
        let root = r.try_inverse()?;
        let residuals = y - x * &coefficients;
        let errors: Vec<(usize, f64)> = rows.iter().zip(residuals.iter()).map(|(t, e)| (self.first + t, *e)).collect();
        let end = self.values.len();
        let past = (1..=lags).map(|j| self.at(end - j)).collect();
        Some(Regression { coefficients: coefficients.iter().copied().collect(), root, errors, past })
    }
}

/// A fitted autoregression.
struct Regression {
    /// Constant, then one a lag.
    coefficients: Vec<f64>,
    /// Upper triangular A with (X'X)⁻¹ = A A'.
    root: DMatrix<f64>,
    errors: Vec<(usize, f64)>,
    /// The last values, the latest first.
    past: Vec<f64>,
}

/// The order of smallest AIC among the stationary ones, fitted to all its rows, and whether an order was not
/// stationary.
fn choose(numbers: &Numbers, most: usize) -> (Option<Regression>, bool) {
    let known = numbers.values.iter().rev().take_while(|value| value.is_some()).count();
    let fits = |p: &usize| *p <= known && numbers.rows(*p).len() > *p + FREEDOM;
    let most = (1..=most).rev().find(fits).unwrap_or(0);
    let common = numbers.rows(most);
    let n = common.len() as f64;
    let (mut best, mut least, mut unstable) = (None, f64::INFINITY, false);
    for p in 0..=most {
        let Some(fit) = numbers.regress(p, &common) else { continue };
        let squares: f64 = fit.errors.iter().map(|(_, e)| e * e).sum();
        let aic = n * (squares / n).ln() + 2.0 * (p + 1) as f64;
        if aic < least {
            let full = numbers.regress(p, &numbers.rows(p));
            let stable = full.filter(|fit| is_stationary(&fit.coefficients[1..]));
            unstable |= stable.is_none();
            if stable.is_some() {
                (best, least) = (stable, aic);
            }
        }
    }
    (best, unstable)
}

impl Regression {
    fn cell(self, changes: bool, horizon: usize) -> Cell<Autoregression> {
        let freedom = self.errors.len() - self.coefficients.len();
        let count = self.coefficients.len();
        let root = (0..count).flat_map(|i| (i..count).map(move |j| (i, j))).map(|at| self.root[at]).collect();
        let future = Autoregression { coefficients: self.coefficients, root, past: self.past, changes };
        let mut path = vec![0.0; horizon];
        let (steps, extra) = (vec![0.0; horizon], [0.0; MOST + 1]);
        future.simulate(&Shocks { steps: &steps, extra: &extra, sigma: 0.0, uniform: 0.0 }, &mut path);
        Cell { path, errors: self.errors, freedom, future }
    }
}

/// An autoregression that goes on.
#[derive(Debug)]
struct Autoregression {
    coefficients: Vec<f64>,
    /// Upper triangle of the root of (X'X)⁻¹, row by row.
    root: Vec<f64>,
    past: Vec<f64>,
    /// Whether the numbers are changes, which add up to the path.
    changes: bool,
}

impl Autoregression {
    /// The random walk with drift: order zero.
    fn walk(cell: Cell<Walk>) -> Cell<Self> {
        let Cell { path, errors, freedom, future: Walk { drift, error } } = cell;
        let future = Self { coefficients: vec![drift], root: vec![error], past: Vec::new(), changes: true };
        Cell { path, errors, freedom, future }
    }

    /// Coefficients with their errors, halved until they are stationary.
    fn drawn(&self, shocks: &Shocks<'_>) -> [f64; MOST + 1] {
        let count = self.coefficients.len();
        let (mut errors, mut at) = ([0.0; MOST + 1], 0);
        for (i, error) in errors.iter_mut().enumerate().take(count) {
            for j in i..count {
                *error += shocks.sigma * self.root[at] * shocks.extra[j];
                at += 1;
            }
        }
        let mut part = 1.0;
        loop {
            let mut drawn = [0.0; MOST + 1];
            for i in 0..count {
                drawn[i] = self.coefficients[i] + part * errors[i];
            }
            if part < 0.1 || is_stationary(&drawn[1..count]) {
                return drawn;
            }
            part = if part > 0.2 { part / 2.0 } else { 0.0 };
        }
    }
}

impl Future for Autoregression {
    const EXTRA: usize = MOST + 1;

    fn simulate(&self, shocks: &Shocks<'_>, into: &mut [f64]) {
        let drawn = self.drawn(shocks);
        let order = self.past.len();
        let mut past = [0.0; MOST];
        past[..order].copy_from_slice(&self.past);
        let mut value = 0.0;
        for (into, shock) in into.iter_mut().zip(shocks.steps) {
            let lagged: f64 = drawn[1..=order].iter().zip(&past).map(|(a, g)| a * g).sum();
            let now = drawn[0] + lagged + shocks.sigma * shock;
            past.copy_within(..MOST - 1, 1);
            past[0] = now;
            value = if self.changes { value + now } else { now };
            *into = value;
        }
    }
}

/// Whether all roots of 1 − a_1 z − … − a_p z^p lie outside the unit circle: all partial autocorrelations that the
/// Durbin–Levinson recursion run backwards gives are below one in absolute value.
fn is_stationary(lags: &[f64]) -> bool {
    let mut a = [0.0; MOST];
    a[..lags.len()].copy_from_slice(lags);
    for p in (1..=lags.len()).rev() {
        let partial = a[p - 1];
        if partial.abs() >= 1.0 {
            return false;
        }
        let before = a;
        for j in 0..p - 1 {
            a[j] = (before[j] + partial * before[p - 2 - j]) / (1.0 - partial * partial);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stationarity_is_that_of_the_roots() {
        // Second order: stationary in the triangle a2 > −1, a2 < 1 − a1, a2 < 1 + a1.
        for (a1, a2) in [(0.5, 0.3), (0.5, 0.6), (-0.5, 0.6), (1.5, -0.8), (1.9, -0.95), (0.2, -1.1), (0.0, 0.99)] {
            assert_eq!(is_stationary(&[a1, a2]), a2 > -1.0 && a2 < 1.0 - a1 && a2 < 1.0 + a1, "{a1} {a2}");
        }
        assert!(is_stationary(&[]) && !is_stationary(&[1.0]));
        // (1 − 0.5 z)(1 − 0.8 z)(1 + 0.9 z) and with 1.1 for 0.8.
        assert!(is_stationary(&[0.4, 0.77, -0.36]) && !is_stationary(&[0.7, 0.89, -0.495]));
    }
}
