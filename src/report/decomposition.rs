//! Decomposition of an effect: what every term of the model adds, period by period, as stacked columns.

use super::ReportError;
use super::canvas::{self, PeriodFrame, Plane};
use super::page::Html;
use super::palette::{Colour, INK, SERIES};
use plotters::prelude::*;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
/// Half the width of a column, as a share of a period.
const HALF: f64 = 0.32;

/// What one term adds to the effect, by period.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// The term.
    pub(super) term: String,
    /// Its colour.
    pub(super) colour: Colour,
    /// What it adds; absent values add nothing.
    pub(super) values: Vec<f64>,
}

/// The terms with something to add, the largest first; beyond the colours there are, the smallest are taken together.
pub(super) fn parts(terms: Vec<(String, Vec<f64>)>) -> Vec<Part> {
    let size = |values: &[f64]| values.iter().map(|x| x.abs()).fold(0.0, f64::max);
    let mut terms: Vec<_> = terms.into_iter().filter(|(_, values)| size(values) > 0.0).collect();
    terms.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)));
    if terms.len() > SERIES.len() {
        let rest = terms.split_off(SERIES.len() - 1);
        let mut sum = vec![0.0; rest[0].1.len()];
        for (_, values) in &rest {
            sum.iter_mut().zip(values).for_each(|(sum, x)| *sum += x);
        }
        terms.push((format!("{} other terms", rest.len()), sum));
    }
    terms.into_iter().zip(SERIES).map(|((term, values), colour)| Part { term, colour, values }).collect()
}

/// The chart as a drawing: columns of the parts, and the sum as a line with dots.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn draw(description: &str, periods: &[String], unit: &str, parts: &[Part]) -> Result<Html, ReportError> {
    let stacks: Vec<Vec<(f64, f64)>> = (0..periods.len()).map(|i| stack(parts, i)).collect();
    let ends = stacks.iter().flatten().flat_map(|(from, to)| [*from, *to]).chain([0.0]);
    let frame = PeriodFrame { periods, values: canvas::range(ends), unit, right: 16.0, overhang: 0.6 };
    canvas::draw(description, (WIDTH, HEIGHT), |surface| {
        let mut plane = frame.plane(surface)?;
        for (i, stack) in stacks.iter().enumerate() {
            for ((from, to), part) in stack.iter().zip(parts) {
                let corners = [(i as f64 - HALF, *from), (i as f64 + HALF, *to)];
                plane.draw_series([Rectangle::new(corners, part.colour.rgb().filled())])?;
            }
        }
        draw_sum(&mut plane, parts, periods.len())
    })
}

/// From where to where every part reaches in period `i`: gains upwards from zero, losses downwards.
fn stack(parts: &[Part], i: usize) -> Vec<(f64, f64)> {
    let (mut top, mut bottom) = (0.0, 0.0);
    parts
        .iter()
        .map(|part| {
            let x = part.values.get(i).copied().unwrap_or(0.0);
            let end = if x >= 0.0 { &mut top } else { &mut bottom };
            let from = *end;
            *end += x;
            (from, *end)
        })
        .collect()
}

fn draw_sum(plane: &mut Plane<'_, '_>, parts: &[Part], periods: usize) -> Result<(), ReportError> {
    let sum = |i: usize| parts.iter().filter_map(|part| part.values.get(i)).sum::<f64>();
    let points: Vec<(f64, f64)> = (0..periods).map(|i| (i as f64, sum(i))).collect();
    plane.draw_series(LineSeries::new(points.clone(), canvas::stroke(INK, 1.5)))?;
    let dots = points.into_iter().map(|point| Circle::new(point, canvas::units(3.5), INK.rgb().filled()));
    plane.draw_series(dots)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_and_losses_are_stacked_apart() {
        let terms = [("a", 2.0), ("b", -1.0), ("c", 0.5), ("d", 0.0)];
        let parts = parts(terms.map(|(term, x)| (term.to_owned(), vec![x])).to_vec());
        assert_eq!(parts.iter().map(|p| p.term.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(stack(&parts, 0), [(0.0, 2.0), (0.0, -1.0), (2.0, 2.5)]);
    }

    #[test]
    fn the_smallest_terms_are_taken_together() {
        let terms = (1..=9).map(|i| (format!("x{i}"), vec![f64::from(i)])).collect();
        let parts = parts(terms);
        assert_eq!((parts.len(), parts[6].term.as_str(), parts[6].values[0]), (7, "3 other terms", 6.0));
    }
}
