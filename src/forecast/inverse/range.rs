//! The bounds of an amount.

use crate::error::{Violation, Violations};

/// Where an amount starts and how far it may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The amount without the answer: usually no change at all, such as a factor of 1.
    pub start: f64,
    /// The least it may be.
    pub low: f64,
    /// The most it may be.
    pub high: f64,
}

impl Range {
    /// Checks that the three are finite and the bounds in order.
    ///
    /// # Errors
    /// Every rule broken, at `start`, `low` and `high`.
    pub(super) fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::default();
        for (field, amount) in [("start", self.start), ("low", self.low), ("high", self.high)] {
            if !amount.is_finite() {
                violations.push(Violation::new(field, "must be a finite number", amount));
            }
        }
        if self.high < self.low {
            let rule = format!("must not be below the least amount, {}", self.low);
            violations.push(Violation::new("high", rule, self.high));
        }
        violations.into_result(())
    }

    /// Checks that the start lies within the bounds as well.
    ///
    /// # Errors
    /// As [`Range::check`].
    pub(super) fn check_all(&self) -> Result<(), Violations> {
        self.check()?;
        if self.start < self.low || self.start > self.high {
            let rule = format!("must lie within the bounds, {} to {}", self.low, self.high);
            return Err(Violation::new("start", rule, self.start).into());
        }
        Ok(())
    }

    /// From the least to the most.
    pub(super) fn width(&self) -> f64 {
        self.high - self.low
    }

    /// The amount at `y`, 0 at the least and 1 at the most.
    pub(super) fn amount(&self, y: f64) -> f64 {
        // The ends exactly, whatever rounding does between them.
        match y {
            0.0 => self.low,
            1.0 => self.high,
            _ => self.low + y * self.width(),
        }
    }

    /// Where `amount` lies, 0 at the least and 1 at the most.
    pub(super) fn place(&self, amount: f64) -> f64 {
        if self.width() > 0.0 { (amount - self.low) / self.width() } else { 0.0 }
    }
}

/// The amounts at the places `y`.
pub(super) fn amounts<'a>(ranges: impl IntoIterator<Item = &'a Range>, y: &[f64]) -> Vec<f64> {
    ranges.into_iter().zip(y).map(|(range, y)| range.amount(*y)).collect()
}
