//! Effects of a policy by place: bars in order of size, with their intervals.

use super::ReportError;
use super::page::Html;
use super::palette::{INK, POLICY};
use super::path::{Estimate, Path};
use super::row_chart::{self, Mark, Row, RowChart};
use super::words;

const WIDTH: f64 = 760.0;
/// Places shown at either end of the order.
const SHOWN: usize = 10;
/// When one effect is this many times larger than the next, it gets a drawing and a scale of its own.
const DOMINANT: f64 = 6.0;

/// Effects by place.
#[derive(Debug)]
pub(super) struct EffectBars<'a> {
    /// What is seen, for those who cannot see it.
    pub(super) description: &'a str,
    /// What the scale measures, with its unit.
    pub(super) scale: &'a str,
    /// The places.
    pub(super) places: &'a [String],
    /// Their effects, in the order of the places.
    pub(super) effects: &'a Path,
}

/// The chart as drawings: one, or two when one place's effect dwarfs all others.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn draw(chart: &EffectBars<'_>) -> Result<Vec<Html>, ReportError> {
    let mut order: Vec<(&str, Estimate<'_>)> =
        chart.places.iter().enumerate().filter_map(|(i, place)| Some((place.as_str(), chart.effects.at(i)?))).collect();
    order.sort_by(|a, b| b.1.centre.total_cmp(&a.1.centre));
    let mut pictures = Vec::new();
    if let Some(first) = dominant(&order) {
        let alone = order.remove(first);
        pictures.push(picture(chart, &[alone])?);
    }
    if !order.is_empty() {
        pictures.push(picture(chart, &order)?);
    }
    Ok(pictures)
}

/// The place whose effect dwarfs all others.
fn dominant(order: &[(&str, Estimate<'_>)]) -> Option<usize> {
    let mut sizes: Vec<(usize, f64)> = order.iter().map(|(_, e)| e.centre.abs()).enumerate().collect();
    sizes.sort_by(|a, b| b.1.total_cmp(&a.1));
    match sizes.as_slice() {
        [(first, largest), (_, next), ..] if *largest > DOMINANT * next => Some(*first),
        _ => None,
    }
}

fn picture(chart: &EffectBars<'_>, places: &[(&str, Estimate<'_>)]) -> Result<Html, ReportError> {
    let numbers = places.iter().flat_map(|(_, e)| {
        let ends = e.interval.map(|i| [i.lower, i.upper]);
        ends.into_iter().flatten().chain([e.centre])
    });
    let decimals = words::decimals(numbers, 3);
    let mut rows: Vec<Row> = places.iter().map(|(place, effect)| row(place, effect, decimals)).collect();
    if rows.len() > 2 * SHOWN + 1 {
        let between = rows.len() - 2 * SHOWN;
        let gap = Row { name: format!("… {between} between …"), ..Row::default() };
        rows.splice(SHOWN..SHOWN + between, [gap]);
    }
    let level = places.iter().find_map(|(_, effect)| effect.interval.map(|interval| interval.level));
    let notes = level.map_or_else(|| "effect".to_owned(), |level| format!("effect ({level} % interval)"));
    let bars = RowChart {
        width: WIDTH,
        description: chart.description,
        scale: chart.scale,
        notes: &notes,
        rows: &rows,
        has_ticks: true,
    };
    row_chart::draw(&bars)
}

fn row(place: &str, effect: &Estimate<'_>, decimals: usize) -> Row {
    let mut note = words::signed(effect.centre, decimals);
    let mut marks = vec![Mark::Bar(0.0, effect.centre, POLICY)];
    if let Some(interval) = effect.interval {
        let ends = [interval.lower, interval.upper].map(|x| words::signed(x, decimals));
        note.push_str(&format!(" ({} to {})", ends[0], ends[1]));
        marks.push(Mark::Line(interval.lower, interval.upper, INK, 1.25));
    }
    Row { name: place.to_owned(), note, marks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_dwarfs_the_others_stands_alone() {
        let effect = |centre| Estimate { centre, interval: None };
        assert_eq!(dominant(&[("a", effect(2.0)), ("b", effect(0.1)), ("c", effect(-0.2))]), Some(0));
        assert_eq!(dominant(&[("a", effect(2.0)), ("b", effect(-1.0))]), None);
        assert_eq!(dominant(&[("a", effect(2.0))]), None);
    }
}
