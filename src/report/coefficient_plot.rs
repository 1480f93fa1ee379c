//! Coefficient plot: every estimate with its confidence interval, against zero.

use super::ReportError;
use super::page::Html;
use super::palette::{BASELINE, SERIES};
use super::row_chart::{self, Mark, Row, RowChart};
use super::words;
use crate::api::v1::{Coefficient, Model};

const WIDTH: f64 = 760.0;
/// Beyond this ratio of the longest interval to the shortest, a common scale would hide the short ones.
const LARGEST_RATIO: f64 = 20.0;

/// The plot, and whether every row has a scale of its own. `None` when there is no term but the intercept.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn draw(model: &Model) -> Result<Option<(Html, bool)>, ReportError> {
    let terms: Vec<_> = model.coefficients.iter().filter(|c| c.term != "(Intercept)").collect();
    if terms.is_empty() {
        return Ok(None);
    }
    let reaches: Vec<f64> = terms.iter().map(|c| reach(c)).collect();
    let longest = reaches.iter().copied().fold(0.0, f64::max);
    let shortest = reaches.iter().copied().filter(|reach| *reach > 0.0).fold(f64::INFINITY, f64::min);
    let is_scaled = longest > LARGEST_RATIO * shortest;
    let rows: Vec<Row> = terms
        .iter()
        .zip(&reaches)
        .map(|(c, reach)| row(c, if is_scaled && *reach > 0.0 { *reach } else { 1.0 }))
        .collect();
    let level = words::percent(model.interval_level);
    let notes = format!("estimate ({level} interval)");
    let scale = if is_scaled { "every row on its own scale; the line is zero" } else { "coefficient" };
    let description = format!("Coefficients of {} with {level} intervals", model.formula);
    let chart =
        RowChart { width: WIDTH, description: &description, scale, notes: &notes, rows: &rows, has_ticks: !is_scaled };
    Ok(Some((row_chart::draw(&chart)?, is_scaled)))
}

/// The distance from zero of the end that is further away.
fn reach(c: &Coefficient) -> f64 {
    let (lower, upper) = ends(c);
    lower.abs().max(upper.abs())
}

/// The ends of the interval; one that is not set stands as far from the estimate as that is from zero.
fn ends(c: &Coefficient) -> (f64, f64) {
    (c.lower.unwrap_or(c.estimate - c.estimate.abs()), c.upper.unwrap_or(c.estimate + c.estimate.abs()))
}

fn row(c: &Coefficient, unit: f64) -> Row {
    let (low, high) = ends(c);
    let is_clear = c.lower.is_some_and(|x| x > 0.0) || c.upper.is_some_and(|x| x < 0.0);
    let colour = if is_clear { BASELINE } else { SERIES[6] };
    let decimals = words::decimals([low, high], 3);
    let estimate = words::signed(c.estimate, decimals);
    let [lower, upper] = [c.lower, c.upper].map(|x| x.map_or_else(|| "–".to_owned(), |x| words::signed(x, decimals)));
    Row {
        name: c.term.clone(),
        note: format!("{estimate} ({lower} to {upper})"),
        marks: vec![Mark::Line(low / unit, high / unit, colour, 2.5), Mark::Dot(c.estimate / unit, colour)],
    }
}
