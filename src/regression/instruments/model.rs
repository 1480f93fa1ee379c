//! A design without its fixed effects, with exogenous regressors and instruments orthonormal.

use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorbed, LevelEffects};
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::vector::{add_scaled, dot, magnitude, norm};
use crate::regression::design::Design;
use crate::regression::ols::{absorb, collinear, is_absorbed, worst};
use crate::regression::{Absorption, Collinear, Estimate, Remark, Sandwich, Scores, small_sample};
use nalgebra::DMatrix;

/// Outcome, regressors and instruments, rows times the square roots of their weights.
#[derive(Debug)]
pub(in crate::regression) struct Model {
    /// The outcome.
    pub(in crate::regression) y: Column,
    /// The regressors that have a coefficient.
    pub(in crate::regression) x: Vec<Column>,
    /// Their numbers among the terms.
    pub(in crate::regression) kept: Vec<usize>,
    /// Which of `x` are endogenous.
    pub(in crate::regression) endogenous: Vec<usize>,
    /// Orthonormal columns that span the exogenous regressors and the instruments, in this order.
    pub(in crate::regression) basis: Vec<Vec<f64>>,
    /// How many of them span the exogenous regressors.
    pub(in crate::regression) exogenous: usize,
    /// Instruments that exogenous regressors, other instruments or fixed effects determine.
    ignored: Vec<String>,
    collinear: Vec<Collinear>,
    absorption: Option<Absorption>,
    outcome_effects: Vec<LevelEffects>,
    regressor_effects: Vec<Vec<LevelEffects>>,
}

/// A column, parted by the span of the instruments.
#[derive(Debug, Clone)]
pub(in crate::regression) struct Column {
    /// All of it.
    pub(in crate::regression) all: Vec<f64>,
    /// The coordinates of its projection on the basis.
    pub(in crate::regression) inside: Vec<f64>,
    /// What is left.
    pub(in crate::regression) outside: Vec<f64>,
}

impl Column {
    /// Splits a column; rounding that is left of one in the span is taken for nothing.
    fn new(all: Vec<f64>, basis: &Orthogonal) -> Self {
        let mut outside = all.clone();
        let inside = basis.project(&mut outside);
        if norm(&outside) <= DEPENDENT * norm(&all) {
            outside.fill(0.0);
        }
        Self { inside, outside, all }
    }

    /// This column plus a multiple of another.
    #[must_use]
    pub(in crate::regression) fn plus(mut self, factor: f64, other: &Self) -> Self {
        add_scaled(&mut self.all, factor, &other.all);
        add_scaled(&mut self.inside, factor, &other.inside);
        add_scaled(&mut self.outside, factor, &other.outside);
        self
    }

    /// This column times a number.
    #[must_use]
    pub(in crate::regression) fn times(mut self, factor: f64) -> Self {
        let parts = self.all.iter_mut().chain(&mut self.inside).chain(&mut self.outside);
        parts.for_each(|v| *v *= factor);
        self
    }
}

impl Model {
    /// Absorbs the effects and orthogonalises.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `formula`: instruments too few, or unable to tell the coefficients apart.
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(in crate::regression) fn new(design: &Design, stop: &Stop) -> Result<Self, Error> {
        let z: Vec<Vec<f64>> = design.z.iter().map(|column| in_own_unit(column)).collect();
        let columns = std::iter::once(&design.y).chain(&design.x).chain(&z);
        let mut columns = absorb(design, columns, stop)?;
        let absorption = worst(design, &columns);
        let instruments = columns.split_off(1 + design.x.len());
        let mut x = columns.split_off(1);
        let y = columns.remove(0);

        let (absorbed, candidates): (Vec<_>, Vec<_>) =
            (0..x.len()).partition(|j| is_absorbed(design, &design.x[*j], &x[*j]));
        let qr = Orthogonal::new(candidates.iter().map(|j| design.weighted(&x[*j].residual)).collect(), stop)?;
        let kept: Vec<usize> = qr.kept.iter().map(|i| candidates[*i]).collect();
        let x: Vec<Absorbed> = kept.iter().map(|j| std::mem::replace(&mut x[*j], nothing())).collect();
        let is_endogenous = |i: &usize| design.endogenous.contains(&kept[*i]);
        let (endogenous, exogenous): (Vec<usize>, Vec<usize>) = (0..kept.len()).partition(is_endogenous);
        let exogenous: Vec<Vec<f64>> = exogenous.iter().map(|i| design.weighted(&x[*i].residual)).collect();
        let count = exogenous.len();
        let (basis, ignored) = span(design, exogenous, &z, &instruments, stop)?;
        let column = |absorbed: &Absorbed| Column::new(design.weighted(&absorbed.residual), &basis);
        let model = Self {
            y: column(&y),
            x: x.iter().map(column).collect(),
            collinear: collinear(&absorbed, &candidates, &qr.dependent),
            regressor_effects: x.into_iter().map(|x| x.effects).collect(),
            outcome_effects: y.effects,
            exogenous: count,
            basis: basis.basis,
            endogenous,
            kept,
            ignored,
            absorption,
        };
        model.check_identified(design, stop)?;
        Ok(model)
    }

    /// How many instruments there are beside the exogenous regressors.
    pub(in crate::regression) fn instruments(&self) -> usize {
        self.basis.len() - self.exogenous
    }

    /// How many instruments there are beyond those needed.
    pub(in crate::regression) fn surplus(&self) -> usize {
        self.basis.len() - self.kept.len()
    }

    /// Rows less exogenous regressors, instruments and fixed effects.
    pub(in crate::regression) fn instrument_df(&self, design: &Design) -> usize {
        design.y.len() - small_sample::parameters(self.basis.len(), design)
    }

    /// The coordinates of a column on the instruments, as far as the exogenous regressors do not explain it.
    pub(in crate::regression) fn excluded<'a>(&self, column: &'a Column) -> &'a [f64] {
        &column.inside[self.exogenous..]
    }

    fn check_identified(&self, design: &Design, stop: &Stop) -> Result<(), Error> {
        let refuse = |rule: String| Err(Violation::new("formula", rule, "").into());
        let (instruments, endogenous) = (self.instruments(), self.endogenous.len());
        if instruments < endogenous {
            return refuse(format!(
                "needs an instrument for each endogenous term: {endogenous} endogenous, {instruments} instruments that \
                 other terms and fixed effects do not determine"
            ));
        }
        let (n, parameters) = (design.y.len(), small_sample::parameters(self.basis.len(), design));
        if n <= parameters {
            return refuse(format!(
                "needs more rows than exogenous terms, instruments and fixed effects: {n} rows, {parameters} of these"
            ));
        }
        let first = Orthogonal::new(self.x.iter().map(|x| x.inside.clone()).collect(), stop)?;
        let vanishes = |i: &usize| norm(&self.x[*i].inside) <= DEPENDENT * norm(&self.x[*i].all);
        let open: Vec<&str> = (0..self.x.len())
            .filter(|i| vanishes(i) || !is_kept(&first, *i))
            .map(|i| design.names[self.kept[i]].as_str())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        refuse(format!("the instruments do not identify the coefficient of {}", open.join(", ")))
    }

    /// The estimate with these coefficients: `columns` times the residuals are the scores in coordinates of the bread's
    /// root.
    pub(in crate::regression) fn estimate(
        &self,
        design: &Design,
        coefficients: Vec<f64>,
        bread_root: DMatrix<f64>,
        columns: Vec<Vec<f64>>,
    ) -> Estimate {
        let errors = self.errors(&coefficients).all;
        let u_hat = match &design.weights {
            None => errors.clone(),
            Some(weights) => errors.iter().zip(weights).map(|(e, w)| e / w.sqrt()).collect(),
        };
        Estimate {
            kept: self.kept.clone(),
            collinear: self.collinear.clone(),
            ssr: dot(&errors, &errors),
            ssr_effects: dot(&self.y.all, &self.y.all),
            outcome_effects: self.outcome_effects.clone(),
            regressor_effects: self.regressor_effects.clone(),
            absorption: self.absorption,
            remarks: self.remarks(),
            sandwich: Sandwich { bread_root, scores: Scores::products(columns, errors), leverages: Vec::new() },
            coefficients,
            u_hat,
            ..Estimate::default()
        }
    }

    /// The residuals.
    pub(in crate::regression) fn errors(&self, coefficients: &[f64]) -> Column {
        let less = |errors: Column, (x, b): (&Column, &f64)| errors.plus(-b, x);
        self.x.iter().zip(coefficients).fold(self.y.clone(), less)
    }

    fn remarks(&self) -> Vec<Remark> {
        let message = format!(
            "instruments left out because exogenous terms, other instruments or fixed effects determine them: {}",
            self.ignored.join(", ")
        );
        let remark = Remark { code: "INSTRUMENTS_LEFT_OUT".to_owned(), message };
        if self.ignored.is_empty() { Vec::new() } else { vec![remark] }
    }
}

/// Columns times the columns of a matrix.
pub(super) fn combine(columns: &[Vec<f64>], by: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let rows = columns.first().map_or(0, Vec::len);
    let sum = |weights: nalgebra::DVectorView<'_, f64>| {
        let mut sum = vec![0.0; rows];
        columns.iter().zip(weights.iter()).for_each(|(column, weight)| add_scaled(&mut sum, *weight, column));
        sum
    };
    by.column_iter().map(|weights| sum(weights.as_view())).collect()
}

/// Orthonormal columns that span the exogenous regressors and the instruments `z`, given without effects; and the names of the
/// instruments that add nothing.
fn span(
    design: &Design,
    exogenous: Vec<Vec<f64>>,
    z: &[Vec<f64>],
    without_effects: &[Absorbed],
    stop: &Stop,
) -> Result<(Orthogonal, Vec<String>), Error> {
    let count = exogenous.len();
    let usable: Vec<usize> = (0..z.len()).filter(|j| !is_absorbed(design, &z[*j], &without_effects[*j])).collect();
    let instruments = usable.iter().map(|j| design.weighted(&without_effects[*j].residual));
    let basis = Orthogonal::new(exogenous.into_iter().chain(instruments).collect(), stop)?;
    let used = |j: &usize| usable.binary_search(j).is_ok_and(|place| is_kept(&basis, count + place));
    let ignored = (0..z.len()).filter(|j| !used(j)).map(|j| design.instruments[j].clone()).collect();
    Ok((basis, ignored))
}

/// Instruments matter by their span, so their units are free to choose.
fn in_own_unit(column: &[f64]) -> Vec<f64> {
    let unit = magnitude(column);
    column.iter().map(|v| v / unit).collect()
}

fn is_kept(qr: &Orthogonal, column: usize) -> bool {
    qr.kept.binary_search(&column).is_ok()
}

fn nothing() -> Absorbed {
    Absorbed { residual: Vec::new(), effects: Vec::new(), iterations: 0, relative_residual: 0.0, converged: true }
}
