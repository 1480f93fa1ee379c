//! The least squares behind a model, and the regressions that tests run beside it.

use super::Subject;
use crate::card::{Params, Raw};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::dot;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::small_sample::parameters;
use crate::regression::units::Units;
use crate::regression::{Estimate, Estimated, Fit, find_estimator};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The estimators that are least squares of the design they make.
const LEAST_SQUARES: [&str; 5] = ["ols", "between", "first_differences", "random_effects", "correlated_random_effects"];

/// The name of the constant.
pub(super) const INTERCEPT: &str = "(Intercept)";

/// A model as least squares of a design, in units in which no square overflows: the given one, or the differences, means or
/// quasi-demeaned columns that the estimator made of it. What tests tell does not depend on units.
#[derive(Debug)]
pub(super) struct LeastSquares {
    /// The design, with the outcome and every regressor divided by a power of two.
    pub(super) design: Design,
    /// Its least-squares estimate.
    pub(super) estimate: Estimate,
}

/// Whether a model is least squares of some design, and leaves errors to test.
pub(super) fn is_least_squares(fit: &Fit) -> bool {
    LEAST_SQUARES.contains(&fit.estimator.as_str()) && fit.statistics.degenerate.is_none()
}

/// Whether a model is least squares of the rows as they are.
pub(super) fn is_plain(fit: &Fit) -> bool {
    fit.estimator == "ols" && is_least_squares(fit)
}

impl LeastSquares {
    /// The least squares behind a model.
    ///
    /// # Errors
    /// At `id`: a model that is not least squares, or leaves no errors to test; at `dataset`: no data.
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn behind(subject: &Subject<'_>, stop: &Stop) -> Result<Self, Error> {
        Self::new(subject.fit, subject.within().map(Cow::into_owned), stop)
    }

    /// The same for tests of the terms as they are, not without their fixed effects.
    ///
    /// # Errors
    /// As [`Self::behind`].
    pub(super) fn of_levels(subject: &Subject<'_>, stop: &Stop) -> Result<Self, Error> {
        Self::new(subject.fit, subject.levels().map(Cow::into_owned), stop)
    }

    fn new(fit: &Fit, design: Result<Design, Violation>, stop: &Stop) -> Result<Self, Error> {
        let refuse = |rule: &str| Err(Violation::new("id", rule, &fit.estimator).into());
        if fit.statistics.degenerate.is_some() {
            return refuse("the model fits exactly or its outcome does not vary, so there are no errors to test");
        }
        if !is_least_squares(fit) {
            return refuse("is defined for least squares, also of differences, means and random effects");
        }
        let mut design = design?;
        if fit.estimator != "ols" {
            design = estimated(fit, design, stop)?.design;
        }
        Units::take(&mut design);
        Ok(Self { estimate: least_squares(&design, stop)?, design })
    }

    /// The same for a test of rows as they are, not of differences or means.
    ///
    /// # Errors
    /// As [`Self::behind`].
    pub(super) fn plain(subject: &Subject<'_>, stop: &Stop) -> Result<Self, Error> {
        if is_plain(subject.fit) || subject.fit.statistics.degenerate.is_some() {
            return Self::behind(subject, stop);
        }
        let rule = "is defined for least squares of the rows as they are (estimator ols)";
        Err(Violation::new("id", rule, &subject.fit.estimator).into())
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.design.y.len()
    }

    /// All parameters, fixed effects included.
    pub(super) fn parameters(&self) -> usize {
        parameters(self.estimate.coefficients.len(), &self.design)
    }

    /// Rows less parameters; the fit has made sure that it is positive.
    pub(super) fn residual_df(&self) -> usize {
        self.rows() - self.parameters()
    }

    /// Residuals times the root of the weight: they have one variance if the weights are right.
    pub(super) fn errors(&self) -> Vec<f64> {
        self.design.weighted(&self.estimate.u_hat)
    }

    /// Outcome less residual.
    pub(super) fn fitted(&self) -> Vec<f64> {
        self.design.y.iter().zip(&self.estimate.u_hat).map(|(y, u)| y - u).collect()
    }

    /// The regressors with a coefficient, without the constant.
    pub(super) fn slopes(&self) -> Vec<usize> {
        self.estimate.kept.iter().copied().filter(|j| self.design.names[*j] != INTERCEPT).collect()
    }

    /// Whether a constant is among the regressors or in the span of the fixed effects.
    pub(super) fn has_constant(&self) -> bool {
        let named = self.estimate.kept.iter().any(|j| self.design.names[*j] == INTERCEPT);
        named || self.design.effects.iter().any(|effect| effect.intercept)
    }

    /// The regressors with a coefficient and further columns, with the same effects and weights, explaining `y`.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn explain(&self, y: Vec<f64>, further: Vec<Vec<f64>>, stop: &Stop) -> Result<Estimate, Error> {
        let regressors = self.estimate.kept.iter().map(|j| self.design.x[*j].clone());
        let x: Vec<_> = regressors.chain(further).collect();
        let names = (0..x.len()).map(|j| j.to_string()).collect();
        let Design { weights, effects, rows, .. } = &self.design;
        let (weights, effects, rows) = (weights.clone(), effects.clone(), rows.clone());
        least_squares(&Design { y, x, names, weights, effects, rows, ..Design::default() }, stop)
    }

    /// F and its degrees of freedom for further columns in the model, and what their number is; `None` where all of them
    /// depend on the regressors or too few rows are left.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn f_of(&self, further: Vec<Vec<f64>>, stop: &Stop) -> Result<Option<(f64, f64, f64)>, Error> {
        let larger = self.explain(self.design.y.clone(), further, stop)?;
        let q = larger.kept.len().saturating_sub(self.estimate.kept.len());
        let df = self.residual_df().saturating_sub(q);
        if q == 0 || df == 0 {
            return Ok(None);
        }
        let f = (self.estimate.ssr - larger.ssr) / q as f64 / (larger.ssr / df as f64);
        Ok(Some((f.max(0.0), q as f64, df as f64)))
    }
}

/// The estimate again, with the design that the estimator made.
fn estimated(fit: &Fit, design: Design, stop: &Stop) -> Result<Estimated, Error> {
    let Some(estimator) = find_estimator(&fit.estimator) else {
        return Err(Violation::new("id", "the estimator of the model is not known here", &fit.estimator).into());
    };
    let given: BTreeMap<String, Raw> =
        fit.parameters.iter().map(|(name, value)| (name.clone(), Raw::Text(value.clone()))).collect();
    let params = Params::parse(estimator.card(), &given, "estimator_parameters")?;
    estimator.estimate(design, &params, stop)
}

/// A regression without weights on columns that include the constant where there should be one.
#[derive(Debug)]
pub(super) struct Auxiliary {
    /// Independent columns.
    pub(super) rank: usize,
    /// What is left of the outcome.
    pub(super) residual: Vec<f64>,
}

impl Auxiliary {
    /// Regresses `y` on `columns`.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn new(columns: Vec<Vec<f64>>, y: &[f64], stop: &Stop) -> Result<Self, Error> {
        let qr = Orthogonal::new(columns, stop)?;
        let mut residual = y.to_vec();
        qr.project(&mut residual);
        Ok(Self { rank: qr.kept.len(), residual })
    }

    /// Sum of squared residuals.
    pub(super) fn ssr(&self) -> f64 {
        dot(&self.residual, &self.residual)
    }
}

/// The regressors of a model as given to its estimator, and the numbers of those with a coefficient.
///
/// # Errors
/// A violation at `dataset` where there are no rows.
pub(super) fn regressors(subject: &Subject<'_>) -> Result<(Design, Vec<usize>), Violation> {
    let design = subject.within()?.into_owned();
    let names: Vec<&str> = subject.fit.names().collect();
    let kept = (0..design.x.len()).filter(|j| names.contains(&design.names[*j].as_str())).collect();
    Ok((design, kept))
}

/// A column less its mean.
pub(super) fn centred(column: &[f64]) -> Vec<f64> {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    column.iter().map(|x| x - mean).collect()
}

/// The numbers among `known` of the terms that a parameter lists; `None` where it lists none.
///
/// # Errors
/// At `parameters.{name}`: every name that is not known.
pub(super) fn listed(params: &Params, name: &str, known: &[&str]) -> Result<Option<Vec<usize>>, Violations> {
    let mut violations = Violations::default();
    let mut found = Vec::new();
    for term in params.list(name) {
        match known.iter().position(|known| *known == term) {
            Some(j) if found.contains(&j) => {}
            Some(j) => found.push(j),
            None => violations.push(Violation::new(format!("parameters.{name}"), unknown(term, known), term)),
        }
    }
    violations.into_result((!found.is_empty()).then_some(found))
}

/// What to say of a term that is not there.
pub(super) fn unknown(term: &str, known: &[&str]) -> String {
    let hint = match crate::suggest::nearest(term, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known are {}", known.join(", ")),
    };
    format!("no term of that name has a coefficient; {hint}")
}
