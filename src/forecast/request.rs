//! What a caller asks of a forecast, in plain words; [`super::plan`] checks it against the data.

mod scenario;

pub use scenario::{Action, Change, Closure, Companion, Entrants, Feedback, Group, Scenario};

use crate::card::Raw;
use std::collections::BTreeMap;

/// A forecast of every region, with and without changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Periods to forecast after the last one of the data, 1 to 200.
    pub horizon: usize,
    /// Simulated futures, 0 to 100,000; 0 gives the point forecasts only.
    pub draws: usize,
    /// Seed of the draws; baseline and scenarios share them.
    pub seed: u64,
    /// Probabilities of the quantiles to report, ascending, each in (0, 1).
    pub quantiles: Vec<f64>,
    /// How measures the formula reads go on; one left out follows [`super::driver::DEFAULT`]
    /// (a rate: [`super::driver::DEFAULT_RATE`]).
    pub drivers: Vec<DriverPath>,
    /// Measures that respond to the outcome's level; none when empty.
    pub feedback: Vec<Feedback>,
    /// Counterfactuals; the baseline is always answered before them.
    pub scenarios: Vec<Scenario>,
    /// Text attribute whose classes (macro-regions) are reported and split the Theil index.
    pub groups: Option<String>,
    /// Measure that counts heads: inequality between regions is then of levels per head.
    pub population: Option<String>,
    /// How regions, groups and nation are reconciled; `None` sums the regions.
    pub reconciliation: Option<Reconciliation>,
    /// What the draws vary.
    pub uncertainty: Uncertainty,
    /// Whether the share of each source in the variance is told.
    pub variance_shares: bool,
    /// Memory the forecast may take, in bytes.
    pub memory_limit_bytes: u64,
}

/// How levels are reconciled with forecasts of the aggregates' own.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciliation {
    /// Id of a reconciliation method of the catalogue.
    pub method: String,
    /// Whether reconciled levels may fall below zero.
    pub allow_negative: bool,
    /// Levels of the nation that are met exactly, one a period of the horizon; empty where the nation is forecast.
    pub nation: Vec<f64>,
}

/// The sources of uncertainty that are switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncertainty {
    /// Estimation error of coefficients and fixed effects.
    pub coefficients: bool,
    /// Disturbances and period effects of the future.
    pub residuals: bool,
    /// The drivers' own paths.
    pub drivers: bool,
    /// Which of several models is right.
    pub models: bool,
}

/// A source of uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Estimation error of coefficients and fixed effects.
    Coefficients,
    /// Disturbances and period effects of the future.
    Residuals,
    /// The drivers' own paths.
    Drivers,
    /// Which of several models is right.
    Models,
}

impl Source {
    /// Every source, in the order of [`Uncertainty`].
    pub const ALL: [Self; 4] = [Self::Coefficients, Self::Residuals, Self::Drivers, Self::Models];

    /// The source's name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coefficients => "coefficients",
            Self::Residuals => "residuals",
            Self::Drivers => "drivers",
            Self::Models => "models",
        }
    }
}

impl Uncertainty {
    /// One source alone.
    pub const fn only(source: Source) -> Self {
        Self {
            coefficients: matches!(source, Source::Coefficients),
            residuals: matches!(source, Source::Residuals),
            drivers: matches!(source, Source::Drivers),
            models: matches!(source, Source::Models),
        }
    }

    /// Whether a source is on.
    pub const fn has(self, source: Source) -> bool {
        match source {
            Source::Coefficients => self.coefficients,
            Source::Residuals => self.residuals,
            Source::Drivers => self.drivers,
            Source::Models => self.models,
        }
    }

    /// Every source.
    pub const ALL: Self = Self { coefficients: true, residuals: true, drivers: true, models: true };
}

/// How one measure goes on after the data end.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverPath {
    /// Name of the measure.
    pub measure: String,
    /// Id of a driver method of the catalogue.
    pub method: String,
    /// Its parameters; left out ones take the default on its card.
    pub params: BTreeMap<String, Raw>,
    /// Levels known in advance, for the method `given_path`.
    pub given: Vec<GivenPath>,
}

/// Levels of a measure in one cell that are known in advance.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenPath {
    /// Name of the region.
    pub region: String,
    /// Name of the industry; needed when the data have industries.
    pub industry: Option<String>,
    /// One level a period of the horizon.
    pub values: Vec<f64>,
}
