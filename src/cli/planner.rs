//! What a planner reads of a forecast: the nation and inequality with and without the policy, levels and effects with their
//! intervals, where the uncertainty comes from, and how far from history all that is.

use super::print;
use crate::api::v1::{ForecastGrowthResponse, ScenarioPath, ScenarioResult, Table};
use crate::report::{overview, policy};

/// Places named as the farthest from history.
const FARTHEST: usize = 5;

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
    let shares = answer.baseline.as_ref().and_then(shares);
    let shares = shares.map(|table| format!("\nWhere the variance comes from\n{table}")).unwrap_or_default();
    Some(format!("Baseline, point forecast\n{}{shares}", print::table(&header, &rows)))
}

/// Several scenarios beside each other at the end.
pub(super) fn side_by_side(answer: &ForecastGrowthResponse) -> Option<String> {
    let (header, rows) = overview::side_by_side(answer).ok().filter(|_| answer.scenarios.len() > 1)?;
    Some(format!("The scenarios side by side, effects at the end\n{}", print::table(&header, &rows)))
}

/// A scenario at the end: the comparison with the baseline, the effect on every region's level, and what to keep in mind.
pub(super) fn scenario(answer: &ForecastGrowthResponse, result: &ScenarioResult) -> String {
    let mut parts = vec![format!("Scenario {:?} against the baseline", result.name)];
    if !result.stored_name.is_empty() {
        parts.push(format!("stored as {}, sha256 {}", result.stored_name, result.scenario_sha256));
    }
    parts.extend(result.scenario.iter().flat_map(policy::sentences));
    parts.extend(comparison(answer, result));
    parts.push("Effect on the level, in per cent".to_owned());
    parts.extend(result.effects.as_ref().and_then(regions));
    parts.extend(result.nation_effects.as_ref().and_then(sums));
    parts.extend(
        result.path.as_ref().and_then(shares).map(|table| format!("Where the effect's variance comes from\n{table}")),
    );
    parts.extend(result.path.as_ref().and_then(distances));
    parts.extend(result.plausibility.as_ref().map(|table| {
        format!("Paths imposed on drivers (tail: share of their own futures farther away)\n{}", print::whole(table))
    }));
    parts.extend(result.warnings.iter().map(|w| format!("{}: {}", w.code, w.message)));
    parts.join("\n")
}

/// Nation and inequality at the end, without and with the policy, and the effect with its interval.
fn comparison(answer: &ForecastGrowthResponse, result: &ScenarioResult) -> Option<String> {
    let (before, after) = (answer.baseline.as_ref()?, result.path.as_ref()?);
    let mut rows = Vec::new();
    let mut title = "no draws".to_owned();
    let mut compare = |what: &str, tables: [Option<&Table>; 3], column: &str, effect: &str| {
        let [Some(before), Some(after), Some(effects)] = tables else { return };
        let last = |table: &Table, column: &str| print::numbers(table, column).last().copied();
        let (Some(before), Some(after)) = (last(before, column), last(after, column)) else { return };
        let (effects, bounds) = (print::numbers(effects, effect), widest(effects, effect));
        let Some(row) = effects.len().checked_sub(1) else { return };
        title = interval_title(bounds.as_ref());
        let numbers = [before, after, effects[row]].map(print::number_or_dash);
        rows.push([vec![what.to_owned()], numbers.to_vec(), vec![interval(bounds.as_ref(), row)]].concat());
    };
    let nation = [before.nation.as_ref(), after.nation.as_ref(), result.nation_effects.as_ref()];
    compare("nation: level", nation, "level", "level_effect");
    compare("nation: growth, %", nation, "growth", "growth_effect");
    let unequal = [before.inequality.as_ref(), after.inequality.as_ref(), result.inequality_effects.as_ref()];
    for (what, column) in [
        ("Theil index of the regions", "theil"),
        ("  between groups", "between"),
        ("  within groups", "within"),
        ("Gini coefficient", "gini"),
        ("standard deviation of logarithms", "sigma"),
        ("richest group over poorest", "gap"),
        ("convergence (beta)", "beta"),
    ] {
        compare(what, unequal, column, &format!("{column}_effect"));
    }
    let end = print::texts(before.nation.as_ref()?, "period").last()?;
    let header = [end.clone(), "without".to_owned(), "with".to_owned(), "effect".to_owned(), title];
    let ranks = result.inequality_effects.as_ref().and_then(ranks).map(|ranks| format!("\n{ranks}"));
    Some(format!("{}{}", print::table(&header, &rows), ranks.unwrap_or_default()))
}

/// How far the order of the regions changes.
fn ranks(table: &Table) -> Option<String> {
    let row = print::texts(table, "period").len().checked_sub(1)?;
    let [changes, tau] = ["rank_changes", "kendall_tau"].map(|column| told(table, column, row));
    Some(format!("Regions of another rank: {changes}; Kendall's tau of the two orders: {tau}"))
}

/// A number of a row with its widest interval.
fn told(table: &Table, column: &str, row: usize) -> String {
    let bounds = widest(table, column);
    let number = print::numbers(table, column).get(row).copied().flatten();
    let interval = bounds.as_ref().map(|b| format!(" ({} % interval {})", b.level, interval(bounds.as_ref(), row)));
    format!("{}{}", print::number_or_dash(number), interval.unwrap_or_default())
}

/// The effects added up: the nation's level, and the outcome weighted and not.
fn sums(table: &Table) -> Option<String> {
    let row = print::texts(table, "period").len().checked_sub(1)?;
    let told = |column: &str| told(table, column, row);
    Some(format!(
        "The nation's level: {} %\nEffects on the outcome: {} weighted by size, {} summed with every place counting once",
        told("level_effect_percent"),
        told("weighted_outcome_effect"),
        told("unweighted_outcome_effect")
    ))
}

/// The nation's shares of the variance in the last period.
fn shares(path: &ScenarioPath) -> Option<String> {
    let table = path.variance_shares.as_ref()?;
    let row = print::texts(table, "kind").iter().rposition(|kind| kind == "nation")?;
    let sources: Vec<&str> = table.columns.iter().filter_map(|column| column.name.strip_prefix("level_")).collect();
    let share = |what: &str, source: &str| {
        print::number_or_dash(print::numbers(table, &format!("{what}_{source}")).get(row).copied().flatten())
    };
    let rows: Vec<Vec<String>> =
        sources.iter().map(|s| vec![(*s).to_owned(), share("level", s), share("growth", s)]).collect();
    Some(print::table(&["the nation's".to_owned(), "level".to_owned(), "growth".to_owned()], &rows))
}

/// The observations whose terms are farthest from history.
fn distances(path: &ScenarioPath) -> Option<String> {
    let table = path.distances.as_ref()?;
    let extremes = [
        ("Leverage at most {} times the largest of history", "leverage_ratio"),
        ("Change of a period at most {} from those of history (Mahalanobis)", "change_distance"),
    ];
    let extremes = extremes.into_iter().filter_map(|(sentence, column)| extreme(table, sentence, column));
    Some(std::iter::once(outside_hull(table)).chain(extremes).collect::<Vec<_>>().join("\n"))
}

/// The largest number of a column, in its sentence, with its place and period.
fn extreme(table: &Table, sentence: &str, column: &str) -> Option<String> {
    let numbers = print::numbers(table, column);
    let known = numbers.iter().enumerate().filter_map(|(row, x)| Some((row, (*x)?)));
    let (row, largest) = known.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let period = print::texts(table, &format!("{column}_period")).get(row)?;
    Some(format!("{}: {}, {period}", sentence.replace("{}", &print::number(largest)), place(table, row)))
}

fn place(table: &Table, row: usize) -> String {
    let text = |column: &str| print::texts(table, column).get(row).cloned().unwrap_or_default();
    format!("{} {}", text("region"), text("industry")).trim().to_owned()
}

fn outside_hull(table: &Table) -> String {
    let hull = print::numbers(table, "hull_distance");
    let mut outside: Vec<usize> = (0..hull.len()).filter(|row| hull[*row].is_some_and(|x| x > 0.0)).collect();
    if outside.is_empty() {
        return "No observation leaves the convex hull of history".to_owned();
    }
    outside.sort_by(|a, b| hull[*b].unwrap_or(0.0).total_cmp(&hull[*a].unwrap_or(0.0)));
    let farther = print::numbers(table, "changes_farther");
    let terms = print::texts(table, "hull_term");
    let rows: Vec<Vec<String>> = outside
        .iter()
        .take(FARTHEST)
        .map(|row| {
            let numbers = [hull[*row], farther.get(*row).copied().flatten()].map(print::number_or_dash);
            let term = terms.get(*row).cloned().unwrap_or_default();
            [vec![place(table, *row)], numbers.to_vec(), vec![term]].concat()
        })
        .collect();
    let header = ["farthest", "from the hull of history, SD", "changes of history that were farther", "term"];
    let shown = print::table(&header.map(str::to_owned), &rows);
    format!("{} of {} observations leave the convex hull of history\n{shown}", outside.len(), hull.len())
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
