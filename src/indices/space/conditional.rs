//! Random neighbours: what a local index could have been, had its region other neighbours.
//!
//! Conditional permutation (Anselin 1995) keeps a region's own value and deals out the others. A draw puts regions in
//! random order; the first of them, the region itself passed over, stand for its neighbours. So one draw serves every
//! region, and what equally weighted neighbours sum to depends, but for the few draws that meet the region itself, on
//! their number alone.

use super::neighbourhood::Weights;
use super::sample::all_equal;
use crate::indices::{Ask, Input, p_value};
use crate::numeric::random::stream;
use crate::panel::{Absent, Value};
use rand::seq::index;
use rayon::prelude::*;

/// Draws of random neighbours.
#[derive(Debug)]
pub(super) struct RandomNeighbours<'a> {
    x: &'a [f64],
    /// In each draw the regions in random order, as many as are needed.
    orders: Vec<Vec<u32>>,
    /// `sums[k][d]` is the sum of `x` over the first k regions of draw d.
    sums: Vec<Vec<f64>>,
    /// For each region the draws that meet it, and where.
    met: Vec<Vec<(u32, u32)>>,
}

impl<'a> RandomNeighbours<'a> {
    /// The draws that `ask` asks for, for the regions of `weights` and their values `x`.
    pub(super) fn new(weights: &Weights, x: &'a [f64], ask: &Ask) -> Self {
        let (n, needed) = (weights.len(), (weights.most() + 1).min(weights.len()));
        let order = |draw: usize| -> Vec<u32> {
            let order = index::sample(&mut stream(ask.seed, draw as u64), n, needed);
            order.iter().map(|region| region as u32).collect()
        };
        let orders: Vec<Vec<u32>> = (0..ask.draws).into_par_iter().map(order).collect();
        let mut sums = vec![vec![0.0; ask.draws]; needed + 1];
        let mut met = vec![Vec::new(); n];
        for (draw, order) in orders.iter().enumerate() {
            for (place, region) in order.iter().enumerate() {
                sums[place + 1][draw] = sums[place][draw] + x[*region as usize];
                met[*region as usize].push((draw as u32, place as u32));
            }
        }
        Self { x, orders, sums, met }
    }

    /// Σ w x over random neighbours of region `i`, of these weights, in every draw.
    pub(super) fn lags(&self, i: usize, weights: &[f64]) -> Vec<f64> {
        let k = weights.len();
        if !all_equal(weights) {
            return self.orders.iter().map(|order| self.lag(i, weights, order)).collect();
        }
        let weight = weights[0];
        let mut lags: Vec<f64> = self.sums[k].iter().map(|sum| weight * sum).collect();
        for (draw, place) in &self.met[i] {
            if (*place as usize) < k {
                let draw = *draw as usize;
                lags[draw] = weight * (self.sums[k + 1][draw] - self.x[i]);
            }
        }
        lags
    }

    fn lag(&self, i: usize, weights: &[f64], order: &[u32]) -> f64 {
        let others = order.iter().filter(|region| **region as usize != i);
        others.zip(weights).map(|(region, weight)| weight * self.x[*region as usize]).sum()
    }
}

/// The p-values of a local index that is `of_lag(i, Σ_j w_ij x_j)`, one a region, under conditional permutation.
pub(super) fn conditional(
    input: &Input<'_>,
    ask: &Ask,
    weights: &Weights,
    x: &[f64],
    of_lag: impl Fn(usize, f64) -> f64 + Sync,
) -> Vec<Value> {
    let random = RandomNeighbours::new(weights, x, ask);
    let p = |i: usize| {
        if input.stopped() {
            return Err(Absent::Missing);
        }
        let mut draws = random.lags(i, weights.row(i).1);
        draws.iter_mut().for_each(|lag| *lag = of_lag(i, *lag));
        Ok(p_value(of_lag(i, weights.lag(i, x)), &draws, ask.alternative))
    };
    (0..weights.len()).into_par_iter().map(p).collect()
}

/// Values that a lag draws from without replacement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pool {
    /// How many there are.
    pub(super) count: f64,
    /// Their mean.
    pub(super) mean: f64,
    /// Their variance, with the divisor `count`.
    pub(super) variance: f64,
}

impl Pool {
    /// All values.
    pub(super) fn of(x: &[f64]) -> Self {
        let count = x.len() as f64;
        let mean = x.iter().sum::<f64>() / count;
        Self { count, mean, variance: x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count }
    }

    /// All values but one.
    pub(super) fn without(&self, own: f64) -> Self {
        let count = self.count - 1.0;
        let gap = own - self.mean;
        let mean = self.mean - gap / count;
        let all = self.count * self.variance;
        let squares = all - gap * gap * self.count / count;
        // What is left of a difference of equals is its rounding.
        let variance = if squares <= 1e-12 * all { 0.0 } else { squares / count };
        Self { count, mean, variance }
    }

    /// Expectation and variance of Σ w x over values drawn without replacement, one for each weight.
    pub(super) fn lag(&self, weights: impl Iterator<Item = f64>) -> (f64, f64) {
        let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        let spread = self.count * squares - sum * sum;
        // A lag over all there is does not vary, but for rounding.
        let varies = spread > 1e-12 * self.count * squares;
        let variance = if varies { self.variance * spread / (self.count - 1.0) } else { 0.0 };
        (sum * self.mean, variance)
    }
}
