//! The rank test of Kleibergen and Paap.

use super::super::{Subject, Test};
use super::{Stages, chi_squared, figure, has_instruments, outcome};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::vector::add_scaled;
use crate::panel::Value;
use crate::regression::Outcome;
use crate::regression::instruments::{Column, Reduced, complement, reduced_form, wald_within};
use nalgebra::{DMatrix, DVector};

/// Underidentification and weakness under the covariance of the fit.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct KleibergenPaap;

static CARD: Card = Card {
    id: "kleibergen_paap",
    aliases: &["rk", "underidentification"],
    title: "Kleibergen and Paap's rank test: are all endogenous terms identified, by the covariance of the fit?",
    kind: Kind::Test,
    formula: "with the endogenous terms X and instruments Z orthonormal beside exogenous terms and fixed effects, Z'X = U S V', \
              v the direction of the smallest singular value and U_1 those of the others: rk = h' (A'WA)^-1 h, h = A'Z'Xv, A \
              orthogonal to U_1, W the covariance of Z'Xv by the covariance of the fit; LM with errors Xv and no small-sample \
              factor, F with X in units of X'M_Z X, errors M_Z Xv and that factor, over the number of instruments",
    reference: "Kleibergen and Paap (2006), Journal of Econometrics 133(1), theorem 1; Baum, Schaffer and Stillman (2007), \
                Stata Journal 7(4)",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Test for KleibergenPaap {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let q = stages.model.instruments();
        let df = q + 1 - stages.model.endogenous.len();
        let readings =
            ["the instruments identify the coefficients", "the instruments may not identify the coefficients"];
        let null = "the instruments leave some endogenous term unidentified";
        let (statistic, distribution, p_value) = match lagrange(&stages, stop)? {
            Ok(lm) => chi_squared(lm, df),
            Err(absent) => (Err(absent), format!("chi2({df})"), Err(absent)),
        };
        let mut told = outcome(CARD.id, null, (statistic, distribution, p_value), readings);
        told.figures.push(figure("kleibergen_paap_f", wald_f(&stages, stop)?.map(|chi2| chi2 / q as f64)));
        Ok(told)
    }
}

/// The LM statistic: errors are the endogenous terms themselves, as they are where nothing identifies.
fn lagrange(stages: &Stages<'_>, stop: &Stop) -> Result<Value, Error> {
    let model = &stages.model;
    let beside = |x: &Column| {
        let mut beside = x.outside.clone();
        let coordinates = x.inside[model.exogenous..].iter().zip(&model.basis[model.exogenous..]);
        coordinates.for_each(|(h, q)| add_scaled(&mut beside, *h, q));
        beside
    };
    let (inside, units) = stages.in_units_of(beside, stop)?;
    let (weakest, within) = weakest(&inside, stop)?;
    let column = combined(stages, &(units * &weakest));
    let vcov = stages.rule.without_factor(&model.basis[model.exogenous..], stages.design, &beside(&column), stop)?;
    let coefficients = DVector::from_column_slice(model.excluded(&column));
    Ok(chi2(&Reduced { coefficients, vcov, df: None }, &within))
}

/// The Wald statistic with the small-sample factor of the covariance.
fn wald_f(stages: &Stages<'_>, stop: &Stop) -> Result<Value, Error> {
    let (inside, units) = stages.in_units_of(|x| x.outside.clone(), stop)?;
    let (weakest, within) = weakest(&inside, stop)?;
    let column = combined(stages, &(units * &weakest));
    let reduced = reduced_form(&stages.model, stages.design, &column, &stages.rule, stop)?;
    Ok(chi2(&reduced, &within))
}

fn chi2(reduced: &Reduced, within: &DMatrix<f64>) -> Value {
    wald_within(reduced, within).statistic.map(|f| f * within.ncols() as f64)
}

/// The right singular vector of the smallest singular value, and what is orthogonal to the left ones of the others.
fn weakest(inside: &DMatrix<f64>, stop: &Stop) -> Result<(DVector<f64>, DMatrix<f64>), Error> {
    let m = inside.ncols();
    let svd = inside.clone().svd(true, true);
    let (Some(left), Some(right)) = (svd.u, svd.v_t) else {
        return Err(Error::Internal("singular vectors were asked for".to_owned()));
    };
    let last = svd.singular_values.imin();
    let others: Vec<Vec<f64>> =
        (0..m).filter(|i| *i != last).map(|i| left.column(i).iter().copied().collect()).collect();
    Ok((right.row(last).transpose(), complement(&others, inside.nrows(), stop)?))
}

/// The endogenous terms times these weights.
fn combined(stages: &Stages<'_>, weights: &DVector<f64>) -> Column {
    let terms: Vec<&Column> = stages.endogenous().collect();
    let first = terms[0].clone().times(weights[0]);
    terms.iter().zip(weights.iter()).skip(1).fold(first, |sum, (term, weight)| sum.plus(*weight, term))
}
