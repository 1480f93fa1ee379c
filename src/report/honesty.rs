//! How far a forecast can be trusted: where its variance comes from, how far it leaves history, and how plausible the paths
//! are that it imposes.

use super::ReportError;
use super::page::{self, Figure, Html};
use super::sheet::Sheet;
use super::words;
use crate::api::v1::{ScenarioPath, Table};

/// Places named as the farthest from history.
const FARTHEST: usize = 5;

/// The nation's shares of the variance, period by period.
///
/// # Errors
/// When the table breaks its contract.
pub(super) fn variance_shares(path: &ScenarioPath, title: &str) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("the shares of the variance", path.variance_shares.as_ref())? else { return Ok(None) };
    let rows = sheet.rows_where("kind", "nation")?;
    let sources: Vec<&str> = sheet.columns().iter().filter_map(|column| column.name.strip_prefix("level_")).collect();
    let mut header = vec!["the nation's level".to_owned()];
    header.extend(sources.iter().map(|source| words::plain(source)));
    header.push("acting together".to_owned());
    let columns =
        sources.iter().map(|source| sheet.numbers(&format!("level_{source}"))).collect::<Result<Vec<_>, _>>()?;
    let periods = sheet.texts("period")?;
    let share = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{} %", words::fixed(100.0 * x, 1)));
    let row = |row: &usize| {
        let shares: Vec<Option<f64>> = columns.iter().map(|column| column[*row]).collect();
        let rest = shares.iter().copied().sum::<Option<f64>>().map(|sum| 1.0 - sum);
        std::iter::once(periods[*row].clone()).chain(shares.into_iter().chain([rest]).map(share)).collect()
    };
    let figure = Figure {
        title: title.to_owned(),
        caption: "Variance with all other sources fixed, as a share of that with all. What is left is due to sources \
                  acting together, and may be negative."
            .to_owned(),
        pictures: vec![page::shown(page::table(&header, &rows.iter().map(row).collect::<Vec<_>>()))],
        ..Figure::default()
    };
    Ok(Some(figure.html()))
}

/// The places whose terms lie farthest outside the convex hull of history; a sentence when none does.
///
/// # Errors
/// When the table breaks its contract.
pub(super) fn distances(path: &ScenarioPath) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("the distances from history", path.distances.as_ref())? else { return Ok(None) };
    let hull = sheet.numbers("hull_distance")?;
    let distance = |row: usize| hull[row].unwrap_or(0.0);
    let mut outside: Vec<usize> = (0..hull.len()).filter(|row| distance(*row) > 0.0).collect();
    let all: Vec<usize> = (0..hull.len()).collect();
    let tables = vec![("Every place".to_owned(), page::sheet_table(&sheet, &all, |_| true))];
    let title = "How far from history".to_owned();
    if outside.is_empty() {
        let caption = "In no place do the model's terms leave the convex hull of their history.".to_owned();
        return Ok(Some(Figure { title, caption, tables, ..Figure::default() }.html()));
    }
    outside.sort_by(|a, b| distance(*b).total_cmp(&distance(*a)));
    let counted = format!("{} of {} places leave it.", outside.len(), hull.len());
    outside.truncate(FARTHEST);
    let shown = |name: &str| !["change_distance_period", "leverage_ratio_period"].contains(&name);
    let figure = Figure {
        title,
        caption: format!(
            "Hull distance: from the convex hull of the model's history, in standard deviations. {counted} Change \
             distance: Mahalanobis distance of the change of a period from the changes of history; changes farther: the \
             share of those that were farther away. Leverage above 1 is more than history ever had."
        ),
        pictures: vec![page::shown(page::sheet_table(&sheet, &outside, shown))],
        tables,
        ..Figure::default()
    };
    Ok(Some(figure.html()))
}

/// How plausible the paths are that a scenario imposes.
///
/// # Errors
/// When the table breaks its contract.
pub(super) fn plausibility(table: Option<&Table>) -> Result<Option<Html>, ReportError> {
    let Some(sheet) = Sheet::new("the plausibility of paths", table)? else { return Ok(None) };
    let rows: Vec<usize> = (0..sheet.row_count()).collect();
    let figure = Figure {
        title: "How usual the imposed paths are".to_owned(),
        caption:
            "q: squared length of the shocks that a driver's own history would need to take the path; tail: share of \
                  its futures farther away; calibrated: 0.5 on the baseline, 1 never. Only places that the policy \
                  names count, not what a closure makes of the others."
                .to_owned(),
        pictures: vec![page::shown(page::sheet_table(&sheet, &rows, |_| true))],
        ..Figure::default()
    };
    Ok(Some(figure.html()))
}
