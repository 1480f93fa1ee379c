//! The indices' part of the page.

use super::ReportError;
use super::index_charts;
use super::page::{self, Figure, Html};
use super::palette::{BASELINE, SERIES};
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{ComputeIndicesResponse, IndexOutcome, IndexResult, index_outcome::Outcome};
use crate::indices;

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

/// The index as its card calls it, and the measure.
fn name(outcome: &IndexOutcome) -> String {
    let title = indices::find(&outcome.index).and_then(|index| index.card().title.split(':').next());
    format!("{} of {}", title.unwrap_or(&outcome.index), words::plain(&outcome.measure))
}

fn figure(outcome: &IndexOutcome, result: &IndexResult) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("an index", result.table.as_ref())? else { return Ok(None) };
    let is_of_places = sheet.column("region").is_some() || sheet.column("industry").is_some();
    let (last, at_last) = sheet.last_rows()?;
    let first = sheet.texts("period")?.first().map_or("", String::as_str);
    let (title, picture, mut caption, legend, rows) = if is_of_places {
        let title = format!("{}: the highest in {last}", name(outcome));
        let Some((picture, caption)) = index_charts::change(&title, &sheet)? else { return Ok(None) };
        let legend = vec![(SERIES[6], 1.0, first.to_owned()), (BASELINE, 1.0, last.to_owned())];
        (title, picture, caption, legend, at_last)
    } else {
        let title = format!("{}, {first}–{last}", name(outcome));
        let picture = index_charts::course(&title, &words::plain(&outcome.index), &sheet)?;
        (title, picture, String::new(), Vec::new(), (0..sheet.row_count()).collect())
    };
    caption.push_str(&notes(result));
    let numbers = if is_of_places { format!("Every place in {last}") } else { "By period".to_owned() };
    let tables = vec![(numbers, page::sheet_table(&sheet, &rows, |_| true))];
    Ok(Some(Figure { title, caption, pictures: vec![picture], legend, tables }.html()))
}

/// Parameters, conventions and what was left out, as one sentence.
fn notes(result: &IndexResult) -> String {
    let given = result.parameters.iter().filter(|parameter| !parameter.value.is_empty());
    let parameters = given.map(|parameter| format!("{} = {}", parameter.name, parameter.value));
    let left_out = result.left_out.iter().map(|l| format!("{} cells left out: {}", l.count, words::plain(&l.reason)));
    let notes: Vec<String> = parameters.chain(result.conventions.iter().cloned()).chain(left_out).collect();
    if notes.is_empty() { String::new() } else { format!(" Conventions: {}.", notes.join("; ")) }
}
