//! Ordinary and weighted least squares with any number of absorbed fixed effects.

use super::design::Design;
use super::{Absorption, Collinear, Estimate, Estimated, Estimator, Sandwich, Scores};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorbed, Absorber};
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::vector::{add_scaled, dot, norm};
use rayon::prelude::*;

/// Least squares; with weights, each squared residual counts as often as its weight says.
#[derive(Debug)]
pub(super) struct Ols;

static CARD: Card = Card {
    id: "ols",
    aliases: &["wls", "within", "lsdv"],
    title: "Least squares with absorbed fixed effects and varying slopes, with or without weights",
    kind: Kind::Estimator,
    formula: "b = (X'MWMX)^-1 X'MWMy, where W holds the weights and M takes out the weighted projection on the fixed \
              effects; M by exact elimination of the largest effect and conjugate gradients for the others, b by \
              orthogonalising MX in the order of the formula",
    reference: "Frisch and Waugh (1933), Econometrica 1(4); Lovell (1963), JASA 58(304); Guimaraes and Portugal (2010), \
                Stata Journal 10(4)",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for Ols {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let estimate = least_squares(&design, stop)?;
        Ok(Estimated { design, estimate })
    }
}

/// The least-squares estimate of a design.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn least_squares(design: &Design, stop: &Stop) -> Result<Estimate, Error> {
    let mut x = absorb(design, stop)?;
    let absorption = (!design.effects.is_empty()).then(|| worst(&x));
    let y = x.remove(0);
    let (absorbed, candidates): (Vec<_>, Vec<_>) = (0..x.len()).partition(|j| is_absorbed(design, *j, &x[*j]));
    let qr = Orthogonal::new(candidates.iter().map(|j| design.weighted(&x[*j].residual)).collect(), stop)?;

    let mut errors = design.weighted(&y.residual);
    let ssr_effects = dot(&errors, &errors);
    let coefficients = qr.solve(qr.project(&mut errors));
    let kept: Vec<usize> = qr.kept.iter().map(|i| candidates[*i]).collect();
    let mut u_hat = y.residual;
    for (j, b) in kept.iter().zip(&coefficients) {
        add_scaled(&mut u_hat, -b, &x[*j].residual);
    }
    Ok(Estimate {
        ssr: dot(&errors, &errors),
        ssr_effects,
        outcome_effects: y.effects,
        regressor_effects: kept.iter().map(|j| x[*j].effects.clone()).collect(),
        collinear: collinear(&absorbed, &candidates, &qr),
        coefficients,
        u_hat,
        kept,
        absorption,
        sandwich: Sandwich {
            bread_root: qr.inverse_triangle(),
            leverages: leverages(&qr, errors.len()),
            scores: Scores::products(qr.basis, errors),
        },
        ..Estimate::default()
    })
}

/// The regressors that have a coefficient, less their fixed effects.
pub(super) fn without_effects(design: &Design, estimate: &Estimate) -> Vec<Vec<f64>> {
    let mut columns: Vec<Vec<f64>> = estimate.kept.iter().map(|j| design.x[*j].clone()).collect();
    for (column, effects) in columns.iter_mut().zip(&estimate.regressor_effects) {
        for (effect, values) in design.effects.iter().zip(effects) {
            let slope = |i: usize| effect.slope.as_ref().map_or(0.0, |z| z[i]);
            let at = |i: usize| values.at(effect.groups.codes[i] as usize, slope(i));
            column.iter_mut().enumerate().for_each(|(i, x)| *x -= at(i));
        }
    }
    columns
}

/// Takes the fixed effects out of the outcome and then the regressors; one thread works a column.
fn absorb(design: &Design, stop: &Stop) -> Result<Vec<Absorbed>, Error> {
    let factors: Vec<_> = design.effects.iter().map(|e| e.factor()).collect();
    let absorber = Absorber::new(design.y.len(), &factors, design.weights.as_deref(), stop);
    let columns: Vec<_> = std::iter::once(&design.y).chain(&design.x).collect();
    columns.par_iter().map(|column| absorber.absorb(column)).collect()
}

/// The squared length of each row of the orthonormal columns.
fn leverages(qr: &Orthogonal, rows: usize) -> Vec<f64> {
    let mut leverages = vec![0.0; rows];
    for q in &qr.basis {
        leverages.iter_mut().zip(q).for_each(|(h, q)| *h += q * q);
    }
    leverages
}

/// Whether the fixed effects explain a regressor.
fn is_absorbed(design: &Design, j: usize, absorbed: &Absorbed) -> bool {
    let length = |column: &[f64]| norm(&design.weighted(column));
    !design.effects.is_empty() && length(&absorbed.residual) <= DEPENDENT * length(&design.x[j])
}

/// The regressors without a coefficient, in the order of the formula.
fn collinear(absorbed: &[usize], candidates: &[usize], qr: &Orthogonal) -> Vec<Collinear> {
    let by_effects = absorbed.iter().map(|j| Collinear { column: *j, absorbed: true, combination: Vec::new() });
    let by_others = qr.dependent.iter().map(|(j, parts)| Collinear {
        column: candidates[*j],
        absorbed: false,
        combination: parts.iter().map(|(i, c)| (candidates[*i], *c)).collect(),
    });
    let mut all: Vec<_> = by_effects.chain(by_others).collect();
    all.sort_by_key(|d| d.column);
    all
}

fn worst(columns: &[Absorbed]) -> Absorption {
    columns.iter().fold(Absorption { iterations: 0, relative_residual: 0.0, converged: true }, |worst, column| {
        Absorption {
            iterations: worst.iterations.max(column.iterations),
            relative_residual: worst.relative_residual.max(column.relative_residual),
            converged: worst.converged && column.converged,
        }
    })
}
