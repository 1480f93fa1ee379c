//! What the answers were computed from, what to keep in mind, and how long it took.

use super::page::{self, Html};
use super::scenario_section::remark;
use super::{Report, words};
use crate::api::v1::Provenance;

/// The section.
pub(super) fn section(report: &Report<'_>) -> Html {
    // Beside a forecast, an explanation says of itself what the forecast says.
    let alone = report.explanations.first().filter(|_| report.forecast.is_none());
    let answers: Vec<(&str, &Provenance)> = [
        ("indices", report.indices.and_then(|answer| answer.provenance.as_ref())),
        ("model", report.fit.and_then(|answer| answer.provenance.as_ref())),
        ("forecast", report.forecast.and_then(|answer| answer.provenance.as_ref())),
        ("explanation", alone.and_then(|answer| answer.provenance.as_ref())),
    ]
    .into_iter()
    .filter_map(|(name, provenance)| Some((name, provenance?)))
    .collect();
    let mut blocks = vec![page::paragraph(
        "Every number on this page is a function of the data, the requests and the engine named here: asking again gives \
         the same bits.",
    )];
    let formula = report.forecast.and_then(|answer| answer.model.as_ref()).map_or("", |model| model.formula.as_str());
    let warnings = answers.iter().flat_map(|(_, provenance)| &provenance.warnings);
    let warnings: Vec<String> = warnings.map(|warning| remark(warning, formula)).collect();
    if !warnings.is_empty() {
        blocks.push(page::list("warnings", &warnings));
    }
    blocks.push(facts(&answers));
    if !report.steps.is_empty() {
        blocks.push(steps(report));
    }
    page::section("Where the numbers come from", blocks)
}

/// A fact of a provenance in words.
type Fact = fn(&Provenance) -> String;

/// One row a fact, one column an answer.
fn facts(answers: &[(&str, &Provenance)]) -> Html {
    let header: Vec<String> =
        std::iter::once(String::new()).chain(answers.iter().map(|(name, _)| (*name).to_owned())).collect();
    let facts: [(&str, Fact); 7] = [
        ("dataset", |p| p.dataset_version.clone()),
        ("digest of the dataset (SHA-256)", |p| p.dataset_sha256.clone()),
        ("digest of the request (SHA-256)", |p| p.request_sha256.clone()),
        ("engine", |p| p.engine_version.clone()),
        ("seed", |p| if p.seed == 0 { "nothing drawn".to_owned() } else { p.seed.to_string() }),
        ("rows of the dataset used", |p| words::fixed(p.used_row_count as f64, 0)),
        ("left out", left_out),
    ];
    let rows: Vec<Vec<String>> = facts
        .iter()
        .map(|(name, fact)| {
            std::iter::once((*name).to_owned()).chain(answers.iter().map(|(_, provenance)| fact(provenance))).collect()
        })
        .collect();
    page::element("div", "facts", &[page::table(&header, &rows)])
}

fn left_out(provenance: &Provenance) -> String {
    if provenance.left_out.is_empty() {
        return "none".to_owned();
    }
    let counts = provenance.left_out.iter().map(|l| format!("{} {}", l.count, words::plain(&l.reason)));
    counts.collect::<Vec<_>>().join(", ")
}

fn steps(report: &Report<'_>) -> Html {
    let header = ["step", "time (ms)"].map(str::to_owned);
    let rows: Vec<Vec<String>> = report
        .steps
        .iter()
        .map(|step| vec![step.name.to_owned(), words::fixed(step.duration.as_secs_f64() * 1e3, 1)])
        .collect();
    page::details("How long the steps took", page::table(&header, &rows))
}
