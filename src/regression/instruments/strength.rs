//! How strongly instruments move the endogenous regressors.

use super::k_class::coordinates;
use super::model::{Column, Model};
use super::moments::Rule;
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot, norm};
use crate::panel::{Value, finite, ratio};
use crate::regression::Remark;
use crate::regression::design::Design;
use crate::regression::wald::Wald;
use nalgebra::{DMatrix, DVector};

/// The F below which instruments are called weak (Staiger and Stock 1997, Econometrica 65(3)).
const WEAK: f64 = 10.0;

/// Coefficients of a column on the orthonormal instruments, beside the exogenous regressors.
#[derive(Debug)]
pub(in crate::regression) struct Reduced {
    /// The coefficients.
    pub(in crate::regression) coefficients: DVector<f64>,
    /// Their covariance.
    pub(in crate::regression) vcov: DMatrix<f64>,
    /// Degrees of freedom of their tests; `None` for asymptotic ones.
    pub(in crate::regression) df: Option<usize>,
}

impl Reduced {
    /// The test that the instruments have no part in the column.
    pub(in crate::regression) fn wald(&self) -> Wald {
        Wald::new(&self.coefficients, &self.vcov, self.df)
    }
}

/// Regresses a column on exogenous regressors and instruments.
///
/// # Errors
/// What the rule refuses.
pub(in crate::regression) fn reduced_form(
    model: &Model,
    design: &Design,
    column: &Column,
    rule: &Rule,
    stop: &Stop,
) -> Result<Reduced, Error> {
    let vcov = rule.of_instruments(model, design, &column.outside, stop)?;
    let coefficients = DVector::from_column_slice(model.excluded(column));
    Ok(Reduced { coefficients, vcov: vcov.matrix, df: vcov.t_df })
}

/// The effective F of Montiel Olea and Pflueger (2013), Journal of Business & Economic Statistics 31(3), eq. 4, of the first
/// stage of one regressor.
pub(in crate::regression) fn effective_f(first: &Reduced) -> Value {
    ratio(first.coefficients.norm_squared(), first.vcov.trace())
}

/// The conditional F of Sanderson and Windmeijer (2016), Journal of Econometrics 190(2), eq. 14: of what two-stage least
/// squares on the other endogenous regressors leaves of the `j`-th.
///
/// # Errors
/// What the rule refuses.
pub(in crate::regression) fn conditional_f(
    model: &Model,
    design: &Design,
    j: usize,
    rule: &Rule,
    stop: &Stop,
) -> Result<Wald, Error> {
    let others: Vec<&Column> = model.endogenous.iter().filter(|i| **i != j).map(|i| &model.x[*i]).collect();
    let inside: Vec<Vec<f64>> = others.iter().map(|other| model.excluded(other).to_vec()).collect();
    let qr = Orthogonal::new(inside.clone(), stop)?;
    let slopes = qr.solve(qr.project(&mut model.excluded(&model.x[j]).to_vec()));
    let less = |rest: Column, (i, b): (&usize, &f64)| rest.plus(-b, others[*i]);
    let rest = qr.kept.iter().zip(&slopes).fold(model.x[j].clone(), less);
    let reduced = reduced_form(model, design, &rest, rule, stop)?;
    Ok(wald_within(&reduced, &complement(&inside, model.instruments(), stop)?))
}

/// The test that the coefficients vanish in the directions that are the columns of `within`.
pub(in crate::regression) fn wald_within(reduced: &Reduced, within: &DMatrix<f64>) -> Wald {
    let vcov = within.transpose() * &reduced.vcov * within;
    Wald::new(&(within.transpose() * &reduced.coefficients), &vcov, reduced.df)
}

/// Orthonormal columns orthogonal to these vectors of `dimension` entries.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(in crate::regression) fn complement(
    vectors: &[Vec<f64>],
    dimension: usize,
    stop: &Stop,
) -> Result<DMatrix<f64>, Error> {
    let spanned = Orthogonal::new(vectors.to_vec(), stop)?;
    let mut basis: Vec<Vec<f64>> = spanned.basis;
    let taken = basis.len();
    while basis.len() < dimension {
        // The unit vector farthest from the basis is never close to it.
        let length = |i: &usize| basis.iter().map(|q| q[*i] * q[*i]).sum::<f64>();
        let farthest = (0..dimension).min_by(|i, j| length(i).total_cmp(&length(j))).unwrap_or(0);
        let mut next = vec![0.0; dimension];
        next[farthest] = 1.0;
        orthonormalise(&mut next, &basis);
        basis.push(next);
    }
    Ok(coordinates(&basis[taken..]).resize(dimension, dimension - taken, 0.0))
}

fn orthonormalise(vector: &mut [f64], basis: &[Vec<f64>]) {
    for q in basis.iter().chain(basis) {
        let part = dot(q, vector);
        add_scaled(vector, -part, q);
    }
    let length = norm(vector);
    vector.iter_mut().for_each(|v| *v /= length);
}

/// A warning where the instruments are weak: by the effective F for one endogenous regressor, by the smallest conditional F
/// for several. Errors are taken to be independent with differing variances, or clustered where there are clusters.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn remark(model: &Model, design: &Design, stop: &Stop) -> Result<Option<Remark>, Error> {
    let (name, f) = match model.endogenous.as_slice() {
        [] => return Ok(None),
        [one] => ("effective F", effective(model, design, *one, stop)),
        several => ("smallest conditional F", smallest_conditional(model, design, several, stop)),
    };
    let f = match f {
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        Ok(Ok(f)) if f < WEAK => f,
        // Where it cannot be computed, as with few clusters, there is nothing to warn of.
        _ => return Ok(None),
    };
    let message = format!(
        "the instruments explain little of the endogenous terms ({name} of the first stage {f:.2}, below {WEAK}): the estimate \
         leans towards least squares and its intervals are too short; rely on the Anderson-Rubin set, or find better instruments"
    );
    Ok(Some(Remark { code: "WEAK_INSTRUMENTS".to_owned(), message }))
}

fn effective(model: &Model, design: &Design, j: usize, stop: &Stop) -> Result<Value, Error> {
    let rule = Rule::robust(design)?;
    Ok(effective_f(&reduced_form(model, design, &model.x[j], &rule, stop)?))
}

fn smallest_conditional(model: &Model, design: &Design, endogenous: &[usize], stop: &Stop) -> Result<Value, Error> {
    let rule = Rule::robust(design)?;
    let mut smallest = f64::INFINITY;
    for j in endogenous {
        if let Ok(f) = conditional_f(model, design, *j, &rule, stop)?.statistic {
            smallest = smallest.min(f);
        }
    }
    Ok(finite(smallest))
}
