//! Policies side by side at the end of a forecast.

use super::ReportError;
use super::path::{Estimate, Path};
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{ForecastGrowthResponse, ScenarioResult, Table};

/// A header and one row a scenario: effects on the nation and on inequality, and how many regions gain and lose.
///
/// # Errors
/// When a table breaks its contract.
pub(crate) fn side_by_side(forecast: &ForecastGrowthResponse) -> Result<(Vec<String>, Vec<Vec<String>>), ReportError> {
    let header =
        ["policy", "nation's level, %", "nation's growth, points", "Theil", "Gini", "regions that gain · lose"];
    let rows = forecast.scenarios.iter().map(row).collect::<Result<_, _>>()?;
    Ok((header.map(str::to_owned).to_vec(), rows))
}

fn row(result: &ScenarioResult) -> Result<Vec<String>, ReportError> {
    let (nation, inequality) = (result.nation_effects.as_ref(), result.inequality_effects.as_ref());
    Ok(vec![
        result.name.clone(),
        last(nation, "level_effect_percent")?,
        last(nation, "growth_effect")?,
        last(inequality, "theil_effect")?,
        last(inequality, "gini_effect")?,
        counts(result.effects.as_ref())?,
    ])
}

/// The last entry of a column with its interval.
fn last(table: Option<&Table>, column: &str) -> Result<String, ReportError> {
    let Some(sheet) = Sheet::new("the effects", table)? else { return Ok("–".to_owned()) };
    let rows: Vec<usize> = (0..sheet.row_count()).collect();
    let path = Path::read(&sheet, column, &rows)?;
    Ok(path.last().map_or_else(|| "–".to_owned(), |effect| estimate(&effect)))
}

fn estimate(effect: &Estimate<'_>) -> String {
    let ends = effect.interval.map(|interval| [interval.lower, interval.upper]);
    let decimals = words::decimals(ends.into_iter().flatten().chain([effect.centre]), 3);
    let interval = ends.map_or_else(String::new, |ends| {
        let [lower, upper] = ends.map(|x| words::signed(x, decimals));
        format!(" ({lower} to {upper})")
    });
    format!("{}{interval}", words::signed(effect.centre, decimals))
}

/// Regions by the sign of their effect at the end.
fn counts(table: Option<&Table>) -> Result<String, ReportError> {
    let Some(sheet) = Sheet::new("the effects", table)? else { return Ok("–".to_owned()) };
    let (_, rows) = sheet.last_rows()?;
    let effects = sheet.numbers("level_effect")?;
    let count = |is_it: fn(f64) -> bool| rows.iter().filter(|row| effects[**row].is_some_and(is_it)).count();
    Ok(format!("{} · {}", count(|x| x > 0.0), count(|x| x < 0.0)))
}
