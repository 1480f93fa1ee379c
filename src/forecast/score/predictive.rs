//! A forecast of one number.

use crate::panel::{Absent, Value, finite};

/// A point forecast and, where the method has one, a sample of the predictive distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictive {
    point: f64,
    /// Ascending.
    draws: Vec<f64>,
}

impl Predictive {
    /// A forecast with its draws in any order; without draws it is a point only.
    pub fn new(point: f64, mut draws: Vec<f64>) -> Self {
        draws.sort_unstable_by(f64::total_cmp);
        Self { point, draws }
    }

    /// The point forecast.
    pub fn point(&self) -> f64 {
        self.point
    }

    /// The draws, ascending; empty when there is a point only.
    pub fn draws(&self) -> &[f64] {
        &self.draws
    }

    /// Quantile of the draws, at position p(n+1) of the n of them, as forecasts tell it (Hyndman and Fan 1996, type 6).
    ///
    /// # Errors
    /// [`Absent::Undetermined`] without draws.
    pub fn quantile(&self, probability: f64) -> Value {
        let last = self.draws.len().checked_sub(1).ok_or(Absent::Undetermined)?;
        let position = (probability * (last + 2) as f64 - 1.0).clamp(0.0, last as f64);
        let below = position.floor() as usize;
        let (low, high) = (self.draws[below], self.draws[(below + 1).min(last)]);
        finite(low + (position - below as f64) * (high - low))
    }

    /// The central interval that holds `level` of the distribution.
    ///
    /// # Errors
    /// [`Absent::Undetermined`] without draws.
    pub fn interval(&self, level: f64) -> Result<(f64, f64), Absent> {
        Ok((self.quantile((1.0 - level) / 2.0)?, self.quantile((1.0 + level) / 2.0)?))
    }
}
