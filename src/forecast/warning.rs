//! What a reader must know before using the numbers.

/// A typed warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub code: Code,
    /// In words, with the numbers.
    pub message: String,
    /// The scenario, measure, region or term it concerns; empty for the whole forecast.
    pub place: String,
}

impl Warning {
    /// A warning `code` about `place`.
    pub(super) fn new(code: Code, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), place: place.into() }
    }
}

/// A warning about a future with what it doubts: code and number of the term, 0 where there is none. What is in doubt
/// in the baseline is not told again of a scenario.
pub(super) type Doubt = ((Code, usize), Warning);

/// The kinds of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The unweighted sum of a scenario's effects on the outcome is zero: growth rates move between regions.
    PureReallocation,
    /// Effects of the period take up whatever moves all regions alike, so the coefficients tell reallocation only.
    PeriodEffectsAbsorb,
    /// Coefficients came without a covariance: intervals leave their uncertainty out.
    NoCoefficientUncertainty,
    /// The model has no residuals, or of too few periods: intervals leave the disturbances of the future out.
    NoResidualUncertainty,
    /// Draws are too few for a quantile that was asked for.
    FewDraws,
    /// Regions or cells without a baseline in the first period are left out of every sum.
    RowsLeftOut,
    /// A region or cell has no baseline in a later period, so totals of that period are absent.
    TotalsAbsent,
    /// A level that cannot be negative becomes so.
    NegativeLevel,
    /// The nation's baseline grows at a rate that the history has not seen.
    BaselineOutsideHistory,
    /// The history of some cells gives no growth rate; they keep their last level.
    DriverHeld,
    /// A term leaves the range it had in the history of any region.
    OutsideHistory,
    /// A system of equations did not settle within a period.
    NotConverged,
    /// A combination of terms is further from the history than any observation was (leverage).
    HighLeverage,
    /// A combination of terms lies outside the convex hull of the history.
    OutsideHull,
    /// The terms of a region change together as they never have before (Mahalanobis distance).
    UnusualChange,
    /// The path that a scenario imposes on a driver is unlikely, given the driver's own history.
    ImplausibleCondition,
    /// A scenario has no effect anywhere.
    NoEffect,
    /// Raising an instrument does the opposite of what its name promises.
    SignPerverse,
    /// No amounts within the bounds reach the target.
    OutOfReach,
    /// Other amounts may answer an inverse question as well.
    SeveralSolutions,
    /// The search for amounts ended before it was sure of them.
    SearchNotConverged,
}

impl Code {
    /// The code's name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PureReallocation => "PURE_REALLOCATION",
            Self::PeriodEffectsAbsorb => "PERIOD_EFFECTS_ABSORB",
            Self::NoCoefficientUncertainty => "NO_COEFFICIENT_UNCERTAINTY",
            Self::NoResidualUncertainty => "NO_RESIDUAL_UNCERTAINTY",
            Self::FewDraws => "FEW_DRAWS",
            Self::RowsLeftOut => "ROWS_LEFT_OUT",
            Self::TotalsAbsent => "TOTALS_ABSENT",
            Self::NegativeLevel => "NEGATIVE_LEVEL",
            Self::BaselineOutsideHistory => "BASELINE_OUTSIDE_HISTORY",
            Self::DriverHeld => "DRIVER_HELD",
            Self::OutsideHistory => "OUTSIDE_HISTORY",
            Self::NotConverged => "NOT_CONVERGED",
            Self::HighLeverage => "HIGH_LEVERAGE",
            Self::OutsideHull => "OUTSIDE_HULL",
            Self::UnusualChange => "UNUSUAL_CHANGE",
            Self::ImplausibleCondition => "IMPLAUSIBLE_CONDITION",
            Self::NoEffect => "NO_EFFECT",
            Self::SignPerverse => "SIGN_PERVERSE",
            Self::OutOfReach => "OUT_OF_REACH",
            Self::SeveralSolutions => "SEVERAL_SOLUTIONS",
            Self::SearchNotConverged => "SEARCH_NOT_CONVERGED",
        }
    }
}
