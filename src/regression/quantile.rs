//! Quantile regression.

mod interior_point;
mod sparsity;

use super::design::Design;
use super::ols::least_squares;
use super::{Estimate, Estimated, Estimator, Figure, Own, Remark, Response, Sandwich, Scores, Takes};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use interior_point::{GAP, Solution, loss, minimise};
use nalgebra::DMatrix;

/// Conditional quantiles that are linear in the terms.
#[derive(Debug)]
pub(super) struct Quantile;

/// A residual, relative to their mean size, that counts as zero.
const EXACT: f64 = 1e-9;

static CARD: Card = Card {
    id: "quantile",
    aliases: &["quantreg", "lad"],
    title: "Quantile regression; of the median, least absolute deviations",
    kind: Kind::Estimator,
    formula: "b minimises sum_i u_i (tau - 1[u_i < 0]), u = y - Xb, by the Frisch-Newton interior point method and a step to \
              the nearest vertex, until the duality gap is below 1e-9 of the loss. iid covariance: kernel, tau (1 - tau) H^-1 \
              X'X H^-1 with H = sum_i phi(u_i/h)/h x_i x_i'; iid, tau (1 - tau) (X'X)^-1 / f^2 with f = mean phi(u_i/h)/h; h = \
              min(sd u, IQR u/1.34) (z(tau + d) - z(tau - d)), z the normal quantile and d the bandwidth of Hall and Sheather \
              at 95 %. Other covariances have bread H^-1 and scores x (tau - 1[u < 0])",
    reference: "Koenker and Bassett (1978), Econometrica 46(1); Portnoy and Koenker (1997), Statistical Science 12(4); Powell \
                (1991), in Barnett et al. (eds); Hall and Sheather (1988), JRSS B 50(3); Koenker (2005), Quantile Regression, \
                ch. 3.4 and 6.2",
    params: &[
        Param {
            name: "tau",
            doc: "The quantile, strictly between 0 and 1; 0.5 is the median",
            domain: Domain::Number { min: 0.001, max: 0.999, default: 0.5 },
        },
        Param {
            name: "errors",
            doc: "Density of the errors at the quantile: kernel, of each row its own; iid, one for all",
            domain: Domain::Choice(&["kernel", "iid"]),
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for Quantile {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let tau = params.number("tau");
        let ols = least_squares(&design, stop)?;
        if ols.kept.is_empty() || ols.kept.len() >= design.y.len() {
            let rule = "quantile needs an intercept or a term, and more rows than these";
            return Err(Violation::new("formula", rule, ols.kept.len()).into());
        }
        // Orthonormal columns make the steps independent of the terms' units.
        let x: Vec<Vec<f64>> = ols.kept.iter().map(|j| design.x[*j].clone()).collect();
        let qr = Orthogonal::new(x.clone(), stop)?;
        let solution = minimise(&design.y, &qr.basis, tau, stop)?;
        let coefficients = qr.solve(solution.coefficients.clone());
        let estimate = assemble(&design, ols, &x, (coefficients, solution), params)?;
        Ok(Estimated { design, estimate })
    }
}

fn assemble(
    design: &Design,
    ols: Estimate,
    x: &[Vec<f64>],
    (coefficients, solution): (Vec<f64>, Solution),
    params: &Params,
) -> Result<Estimate, Error> {
    let tau = params.number("tau");
    let mut u = design.y.clone();
    x.iter().zip(&coefficients).for_each(|(x, b)| add_scaled(&mut u, -b, x));
    let density = sparsity::Density::new(&u, tau)?;
    let root = density.bread_root(x, &u)?;
    let of_errors = match params.chooses("errors", "kernel") {
        true => {
            let bread = &root * root.transpose();
            &bread * DMatrix::from_fn(x.len(), x.len(), |i, j| dot(&x[i], &x[j])) * &bread
        }
        false => &ols.sandwich.bread_root * ols.sandwich.bread_root.transpose() / density.mean(&u).powi(2),
    };
    Ok(Estimate {
        own: Some(Own {
            matrix: of_errors * (tau * (1.0 - tau)),
            rule: format!(
                "tau (1 - tau) between inverse densities, bandwidth {:.4e}; normal distribution",
                density.bandwidth
            ),
        }),
        figures: figures(design, &u, tau, &solution, density.bandwidth),
        remarks: remarks(&solution),
        sandwich: Sandwich { scores: scores(x, &root, &u, tau), bread_root: root, leverages: ols.sandwich.leverages },
        response: Response::Quantile,
        coefficients,
        asymptotic: true,
        ssr: dot(&u, &u),
        u_hat: u,
        ..ols
    })
}

/// B'x(τ − `1[u < 0]`).
fn scores(x: &[Vec<f64>], root: &DMatrix<f64>, u: &[f64], tau: f64) -> Scores {
    // Rows that are fitted exactly are not below, whatever their residual is rounded to.
    let rounding = EXACT * u.iter().map(|u| u.abs()).sum::<f64>() / u.len() as f64;
    let signs = u.iter().map(|u| tau - f64::from(u8::from(*u < -rounding))).collect();
    let rotate = |l: usize| {
        let mut column = vec![0.0; u.len()];
        x.iter().enumerate().for_each(|(j, x)| add_scaled(&mut column, root[(j, l)], x));
        column
    };
    Scores::products((0..x.len()).map(rotate).collect(), signs)
}

fn figures(design: &Design, u: &[f64], tau: f64, solution: &Solution, bandwidth: f64) -> Vec<Figure> {
    let mut sorted = design.y.clone();
    sorted.sort_by(f64::total_cmp);
    let quantile = sorted[((tau * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len()) - 1];
    let alone: Vec<f64> = design.y.iter().map(|y| y - quantile).collect();
    vec![
        Figure::new("loss", loss(u, tau)),
        // Koenker and Machado (1999), eq. 5.
        Figure::new("pseudo_r1", 1.0 - loss(u, tau) / loss(&alone, tau)),
        Figure::new("bandwidth", bandwidth),
        Figure::new("iterations", solution.iterations as f64),
        Figure::new("relative_duality_gap", solution.gap),
    ]
}

fn remarks(solution: &Solution) -> Vec<Remark> {
    if solution.gap <= GAP {
        return Vec::new();
    }
    let told = format!("the relative duality gap is {:.1e}; it should be below {GAP:.0e}", solution.gap);
    vec![Remark { code: "NOT_CONVERGED".to_owned(), message: told }]
}
