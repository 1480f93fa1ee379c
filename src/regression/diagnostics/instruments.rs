//! Tests of instruments: whether they are strong, valid and needed, and what can be said when they are weak.
//!
//! All follow the covariance of the fit: clustered errors, say, are clustered in every stage.

mod anderson_rubin;
mod confidence_set;
mod cragg_donald;
mod difference_in_j;
mod effective_f;
mod first_stage;
mod hansen_j;
mod kleibergen_paap;
mod wu_hausman;

pub(super) use anderson_rubin::AndersonRubin;
pub(super) use cragg_donald::CraggDonald;
pub(super) use difference_in_j::DifferenceInJ;
pub(super) use effective_f::EffectiveF;
pub(super) use first_stage::FirstStage;
pub(super) use hansen_j::HansenJ;
pub(super) use kleibergen_paap::KleibergenPaap;
pub(super) use wu_hausman::WuHausman;

use super::Subject;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::chi_squared_tail;
use crate::numeric::least_squares::Orthogonal;
use crate::panel::{Value, finite};
use crate::regression::design::Design;
use crate::regression::instruments::{Column, Model, Rule, coordinates};
use crate::regression::wald::Wald;
use crate::regression::{Figure, Outcome, Part};
use nalgebra::DMatrix;

/// What the tests look at.
struct Stages<'a> {
    design: &'a Design,
    model: Model,
    rule: Rule,
}

impl<'a> Stages<'a> {
    /// The stages of a model with instruments.
    ///
    /// # Errors
    /// Where the model has no endogenous regressors, the data are not at hand, or [`Model::new`] refuses them.
    fn new(subject: &Subject<'a>, stop: &Stop) -> Result<Self, Error> {
        let design = subject.design()?;
        let refuse = |rule: &str| Err(Violation::new("estimator", rule, &subject.fit.estimator).into());
        if design.endogenous.is_empty() {
            return refuse("the test is of models with instruments");
        }
        let model = Model::new(design, stop)?;
        if model.endogenous.is_empty() {
            return refuse("other terms determine all endogenous ones, so there is nothing to instrument");
        }
        Ok(Self { design, model, rule: Rule::of(subject.fit)? })
    }

    /// The endogenous regressors.
    fn endogenous(&self) -> impl Iterator<Item = &Column> {
        self.model.endogenous.iter().map(|i| &self.model.x[*i])
    }

    /// The name of one of `model.endogenous`.
    fn name(&self, i: usize) -> String {
        self.design.names[self.model.kept[i]].clone()
    }

    /// The only endogenous regressor.
    ///
    /// # Errors
    /// Where there are several.
    fn only(&self, id: &str) -> Result<&Column, Violation> {
        match self.model.endogenous.as_slice() {
            [one] => Ok(&self.model.x[*one]),
            several => Err(Violation::new(
                "id",
                format!("{id} is of models with one endogenous term, not {}", several.len()),
                id,
            )),
        }
    }

    /// Coordinates of the endogenous regressors on the instruments, in units in which `parts` of them are orthonormal; and
    /// the matrix that changes the units.
    ///
    /// # Errors
    /// Where an endogenous regressor is a combination of instruments.
    fn in_units_of(
        &self,
        parts: impl Fn(&Column) -> Vec<f64>,
        stop: &Stop,
    ) -> Result<(DMatrix<f64>, DMatrix<f64>), Error> {
        let qr = Orthogonal::new(self.endogenous().map(parts).collect(), stop)?;
        if !qr.dependent.is_empty() {
            let rule = "an endogenous term is a combination of instruments and other terms";
            return Err(Violation::new("formula", rule, "").into());
        }
        let inside: Vec<Vec<f64>> = self.endogenous().map(|x| self.model.excluded(x).to_vec()).collect();
        let units = qr.inverse_triangle();
        Ok((coordinates(&inside) * &units, units))
    }
}

/// Whether a fit has endogenous regressors and its data are at hand.
fn has_instruments(subject: &Subject<'_>) -> bool {
    subject.design.is_some_and(|design| !design.endogenous.is_empty())
}

/// A test's outcome without figures and tables; `readings` are for a p-value below and not below 5 %.
fn outcome(id: &str, null: &str, found: (Value, String, Value), readings: [&str; 2]) -> Outcome {
    let (statistic, distribution, p_value) = found;
    let reading = match p_value {
        Ok(p) if p < 0.05 => readings[0],
        Ok(_) => readings[1],
        Err(_) => "the statistic is not defined for these data",
    };
    Outcome {
        id: id.to_owned(),
        null: null.to_owned(),
        statistic,
        distribution,
        p_value,
        reading: reading.to_owned(),
        figures: Vec::new(),
        parts: Vec::new(),
    }
}

/// Statistic, distribution and p-value of a chi-squared statistic.
fn chi_squared(statistic: f64, df: usize) -> (Value, String, Value) {
    let statistic = finite(statistic);
    (statistic, format!("chi2({df})"), statistic.map(|x| chi_squared_tail(x, df as f64)))
}

/// Statistic, distribution and p-value of a Wald test; where it is asymptotic the statistic is chi-squared over its degrees.
fn wald(wald: &Wald) -> (Value, String, Value) {
    let distribution = match wald.df2 {
        Some(df2) => format!("F({}, {df2})", wald.df1),
        None => format!("chi2({0})/{0}", wald.df1),
    };
    (wald.statistic, distribution, wald.p_value)
}

/// A figure that may be absent.
fn figure(name: &str, value: Value) -> Figure {
    Figure { name: name.to_owned(), value }
}

/// A table of numbers by row name.
fn table(name: &str, title: &str, key: (&str, Vec<String>), columns: Vec<(&str, Vec<Value>)>) -> Part {
    Part {
        name: name.to_owned(),
        title: title.to_owned(),
        keys: vec![(key.0.to_owned(), key.1)],
        columns: columns.into_iter().map(|(name, values)| (name.to_owned(), values)).collect(),
    }
}
