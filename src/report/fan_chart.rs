//! Fan charts: quantities over the periods, with the intervals of one of them as shaded bands.

use super::ReportError;
use super::canvas::{self, Anchor, PeriodFrame, Plane, Surface};
use super::page::Html;
use super::palette::{Colour, INK};
use super::path::Path;
use plotters::prelude::*;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 330.0;
/// Length of the stroke before a name that shows its line's colour.
const KEY: f64 = 12.0;
/// Opacity of one band; bands lie on top of one another, so the inner ones come out darker.
pub(super) const BAND_OPACITY: f64 = 0.2;

/// Quantities over the same periods.
#[derive(Debug)]
pub(super) struct FanChart<'a> {
    /// What is seen, for those who cannot see it.
    pub(super) description: &'a str,
    /// The periods.
    pub(super) periods: &'a [String],
    /// The unit of the values.
    pub(super) unit: &'a str,
    /// The quantities, drawn in this order.
    pub(super) fans: &'a [Fan<'a>],
    /// Whether zero belongs to the picture.
    pub(super) with_zero: bool,
}

/// One quantity.
#[derive(Debug)]
pub(super) struct Fan<'a> {
    /// Its name, written at the end of its line.
    pub(super) name: &'a str,
    /// Its colour.
    pub(super) colour: Colour,
    /// Its course.
    pub(super) path: &'a Path,
    /// How its intervals are shown.
    pub(super) bands: Bands,
}

/// How the intervals of a fan are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bands {
    /// As shaded areas.
    Shaded,
    /// As thin lines along the ends of the widest.
    Outlined,
}

/// The chart as a drawing.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn draw(chart: &FanChart<'_>) -> Result<Html, ReportError> {
    let names = chart.fans.iter().map(|fan| canvas::text_width(fan.name)).fold(0.0, f64::max);
    let zero = chart.with_zero.then_some(0.0);
    let frame = PeriodFrame {
        periods: chart.periods,
        values: canvas::range(chart.fans.iter().flat_map(|fan| fan.path.numbers()).chain(zero)),
        unit: chart.unit,
        right: names + KEY + 18.0,
        overhang: 0.15,
    };
    canvas::draw(chart.description, (WIDTH, HEIGHT), |surface| {
        let mut plane = frame.plane(surface)?;
        for fan in chart.fans {
            draw_bands(&mut plane, fan)?;
        }
        for fan in chart.fans {
            draw_line(&mut plane, &fan.path.centre, fan.colour, 2.0)?;
        }
        draw_names(surface, &plane, chart.fans)
    })
}

fn draw_bands(plane: &mut Plane<'_, '_>, fan: &Fan<'_>) -> Result<(), ReportError> {
    match fan.bands {
        Bands::Shaded => {
            for band in &fan.path.bands {
                for run in runs(&band.lower, &band.upper) {
                    let lower = run.iter().map(|(x, low, _)| (*x, *low));
                    let upper = run.iter().rev().map(|(x, _, high)| (*x, *high));
                    let outline: Vec<_> = lower.chain(upper).collect();
                    plane.draw_series([Polygon::new(outline, canvas::fill(fan.colour, BAND_OPACITY))])?;
                }
            }
        }
        Bands::Outlined => {
            if let Some(widest) = fan.path.bands.first() {
                draw_line(plane, &widest.lower, fan.colour, 0.75)?;
                draw_line(plane, &widest.upper, fan.colour, 0.75)?;
            }
        }
    }
    Ok(())
}

/// A line through the values that are there, broken where they are not.
fn draw_line(plane: &mut Plane<'_, '_>, values: &[Option<f64>], colour: Colour, width: f64) -> Result<(), ReportError> {
    for run in runs(values, values) {
        let points = run.iter().map(|(x, y, _)| (*x, *y));
        plane.draw_series(LineSeries::new(points, canvas::stroke(colour, width)))?;
    }
    Ok(())
}

/// Consecutive periods in which both values are there: x, lower, upper. A lone period is drawn a little wide.
fn runs(lower: &[Option<f64>], upper: &[Option<f64>]) -> Vec<Vec<(f64, f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for (i, pair) in lower.iter().zip(upper).enumerate() {
        match (pair, runs.last_mut()) {
            ((Some(low), Some(high)), Some(run)) => run.push((i as f64, *low, *high)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    for run in &mut runs {
        if let [(x, low, high)] = run[..] {
            *run = vec![(x - 0.1, low, high), (x + 0.1, low, high)];
        }
    }
    runs
}

/// The name of every line at its end, behind a stroke of its colour.
fn draw_names(surface: &Surface<'_>, plane: &Plane<'_, '_>, fans: &[Fan<'_>]) -> Result<(), ReportError> {
    let ends: Vec<_> = fans
        .iter()
        .filter_map(|fan| {
            let (i, y) = fan.path.centre.iter().enumerate().rev().find_map(|(i, y)| Some((i, (*y)?)))?;
            Some((fan, canvas::place(plane, i as f64, y)))
        })
        .collect();
    let centres: Vec<f64> = ends.iter().map(|(_, (_, y))| f64::from(*y)).collect();
    let limits = f64::from(canvas::units(28.0))..f64::from(canvas::units(HEIGHT - 34.0));
    let heights = canvas::spread_apart(&centres, f64::from(canvas::units(16.0)), limits);
    for ((fan, (x, _)), height) in ends.iter().zip(heights) {
        let height = height.round() as i32;
        let key = [5.0, 5.0 + KEY].map(|step| (x + canvas::units(step), height));
        surface.draw(&PathElement::new(key, canvas::stroke(fan.colour, 3.0)))?;
        let name = canvas::text_style(INK, Anchor::Left);
        surface.draw_text(fan.name, &name, (x + canvas::units(9.0 + KEY), height))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_break_the_line() {
        let values = [Some(1.0), Some(2.0), None, Some(4.0)];
        let runs = runs(&values, &values);
        assert_eq!(runs, [vec![(0.0, 1.0, 1.0), (1.0, 2.0, 2.0)], vec![(2.9, 4.0, 4.0), (3.1, 4.0, 4.0)]]);
    }
}
