//! Ordinary and weighted least squares with any number of absorbed fixed effects.

use super::design::Design;
use super::{Absorption, Collinear, Estimate, Estimated, Estimator, Sandwich, Scores};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorbed, Absorber, LevelEffects};
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::normal_equations;
use crate::numeric::vector::squared_length;
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::borrow::Cow;

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
              refined normal equations where the columns of MX are far from dependent, else by orthogonalising them in \
              the order of the formula",
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
    let Within { mut columns, mut effects, absorption } = Within::new(design, stop)?;
    let (y, outcome_effects) = (columns.remove(0), effects.remove(0));
    let (absorbed, candidates): (Vec<_>, Vec<_>) =
        (0..columns.len()).partition(|j| is_nothing_left(design, &design.x[*j], &columns[*j]));
    absorbed.iter().rev().for_each(|j| drop(columns.remove(*j)));
    stop.check()?;
    let ssr_effects = squared_length(&y);
    let solved = solve(columns, y, stop)?;
    let kept: Vec<usize> = solved.kept.iter().map(|i| candidates[*i]).collect();
    Ok(Estimate {
        ssr: squared_length(&solved.errors),
        ssr_effects,
        outcome_effects,
        regressor_effects: kept.iter().map(|j| std::mem::take(&mut effects[*j])).collect(),
        collinear: collinear(&absorbed, &candidates, &solved.dependent),
        coefficients: solved.coefficients,
        u_hat: unweighted(design, &solved.errors),
        kept,
        absorption,
        sandwich: Sandwich {
            bread_root: solved.bread_root,
            leverages: solved.leverages,
            scores: Scores::products(solved.basis, solved.errors).turned(solved.turn),
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

/// Outcome and regressors without their fixed effects, times the square roots of the weights.
struct Within<'a> {
    /// The outcome, then the regressors.
    columns: Vec<Cow<'a, [f64]>>,
    /// The fixed effects of each.
    effects: Vec<Vec<LevelEffects>>,
    absorption: Option<Absorption>,
}

impl<'a> Within<'a> {
    fn new(design: &'a Design, stop: &Stop) -> Result<Self, Error> {
        let given: Vec<&[f64]> = std::iter::once(&design.y).chain(&design.x).map(Vec::as_slice).collect();
        let mut within = if design.effects.is_empty() {
            let effects = vec![Vec::new(); given.len()];
            Self { columns: given.into_iter().map(Cow::Borrowed).collect(), effects, absorption: None }
        } else {
            let absorbed = match &design.within {
                Some(within) => within.clone(),
                None => absorb(design, std::iter::once(&design.y).chain(&design.x), stop)?,
            };
            let absorption = worst(design, &absorbed);
            let (columns, effects) = absorbed.into_iter().map(|a| (Cow::Owned(a.residual), a.effects)).unzip();
            Self { columns, effects, absorption }
        };
        if let Some(weights) = &design.weights {
            let weigh = |column: &mut Cow<'_, [f64]>| {
                column.to_mut().iter_mut().zip(weights).for_each(|(x, w)| *x *= w.sqrt());
            };
            within.columns.par_iter_mut().for_each(weigh);
        }
        Ok(within)
    }
}

/// A solved least-squares problem.
struct Solved {
    /// Numbers of the columns with a coefficient.
    kept: Vec<usize>,
    /// The others, each with the columns it is made of.
    dependent: Vec<(usize, Vec<(usize, f64)>)>,
    coefficients: Vec<f64>,
    bread_root: DMatrix<f64>,
    leverages: Vec<f64>,
    /// Columns that, turned, are orthonormal.
    basis: Vec<Vec<f64>>,
    turn: Option<DMatrix<f64>>,
    errors: Vec<f64>,
}

/// By the normal equations where they lose nothing, else by orthogonalisation.
fn solve(columns: Vec<Cow<'_, [f64]>>, y: Cow<'_, [f64]>, stop: &Stop) -> Result<Solved, Error> {
    let slices: Vec<&[f64]> = columns.iter().map(|column| &**column).collect();
    if let Some(solution) = normal_equations::solve(&slices, &y) {
        return Ok(Solved {
            kept: (0..columns.len()).collect(),
            dependent: Vec::new(),
            coefficients: solution.coefficients,
            leverages: solution.leverages,
            basis: columns.into_par_iter().map(Cow::into_owned).collect(),
            turn: Some(solution.inverse_root.transpose()),
            bread_root: solution.inverse_root,
            errors: solution.residual,
        });
    }
    let qr = Orthogonal::new(columns.into_iter().map(Cow::into_owned).collect(), stop)?;
    let mut errors = y.into_owned();
    Ok(Solved {
        coefficients: qr.solve(qr.project(&mut errors)),
        bread_root: qr.inverse_triangle(),
        leverages: leverages(&qr.basis, errors.len()),
        kept: qr.kept,
        dependent: qr.dependent,
        basis: qr.basis,
        turn: None,
        errors,
    })
}

/// Errors of rows weighted by the square roots of the weights, without them.
fn unweighted(design: &Design, errors: &[f64]) -> Vec<f64> {
    match &design.weights {
        None => errors.to_vec(),
        Some(weights) => errors.iter().zip(weights).map(|(u, w)| u / w.sqrt()).collect(),
    }
}

/// Takes the fixed effects out of columns.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn absorb<'a>(
    design: &Design,
    columns: impl Iterator<Item = &'a Vec<f64>>,
    stop: &Stop,
) -> Result<Vec<Absorbed>, Error> {
    let factors: Vec<_> = design.effects.iter().map(|e| e.factor()).collect();
    let absorber = Absorber::new(design.y.len(), &factors, design.weights.as_deref(), stop);
    absorber.absorb_all(&columns.map(Vec::as_slice).collect::<Vec<_>>())
}

/// The squared length of each row of orthonormal columns.
pub(super) fn leverages(basis: &[Vec<f64>], rows: usize) -> Vec<f64> {
    let mut leverages = vec![0.0; rows];
    for q in basis {
        leverages.iter_mut().zip(q).for_each(|(h, q)| *h += q * q);
    }
    leverages
}

/// Whether the fixed effects explain a column.
pub(super) fn is_absorbed(design: &Design, column: &[f64], absorbed: &Absorbed) -> bool {
    is_nothing_left(design, column, &design.weighted(&absorbed.residual))
}

/// Whether the fixed effects leave nothing of a column; `within` is what they leave, times the roots of the weights.
fn is_nothing_left(design: &Design, column: &[f64], within: &[f64]) -> bool {
    if design.effects.is_empty() {
        return false;
    }
    let before = match &design.weights {
        None => squared_length(column),
        Some(weights) => column.iter().zip(weights).map(|(x, w)| w * x * x).sum(),
    };
    squared_length(within) <= DEPENDENT * DEPENDENT * before
}

/// The regressors without a coefficient, in the order of the formula.
pub(super) fn collinear(
    absorbed: &[usize],
    candidates: &[usize],
    dependent: &[(usize, Vec<(usize, f64)>)],
) -> Vec<Collinear> {
    let by_effects = absorbed.iter().map(|j| Collinear { column: *j, absorbed: true, combination: Vec::new() });
    let by_others = dependent.iter().map(|(j, parts)| Collinear {
        column: candidates[*j],
        absorbed: false,
        combination: parts.iter().map(|(i, c)| (candidates[*i], *c)).collect(),
    });
    let mut all: Vec<_> = by_effects.chain(by_others).collect();
    all.sort_by_key(|d| d.column);
    all
}

/// How well the fixed effects were taken out of the worst of the columns; `None` without effects.
pub(super) fn worst(design: &Design, columns: &[Absorbed]) -> Option<Absorption> {
    let best = Absorption { iterations: 0, relative_residual: 0.0, converged: true };
    let worst = columns.iter().fold(best, |worst, column| Absorption {
        iterations: worst.iterations.max(column.iterations),
        relative_residual: worst.relative_residual.max(column.relative_residual),
        converged: worst.converged && column.converged,
    });
    (!design.effects.is_empty()).then_some(worst)
}
