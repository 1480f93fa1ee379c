//! What a forecast answers.
//!
//! Lists by area follow [`Forecast::areas`], lists by row [`Forecast::rows`], lists by period
//! [`Forecast::periods`], quantiles [`Forecast::quantiles`].

use super::distance::Distance;
use super::driver::Figure;
use super::request::Source;
use super::warning::Warning;
use crate::numeric::conditional::Plausibility;
use crate::panel::{Absent, Period, Value};

/// One number's point forecast and the distribution of its draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// At the estimated coefficients, without disturbances.
    pub point: Value,
    /// Mean of the draws; the point without draws.
    pub mean: Value,
    /// Quantiles of the draws; empty without draws.
    pub quantiles: Vec<Value>,
}

/// What a forecast number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaKind {
    /// A region and an industry, one row of a model of cells.
    Cell,
    /// A region.
    Region,
    /// A class of the attribute the request names, such as a macro-region.
    Group,
    /// All regions.
    Nation,
}

/// A place for which the forecast answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// Cell, region, group or nation.
    pub kind: AreaKind,
    /// Its name; of a cell the region's; empty for the nation.
    pub name: String,
    /// The industry of a cell.
    pub industry: Option<String>,
    /// Numbers of the rows it sums, ascending; of several rows, those left out are not among them.
    pub rows: Vec<usize>,
    /// Why it has no level in any period: its only row, or all of its rows, are left out; `None` when it has one.
    pub left_out: Option<Absent>,
}

/// The baseline and the scenarios, on the same draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Canonical text of the outcome.
    pub outcome: String,
    /// Name of the level the outcome gives back, such as `gdp` or `gdp/population`.
    pub level: String,
    /// The forecast periods.
    pub periods: Vec<Period>,
    /// Probabilities of the quantiles.
    pub quantiles: Vec<f64>,
    /// Draws made.
    pub draws: usize,
    /// Most rounds that a period of a system of equations took to settle in the baseline's point forecast; 0 for one
    /// equation.
    pub rounds: usize,
    /// Terms of the decomposition, in the order of the formula; of several models each term once.
    pub terms: Vec<String>,
    /// Units of observation: region and, in a model of cells, industry.
    pub rows: Vec<Row>,
    /// Rows first, then regions of a model of cells, groups, nation.
    pub areas: Vec<Area>,
    /// Baseline first, then the scenarios in the order of the request.
    pub outlooks: Vec<Outlook>,
    /// How levels are reconciled, in words; empty where regions are summed.
    pub reconciliation: String,
    /// How the drivers are projected, where no equation does.
    pub drivers: Vec<ProjectedDriver>,
    /// Where the variance comes from, one entry an outlook; empty when it was not asked for.
    pub variance_shares: Vec<VarianceShares>,
    /// What the reader must know before using the numbers.
    pub warnings: Vec<Warning>,
}

/// How a driver is projected.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectedDriver {
    /// Name of the measure.
    pub measure: String,
    /// Id of the method.
    pub method: &'static str,
    /// What the method has estimated for the measure as a whole.
    pub figures: Vec<Figure>,
    /// Ids of the methods that a method which chooses has chosen for some cell.
    pub chosen: Vec<&'static str>,
}

/// Where the variance of a future comes from; of a scenario that of its effects.
#[derive(Debug, Clone, PartialEq)]
pub struct VarianceShares {
    /// The sources that vary. Their shares leave to one what they do together.
    pub sources: Vec<SourceShares>,
}

/// The variance that one source has by itself, as a share of all.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceShares {
    /// The source.
    pub source: Source,
    /// Of the level: area × step.
    pub level: Vec<Vec<Value>>,
    /// Of the level's growth: area × step.
    pub growth: Vec<Vec<Value>>,
}

/// One unit of observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Name of the region.
    pub region: String,
    /// Name of the industry in a model of cells.
    pub industry: Option<String>,
    /// Why it has no baseline in the first period and so is left out of every sum; `None` when it has one.
    pub left_out: Option<Absent>,
}

impl Row {
    /// The region and, in a model of cells, the industry.
    pub(super) fn label(&self) -> String {
        self.industry.as_ref().map_or_else(|| self.region.clone(), |industry| format!("{} {industry}", self.region))
    }
}

/// One future: the baseline or a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// `baseline` or the scenario's name.
    pub name: String,
    /// Outcome and level by area.
    pub areas: Vec<AreaPath>,
    /// Inequality of levels between regions, by period.
    pub inequality: Vec<Inequality>,
    /// How far each row's terms lie from the history of the (first) model where they are farthest.
    pub distances: Vec<Distance>,
    /// How plausible the paths of the drivers are that the scenario changes; empty for the baseline.
    pub imposed: Vec<Imposed>,
    /// Where the scenario moves drivers; empty for the baseline.
    pub drivers: Vec<MovedDriver>,
    /// Difference from the baseline; `None` for the baseline itself.
    pub effect: Option<Effect>,
}

/// The path of one area.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AreaPath {
    /// The outcome by period; empty unless the area is one row.
    pub outcome: Vec<Band>,
    /// The level by period: the sum of the rows (their ratio of sums for a ratio, their mean for a rate), absent in a
    /// period in which one of them is.
    pub level: Vec<Band>,
    /// Percent growth of the level on the period before.
    pub growth: Vec<Band>,
    /// Rank by level (per head) among the regions, 1 the largest; of a region.
    pub rank: Vec<Band>,
}

/// Difference of a scenario from the baseline, draw by draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// By area.
    pub areas: Vec<AreaEffect>,
    /// Adding-up check, by period.
    pub adding_up: Vec<AddingUp>,
    /// Every period's effects on the outcome have an unweighted sum of zero over the rows while some are not zero: the
    /// scenario moves growth rates between rows. The nation's level may still move, as rows differ in size.
    pub pure_reallocation: bool,
    /// `[period][row][term]`: coefficient times the change of the term; sums to the point effect on the outcome.
    pub decomposition: Vec<Vec<Vec<Value>>>,
    /// Difference in inequality, by period.
    pub inequality: Vec<Inequality>,
}

/// The effect in one area.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AreaEffect {
    /// Difference of the outcome, by period; empty unless the area is one row.
    pub outcome: Vec<Band>,
    /// Difference of the level, by period.
    pub level: Vec<Band>,
    /// Difference of the level in percent of the baseline's, by period.
    pub level_percent: Vec<Band>,
    /// Difference of the level's growth in percentage points, by period.
    pub growth: Vec<Band>,
}

/// Whether the effects of one period add up to anything.
#[derive(Debug, Clone, PartialEq)]
pub struct AddingUp {
    /// Sum over the rows of the effect on the outcome.
    pub unweighted: Band,
    /// Effect on the outcome weighted by each row's share in the level of the last observed period
    /// (for a ratio such as GDP per head, in its numerator).
    pub weighted: Band,
    /// Sum over the rows of the change of each term; zero for an index that sums to a constant.
    pub terms: Vec<Value>,
}

/// Inequality of the levels of the regions, as [`super::inequality::Inequality`] defines it; with a population, of the
/// levels per head, weighted by heads.
#[derive(Debug, Clone, PartialEq)]
pub struct Inequality {
    /// The measures by name; those that compare groups only with groups. In effects of scenarios the differences, then
    /// `rank_changes` (regions with another rank than in the baseline) and `kendall_tau` (of both orders).
    pub measures: Vec<(&'static str, Band)>,
}

impl Inequality {
    /// The measure of this name.
    pub fn get(&self, name: &str) -> Option<&Band> {
        self.measures.iter().find(|(known, _)| *known == name).map(|(_, band)| band)
    }
}

/// A driver in a region and period in which a scenario moves it, at the point forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedDriver {
    /// Name of the measure.
    pub driver: String,
    /// The region; of a measure that adds up the total of its industries, of a rate their mean.
    pub region: String,
    /// Number of the forecast period.
    pub step: usize,
    /// Without the scenario.
    pub baseline: Value,
    /// With it.
    pub scenario: Value,
}

/// How plausible the path is that a scenario imposes on a driver.
#[derive(Debug, Clone, PartialEq)]
pub struct Imposed {
    /// Name of the measure.
    pub driver: String,
    /// The measure beside what its history would let one expect.
    pub plausibility: Plausibility,
}
