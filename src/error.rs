//! What can go wrong, told so that the caller can mend it.

use std::fmt;

/// One rule that one field of a request breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, as in `dataset.inline.columns[2].values`.
    pub field: String,
    /// The rule, in words.
    pub rule: String,
    /// The offending value as it was given; empty when the field was not set.
    pub value: String,
}

impl Violation {
    /// A violation of `rule` by `value` at `field`.
    pub fn new(field: impl Into<String>, rule: impl Into<String>, value: impl fmt::Display) -> Self {
        Self { field: field.into(), rule: rule.into(), value: value.to_string() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)?;
        // A rule of several lines shows the text it is about, with a caret below the value.
        let is_told = self.value.is_empty() || self.rule.contains('\n') || ends_with(&self.rule, &self.value);
        if !is_told {
            write!(f, "; got {:?}", self.value)?;
        }
        Ok(())
    }
}

/// Whether `value` is the last word of `rule`.
fn ends_with(rule: &str, value: &str) -> bool {
    let before = rule.strip_suffix(value);
    before.is_some_and(|before| !before.chars().next_back().is_some_and(char::is_alphanumeric))
}

/// How many violations are told in full; the rest are only counted.
const TOLD: usize = 100;

/// All violations of a request: the first hundred in full, and the count of all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations {
    told: Vec<Violation>,
    count: usize,
}

impl Violations {
    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(violation);
        }
    }

    /// Adds all of `other`, with `prefix` put before their field paths.
    pub fn absorb(&mut self, prefix: &str, other: Self) {
        self.count += other.count - other.told.len();
        for mut violation in other.told {
            violation.field = match (prefix.is_empty(), violation.field.is_empty()) {
                (true, _) => violation.field,
                (_, true) => prefix.to_owned(),
                _ => format!("{prefix}.{}", violation.field),
            };
            self.push(violation);
        }
    }

    /// Keeps the value of an `Ok`, the violations of an `Err`.
    pub fn keep<T>(&mut self, prefix: &str, result: Result<T, Self>) -> Option<T> {
        result.map_err(|violations| self.absorb(prefix, violations)).ok()
    }

    /// The same violations with their fields renamed by `rename`.
    #[must_use]
    pub fn renamed(mut self, rename: impl Fn(&str) -> String) -> Self {
        for violation in &mut self.told {
            violation.field = rename(&violation.field);
        }
        self
    }

    /// The violations told in full, at most a hundred.
    pub fn told(&self) -> &[Violation] {
        &self.told
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// `Ok(value)` when nothing was violated.
    ///
    /// # Errors
    /// The violations, when there are any.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self { told: vec![violation], count: 1 }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, violation) in self.told.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{violation}")?;
        }
        if self.count > self.told.len() {
            write!(f, "\n… and {} more", self.count - self.told.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// Why a call did not succeed. Undefined values and non-convergence are results, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules; all of them are listed.
    #[error("{0}")]
    Invalid(#[from] Violations),
    /// A named resource does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// A resource of that name exists already with other content.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// The request is well formed but the stored state does not allow it.
    #[error("{0}")]
    Precondition(String),
    /// The request needs more than the service is allowed to give.
    #[error("{what} needs {needed} {unit}, the limit is {limit}")]
    Limit {
        /// What would be used, such as `memory` or `message`.
        what: &'static str,
        /// How much the request needs.
        needed: u64,
        /// How much there may be.
        limit: u64,
        /// The unit of both numbers.
        unit: &'static str,
    },
    /// The service is busy; the same call may succeed later.
    #[error("all {limit} places for calculations are taken")]
    Busy {
        /// Calculations that may wait or run at once.
        limit: usize,
    },
    /// The caller went away or the deadline passed.
    #[error("the call was cancelled")]
    Cancelled,
    /// Stored bytes do not match their digest.
    #[error("stored data are damaged: {0}")]
    DataLoss(String),
    /// A fault of ours; the text is for the log, not for the caller.
    #[error("{0}")]
    Internal(String),
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_told_unless_the_rule_ends_with_it() {
        let told = |rule: &str, value: &str| Violation::new("x", rule, value).to_string();
        assert_eq!(told("must lie in (0, 1)", "1"), "x: must lie in (0, 1); got \"1\"");
        assert_eq!(told("the data have no region Atlantis", "Atlantis"), "x: the data have no region Atlantis");
        assert_eq!(told("is at most 11", "1"), "x: is at most 11; got \"1\"");
        assert_eq!(told("names a column", ""), "x: names a column");
    }
}
