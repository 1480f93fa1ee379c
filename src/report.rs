//! A report for people: one self-contained page of charts, tables and words, made from the service's answers.
//!
//! The page is a pure function of the messages: the same answers give the same bytes. It needs nothing from outside,
//! follows the reader's light or dark mode and can be printed.

mod canvas;
mod coefficient_plot;
mod comparison;
mod decomposition;
mod effect_bars;
mod explanation_section;
mod fan_chart;
mod forecast_section;
mod honesty;
mod index_charts;
mod index_section;
mod model_section;
pub(crate) mod overview;
mod page;
mod palette;
mod path;
pub(crate) mod policy;
mod provenance_section;
mod row_chart;
mod scenario_section;
mod sheet;
mod words;

use crate::api::v1::{ComputeIndicesResponse, ExplainScenarioResponse, FitModelResponse, ForecastGrowthResponse};
use std::time::Duration;

/// What a report is made of. Every answer is optional, but there must be one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report<'a> {
    /// The page's title.
    pub title: &'a str,
    /// What the reader should know first: the data, their source, the question. Empty for none.
    pub introduction: &'a str,
    /// Indices: where they were high at first and at last, and their course in the nation.
    pub indices: Option<&'a ComputeIndicesResponse>,
    /// Fitted models: coefficients with their intervals.
    pub fit: Option<&'a FitModelResponse>,
    /// A forecast: baseline and scenarios, effects, decomposition, inequality.
    pub forecast: Option<&'a ForecastGrowthResponse>,
    /// Explanations of scenarios, shown with the scenario of the forecast that has their name; without a forecast each
    /// stands alone. Empty for none.
    pub explanations: &'a [ExplainScenarioResponse],
    /// How long the steps took that led to the answers. Empty for none.
    pub steps: &'a [Step<'a>],
}

/// A step of the work and the time it took.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What was done, in words.
    pub name: &'a str,
    /// How long it took.
    pub duration: Duration,
}

/// Why a report cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// No answer was given, or none of them holds anything.
    #[error("there is nothing to report: no indices, no model, no forecast and no explanation")]
    Empty,
    /// A table of an answer lacks a column that its contract promises.
    #[error("the table of {table} has no column {column}")]
    MissingColumn {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
    },
    /// A column holds texts where numbers are promised, or the other way round.
    #[error("column {column} of the table of {table} does not hold {expected}")]
    WrongKind {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// What the column should hold.
        expected: &'static str,
    },
    /// The columns of a table differ in length, or a row beyond its end is marked absent.
    #[error("the columns of the table of {0} do not have the same rows")]
    Ragged(&'static str),
    /// The charting library could not draw.
    #[error("a chart could not be drawn: {0}")]
    Drawing(String),
}

/// The report as one HTML page.
///
/// # Errors
/// When there is nothing to report or an answer breaks its contract.
pub fn render(report: &Report<'_>) -> Result<String, ReportError> {
    let mut sections = Vec::new();
    if let Some(forecast) = report.forecast {
        sections.extend(forecast_section::sections(forecast, report.explanations)?);
    } else {
        for explanation in report.explanations {
            sections.push(explanation_section::section(explanation)?);
        }
    }
    if let Some(fit) = report.fit {
        sections.extend(model_section::sections(&fit.models)?);
    } else if let Some(model) = report.forecast.and_then(|forecast| forecast.model.as_ref()) {
        sections.extend(model_section::sections(std::slice::from_ref(model))?);
    }
    if let Some(indices) = report.indices {
        sections.extend(index_section::section(indices)?);
    }
    if sections.is_empty() {
        return Err(ReportError::Empty);
    }
    sections.push(provenance_section::section(report));
    Ok(page::document(report.title, report.introduction, &sections))
}
