//! Sums of products of rows, which penalised least squares need.

use crate::numeric::vector::{add_scaled, dot};

/// Sums of weights, squares and products of a set of rows.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    /// Sum of weights.
    pub(super) weight: f64,
    /// Σ w·y².
    pub(super) yy: f64,
    /// Σ w·x·y.
    pub(super) xy: Vec<f64>,
    /// Σ w·x·x', as rows.
    pub(super) xx: Vec<Vec<f64>>,
}

impl Moments {
    /// Those of the rows of a fold.
    pub(super) fn of(y: &[f64], x: &[Vec<f64>], weights: &[f64], is_in: impl Fn(usize) -> bool) -> Self {
        let w: Vec<f64> = weights.iter().enumerate().map(|(i, w)| if is_in(i) { *w } else { 0.0 }).collect();
        let times = |column: &[f64]| column.iter().zip(&w).map(|(x, w)| x * w).collect::<Vec<_>>();
        let weighted: Vec<Vec<f64>> = x.iter().map(|column| times(column)).collect();
        Self {
            weight: w.iter().sum(),
            yy: dot(&times(y), y),
            xy: weighted.iter().map(|column| dot(column, y)).collect(),
            xx: weighted.iter().map(|a| x.iter().map(|b| dot(a, b)).collect()).collect(),
        }
    }

    /// Those of these rows and others, or without them for `sign` −1.
    pub(super) fn plus(&self, sign: f64, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.weight += sign * other.weight;
        sum.yy += sign * other.yy;
        add_scaled(&mut sum.xy, sign, &other.xy);
        sum.xx.iter_mut().zip(&other.xx).for_each(|(row, other)| add_scaled(row, sign, other));
        sum
    }

    /// Σ w·x·(y − x'b).
    pub(super) fn gradient(&self, b: &[f64]) -> Vec<f64> {
        self.xy.iter().zip(&self.xx).map(|(xy, row)| xy - dot(row, b)).collect()
    }

    /// Σ w·(y − x'b)².
    pub(super) fn squares(&self, b: &[f64]) -> f64 {
        let explained: f64 =
            b.iter().zip(self.xy.iter().zip(self.gradient(b))).map(|(b, (xy, rest))| b * (xy + rest)).sum();
        (self.yy - explained).max(0.0)
    }
}
