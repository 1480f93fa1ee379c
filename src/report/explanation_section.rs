//! An explanation's part of the page: what the parts of a policy add up to, which regions act where, and who gains and who
//! loses.

use super::ReportError;
use super::page::{self, Figure, Html};
use super::palette::{BASELINE, Colour, INK, POLICY};
use super::path::{Estimate, Path};
use super::row_chart::{self, Mark, Row, RowChart};
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{EffectSplit, ExplainScenarioResponse, Gains, Spillovers, SplitBy};

const WIDTH: f64 = 760.0;
/// The effect that is split.
const EFFECT: &str = "level_effect_percent";
/// Regions shown of those that gain and of those that lose most.
const SHOWN: usize = 5;

/// The section of an explanation that stands without its forecast.
///
/// # Errors
/// When a table breaks its contract or plotters cannot draw.
pub(super) fn section(answer: &ExplainScenarioResponse) -> Result<Html, ReportError> {
    Ok(page::section(&format!("Policy: {}", answer.scenario), blocks(answer)?))
}

/// The waterfalls, the origins, and the table of gains and losses.
///
/// # Errors
/// When a table breaks its contract or plotters cannot draw.
pub(super) fn blocks(answer: &ExplainScenarioResponse) -> Result<Vec<Html>, ReportError> {
    let mut blocks = Vec::new();
    for split in &answer.splits {
        blocks.extend(waterfall(split, &answer.period)?);
    }
    if let Some(spillovers) = &answer.spillovers {
        blocks.extend(origins(spillovers, &answer.period)?);
    }
    if let Some(gains) = &answer.gains {
        blocks.extend(gains_and_losses(gains, &answer.period)?);
    }
    Ok(blocks)
}

/// How the parts add up to the nation's effect, one after the other; a sentence when there is only one.
fn waterfall(split: &EffectSplit, period: &str) -> Result<Option<Html>, ReportError> {
    let parts = Sheet::new("the contributions", split.contributions.as_ref())?;
    let totals = Sheet::new("the effects that are split", split.totals.as_ref())?;
    let (Some(parts), Some(totals)) = (parts, totals) else { return Ok(None) };
    let (rows, whole) = (nation(&parts, period)?, nation(&totals, period)?);
    let (whole, points) = (Path::read(&totals, EFFECT, &whole)?, parts.numbers(EFFECT)?);
    let names = rows.iter().map(|row| part_name(&parts, *row)).collect::<Result<Vec<_>, _>>()?;
    if let [only] = names.as_slice() {
        if split.by() == SplitBy::Margin {
            return Ok(None);
        }
        return Ok(Some(page::paragraph(&format!("By {}, all of the effect comes from {only}.", by(split)))));
    }
    let contributions =
        Path { centre: rows.iter().map(|row| points[*row]).collect(), ..Path::read(&parts, EFFECT, &rows)? };
    let Some(sum) = contributions.centre.iter().copied().sum::<Option<f64>>() else { return Ok(None) };
    let title = format!("What the effect on the nation in {period} is made of, by {}", by(split));
    let notes = contributions.bands.first().map_or_else(String::new, |band| format!(" ({} % interval)", band.level));
    let chart = RowChart {
        width: WIDTH,
        description: &title,
        scale: "change of the nation's level against the baseline, percent",
        notes: &format!("contribution{notes}"),
        rows: &stairs(&names, &contributions, sum, &whole),
        has_ticks: true,
    };
    let interaction = totals.numbers(&format!("{EFFECT}_interaction"))?;
    let interaction = nation(&totals, period)?.first().and_then(|row| interaction[*row]);
    let shown = |name: &str| !["period", "area_kind", "area"].contains(&name);
    let everywhere = parts.rows_where("area_kind", "region")?;
    let figure = Figure {
        caption: reading(split, interaction),
        pictures: vec![row_chart::draw(&chart)?],
        legend: vec![(POLICY, 0.7, "adds".to_owned()), (BASELINE, 0.7, "takes away".to_owned())],
        tables: vec![
            (format!("The nation in {period}"), page::sheet_table(&parts, &rows, shown)),
            (
                format!("Every region in {period}"),
                page::sheet_table(&parts, &everywhere, |name| !["period", "area_kind"].contains(&name)),
            ),
        ],
        title,
    };
    Ok(Some(figure.html()))
}

/// The rows of the nation in `period`.
fn nation(sheet: &Sheet<'_>, period: &str) -> Result<Vec<usize>, ReportError> {
    let periods = sheet.texts("period")?;
    let rows = sheet.rows_where("area_kind", "nation")?;
    Ok(rows.into_iter().filter(|row| periods[*row] == period).collect())
}

fn part_name(sheet: &Sheet<'_>, row: usize) -> Result<String, ReportError> {
    let part = &sheet.texts("part")?[row];
    if sheet.column("policy").is_none() {
        return Ok(part.clone());
    }
    Ok(format!("{}: {part}", sheet.texts("policy")?[row]))
}

/// One bar a part, each from where the one before it ends, and the whole effect at last.
fn stairs(names: &[String], contributions: &Path, sum: f64, whole: &Path) -> Vec<Row> {
    let decimals = words::decimals(contributions.numbers().chain([sum]), 3);
    let mut reached = 0.0;
    let mut rows = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let Some(part) = contributions.at(i) else { continue };
        let from = reached;
        reached += part.centre;
        let colour = if part.centre < 0.0 { BASELINE } else { POLICY };
        rows.push(row(name, from, &part, decimals, colour));
    }
    let interval = whole.last().and_then(|whole| whole.interval);
    rows.push(row("together", 0.0, &Estimate { centre: sum, interval }, decimals, INK));
    rows
}

fn row(name: &str, from: f64, part: &Estimate<'_>, decimals: usize, colour: Colour) -> Row {
    let interval = part.interval.map_or_else(String::new, |interval| {
        let [lower, upper] = [interval.lower, interval.upper].map(|x| words::signed(x, decimals));
        format!(" ({lower} to {upper})")
    });
    let note = format!("{}{interval}", words::signed(part.centre, decimals));
    Row { name: name.to_owned(), note, marks: vec![Mark::Bar(from, from + part.centre, colour)] }
}

fn by(split: &EffectSplit) -> &'static str {
    match split.by() {
        SplitBy::Policy => "policy",
        SplitBy::Driver => "driver",
        SplitBy::Margin => "margin",
        SplitBy::Unspecified => "part",
    }
}

fn reading(split: &EffectSplit, interaction: Option<f64>) -> String {
    let mut text =
        "Point forecast. A part counts with its Shapley value: what it adds to the effect, averaged over all \
                    orders in which the parts can come."
            .to_owned();
    if split.sampled_order_count > 0 {
        text.push_str(&format!(" Here over {} sampled orders.", split.sampled_order_count));
    }
    if let Some(x) = interaction {
        let x = words::signed(x, words::decimals([x], 3));
        text.push_str(&format!(" Beyond the sum of what each part does alone, the parts together do {x} %."));
    }
    text
}

/// Which regions' changes act on themselves and on others.
fn origins(spillovers: &Spillovers, period: &str) -> Result<Option<Html>, ReportError> {
    let Some(origins) = Sheet::new("the effects by origin", spillovers.origins.as_ref())? else { return Ok(None) };
    let every = |sheet: &Sheet<'_>| page::sheet_table(sheet, &(0..sheet.row_count()).collect::<Vec<_>>(), |_| true);
    let mut tables = Vec::new();
    for (name, table) in [
        ("By origin and destination", spillovers.effects.as_ref()),
        ("By destination", spillovers.destinations.as_ref()),
    ] {
        tables.extend(Sheet::new("the effects by origin", table)?.map(|sheet| (name.to_owned(), every(&sheet))));
    }
    let figure = Figure {
        title: format!("Where each region's changes act in {period}"),
        caption: "Direct: on the region itself; spillover: on all others together. Point forecast.".to_owned(),
        pictures: vec![page::shown(every(&origins))],
        tables,
        ..Figure::default()
    };
    Ok(Some(figure.html()))
}

/// The regions that gain most and those that lose most.
fn gains_and_losses(gains: &Gains, period: &str) -> Result<Option<Html>, ReportError> {
    let Some(regions) = Sheet::new("the gains", gains.regions.as_ref())? else { return Ok(None) };
    let (ranks, mut order) = (regions.numbers("rank")?, (0..regions.row_count()).collect::<Vec<_>>());
    order.sort_by(|a, b| ranks[*a].unwrap_or(f64::INFINITY).total_cmp(&ranks[*b].unwrap_or(f64::INFINITY)));
    let (_, all) = gain_rows(&regions, &order)?;
    let ends: Vec<usize> = if order.len() > 2 * SHOWN + 1 {
        order[..SHOWN].iter().chain(&order[order.len() - SHOWN..]).copied().collect()
    } else {
        order.clone()
    };
    let (header, mut rows) = gain_rows(&regions, &ends)?;
    if ends.len() < order.len() {
        let gap = format!("… {} between …", order.len() - ends.len());
        let blank = header.iter().skip(1).map(|_| String::new());
        rows.insert(SHOWN, std::iter::once(gap).chain(blank).collect());
    }
    let tables = if ends.len() < order.len() {
        vec![(format!("Every region in {period}"), page::table(&header, &all))]
    } else {
        Vec::new()
    };
    let figure = Figure {
        title: format!("Who gains and who loses in {period}"),
        caption: counts(gains)?,
        pictures: vec![page::shown(page::table(&header, &rows))],
        tables,
        ..Figure::default()
    };
    Ok(Some(figure.html()))
}

/// A header and one row a region: effects on level and growth, and with draws the interval and the chance of a gain.
fn gain_rows(regions: &Sheet<'_>, order: &[usize]) -> Result<(Vec<String>, Vec<Vec<String>>), ReportError> {
    let effects = Path::read(regions, EFFECT, order)?;
    let mut header = vec!["region".to_owned(), "level (%)".to_owned()];
    let mut columns = vec![column(regions, EFFECT, order)?];
    if let Some(band) = effects.bands.first() {
        header.push(format!("{} % interval", band.level));
        let decimals = words::decimals(effects.numbers(), 3);
        let interval = |i: usize| {
            effects.at(i).and_then(|effect| effect.interval).map_or_else(
                || "–".to_owned(),
                |x| format!("{} to {}", words::signed(x.lower, decimals), words::signed(x.upper, decimals)),
            )
        };
        columns.push((0..order.len()).map(interval).collect());
    }
    header.push(match regions.unit("level_effect") {
        "" => "level".to_owned(),
        unit => format!("level ({unit})"),
    });
    columns.push(column(regions, "level_effect", order)?);
    header.push("growth (points)".to_owned());
    columns.push(column(regions, "growth_effect", order)?);
    if regions.column("probability_of_gain").is_some() {
        let chances = regions.numbers("probability_of_gain")?;
        let chance = |row: &usize| chances[*row].map_or_else(|| "–".to_owned(), |p| format!("{:.1} %", 100.0 * p));
        header.push("chance of a gain".to_owned());
        columns.push(order.iter().map(chance).collect());
    }
    let names = regions.texts("region")?;
    let row = |(i, row): (usize, &usize)| {
        std::iter::once(names[*row].clone()).chain(columns.iter().map(|column| column[i].clone())).collect()
    };
    Ok((header, order.iter().enumerate().map(row).collect()))
}

/// The numbers of a column with the same decimals throughout.
fn column(sheet: &Sheet<'_>, name: &str, order: &[usize]) -> Result<Vec<String>, ReportError> {
    let numbers = sheet.numbers(name)?;
    let decimals = words::decimals(order.iter().filter_map(|row| numbers[*row]), 4);
    let cell = |row: &usize| numbers[*row].map_or_else(|| "–".to_owned(), |x| words::signed(x, decimals));
    Ok(order.iter().map(cell).collect())
}

fn counts(gains: &Gains) -> Result<String, ReportError> {
    let mut text = format!(
        "Effects against the baseline. Regions that gain: {}; that lose: {}; that do neither: {}",
        gains.gainer_count, gains.loser_count, gains.unchanged_count
    );
    if gains.absent_count > 0 {
        text.push_str(&format!("; without an effect to tell: {}", gains.absent_count));
    }
    if let Some(totals) = Sheet::new("the sums of gains and losses", gains.totals.as_ref())? {
        let [gained, lost] = ["gained_level_effect", "lost_level_effect"].map(|name| totals.numbers(name));
        if let (Some(Some(gained)), Some(Some(lost))) = (gained?.first(), lost?.first()) {
            let decimals = words::decimals([*gained, *lost], 4);
            let [gained, lost] = [gained, lost].map(|x| words::signed(*x, decimals));
            text.push_str(&format!("; together {gained} and {lost} {}", totals.unit("gained_level_effect")));
        }
    }
    Ok(format!("{}.", text.trim_end()))
}
