//! The covariance of moments under what is assumed of the errors, and the estimate that it makes efficient.

use super::k_class::coordinates;
use super::model::{Column, Model, combine};
use crate::card::Params;
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::dot;
use crate::regression::covariance::{Choice, Covariance, Vcov};
use crate::regression::design::Design;
use crate::regression::ols::leverages;
use crate::regression::{Estimate, Fit, Sandwich, Scores};
use nalgebra::DMatrix;

/// Smallest pivot of a covariance, relative to its largest standard deviation, that is not taken for zero.
const SINGULAR: f64 = 1e-7;

/// What is assumed of the errors: a covariance with its parameters.
#[derive(Debug)]
pub(in crate::regression) struct Rule {
    covariance: &'static dyn Covariance,
    params: Params,
}

impl Rule {
    /// The rule of this choice.
    ///
    /// # Errors
    /// As [`Choice::find`].
    pub(in crate::regression) fn find(choice: &Choice) -> Result<Self, Violations> {
        choice.find().map(|(covariance, params)| Self { covariance, params })
    }

    /// The rule that a fit's covariance follows.
    ///
    /// # Errors
    /// As [`Choice::find`].
    pub(in crate::regression) fn of(fit: &Fit) -> Result<Self, Violations> {
        Self::find(&fit.spec().covariance)
    }

    /// Clusters where the design has any, else independent errors of differing variances.
    ///
    /// # Errors
    /// As [`Choice::find`].
    pub(in crate::regression) fn robust(design: &Design) -> Result<Self, Violations> {
        let clusters: Vec<String> = design.clusters.iter().map(|c| c.name.clone()).collect();
        let id = if clusters.is_empty() { "hc1" } else { "cluster" };
        Self::find(&Choice { clusters, ..Choice::read(id) })
    }

    /// Whether errors are taken to be independent and of one variance.
    pub(in crate::regression) fn is_iid(&self) -> bool {
        self.covariance.card().id == "iid"
    }

    /// The covariance of an estimate.
    ///
    /// # Errors
    /// What the covariance refuses.
    pub(in crate::regression) fn vcov(&self, estimate: &Estimate, design: &Design, stop: &Stop) -> Result<Vcov, Error> {
        self.covariance.vcov(estimate, design, &self.params, stop)
    }

    /// The covariance of Σ zᵢeᵢ over the instruments' orthonormal columns, exogenous regressors left out, with the factor
    /// of a regression on all of the basis.
    ///
    /// # Errors
    /// What the covariance refuses.
    pub(in crate::regression) fn of_instruments(
        &self,
        model: &Model,
        design: &Design,
        errors: &[f64],
        stop: &Stop,
    ) -> Result<Vcov, Error> {
        let mut estimate = of_columns(&model.basis[model.exogenous..], model.basis.len(), errors);
        estimate.sandwich.leverages = leverages(&model.basis, errors.len());
        self.vcov(&estimate, design, stop)
    }

    /// The covariance of Σ zᵢeᵢ over all of the basis, without a factor.
    ///
    /// # Errors
    /// What the covariance refuses.
    pub(in crate::regression) fn of_moments(
        &self,
        model: &Model,
        design: &Design,
        errors: &[f64],
        stop: &Stop,
    ) -> Result<DMatrix<f64>, Error> {
        self.without_factor(&model.basis, design, errors, stop)
    }

    /// The covariance of Σ zᵢeᵢ over some columns, without a factor.
    ///
    /// # Errors
    /// What the covariance refuses.
    pub(in crate::regression) fn without_factor(
        &self,
        columns: &[Vec<f64>],
        design: &Design,
        errors: &[f64],
        stop: &Stop,
    ) -> Result<DMatrix<f64>, Error> {
        if self.is_iid() {
            let variance = dot(errors, errors) / errors.len() as f64;
            return Ok(DMatrix::identity(columns.len(), columns.len()) * variance);
        }
        let estimate = of_columns(columns, columns.len(), errors);
        // Leverages, and factors that differ by classification, belong to a regression's own covariance.
        let vcov = match self.covariance.card().id {
            "hc1" | "hc2" | "hc3" => Self::find(&Choice::read("hc0"))?.vcov(&estimate, design, stop)?,
            "cluster" => Self::robust(design)?.vcov(&estimate, design, stop)?,
            _ => self.vcov(&estimate, design, stop)?,
        };
        Ok(vcov.matrix / vcov.factor)
    }
}

/// A regression on orthonormal columns, as far as covariances look at one.
fn of_columns(columns: &[Vec<f64>], coefficients: usize, errors: &[f64]) -> Estimate {
    Estimate {
        coefficients: vec![0.0; coefficients],
        ssr: dot(errors, errors),
        sandwich: Sandwich {
            bread_root: DMatrix::identity(columns.len(), columns.len()),
            scores: Scores::products(columns.to_vec(), errors.to_vec()),
            leverages: Vec::new(),
        },
        ..Estimate::default()
    }
}

/// The estimate that minimises the moments' length in units of one covariance S of theirs.
#[derive(Debug)]
pub(in crate::regression) struct Efficient {
    /// The coefficients.
    pub(in crate::regression) coefficients: Vec<f64>,
    /// The minimum, Hansen's J.
    pub(in crate::regression) j: f64,
    /// R⁻¹ of C⁻¹·Z'X = Q·R with S = C·C': the root of (X'Z S⁻¹ Z'X)⁻¹.
    pub(super) root: DMatrix<f64>,
    /// C⁻ᵀ·Q.
    pub(super) weights: DMatrix<f64>,
}

impl Efficient {
    /// Solves for the coefficients, using as many moments as `s` has rows.
    ///
    /// # Errors
    /// At `formula`: S is singular, as with fewer clusters than instruments.
    pub(in crate::regression) fn new(model: &Model, s: DMatrix<f64>, stop: &Stop) -> Result<Self, Error> {
        let moments = s.nrows();
        let c = root(s)?;
        let in_units = |column: &Column| -> Result<Vec<f64>, Error> {
            let mut coordinates = coordinates(std::slice::from_ref(&column.inside[..moments].to_vec()));
            c.solve_lower_triangular_mut(&mut coordinates);
            Ok(coordinates.iter().copied().collect())
        };
        let x = model.x.iter().map(in_units).collect::<Result<Vec<_>, Error>>()?;
        let qr = Orthogonal::new(x, stop)?;
        if !qr.dependent.is_empty() {
            return Err(Violation::new("formula", "the instruments do not identify the coefficients", "").into());
        }
        let mut left = in_units(&model.y)?;
        let coefficients = qr.solve(qr.project(&mut left));
        let mut weights = coordinates(&qr.basis);
        c.tr_solve_lower_triangular_mut(&mut weights);
        Ok(Self { coefficients, j: dot(&left, &left), root: qr.inverse_triangle(), weights })
    }

    /// The covariance of the coefficients when that of the moments is `s`.
    pub(super) fn covariance(&self, s: &DMatrix<f64>) -> DMatrix<f64> {
        let inner = self.weights.transpose() * s * &self.weights;
        let matrix = &self.root * inner * self.root.transpose();
        (&matrix + matrix.transpose()) * 0.5
    }

    /// The columns whose products with the residuals are the scores.
    pub(super) fn columns(&self, model: &Model) -> Vec<Vec<f64>> {
        combine(&model.basis, &self.weights)
    }
}

/// The lower triangle C of S = C·C'.
pub(super) fn root(s: DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    let largest = s.diagonal().max().sqrt();
    let lower = s.cholesky().map(|cholesky| cholesky.unpack());
    match lower.filter(|lower| lower.diagonal().iter().all(|pivot| *pivot > SINGULAR * largest)) {
        Some(lower) => Ok(lower),
        None => {
            let rule =
                "the covariance of the instruments' moments is singular, as with fewer clusters than instruments";
            Err(Violation::new("formula", rule, "").into())
        }
    }
}

/// The two-step estimate: two-stage least squares, then moments weighted by their covariance at its residuals.
///
/// # Errors
/// What the rule refuses, and a singular covariance of the moments.
pub(in crate::regression) fn two_steps(
    model: &Model,
    design: &Design,
    rule: &Rule,
    stop: &Stop,
) -> Result<Efficient, Error> {
    let first = one_step(model, stop)?;
    let errors = model.errors(&first.coefficients).all;
    Efficient::new(model, rule.of_moments(model, design, &errors, stop)?, stop)
}

/// The one-step estimate, which is that of two-stage least squares.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(in crate::regression) fn one_step(model: &Model, stop: &Stop) -> Result<Efficient, Error> {
    Efficient::new(model, DMatrix::identity(model.basis.len(), model.basis.len()), stop)
}
