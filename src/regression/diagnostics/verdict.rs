//! From a statistic to an outcome with a reading.

use crate::card::Card;
use crate::numeric::distributions::{chi_squared_tail, f_tail, normal_tail, t_two_sided};
use crate::panel::{Absent, Value};
use crate::regression::Outcome;
use std::fmt;

/// The level of readings.
const LEVEL: f64 = 0.05;

/// The distribution of a statistic if the null hypothesis holds, and the side on which it speaks against that.
#[derive(Debug, Clone, Copy)]
pub(super) enum Law {
    /// Chi-squared with these degrees of freedom; large values.
    Chi2(f64),
    /// F with these degrees of freedom; large values.
    F(f64, f64),
    /// Standard normal; large absolute values.
    Normal,
    /// Standard normal; large values.
    NormalAbove,
    /// Standard normal; small values.
    NormalBelow,
    /// Student's t; small values.
    TBelow(f64),
}

impl Law {
    /// P(a statistic that speaks at least as strongly against the null hypothesis).
    fn p_value(self, statistic: f64) -> f64 {
        match self {
            Self::Chi2(df) => chi_squared_tail(statistic, df),
            Self::F(df1, df2) => f_tail(statistic, df1, df2),
            Self::Normal => 2.0 * normal_tail(statistic.abs()),
            Self::NormalAbove => normal_tail(statistic),
            Self::NormalBelow => normal_tail(-statistic),
            Self::TBelow(df) if statistic < 0.0 => 0.5 * t_two_sided(statistic, df),
            Self::TBelow(df) => 1.0 - 0.5 * t_two_sided(statistic, df),
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chi2(df) => write!(f, "chi2({df})"),
            Self::F(df1, df2) => write!(f, "F({df1}, {df2})"),
            Self::Normal => f.write_str("N(0, 1)"),
            Self::NormalAbove => f.write_str("N(0, 1), upper tail"),
            Self::NormalBelow => f.write_str("N(0, 1), lower tail"),
            Self::TBelow(df) => write!(f, "t({df}), lower tail"),
        }
    }
}

/// What is put to the test, and what to do about either answer; each a clause without a full stop.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The null hypothesis.
    pub(super) null: String,
    /// What to do when the data contradict it.
    pub(super) rejected: String,
    /// What to do when they do not.
    pub(super) kept: String,
}

impl Question {
    /// A question.
    pub(super) fn new(null: impl Into<String>, rejected: impl Into<String>, kept: impl Into<String>) -> Self {
        Self { null: null.into(), rejected: rejected.into(), kept: kept.into() }
    }

    /// The outcome of a statistic that follows `law` under the null hypothesis.
    pub(super) fn answer(self, card: &Card, statistic: Value, law: Law) -> Outcome {
        let p_value = statistic.map(|statistic| law.p_value(statistic));
        self.with_p_value(card, statistic, law.to_string(), p_value)
    }

    /// The outcome of a statistic whose p-value comes from elsewhere.
    pub(super) fn with_p_value(self, card: &Card, statistic: Value, distribution: String, p_value: Value) -> Outcome {
        Outcome {
            id: card.id.to_owned(),
            statistic,
            distribution,
            reading: self.reading(p_value),
            null: self.null,
            p_value,
            figures: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn reading(&self, p_value: Value) -> String {
        let Self { null, rejected, kept } = self;
        match p_value {
            Ok(p) if p < LEVEL => {
                format!("Assumed: {null}; {}, so at 5 % the data contradict it: {rejected}.", told(p))
            }
            Ok(p) => format!("Assumed: {null}; {}, so at 5 % the data do not contradict it: {kept}.", told(p)),
            Err(reason) => format!("Assumed: {null}; these data leave the statistic undefined ({reason})."),
        }
    }
}

/// The outcome of a measure that is no test: it has no null hypothesis and no p-value.
pub(super) fn measure(card: &Card, statistic: Value, reading: String) -> Outcome {
    Outcome {
        id: card.id.to_owned(),
        null: String::new(),
        statistic,
        distribution: String::new(),
        p_value: Err(Absent::Undetermined),
        reading,
        figures: Vec::new(),
        parts: Vec::new(),
    }
}

/// A p-value as readers are told it.
fn told(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_tells_what_is_assumed_and_what_to_do() {
        let question = Question::new("the errors have one variance", "use hc1", "iid is fine");
        let told = |p| question.reading(p);
        let rejected = "Assumed: the errors have one variance; p < 0.0001, so at 5 % the data contradict it: use hc1.";
        assert_eq!(told(Ok(1e-9)), rejected);
        assert!(told(Ok(0.2)).ends_with("p = 0.2000, so at 5 % the data do not contradict it: iid is fine."));
        assert!(told(Err(Absent::ZeroDenominator)).contains("zero_denominator"));
    }

    #[test]
    fn one_sided_laws_add_up_to_one() {
        for (above, below) in [(Law::NormalAbove, Law::NormalBelow), (Law::TBelow(7.0), Law::TBelow(7.0))] {
            let (statistic, mirrored) = (1.3, if matches!(above, Law::TBelow(_)) { -1.3 } else { 1.3 });
            assert!((above.p_value(statistic) + below.p_value(mirrored) - 1.0).abs() < 1e-14);
        }
    }
}
