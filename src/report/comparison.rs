//! Two futures of one quantity side by side: the paths, and what the policy alone changes.

use super::ReportError;
use super::fan_chart::{self, Bands, Fan, FanChart};
use super::forecast_section::band_legend;
use super::page::{self, Figure, Html};
use super::palette::{BASELINE, Colour, POLICY};
use super::path::Path;
use super::scenario_section::Study;
use super::sheet::Sheet;
use super::words;
use crate::api::v1::Table;

/// A quantity of one place under both futures, and the effect on it.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    title: String,
    baseline: Sheet<'a>,
    policy: Sheet<'a>,
    effect: Sheet<'a>,
    /// The column of the two paths and that of the effect.
    columns: [&'static str; 2],
    /// The rows of the place in the three sheets.
    rows: [Vec<usize>; 3],
}

/// The region's level, by the tables of the study.
///
/// # Errors
/// When a table breaks its contract.
pub(super) fn regional<'a>(study: &Study<'a>, region: &str) -> Result<Option<Comparison<'a>>, ReportError> {
    let measure = words::plain(words::measure_of(study.outcome));
    let title = format!("{region}, which the policy changes most: {measure} with and without it");
    let path = study.result.path.as_ref();
    let sheets = (
        Sheet::new("the regions' baseline", study.baseline.regions.as_ref())?,
        Sheet::new("the regions' paths", path.and_then(|path| path.regions.as_ref()))?,
        Sheet::new("the effects", study.result.effects.as_ref())?,
    );
    let (Some(baseline), Some(policy), Some(effect)) = sheets else { return Ok(None) };
    let rows = [
        baseline.rows_where("region", region)?,
        policy.rows_where("region", region)?,
        effect.rows_where("region", region)?,
    ];
    Ok(Some(Comparison { title, baseline, policy, effect, columns: ["level", "level_effect_percent"], rows }))
}

/// The nation's level.
///
/// # Errors
/// When a table breaks its contract.
pub(super) fn national<'a>(study: &Study<'a>) -> Result<Option<Comparison<'a>>, ReportError> {
    let measure = words::plain(words::measure_of(study.outcome));
    let title = format!("The nation: {measure} with and without the policy");
    let path = study.result.path.as_ref();
    let tables = [
        study.baseline.nation.as_ref(),
        path.and_then(|path| path.nation.as_ref()),
        study.result.nation_effects.as_ref(),
    ];
    whole(title, tables, ["level", "level_effect_percent"])
}

/// A measure of inequality: its column in the paths and in the effects.
///
/// # Errors
/// When a table breaks its contract.
pub(super) fn inequality<'a>(
    study: &Study<'a>,
    columns: [&'static str; 2],
    title: &str,
) -> Result<Option<Comparison<'a>>, ReportError> {
    let path = study.result.path.as_ref();
    let tables = [
        study.baseline.inequality.as_ref(),
        path.and_then(|path| path.inequality.as_ref()),
        study.result.inequality_effects.as_ref(),
    ];
    whole(title.to_owned(), tables, columns)
}

/// A comparison of tables that have one row a period; none where the effect is not told, as that on the gap without groups.
fn whole<'a>(
    title: String,
    tables: [Option<&'a Table>; 3],
    columns: [&'static str; 2],
) -> Result<Option<Comparison<'a>>, ReportError> {
    let sheets = (
        Sheet::new("a baseline", tables[0])?,
        Sheet::new("a scenario's path", tables[1])?,
        Sheet::new("a scenario's effects", tables[2])?,
    );
    let (Some(baseline), Some(policy), Some(effect)) = sheets else { return Ok(None) };
    if effect.column(columns[1]).is_none() {
        return Ok(None);
    }
    let rows = [baseline, policy, effect].map(|sheet| (0..sheet.row_count()).collect());
    Ok(Some(Comparison { title, baseline, policy, effect, columns, rows }))
}

/// Both futures in one chart, their difference in another, the numbers below.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn compare(c: &Comparison<'_>) -> Result<Html, ReportError> {
    let [column, effect_column] = c.columns;
    let baseline = Path::read(&c.baseline, column, &c.rows[0])?;
    let policy = Path::read(&c.policy, column, &c.rows[1])?;
    let effect = Path::read(&c.effect, effect_column, &c.rows[2])?;
    let all: Vec<String> = c.baseline.texts("period")?.to_vec();
    let periods: Vec<String> = c.rows[0].iter().map(|row| all[*row].clone()).collect();
    let paths = FanChart {
        description: &c.title,
        periods: &periods,
        unit: c.baseline.unit(column),
        fans: &[
            Fan { name: "baseline", colour: BASELINE, path: &baseline, bands: Bands::Shaded },
            Fan { name: "with policy", colour: POLICY, path: &policy, bands: Bands::Outlined },
        ],
        with_zero: false,
    };
    let unit = effect_unit(&c.effect, effect_column);
    let difference = FanChart {
        description: &format!("{}: the effect", c.title),
        periods: &periods,
        unit: &unit,
        fans: &[Fan { name: "effect", colour: POLICY, path: &effect, bands: Bands::Shaded }],
        with_zero: true,
    };
    let figure = Figure {
        title: c.title.clone(),
        caption: String::new(),
        pictures: vec![fan_chart::draw(&paths)?, fan_chart::draw(&difference)?],
        legend: legend(&baseline),
        tables: tables(c),
    };
    Ok(figure.html())
}

fn effect_unit(effect: &Sheet<'_>, column: &str) -> String {
    match effect.unit(column) {
        "" => "effect of the policy".to_owned(),
        unit => format!("effect of the policy, {unit}"),
    }
}

fn legend(baseline: &Path) -> Vec<(Colour, f64, String)> {
    let mut legend = vec![(BASELINE, 1.0, "baseline".to_owned()), (POLICY, 1.0, "with policy".to_owned())];
    legend.extend(band_legend(baseline, "baseline"));
    legend
}

fn tables(c: &Comparison<'_>) -> Vec<(String, Html)> {
    let shown = |column: &'static str| {
        move |name: &str| {
            let rest = name.strip_prefix(column);
            name == "period"
                || rest.is_some_and(|rest| {
                    ["", "_median"].contains(&rest) || rest.starts_with("_lower_") || rest.starts_with("_upper_")
                })
        }
    };
    let [column, effect] = c.columns;
    vec![
        ("Baseline".to_owned(), page::sheet_table(&c.baseline, &c.rows[0], shown(column))),
        ("With policy".to_owned(), page::sheet_table(&c.policy, &c.rows[1], shown(column))),
        ("Effect".to_owned(), page::sheet_table(&c.effect, &c.rows[2], shown(effect))),
    ]
}
