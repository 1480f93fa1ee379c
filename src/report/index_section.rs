//! The indices' part of the page.

use super::ReportError;
use super::index_charts;
use super::page::{self, Figure, Html};
use super::palette::{BASELINE, SERIES};
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{ComputeIndicesResponse, IndexOutcome, IndexResult, index_outcome::Outcome};

/// One figure an index; `None` when no index was asked for.
///
/// # Errors
/// When a table breaks its contract or plotters cannot draw.
pub(super) fn section(answer: &ComputeIndicesResponse) -> Result<Option<Html>, ReportError> {
    let mut figures = Vec::new();
    let mut failed = Vec::new();
    for outcome in &answer.outcomes {
        match &outcome.outcome {
            Some(Outcome::Result(result)) => figures.extend(figure(outcome, result)?),
            Some(Outcome::Error(status)) => failed.push(format!("{}: {}", name(outcome), status.message)),
            None => {}
        }
    }
    if figures.is_empty() && failed.is_empty() {
        return Ok(None);
    }
    let mut blocks = vec![page::element("div", "figures", &figures)];
    if !failed.is_empty() {
        blocks.push(page::list("warnings", &failed));
    }
    Ok(Some(page::section("Indices", blocks)))
}

fn name(outcome: &IndexOutcome) -> String {
    let mut name = words::plain(&outcome.index);
    if let Some(first) = name.get(..1) {
        let first = first.to_uppercase();
        name.replace_range(..1, &first);
    }
    format!("{name} of {}", words::plain(&outcome.measure))
}

fn figure(outcome: &IndexOutcome, result: &IndexResult) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("an index", result.table.as_ref())? else { return Ok(None) };
    let is_of_places = sheet.column("region").is_some() || sheet.column("industry").is_some();
    let (last, at_last) = sheet.last_rows()?;
    let first = sheet.texts("period")?.first().map_or("", String::as_str);
    let (title, picture, mut caption, legend, rows) = if is_of_places {
        let title = format!("{}: the highest in {last}", name(outcome));
        let Some((picture, places)) = index_charts::change(&title, &sheet)? else { return Ok(None) };
        let caption = format!("The first of {places} places in order of their value in {last}.");
        let legend = vec![(SERIES[6], 1.0, first.to_owned()), (BASELINE, 1.0, last.to_owned())];
        (title, picture, caption, legend, at_last)
    } else {
        let title = format!("{}, {first}–{last}", name(outcome));
        let picture = index_charts::course(&title, &sheet)?;
        (title, picture, String::new(), Vec::new(), (0..sheet.row_count()).collect())
    };
    caption.push_str(&notes(result));
    let numbers = if is_of_places { format!("Numbers: every place in {last}") } else { "Numbers".to_owned() };
    let tables = vec![(numbers, page::sheet_table(&sheet, &rows, |_| true))];
    Ok(Some(Figure { title, caption, pictures: vec![picture], legend, tables }.html()))
}

/// Parameters, conventions and what was left out.
fn notes(result: &IndexResult) -> String {
    let mut notes = String::new();
    let parameters: Vec<_> = result.parameters.iter().filter(|p| !p.value.is_empty()).collect();
    if !parameters.is_empty() {
        let parameters: Vec<_> =
            parameters.iter().map(|p| format!("{} = {}", words::plain(&p.name), p.value)).collect();
        notes.push_str(&format!(" {}.", parameters.join(", ")));
    }
    for convention in &result.conventions {
        notes.push_str(&format!(" {}.", convention.trim_end_matches('.')));
    }
    let left_out: Vec<_> = result.left_out.iter().map(|l| format!("{} {}", l.count, words::plain(&l.reason))).collect();
    if !left_out.is_empty() {
        notes.push_str(&format!(" Cells left out: {}.", left_out.join(", ")));
    }
    notes
}
