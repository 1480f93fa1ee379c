//! A scenario's part of the page: what the policy changes, where, through which term, and for whom.

use super::ReportError;
use super::comparison::{compare, inequality, national, regional};
use super::decomposition;
use super::effect_bars::{self, EffectBars};
use super::explanation_section;
use super::honesty;
use super::page::{self, Figure, Html, KeyFigure};
use super::palette::INK;
use super::path::{Estimate, Path};
use super::policy;
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{Closure, ExplainScenarioResponse, ScenarioPath, ScenarioResult, Table, Warning};

const HOW_TO_READ: &str = "Pairs of charts show both futures first: heavy lines are point forecasts, shades the intervals of the baseline, thin lines the widest interval with the policy. The \
    second chart shows what the policy alone changes, with its intervals. Both futures meet the same random draws, so the \
    effect is known better than either future.";

/// Effects on inequality among the key figures. There is a gap only where regions are grouped.
const INEQUALITY: [(&str, &str); 4] = [
    ("theil_effect", "Effect on inequality (Theil)"),
    ("gini_effect", "Effect on inequality (Gini)"),
    ("gap_effect", "Effect on the gap between groups"),
    ("rank_changes", "Regions that change rank"),
];

/// A scenario beside the baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Study<'a> {
    /// The outcome of the model, as in `growth(gdp)`.
    pub(super) outcome: &'a str,
    /// The path without policy.
    pub(super) baseline: &'a ScenarioPath,
    /// The scenario.
    pub(super) result: &'a ScenarioResult,
    /// What it is made of, where that was asked.
    pub(super) explanation: Option<&'a ExplainScenarioResponse>,
    /// Whether effects of the period take up what moves all regions alike.
    pub(super) absorbs_periods: bool,
}

/// The section.
///
/// # Errors
/// When a table breaks its contract or plotters cannot draw.
pub(super) fn section(study: &Study<'_>) -> Result<Html, ReportError> {
    let result = study.result;
    let effects = Sheet::new("the effects", result.effects.as_ref())?;
    let focus = effects.map(|effects| most_affected(&effects)).transpose()?.flatten();
    let mut blocks = summary(study, focus)?;
    blocks.extend(moved(result.drivers.as_ref())?);
    blocks.push(page::paragraph(HOW_TO_READ));
    if let Some(region) = focus {
        blocks.extend(regional(study, region)?.map(|comparison| compare(&comparison)).transpose()?);
    }
    blocks.extend(national(study)?.map(|comparison| compare(&comparison)).transpose()?);
    blocks.extend(bars(result.effects.as_ref(), "region")?);
    blocks.extend(bars(result.group_effects.as_ref(), "group")?);
    if let Some(explanation) = study.explanation {
        blocks.extend(explanation_section::blocks(explanation)?);
    }
    if let Some(region) = focus {
        blocks.extend(decomposed(study, region)?);
    }
    for (column, effect, title) in [
        ("theil", "theil_effect", "Inequality between regions: Theil index"),
        ("sigma", "sigma_effect", "Inequality between regions: standard deviation of logarithms"),
        ("gap", "gap_effect", "The richest group's level over that of the poorest"),
    ] {
        blocks.extend(inequality(study, [column, effect], title)?.map(|c| compare(&c)).transpose()?);
    }
    blocks.extend(trust(result)?);
    Ok(page::section(&format!("Policy: {}", result.name), blocks))
}

/// Places shown of those whose drivers the policy moves.
const MOVED: usize = 10;

/// The measures that the policy moves in the last period, those that move most first.
fn moved(table: Option<&Table>) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("the drivers", table)? else { return Ok(None) };
    let (drivers, periods, regions) = (sheet.texts("driver")?, sheet.texts("period")?, sheet.texts("region")?);
    let [before, after] = [sheet.numbers("baseline")?, sheet.numbers("scenario")?];
    let Some(last) = periods.iter().max() else { return Ok(None) };
    let change = |row: usize| {
        before[row].zip(after[row]).filter(|(a, _)| *a != 0.0).map(|(before, after)| 100.0 * (after / before - 1.0))
    };
    let mut rows: Vec<usize> = (0..sheet.row_count()).filter(|row| periods[*row] == *last).collect();
    rows.sort_by(|a, b| change(*b).unwrap_or(f64::MAX).abs().total_cmp(&change(*a).unwrap_or(f64::MAX).abs()));
    let dash = || "–".to_owned();
    let cells = |row: &usize| {
        let [without, with] = [before[*row], after[*row]].map(|x| x.map_or_else(dash, words::number));
        let change = change(*row).map_or_else(dash, |x| words::signed(x, words::decimals([x], 3)));
        vec![drivers[*row].clone(), regions[*row].clone(), without, with, change]
    };
    let header = ["measure", "region", "without", "with", "change, %"].map(str::to_owned);
    let shown: Vec<Vec<String>> = rows.iter().take(MOVED).map(cells).collect();
    let all: Vec<usize> = (0..sheet.row_count()).collect();
    let figure = Figure {
        title: format!("What the policy does to the model's measures in {last}"),
        caption: format!("{} of {} places that it moves. Point forecast.", shown.len(), rows.len()),
        pictures: vec![page::shown(page::table(&header, &shown))],
        tables: vec![("Every measure, period and region".to_owned(), page::sheet_table(&sheet, &all, |_| true))],
        ..Figure::default()
    };
    Ok(Some(figure.html()))
}

/// Where the uncertainty comes from, and how far the policy leads from history.
fn trust(result: &ScenarioResult) -> Result<Vec<Html>, ReportError> {
    let mut blocks = Vec::new();
    if let Some(path) = &result.path {
        blocks.extend(honesty::variance_shares(path, "Where the variance of the effect comes from")?);
        blocks.extend(honesty::distances(path)?);
    }
    blocks.extend(honesty::plausibility(result.plausibility.as_ref())?);
    Ok(blocks)
}

/// What the policy is, what it changes in numbers, and what to keep in mind.
fn summary(study: &Study<'_>, focus: Option<&str>) -> Result<Vec<Html>, ReportError> {
    let result = study.result;
    let mut blocks = Vec::new();
    if let Some(scenario) = &result.scenario {
        blocks.push(page::list("policy", &policy::sentences(scenario)));
    }
    blocks.push(page::paragraph(closure(result.closure())));
    if !result.stored_name.is_empty() {
        let digest = result.scenario_sha256.get(..12).unwrap_or(&result.scenario_sha256);
        blocks.push(page::paragraph(&format!("Stored as {}, SHA-256 {digest}….", result.stored_name)));
    }
    if result.pure_reallocation {
        blocks.push(page::paragraph(&format!(
            "The policy only moves growth between regions: in every period its effects on {}, each region counting once, \
             sum to zero. The nation's total moves only as far as regions differ in size.",
            study.outcome
        )));
    }
    blocks.push(key_figures(study, focus)?);
    // Said above already.
    let others = result.warnings.iter().filter(|warning| warning.code != "PURE_REALLOCATION");
    let remarks: Vec<String> = others.map(|warning| remark(warning, &result.name)).collect();
    if !remarks.is_empty() {
        blocks.push(page::list("warnings", &remarks));
    }
    Ok(blocks)
}

/// A warning as a sentence; its subject goes before it where the reader does not know it from `place`.
pub(super) fn remark(warning: &Warning, place: &str) -> String {
    let subject = warning.subject.as_str();
    if subject.is_empty() || subject == place {
        warning.message.clone()
    } else {
        format!("{subject}: {}", warning.message)
    }
}

fn closure(closure: Closure) -> &'static str {
    match closure {
        Closure::Unspecified | Closure::NewActivity => {
            "What the policy adds to the measures it names is new to the nation; other regions keep theirs, but for what the \
             policy itself moves."
        }
        Closure::RelocateProRata => {
            "All other regions give up what the policy adds to a measure, in proportion to what they have of it."
        }
        Closure::RelocateFrom => {
            "Named regions give up what the policy adds to a measure, in proportion to what they have of it."
        }
        Closure::FixedNationalTotal => {
            "The nation's total of every measure stays as without policy; every region is rescaled."
        }
    }
}

/// The region whose level the policy changes most, in percent, at the end.
fn most_affected<'a>(effects: &Sheet<'a>) -> Result<Option<&'a str>, ReportError> {
    let (_, rows) = effects.last_rows()?;
    let (regions, sizes) = (effects.texts("region")?, effects.numbers("level_effect_percent")?);
    let known = rows.into_iter().filter_map(|row| Some((regions[row].as_str(), sizes[row]?.abs())));
    Ok(known.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(region, _)| region))
}

fn key_figures(study: &Study<'_>, focus: Option<&str>) -> Result<Html, ReportError> {
    let measure = words::plain(words::measure_of(study.outcome));
    let mut figures = Vec::new();
    if let (Some(effects), Some(region)) = (Sheet::new("the effects", study.result.effects.as_ref())?, focus) {
        let rows = effects.rows_where("region", region)?;
        let path = Path::read(&effects, "level_effect_percent", &rows)?;
        let name = format!("Effect on {measure} of {region}");
        figures.extend(key_figure(name, &effects, &path, " %")?);
        if let Some(gainers) = gainers(&effects)? {
            figures.push(gainers);
        }
    }
    if let Some(nation) = Sheet::new("the nation's effects", study.result.nation_effects.as_ref())? {
        let rows: Vec<usize> = (0..nation.row_count()).collect();
        let path = Path::read(&nation, "level_effect_percent", &rows)?;
        let figure = key_figure(format!("Effect on {measure} of the nation"), &nation, &path, " %")?;
        figures.extend(figure.map(|figure| caution(study, figure)));
    }
    if let Some(inequality) = Sheet::new("the effects on inequality", study.result.inequality_effects.as_ref())? {
        let rows: Vec<usize> = (0..inequality.row_count()).collect();
        for (column, name) in INEQUALITY {
            if inequality.column(column).is_some() {
                let path = Path::read(&inequality, column, &rows)?;
                figures.extend(key_figure(name.to_owned(), &inequality, &path, "")?);
            }
        }
    }
    Ok(page::key_figures(&figures))
}

/// What a reader must know of the nation's effect at once.
fn caution(study: &Study<'_>, figure: KeyFigure) -> KeyFigure {
    let because = if study.result.pure_reallocation {
        "; growth only moves between regions of different size"
    } else if study.absorbs_periods {
        "; the model cannot tell national effects"
    } else {
        ""
    };
    KeyFigure { note: format!("{}{because}", figure.note), ..figure }
}

/// The last entry of an effect.
fn key_figure(name: String, sheet: &Sheet<'_>, path: &Path, unit: &str) -> Result<Option<KeyFigure>, ReportError> {
    let (last, _) = sheet.last_rows()?;
    Ok(path.last().map(|effect| {
        let ends = effect.interval.map(|i| [i.lower, i.upper]);
        let decimals = words::decimals(ends.into_iter().flatten().chain([effect.centre]), 3);
        let value = format!("{}{unit}", words::signed(effect.centre, decimals));
        KeyFigure { name, value, note: format!("in {last}{}", interval(&effect, decimals, unit)) }
    }))
}

fn interval(effect: &Estimate<'_>, decimals: usize, unit: &str) -> String {
    effect.interval.map_or_else(String::new, |interval| {
        let [lower, upper] = [interval.lower, interval.upper].map(|x| words::signed(x, decimals));
        format!("; {} % interval {lower} to {upper}{unit}", interval.level)
    })
}

/// How many regions gain and lose at the end, and for how many that is clear; `None` without intervals.
fn gainers(effects: &Sheet<'_>) -> Result<Option<KeyFigure>, ReportError> {
    let (last, rows) = effects.last_rows()?;
    let path = Path::read(effects, "level_effect_percent", &rows)?;
    let Some(level) = path.bands.first().map(|band| band.level.clone()) else { return Ok(None) };
    let clear: Vec<f64> =
        (0..rows.len()).filter_map(|i| path.at(i)).filter(Estimate::is_clear).map(|effect| effect.centre).collect();
    let gain = clear.iter().filter(|x| **x > 0.0).count();
    Ok(Some(KeyFigure {
        name: "Regions that clearly gain · lose".to_owned(),
        value: format!("{gain} · {}", clear.len() - gain),
        note: format!("of {} in {last}, whose {level} % interval leaves zero out", rows.len()),
    }))
}

/// Effects at the end by region or by group.
fn bars(table: Option<&Table>, key: &'static str) -> Result<Option<Html>, ReportError> {
    let Some(effects) = Sheet::new("the effects", table)? else { return Ok(None) };
    let (last, rows) = effects.last_rows()?;
    let names = effects.texts(key)?;
    let places: Vec<String> = rows.iter().map(|row| names[*row].clone()).collect();
    let path = Path::read(&effects, "level_effect_percent", &rows)?;
    let title = format!("Effect by {key} in {last}");
    let chart = EffectBars {
        description: &title,
        scale: "change of the level against the baseline, percent",
        places: &places,
        effects: &path,
    };
    let pictures = effect_bars::draw(&chart)?;
    let mut caption = "Bars: the point forecast; lines: the interval of the draws.".to_owned();
    if pictures.len() > 1 {
        caption.push_str(" The largest effect has a scale of its own.");
    }
    let table = page::sheet_table(&effects, &rows, |name| name != "period");
    let tables = vec![(format!("Every {key} in {last}"), table)];
    Ok(Some(Figure { title, caption, pictures, legend: Vec::new(), tables }.html()))
}

/// What every term adds to the effect in `region`; in a model of industries, in the one that changes most.
fn decomposed(study: &Study<'_>, region: &str) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("the decomposition", study.result.decomposition.as_ref())? else { return Ok(None) };
    let (place, rows) = cell(&sheet, region)?;
    let keys = ["period", "region", "industry"];
    let terms = sheet.columns().iter().filter(|column| !keys.contains(&column.name.as_str()));
    let mut values = Vec::new();
    for term in terms {
        let numbers = sheet.numbers(&term.name)?;
        values.push((term.name.clone(), rows.iter().map(|row| numbers[*row].unwrap_or(0.0)).collect()));
    }
    let parts = decomposition::parts(values);
    if parts.is_empty() {
        return Ok(None);
    }
    let title = format!("{place}: which term the effect on {} comes through", study.outcome);
    let all = sheet.texts("period")?;
    let periods: Vec<String> = rows.iter().map(|row| all[*row].clone()).collect();
    let unit = sheet.unit(&parts[0].term);
    let mut legend: Vec<_> = parts.iter().map(|part| (part.colour, 1.0, part.term.clone())).collect();
    legend.push((INK, 1.0, "sum: the effect".to_owned()));
    let figure = Figure {
        caption:
            "Columns: coefficient times the change of the term, at the point estimates; terms that add nothing are \
                  not shown."
                .to_owned(),
        pictures: vec![decomposition::draw(&title, &periods, unit, &parts)?],
        legend,
        tables: vec![("By period".to_owned(), page::sheet_table(&sheet, &rows, |name| name != "region"))],
        title,
    };
    Ok(Some(figure.html()))
}

/// The rows of the region, and in a model of industries of its industry with the largest effect at the end.
fn cell(sheet: &Sheet<'_>, region: &str) -> Result<(String, Vec<usize>), ReportError> {
    let mut rows = sheet.rows_where("region", region)?;
    if sheet.column("industry").is_none() {
        return Ok((region.to_owned(), rows));
    }
    let (periods, industries) = (sheet.texts("period")?, sheet.texts("industry")?);
    let mut sums = vec![0.0; sheet.row_count()];
    for column in sheet.columns().iter().filter(|c| !["period", "region", "industry"].contains(&c.name.as_str())) {
        let numbers = sheet.numbers(&column.name)?;
        sums.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += x.unwrap_or(0.0));
    }
    let last = rows.last().map(|row| &periods[*row]);
    let at_last = rows.iter().filter(|row| Some(&periods[**row]) == last);
    let Some(largest) = at_last.max_by(|a, b| sums[**a].abs().total_cmp(&sums[**b].abs())) else {
        return Ok((region.to_owned(), rows));
    };
    let industry = industries[*largest].clone();
    rows.retain(|row| industries[*row] == industry);
    Ok((format!("{region}, {industry}"), rows))
}
