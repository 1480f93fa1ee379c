//! The forecast's part of the page: the baseline, every scenario, and what they assume.

use super::ReportError;
use super::fan_chart::{self, BAND_OPACITY, Bands, Fan, FanChart};
use super::honesty;
use super::overview;
use super::page::{self, Figure, Html};
use super::palette::BASELINE;
use super::path::Path;
use super::scenario_section;
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{ExplainScenarioResponse, ForecastGrowthResponse, ScenarioPath};

/// One section a scenario, or the baseline's where there is none, and the assumptions.
///
/// # Errors
/// When a table breaks its contract or plotters cannot draw.
pub(super) fn sections(
    forecast: &ForecastGrowthResponse,
    explanations: &[ExplainScenarioResponse],
) -> Result<Vec<Html>, ReportError> {
    let Some(baseline) = &forecast.baseline else { return Ok(Vec::new()) };
    let outcome = forecast.model.as_ref().map_or("", |model| &model.outcome);
    let mut sections = Vec::new();
    if forecast.scenarios.len() > 1 {
        sections.push(compared(forecast)?);
    }
    let warnings = forecast.provenance.iter().flat_map(|provenance| &provenance.warnings);
    let absorbs_periods = warnings.into_iter().any(|warning| warning.code == "PERIOD_EFFECTS_ABSORB");
    for result in &forecast.scenarios {
        let explanation = explanations.iter().find(|explanation| explanation.scenario == result.name);
        let study = scenario_section::Study { outcome, baseline, result, explanation, absorbs_periods };
        sections.push(scenario_section::section(&study)?);
    }
    if forecast.scenarios.is_empty() {
        sections.push(baseline_section(baseline, words::measure_of(outcome))?);
    }
    if !forecast.assumptions.is_empty() {
        let assumptions = page::list("remarks", &forecast.assumptions);
        sections.push(page::section("What the forecast assumes", vec![assumptions]));
    }
    Ok(sections)
}

/// The policies beside each other.
fn compared(forecast: &ForecastGrowthResponse) -> Result<Html, ReportError> {
    let periods = forecast.baseline.as_ref().and_then(|path| path.nation.as_ref());
    let last = Sheet::new("the nation's path", periods)?
        .map(|sheet| Ok::<_, ReportError>(sheet.last_rows()?.0))
        .transpose()?;
    let (header, rows) = overview::side_by_side(forecast)?;
    let figure = Figure {
        title: format!("Effects of every policy in {}", last.unwrap_or("the last period")),
        caption: "Against the baseline: point forecasts, with the widest interval of the draws in brackets.".to_owned(),
        pictures: vec![page::shown(page::table(&header, &rows))],
        ..Figure::default()
    };
    Ok(page::section("The policies side by side", vec![figure.html()]))
}

fn baseline_section(baseline: &ScenarioPath, measure: &str) -> Result<Html, ReportError> {
    let mut blocks = Vec::new();
    if let Some(nation) = Sheet::new("the nation's path", baseline.nation.as_ref())? {
        blocks.push(baseline_figure(&nation, "level", &format!("The nation: {}", words::plain(measure)))?);
    }
    if let Some(inequality) = Sheet::new("inequality", baseline.inequality.as_ref())? {
        blocks.push(baseline_figure(&inequality, "theil", "Inequality between regions: Theil index")?);
    }
    blocks.extend(honesty::variance_shares(baseline, "Where the variance comes from")?);
    blocks.extend(honesty::distances(baseline)?);
    if let Some(regions) = Sheet::new("the regions' paths", baseline.regions.as_ref())? {
        let (last, rows) = regions.last_rows()?;
        blocks.push(page::details(&format!("All regions in {last}"), page::sheet_table(&regions, &rows, |_| true)));
    }
    Ok(page::section("Forecast without policy", blocks))
}

fn baseline_figure(sheet: &Sheet<'_>, column: &str, title: &str) -> Result<Html, ReportError> {
    let rows: Vec<usize> = (0..sheet.row_count()).collect();
    let path = Path::read(sheet, column, &rows)?;
    let fan = Fan { name: "baseline", colour: BASELINE, path: &path, bands: Bands::Shaded };
    let chart = FanChart {
        description: title,
        periods: sheet.texts("period")?,
        unit: sheet.unit(column),
        fans: &[fan],
        with_zero: false,
    };
    let figure = Figure {
        title: title.to_owned(),
        caption: "Line: the median of the draws, or the point forecast without draws.".to_owned(),
        pictures: vec![fan_chart::draw(&chart)?],
        legend: band_legend(&path, "baseline"),
        tables: vec![("By period".to_owned(), page::sheet_table(sheet, &rows, |_| true))],
    };
    Ok(figure.html())
}

/// What the shades of a fan mean; nothing without intervals.
pub(super) fn band_legend(path: &Path, name: &str) -> Vec<(super::palette::Colour, f64, String)> {
    let mut shown = 0.0;
    path.bands
        .iter()
        .map(|band| {
            // Bands lie on top of one another.
            shown += (1.0 - shown) * BAND_OPACITY;
            (BASELINE, shown, format!("{} % interval, {name}", band.level))
        })
        .collect()
}
