//! What the regressors leave: fixed effects, and the disturbances of the future.
//!
//! With coefficients b, each row's fixed effects are recovered by least squares from y − Xb. Effects of the
//! period have no value in the future. Their mean over the dates of the history joins the row's **anchor**, the
//! level it is forecast around; their deviation from it joins the row's residual. Both together are the
//! **disturbance** of a row at a date, and all rows of a date form its block.
//!
//! * Disturbances: deviations are scaled by √(T/(T−1)), residuals by √(n/(n−K)), K counting the fixed effects,
//!   so that their variance is that of the errors behind them. A future period draws a date and takes its whole
//!   block, so that regions stay correlated. T blocks are a coarse distribution whose largest value is too
//!   small, so a little of all the others is mixed in with normal weights (the smoothed bootstrap of Silverman
//!   and Young 1987, bandwidth 1.06 T^(−1/5), shrunk to keep the variance). T blocks tell the variance only
//!   roughly, so each draw scales its disturbances by √(ν/χ²_ν) with ν = T − 1, which gives normal errors the
//!   t distribution of a textbook prediction interval.
//! * Anchors: their error has two sources. Through the coefficients the anchor moves by −P x'(b^d − b), where P x is
//!   the part of x that the effects absorb (x̄_r in a balanced panel with region effects). Through the errors it
//!   moves by P e: the blocks with independent normal weights by date, absorbed by the effects, which has variance
//!   σ²/T_r in that panel and carries the error of the mean period effect, too.

use crate::error::{Error, Violation};
use crate::formula::{Program, Unit};
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorber, LevelEffects};
use crate::panel::{Absent, Panel, Period, Value};
use crate::regression::{Design, RowId};
use std::collections::BTreeMap;

/// Dates below which the history does not tell a distribution of disturbances.
pub(super) const FEWEST_DATES: usize = 3;

/// Fixed effects and disturbances of each row of the program.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    /// The effects of each row; absent for a row of a level that history does not have.
    pub(super) anchor: Vec<Value>,
    /// What the effects add up to by row.
    pub(super) effects: Part,
    /// By regressor: the part of it that the effects absorb.
    pub(super) absorbed: Vec<Part>,
    /// The disturbances.
    pub(super) disturbances: Disturbances,
    /// Whether some effect varies by period.
    pub(super) by_period: bool,
    /// The regressors without their effects, for the leverage of the future.
    pub(super) leverage: Option<Leverage>,
}

/// A linear function of the fixed effects in a future period: an intercept a row and a coefficient a slope.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// One a row.
    pub(super) intercept: Vec<f64>,
    /// One list a slope, one entry a row.
    pub(super) slopes: Vec<Vec<f64>>,
}

/// Where the disturbances of the future come from.
#[derive(Debug, Clone)]
pub(super) enum Disturbances {
    /// There are none.
    None,
    /// Independent normal ones of this standard deviation.
    Normal(f64),
    /// The blocks of the history.
    Blocks(Blocks),
}

/// The disturbances of the dates of the history.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    /// By date, one entry a row.
    pub(super) values: Vec<Vec<f64>>,
    /// By date: what of the block the effects absorb.
    pub(super) absorbed: Vec<Part>,
}
