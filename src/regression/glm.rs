//! Generalised linear models with any number of absorbed fixed effects.
//!
//! Each is fitted by least squares of the working outcome z = η + (y − μ)/μ'(η) with weights w·μ'(η)²/V(μ), again and
//! again until η stays where it is (Fisher scoring). The last of these regressions is the design of the estimate:
//! its bread is the inverse information and its scores are those of the likelihood, so every covariance applies.

mod family;
mod logit;
mod poisson;
mod probit;
mod scoring;
mod separation;

pub(super) use logit::Logit;
pub(super) use poisson::Poisson;
pub(super) use probit::Probit;

use super::design::Design;
use super::{Estimate, Estimated, Figure, Own, Remark, Takes};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::dot;
use family::Family;
use scoring::{ITERATIONS, SETTLED, Solution, maximise};

/// What generalised linear models take: a change of the outcome's unit is no proportion to them.
const TAKES: Takes = Takes { effects: true, instruments: false, weights: true, past: false, any_units: false };

/// Fits a design by maximum likelihood.
fn fit(mut design: Design, family: Family, stop: &Stop) -> Result<Estimated, Error> {
    family.check(&design.y)?;
    separation::drop_settled_levels(&mut design, family);
    refuse_nothing(&design, family)?;
    let mut solution = maximise(&design, family, stop)?;
    if !solution.converged && separation::drop_separated(&mut design, family, stop)? {
        refuse_nothing(&design, family)?;
        solution = maximise(&design, family, stop)?;
    }
    if !solution.converged && family.is_share() && solution.spread() > separation::FAR {
        let rule = format!(
            "terms or fixed effects tell outcomes of 0 from those of 1 without error ({} of {} rows), so the likelihood has \
             no maximum; leave such terms or rows out",
            solution.eta.iter().filter(|eta| eta.abs() > separation::FAR).count(),
            design.y.len()
        );
        return Err(Violation::new("formula", rule, "").into());
    }
    Ok(assemble(design, solution, family))
}

fn refuse_nothing(design: &Design, family: Family) -> Result<(), Violation> {
    if !family.is_settled(design.y.iter().copied()) {
        return Ok(());
    }
    let rule = format!("no row can be used: every outcome {}", family.settled_outcomes());
    Err(Violation::new("formula", rule, ""))
}

/// The estimate with the last weighted regression as its design.
fn assemble(design: Design, solution: Solution, family: Family) -> Estimated {
    let Solution { working, estimate, eta, iterations, moved, converged } = solution;
    let means: Vec<f64> = eta.iter().map(|eta| family.response().mean(*eta)).collect();
    let root = &estimate.sandwich.bread_root;
    let own = Own {
        matrix: root * root.transpose(),
        rule: "the inverse of the expected information at the estimate; normal distribution".to_owned(),
    };
    let mut figures = figures(&design, &eta, family);
    figures.push(Figure::new("iterations", iterations as f64));
    let estimate = Estimate {
        own: Some(own),
        asymptotic: true,
        response: family.response(),
        u_hat: design.y.iter().zip(&means).map(|(y, mean)| y - mean).collect(),
        fitted: Some(means),
        figures,
        remarks: remarks(&design, family, (iterations, moved, converged)),
        ..estimate
    };
    Estimated { design: working, estimate }
}

fn figures(design: &Design, eta: &[f64], family: Family) -> Vec<Figure> {
    let ones = vec![1.0; design.y.len()];
    let weights = design.weights.as_deref().unwrap_or(&ones);
    let sum = |of_row: &dyn Fn(usize) -> f64| dot(weights, &(0..eta.len()).map(of_row).collect::<Vec<_>>());
    let likelihood = sum(&|i| family.log_density(design.y[i], eta[i]));
    let constant = family.link(design.mean(&design.y));
    let null = sum(&|i| family.log_density(design.y[i], constant));
    let saturated = sum(&|i| family.saturated(design.y[i]));
    vec![
        Figure::new("log_likelihood", likelihood),
        Figure::new("log_likelihood_of_a_constant", null),
        Figure::new("pseudo_r2", 1.0 - likelihood / null),
        Figure::new("deviance", 2.0 * (saturated - likelihood)),
    ]
}

fn remarks(design: &Design, family: Family, (iterations, moved, converged): (usize, f64, bool)) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut add = |code: &str, message: String| remarks.push(Remark { code: code.to_owned(), message });
    if let Some(count) = design.left_out.get(&super::design::LeftOut::Separated) {
        let rows = format!("{count} rows were left out because effects or terms fit them exactly");
        add("SEPARATED", format!("{rows}: every outcome of theirs {}", family.settled_outcomes()));
    }
    if !converged {
        let told =
            format!("the linear predictor still moved by {moved:.1e} after {iterations} of {ITERATIONS} iterations");
        add("NOT_CONVERGED", format!("{told}; it should by less than {SETTLED:.0e}"));
    }
    remarks
}
