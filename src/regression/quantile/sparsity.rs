//! The density of the errors at the quantile.

use crate::error::Violation;
use crate::numeric::distributions::normal_quantile;
use crate::numeric::vector::dot;
use nalgebra::{Cholesky, DMatrix};
use std::f64::consts::PI;

/// A normal kernel with the bandwidth of Hall and Sheather.
#[derive(Debug)]
pub(super) struct Density {
    /// Half the width of the kernel, in units of the outcome.
    pub(super) bandwidth: f64,
}

impl Density {
    /// The kernel for residuals `u`.
    pub(super) fn new(u: &[f64], tau: f64) -> Result<Self, Violation> {
        let n = u.len() as f64;
        let z = normal_quantile(tau);
        let share = n.powf(-1.0 / 3.0)
            * normal_quantile(0.975).powf(2.0 / 3.0)
            * (1.5 * normal_density(z).powi(2) / (2.0 * z * z + 1.0)).powf(1.0 / 3.0);
        let (low, high) = (tau - share, tau + share);
        if low <= 0.0 || high >= 1.0 {
            let rule = format!("with {} rows only quantiles further from 0 and 1 have a density to estimate", u.len());
            return Err(Violation::new("estimator_parameters.tau", rule, tau));
        }
        let bandwidth = scale(u) * (normal_quantile(high) - normal_quantile(low));
        if bandwidth > 0.0 {
            return Ok(Self { bandwidth });
        }
        Err(Violation::new(
            "formula",
            "half of the residuals are zero: the density of the errors cannot be estimated",
            "",
        ))
    }

    fn at(&self, u: f64) -> f64 {
        normal_density(u / self.bandwidth) / self.bandwidth
    }

    /// The density averaged over the rows.
    pub(super) fn mean(&self, u: &[f64]) -> f64 {
        u.iter().map(|u| self.at(*u)).sum::<f64>() / u.len() as f64
    }

    /// B with B·B' the inverse of Σ f(uᵢ)·xᵢxᵢ'.
    pub(super) fn bread_root(&self, x: &[Vec<f64>], u: &[f64]) -> Result<DMatrix<f64>, Violation> {
        let weighted = |column: &Vec<f64>| column.iter().zip(u).map(|(x, u)| x * self.at(*u)).collect::<Vec<_>>();
        let weighted: Vec<Vec<f64>> = x.iter().map(weighted).collect();
        let matrix = DMatrix::from_fn(x.len(), x.len(), |i, j| dot(&weighted[i], &x[j]));
        let scales = matrix.diagonal().map(|d| 1.0 / d.sqrt());
        let scaled = DMatrix::from_fn(x.len(), x.len(), |i, j| matrix[(i, j)] * scales[i] * scales[j]);
        let lower = Cholesky::new(scaled).map(|cholesky| cholesky.l());
        let inverse = lower.and_then(|l| l.solve_lower_triangular(&DMatrix::identity(x.len(), x.len())));
        let rule = "too few rows are near the quantile to estimate the density of the errors";
        let inverse = inverse.ok_or_else(|| Violation::new("formula", rule, ""))?;
        Ok(DMatrix::from_diagonal(&scales) * inverse.transpose())
    }
}

fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The smaller of the standard deviation and the interquartile range over 1.34.
fn scale(u: &[f64]) -> f64 {
    let n = u.len() as f64;
    let mean = u.iter().sum::<f64>() / n;
    let deviation = (u.iter().map(|u| (u - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let mut sorted = u.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Interpolated between order statistics, as R's type 7.
    let quantile = |p: f64| {
        let place = p * (n - 1.0);
        let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        below + (place - place.floor()) * (above - below)
    };
    deviation.min((quantile(0.75) - quantile(0.25)) / 1.34)
}
