//! What an explanation answers.
//!
//! Areas are numbers into [`super::super::Study::areas`], steps count the forecast periods from 1, quantiles follow
//! [`super::Options::quantiles`].

use super::super::answer::Band;
use crate::panel::Value;

/// Why a scenario does what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Name of the scenario.
    pub scenario: String,
    /// The step whose effects are told for every area.
    pub step: usize,
    /// The effects split in each way that was asked for, in the order of the options.
    pub splits: Vec<(By, Split)>,
    /// Which region's changes act where; `None` when not asked for.
    pub spillovers: Option<Spillovers>,
    /// Who gains and who loses.
    pub gains: Gains,
}

/// What the effects of a scenario are split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// The policies it consists of.
    Policy,
    /// The measures it changes.
    Driver,
    /// Changes of how many producers there are, of how much each has, and other changes.
    Margin,
}

/// What an effect is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectKind {
    /// Difference of the level, in its unit.
    Level,
    /// Difference of the level, in percent of the baseline's.
    LevelPercent,
    /// Difference of the level's growth on the period before, in percentage points.
    Growth,
}

/// A number whose effect is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// What it is measured in.
    pub kind: EffectKind,
    /// Number of the area.
    pub area: usize,
    /// Step, from 1.
    pub step: usize,
}

/// Effects split over players. Lists by number follow `explained`, lists by player `players`.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The players: names of policies, measures, margins or regions, in the order of the scenario, the data or the card.
    pub players: Vec<Player>,
    /// The numbers explained.
    pub explained: Vec<Explained>,
    /// The whole effect, by number.
    pub total: Vec<Band>,
    /// What the players achieve together beyond the sum of what each achieves alone, by number.
    pub interaction: Vec<Band>,
    /// By player.
    pub contributions: Vec<Contribution>,
    /// How many orders of the players were drawn; `None` when every coalition was run.
    pub sampled_orders: Option<usize>,
}

/// One player of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// Its name.
    pub name: String,
    /// The policy it is a part of, when the split is within policies.
    pub policy: Option<String>,
}

/// What one player contributes, by number.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Shapley value (Owen value within policies): over the players it adds up to the total, in every draw.
    pub shapley: Vec<Band>,
    /// Standard error of the point of the Shapley value that comes from sampling orders; empty when none were sampled.
    pub standard_error: Vec<Value>,
    /// The effect of the player's changes alone (one at a time).
    pub alone: Vec<Band>,
    /// The total less the effect of all others (leave one out).
    pub last: Vec<Band>,
}

/// Effects by the region they come from and the region they reach, at one step, point forecast.
///
/// Contributions are Shapley values over the origins, so that they add up to the effect of the scenario; what an
/// origin's changes do alone stands beside them. Where a closure takes amounts from other regions, that is part of the
/// effect of the origin that gained them; a move belongs to the regions it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Spillovers {
    /// The matrix: players are the origins, numbers the destinations in level, percent and growth, nation last.
    pub split: Split,
    /// By origin.
    pub origins: Vec<OriginSum>,
    /// By destination.
    pub destinations: Vec<DestinationSum>,
}

/// Where the changes of one origin take effect, in levels.
#[derive(Debug, Clone, PartialEq)]
pub struct OriginSum {
    /// Number of the origin's area.
    pub area: usize,
    /// Effect on the origin itself.
    pub direct: Value,
    /// Effect on all others together: the nation's less the direct one; `None` when levels do not add up to the nation's.
    pub spillover: Option<Value>,
    /// Effect on the nation.
    pub nation: Value,
}

/// What reaches one destination, in percent of its baseline level.
#[derive(Debug, Clone, PartialEq)]
pub struct DestinationSum {
    /// Number of the destination's area.
    pub area: usize,
    /// From its own changes; zero without any.
    pub own: Value,
    /// From the changes of others: the whole effect less its own.
    pub received: Value,
    /// The whole effect.
    pub total: Value,
}

/// Who gains and who loses at one step.
///
/// A gain is an effect on the level above 10⁻¹⁰ percent of the baseline's, a loss one below minus that: less is rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Gains {
    /// Regions, then groups, then the nation.
    pub areas: Vec<Gain>,
    /// Regions whose point effect is a gain.
    pub gainers: usize,
    /// Regions whose point effect is a loss.
    pub losers: usize,
    /// Regions with neither.
    pub unchanged: usize,
    /// Regions without an effect: they have no level in the baseline or in the scenario.
    pub absent: usize,
    /// Sum of the effects on the level of the regions that gain, in each draw of those that gain in it; `None` when
    /// levels do not add up to the nation's.
    pub gained: Option<Band>,
    /// The same of the regions that lose.
    pub lost: Option<Band>,
}

/// The effect on one area.
#[derive(Debug, Clone, PartialEq)]
pub struct Gain {
    /// Number of the area.
    pub area: usize,
    /// Difference of the level, in its unit.
    pub level: Band,
    /// Difference of the level, in percent of the baseline's.
    pub level_percent: Band,
    /// Difference of the level's growth, in percentage points.
    pub growth: Band,
    /// Share of the draws in which it gains; `None` without draws.
    pub probability_of_gain: Option<Value>,
    /// Its place among the regions by the point of `level_percent`, 1 for the largest; equals share the better place.
    /// `None` for groups and the nation, and where the effect is absent.
    pub rank: Option<usize>,
}
