//! What a fit tells beside its coefficients: figures, tables, tests and remarks.

use crate::panel::{Absent, Value, finite};
use serde::{Deserialize, Serialize};

/// A number about a fit, such as a log-likelihood or the share of the regions' variance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The field's name for it, such as `log_likelihood`, `theta` or `rho`.
    pub name: String,
    /// The number.
    pub value: Value,
}

impl Figure {
    /// A figure.
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value: crate::panel::finite(value) }
    }
}

/// A table that belongs to a fit, such as its impacts or its coefficients by region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is, such as `impacts`.
    pub name: String,
    /// What it is, in a sentence.
    pub title: String,
    /// The columns that name a row, such as `term` or `region`.
    pub keys: Vec<(String, Vec<String>)>,
    /// The columns of numbers.
    pub columns: Vec<(String, Vec<Value>)>,
}

/// The outcome of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Id of the test.
    pub id: String,
    /// What is assumed and put to the test.
    pub null: String,
    /// The statistic.
    pub statistic: Value,
    /// Its distribution under the null hypothesis, such as `chi2(3)` or `F(2, 40)`.
    pub distribution: String,
    /// P(statistic as extreme as this) under the null hypothesis.
    pub p_value: Value,
    /// What that means, in plain words.
    pub reading: String,
    /// Numbers beside the statistic.
    pub figures: Vec<Figure>,
    /// Tables beside the statistic, such as the leverage of each row.
    pub parts: Vec<Part>,
}

impl Outcome {
    /// The outcome without a statistic that is no number or lies outside its distribution, as rounding makes of one whose
    /// sums of squares are all noise.
    #[must_use]
    pub(super) fn sound(self) -> Self {
        let positive = ["F(", "chi2("].iter().any(|name| self.distribution.starts_with(name));
        let statistic = self.statistic.and_then(finite).ok().filter(|x| !positive || *x >= 0.0);
        let p_value = self.p_value.and_then(finite);
        let undefined = self.p_value.is_ok() && p_value.is_err() || self.statistic.is_ok() && statistic.is_none();
        if !undefined {
            return self;
        }
        let reading = "The statistic is not defined for this model and these data.".to_owned();
        Self { statistic: Err(Absent::Undetermined), p_value: Err(Absent::Undetermined), reading, ..self }
    }
}

/// What a reader of a fit must know before using its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// A code in capitals, such as `NOT_CONVERGED`.
    pub code: String,
    /// The message.
    pub message: String,
}
