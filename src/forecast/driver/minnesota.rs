//! Vector autoregressions under the Minnesota prior: closed-form posterior and marginal likelihood.
//!
//! Y = X B + E, rows of E normal with variance Σ; vec B | Σ normal around b with variance Σ ⊗ Ω, Σ inverse Wishart
//! (Ψ, M + 2). Ω is diagonal: 1e7 for the constant, λ²/(ℓ^α ψ_j) for lag ℓ of variable j; Ψ = diag(ψ). b is zero but
//! for the own first lag. Then B | Σ, Y is normal around B̂ = (X'X + Ω⁻¹)⁻¹ (X'Y + Ω⁻¹ b) with variance
//! Σ ⊗ (X'X + Ω⁻¹)⁻¹, and Σ | Y inverse Wishart (S, N + M + 2), S = Ψ + Ê'Ê + (B̂ − b)' Ω⁻¹ (B̂ − b)
//! (Kadiyala and Karlsson 1997; Giannone, Lenza and Primiceri 2015, appendix A).

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::ln_gamma;
use std::f64::consts::PI;

/// Prior variance of the constant, in units of Σ.
const VAGUE: f64 = 1e7;

/// The data of one system: N rows, M variables, K = 1 + M·lags regressors.
#[derive(Debug)]
pub(super) struct System {
    /// N × M.
    y: DMatrix<f64>,
    /// N × K: the constant, all variables one period back, all two periods back, …
    x: DMatrix<f64>,
    /// Residual variance of each variable's own autoregression.
    psi: Vec<f64>,
}

/// How tight the prior is and around what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prior {
    pub(super) lambda: f64,
    pub(super) alpha: f64,
    /// Prior mean of the own first lag.
    pub(super) mean: f64,
}

/// What the data make of the prior.
#[derive(Debug)]
pub(super) struct Posterior {
    /// B̂, K × M.
    pub(super) coefficients: DMatrix<f64>,
    /// Upper triangular C with C C' = (X'X + Ω⁻¹)⁻¹.
    pub(super) root: DMatrix<f64>,
    /// S, M × M.
    pub(super) scale: DMatrix<f64>,
    /// Degrees of freedom of Σ.
    pub(super) freedom: usize,
    /// ln p(Y).
    pub(super) log_marginal_likelihood: f64,
    /// Ê, N × M.
    pub(super) residuals: DMatrix<f64>,
    /// Parameters that an equation uses up, tr X (X'X + Ω⁻¹)⁻¹ X'.
    pub(super) used: f64,
}

impl System {
    /// The rows of `values` (date × variable, `None` where one is not there) that have all their lags.
    ///
    /// `None` where there are not more rows than a variable's own regressors and all variables together, or a
    /// variable does not move. The second part tells the position of each row.
    pub(super) fn new(values: &[Option<Vec<f64>>], lags: usize) -> Option<(Self, Vec<usize>)> {
        let variables = values.iter().flatten().next()?.len();
        let complete = |t: &usize| values[t - lags..=*t].iter().all(Option::is_some);
        let rows: Vec<usize> = (lags..values.len()).filter(complete).collect();
        if rows.len() <= variables.max(lags) + 2 {
            return None;
        }
        let at = |t: usize, j: usize| values[t].as_ref().map_or(0.0, |values| values[j]);
        let y = DMatrix::from_fn(rows.len(), variables, |i, j| at(rows[i], j));
        let regressor = |i: usize, k: usize| match k.checked_sub(1) {
            None => 1.0,
            Some(k) => at(rows[i] - 1 - k / variables, k % variables),
        };
        let x = DMatrix::from_fn(rows.len(), 1 + variables * lags, regressor);
        let own = |j: usize| {
            let columns: Vec<usize> =
                (0..=lags).map(|l| if l == 0 { 0 } else { 1 + (l - 1) * variables + j }).collect();
            residual_variance(&x.select_columns(&columns), &y.column(j).into_owned())
        };
        let psi: Vec<f64> = (0..variables).map(own).collect::<Option<_>>()?;
        Some((Self { y, x, psi }, rows))
    }

    /// Number of variables.
    pub(super) fn variables(&self) -> usize {
        self.y.ncols()
    }

    /// The posterior; `None` where the numbers leave the range of doubles.
    pub(super) fn posterior(&self, prior: Prior) -> Option<Posterior> {
        let (n, m, k) = (self.y.nrows(), self.y.ncols(), self.x.ncols());
        let variance = |i: usize| match i.checked_sub(1) {
            None => VAGUE,
            Some(i) => prior.lambda.powi(2) / (((i / m + 1) as f64).powf(prior.alpha) * self.psi[i % m]),
        };
        let omega = DVector::from_fn(k, |i, _| variance(i));
        let inverse = DMatrix::from_diagonal(&omega.map(f64::recip));
        let mean = DMatrix::from_fn(k, m, |i, j| if i == 1 + j { prior.mean } else { 0.0 });
        let precision = (self.x.tr_mul(&self.x) + &inverse).cholesky()?;
        let coefficients = precision.solve(&(self.x.tr_mul(&self.y) + &inverse * &mean));
        let residuals = &self.y - &self.x * &coefficients;
        let moved = &coefficients - &mean;
        let psi = DMatrix::from_diagonal(&DVector::from_column_slice(&self.psi));
        let scale = psi + residuals.tr_mul(&residuals) + moved.tr_mul(&(&inverse * &moved));
        let log_determinant = |lower: &DMatrix<f64>| 2.0 * lower.diagonal().map(f64::ln).sum();
        let (nf, mf, d) = (n as f64, m as f64, (m + 2) as f64);
        let log_marginal_likelihood = -0.5 * nf * mf * PI.ln() + ln_gamma_of_matrices(m, 0.5 * (nf + d))
            - ln_gamma_of_matrices(m, 0.5 * d)
            - 0.5 * mf * (omega.map(f64::ln).sum() + log_determinant(precision.l_dirty()))
            + 0.5 * d * self.psi.iter().map(|psi| psi.ln()).sum::<f64>()
            - 0.5 * (nf + d) * log_determinant(&scale.clone().cholesky()?.l());
        let root = precision.l().transpose().try_inverse()?;
        let finite = log_marginal_likelihood.is_finite();
        let (freedom, used) = (n + m + 2, (&self.x * &root).norm_squared());
        finite.then_some(Posterior { coefficients, root, scale, freedom, log_marginal_likelihood, residuals, used })
    }
}

/// Residual variance of least squares; `None` where it is not positive.
fn residual_variance(x: &DMatrix<f64>, y: &DVector<f64>) -> Option<f64> {
    let fitted = x * x.clone().svd(true, true).solve(y, 1e-12).ok()?;
    let squares = (y - fitted).norm_squared();
    let variance = squares / (x.nrows() - x.ncols()) as f64;
    (variance.is_finite() && squares > 1e-24 * y.norm_squared()).then_some(variance)
}

/// ln Γ_M(a) = M(M − 1)/4 ln π + Σ ln Γ(a − (i − 1)/2).
fn ln_gamma_of_matrices(m: usize, a: f64) -> f64 {
    let gammas: f64 = (0..m).map(|i| ln_gamma(a - 0.5 * i as f64)).sum();
    0.25 * (m * m.saturating_sub(1)) as f64 * PI.ln() + gammas
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    fn matrix(json: &Json) -> Vec<Vec<f64>> {
        serde_json::from_value(json.clone()).unwrap()
    }

    #[test]
    fn posteriors_agree_with_the_golden_file() {
        let text = include_str!("../../../tests/golden/forecast/drivers.json");
        let file: Json = serde_json::from_str(text).unwrap();
        let cases: Vec<&Json> =
            file["cases"].as_array().unwrap().iter().filter(|c| c["method"] == "minnesota").collect();
        assert!(cases.len() > 1);
        for case in cases {
            let inputs = &case["inputs"];
            let values: Vec<_> = matrix(&inputs["values"]).into_iter().map(Some).collect();
            let (mut system, _) = System::new(&values, inputs["lags"].as_u64().unwrap() as usize).unwrap();
            if let Ok(psi) = serde_json::from_value::<Vec<f64>>(inputs["psi"].clone()) {
                system.psi = psi;
            }
            let number = |name: &str| inputs[name].as_f64().unwrap();
            let prior = Prior { lambda: number("lambda"), alpha: number("alpha"), mean: number("mean") };
            let posterior = system.posterior(prior).unwrap();
            let expected = &case["expected"];
            let close = |ours: f64, theirs: f64| {
                assert!(
                    (ours - theirs).abs() <= 1e-10 * theirs.abs().max(1.0),
                    "{}: {ours} is not {theirs}",
                    case["name"]
                );
            };
            for (what, ours) in [("coefficients", &posterior.coefficients), ("scale", &posterior.scale)] {
                for (i, row) in matrix(&expected[what]).iter().enumerate() {
                    row.iter().enumerate().for_each(|(j, theirs)| close(ours[(i, j)], *theirs));
                }
            }
            system
                .psi
                .iter()
                .zip(expected["psi"].as_array().unwrap())
                .for_each(|(a, b)| close(*a, b.as_f64().unwrap()));
            close(posterior.log_marginal_likelihood, expected["log_marginal_likelihood"].as_f64().unwrap());
            assert_eq!(posterior.freedom as u64, expected["freedom"].as_u64().unwrap());
        }
    }
}
