//! The random walk with drift on a scale: the model behind constant levels, constant growth and the drift method.

use super::cells::{Cell, Future};
use super::noise::Shocks;
use super::past::Series;

/// y_{h} = y_{h−1} + drift + σ u_h.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) drift: f64,
    /// Standard deviation of the estimated drift, in units of σ.
    pub(super) error: f64,
}

impl Walk {
    /// Without drift: errors are the changes themselves.
    pub(super) fn still(series: &Series, horizon: usize) -> Cell<Self> {
        let errors = errors(series, 0.0);
        Cell { path: vec![0.0; horizon], freedom: errors.len(), errors, future: Self { drift: 0.0, error: 0.0 } }
    }

    /// With the mean change as drift, which is (last − first)/periods; `None` for a single observation.
    ///
    /// A change over k periods has the variance k σ², so the mean's is σ²/periods, and n changes leave n − 1 degrees
    /// of freedom.
    pub(super) fn drifting(series: &Series, horizon: usize) -> Option<Cell<Self>> {
        let span = series.span() as f64;
        let drift = (series.values.last()? - series.values.first()?) / span;
        if !drift.is_finite() {
            return None;
        }
        let errors = errors(series, drift);
        let path = (1..=horizon).map(|h| h as f64 * drift).collect();
        Some(Cell { path, freedom: errors.len() - 1, errors, future: Self { drift, error: span.sqrt().recip() } })
    }
}

/// Changes less the drift, each over the root of its periods.
fn errors(series: &Series, drift: f64) -> Vec<(usize, f64)> {
    series.changes().map(|(date, k, change)| (date, (change - k as f64 * drift) / (k as f64).sqrt())).collect()
}

impl Future for Walk {
    const EXTRA: usize = 1;

    fn simulate(&self, shocks: &Shocks<'_>, into: &mut [f64]) {
        let drift = self.drift + shocks.sigma * self.error * shocks.extra[0];
        let mut value = 0.0;
        for (into, shock) in into.iter_mut().zip(shocks.steps) {
            value += drift + shocks.sigma * shock;
            *into = value;
        }
    }
}
