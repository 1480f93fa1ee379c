//! Charts of an index: where it stood at first and at last, or its course in the nation.

use super::ReportError;
use super::fan_chart::{self, Bands, Fan, FanChart};
use super::page::Html;
use super::palette::{BASELINE, GRID, SERIES};
use super::path::Path;
use super::row_chart::{self, Mark, Row, RowChart};
use super::sheet::Sheet;
use super::words;

const WIDTH: f64 = 560.0;
/// Places shown, from the highest down.
const SHOWN: usize = 12;

/// What became of a place's index.
#[derive(Debug, Clone, PartialEq)]
struct Change<'a> {
    place: String,
    first: Option<(&'a str, f64)>,
    last: f64,
}

/// An index of places: the highest at the last period, and where they stood at the first, with what is shown of how many
/// places. `None` without values there.
///
/// # Errors
/// When the table breaks its contract or plotters cannot draw.
pub(super) fn change(description: &str, sheet: &Sheet<'_>) -> Result<Option<(Html, String)>, ReportError> {
    let mut changes = changes(sheet)?;
    let count = changes.len();
    changes.sort_by(|a, b| b.last.total_cmp(&a.last));
    changes.truncate(SHOWN);
    if changes.is_empty() {
        return Ok(None);
    }
    let decimals = words::decimals(changes.iter().map(|change| change.last), 4);
    let rows: Vec<Row> = changes.iter().map(|change| row(change, decimals)).collect();
    let scale = match sheet.unit("value") {
        "" => "value of the index".to_owned(),
        unit => unit.to_owned(),
    };
    let chart =
        RowChart { width: WIDTH, description, scale: &scale, notes: "first → last", rows: &rows, has_ticks: true };
    let shown =
        if rows.len() < count { format!("The {} highest of {count} places.", rows.len()) } else { String::new() };
    Ok(Some((row_chart::draw(&chart)?, shown)))
}

/// The places that have a value at the last period, with their first value.
fn changes<'a>(sheet: &Sheet<'a>) -> Result<Vec<Change<'a>>, ReportError> {
    let (periods, values) = (sheet.texts("period")?, sheet.numbers("value")?);
    let (_, last) = sheet.last_rows()?;
    let places = places(sheet)?;
    let first_of = |place: &str| {
        let row = (0..places.len()).find(|row| places[*row] == place && values[*row].is_some())?;
        Some((periods[row].as_str(), values[row]?))
    };
    let found = last.into_iter().filter_map(|row| {
        let place = places[row].clone();
        Some(Change { first: first_of(&place), last: values[row]?, place })
    });
    Ok(found.collect())
}

/// Every row's place: its region, its industry, or both.
fn places(sheet: &Sheet<'_>) -> Result<Vec<String>, ReportError> {
    let keys = ["region", "industry"].into_iter().filter(|key| sheet.column(key).is_some());
    let keys: Vec<&[String]> = keys.map(|key| sheet.texts(key)).collect::<Result<_, _>>()?;
    Ok((0..sheet.row_count())
        .map(|row| keys.iter().map(|texts| texts[row].as_str()).collect::<Vec<_>>().join(" · "))
        .collect())
}

fn row(change: &Change<'_>, decimals: usize) -> Row {
    let last = words::fixed(change.last, decimals);
    let mut marks = Vec::new();
    let mut note = last.clone();
    if let Some((_, first)) = change.first {
        marks.push(Mark::Line(first, change.last, GRID, 3.0));
        marks.push(Mark::Dot(first, SERIES[6]));
        note = format!("{} → {last}", words::fixed(first, decimals));
    }
    marks.push(Mark::Dot(change.last, BASELINE));
    Row { name: change.place.clone(), note, marks }
}

/// An index of the nation: its parts over the periods; an index that has but one is called `name`.
///
/// # Errors
/// When the table breaks its contract or plotters cannot draw.
pub(super) fn course(description: &str, name: &str, sheet: &Sheet<'_>) -> Result<Html, ReportError> {
    let periods = sheet.texts("period")?;
    let rows: Vec<usize> = (0..sheet.row_count()).collect();
    let parts: Vec<&str> = sheet.columns().iter().map(|c| c.name.as_str()).filter(|part| *part != "period").collect();
    let paths = parts.iter().map(|part| Path::read(sheet, part, &rows)).collect::<Result<Vec<_>, _>>()?;
    let fans: Vec<Fan<'_>> = parts
        .iter()
        .zip(&paths)
        .zip(SERIES)
        .map(|((part, path), colour)| {
            let name = if *part == "value" { name } else { part };
            Fan { name, colour, path, bands: Bands::Outlined }
        })
        .collect();
    let unit = parts.first().map_or("", |part| sheet.unit(part));
    fan_chart::draw(&FanChart { description, periods, unit, fans: &fans, with_zero: false })
}
