//! What a planner reads of a forecast: levels with and without the policy at the end, effects with their intervals.

use super::print;
use crate::api::v1::{ForecastGrowthResponse, ScenarioResult, Table};

/// The rows of a table's last period.
fn last_rows(table: &Table) -> Vec<usize> {
    let periods = print::texts(table, "period");
    let Some(last) = periods.last() else { return Vec::new() };
    (0..periods.len()).filter(|row| periods[*row] == *last).collect()
}

/// The bounds of a column in every row, as in its columns `lower_95` and `upper_95`.
struct Bounds {
    /// The interval's level in per cent.
    level: String,
    lower: Vec<Option<f64>>,
    upper: Vec<Option<f64>>,
}

/// The widest interval of a column; none without draws.
fn widest(table: &Table, column: &str) -> Option<Bounds> {
    let lower = format!("{column}_lower_");
    let levels = table.columns.iter().filter_map(|c| c.name.strip_prefix(&lower));
    let widest = levels.max_by(|a, b| as_number(a).total_cmp(&as_number(b)))?.to_owned();
    let bound = |side: &str| print::numbers(table, &format!("{column}_{side}_{widest}"));
    Some(Bounds { lower: bound("lower"), upper: bound("upper"), level: widest.replace('_', ".") })
}

fn as_number(level: &str) -> f64 {
    level.replace('_', ".").parse().unwrap_or(0.0)
}

/// A cell `lower to upper`; empty without draws.
fn interval(bounds: Option<&Bounds>, row: usize) -> String {
    bounds.map_or_else(String::new, |Bounds { lower, upper, .. }| {
        format!("{} to {}", print::number_or_dash(lower[row]), print::number_or_dash(upper[row]))
    })
}

fn interval_title(bounds: Option<&Bounds>) -> String {
    bounds.map_or_else(|| "no draws".to_owned(), |bounds| format!("{} % interval", bounds.level))
}

/// The baseline at the end: the level of every region, its interval, and its average growth.
pub(super) fn baseline(answer: &ForecastGrowthResponse) -> Option<String> {
    let table = answer.baseline.as_ref()?.regions.as_ref()?;
    let (levels, bounds) = (print::numbers(table, "level"), widest(table, "level"));
    let regions = print::texts(table, "region");
    let end = print::texts(table, "period").last()?;
    let header = [String::new(), format!("level {end}"), interval_title(bounds.as_ref())];
    let rows: Vec<Vec<String>> = last_rows(table)
        .into_iter()
        .map(|row| vec![regions[row].clone(), print::number_or_dash(levels[row]), interval(bounds.as_ref(), row)])
        .collect();
    Some(format!("Baseline, point forecast\n{}", print::table(&header, &rows)))
}

/// A scenario at the end: the effect on every region's level, its interval, the nation, and what to keep in mind.
pub(super) fn scenario(result: &ScenarioResult) -> String {
    let mut parts = vec![format!("Scenario {:?}, effect on the level against the baseline, in per cent", result.name)];
    parts.extend(result.effects.as_ref().and_then(regions));
    parts.extend(result.nation_effects.as_ref().and_then(nation));
    parts.extend(result.warnings.iter().map(|w| format!("{}: {}", w.code, w.message)));
    parts.join("\n")
}

fn regions(table: &Table) -> Option<String> {
    let (effects, bounds) = (print::numbers(table, "level_effect_percent"), widest(table, "level_effect_percent"));
    let regions = print::texts(table, "region");
    let end = print::texts(table, "period").last()?;
    let header = [String::new(), format!("effect {end}, %"), interval_title(bounds.as_ref())];
    let rows: Vec<Vec<String>> = last_rows(table)
        .into_iter()
        .map(|row| vec![regions[row].clone(), print::number_or_dash(effects[row]), interval(bounds.as_ref(), row)])
        .collect();
    Some(print::table(&header, &rows))
}

fn nation(table: &Table) -> Option<String> {
    let (effects, bounds) = (print::numbers(table, "level_effect_percent"), widest(table, "level_effect_percent"));
    let row = effects.len().checked_sub(1)?;
    let end = print::texts(table, "period").last()?;
    let interval = match &bounds {
        Some(Bounds { level, .. }) => format!(" ({level} % interval {})", interval(bounds.as_ref(), row)),
        None => String::new(),
    };
    Some(format!("The nation's level in {end}: {} %{interval}", print::number_or_dash(effects[row])))
}
