//! How an outcome gives back the level of a measure.

use super::node::{Change, Node, Pair, Unary};
use crate::panel::{Value, finite, ratio};

/// The outcome as a function of a quantity: a measure, or a ratio of two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The quantity.
    Level,
    /// Its natural logarithm.
    Ln,
    /// Its growth in per cent over so many periods.
    Growth(i32),
    /// The difference of its logarithms over so many periods.
    LogDifference(i32),
    /// Its difference over so many periods.
    Difference(i32),
}

/// An outcome that a forecast can turn back into the level of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// What the outcome is of its quantity.
    pub form: Form,
    /// The measure a forecast moves.
    pub measure: usize,
    /// The measure it is divided by, as in `growth(gdp/population)`.
    pub divisor: Option<usize>,
}

impl Link {
    /// The link of a compiled outcome, when it has one of the known forms.
    pub(super) fn of(outcome: &Node) -> Option<Self> {
        let (form, quantity) = match outcome {
            Node::Unary(Unary::Ln, inner) => (Form::Ln, &**inner),
            Node::Change(Change::Growth, k, inner) => (Form::Growth(*k), &**inner),
            Node::Change(Change::LogDifference, k, inner) => (Form::LogDifference(*k), &**inner),
            Node::Change(Change::Difference, k, inner) => match &**inner {
                Node::Unary(Unary::Ln, inner) => (Form::LogDifference(*k), &**inner),
                inner => (Form::Difference(*k), inner),
            },
            level => (Form::Level, level),
        };
        let measure = |node: &Node| match node {
            Node::Cells(measure) | Node::Totals(measure) => Some(*measure),
            _ => None,
        };
        match quantity {
            Node::Pair(Pair::Divide, operands) => {
                Some(Self { form, measure: measure(&operands[0])?, divisor: Some(measure(&operands[1])?) })
            }
            single => Some(Self { form, measure: measure(single)?, divisor: None }),
        }
    }

    /// Periods between the level and the earlier one that [`Link::level`] asks for; 0 when it asks for none.
    pub fn steps(&self) -> i32 {
        match self.form {
            Form::Level | Form::Ln => 0,
            Form::Growth(k) | Form::LogDifference(k) | Form::Difference(k) => k,
        }
    }

    /// The quantity: the measure's level over that of the divisor (`Ok(1.0)` when there is none).
    pub fn quantity(&self, level: Value, divisor: Value) -> Value {
        ratio(level?, divisor?)
    }

    /// The level of the measure for a predicted outcome: the exact inverse of the outcome's form.
    ///
    /// `earlier` is the quantity [`Link::steps`] periods before (not read when that is 0);
    /// `divisor` is the divisor's level in the predicted period, `Ok(1.0)` when there is none.
    pub fn level(&self, predicted: f64, earlier: Value, divisor: Value) -> Value {
        let quantity = match self.form {
            Form::Level => predicted,
            Form::Ln => predicted.exp(),
            Form::Growth(_) => earlier? * (1.0 + predicted / 100.0),
            Form::LogDifference(_) => earlier? * predicted.exp(),
            Form::Difference(_) => earlier? + predicted,
        };
        finite(quantity * divisor?)
    }

    /// [`Link::level`] of many predictions of one quantity, `earlier` by number; what overflows is not finite.
    pub fn levels(&self, predicted: &[f64], earlier: impl Fn(usize) -> f64) -> Vec<f64> {
        let each = |f: &dyn Fn(usize, f64) -> f64| predicted.iter().enumerate().map(|(i, x)| f(i, *x)).collect();
        match self.form {
            Form::Level => predicted.to_vec(),
            Form::Ln => each(&|_, x| x.exp()),
            Form::Growth(_) => each(&|i, x| earlier(i) * (1.0 + x / 100.0)),
            Form::LogDifference(_) => each(&|i, x| earlier(i) * x.exp()),
            Form::Difference(_) => each(&|i, x| earlier(i) + x),
        }
    }
}
