//! Charts with one row a thing: its name, marks along a common scale, and the numbers in words.

use super::ReportError;
use super::canvas::{self, Anchor, Plane, Surface};
use super::page::Html;
use super::palette::{Colour, GRID, INK, MUTED};
use super::words;
use plotters::prelude::*;
use std::ops::Range;

const ROW: f64 = 24.0;
const FOOT: f64 = 44.0;
const HEAD: f64 = 26.0;
/// Longest name of a row, in letters.
const NAME: usize = 34;

/// Rows on a common scale.
#[derive(Debug)]
pub(super) struct RowChart<'a> {
    /// The width of the drawing in pixels.
    pub(super) width: f64,
    /// What is seen, for those who cannot see it.
    pub(super) description: &'a str,
    /// What the scale measures, with its unit.
    pub(super) scale: &'a str,
    /// What the numbers at the right are.
    pub(super) notes: &'a str,
    /// The rows, from top to bottom.
    pub(super) rows: &'a [Row],
    /// Whether values can be read off the scale; false when every row has a scale of its own.
    pub(super) has_ticks: bool,
}

/// One row.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Its name.
    pub(super) name: String,
    /// Its numbers in words.
    pub(super) note: String,
    /// Its marks, drawn in this order.
    pub(super) marks: Vec<Mark>,
}

/// Something drawn in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    /// A bar between two values.
    Bar(f64, f64, Colour),
    /// A line between two values, of some width in pixels.
    Line(f64, f64, Colour, f64),
    /// A dot.
    Dot(f64, Colour),
}

impl Mark {
    fn ends(self) -> [f64; 2] {
        match self {
            Self::Bar(from, to, _) | Self::Line(from, to, ..) => [from, to],
            Self::Dot(x, _) => [x, x],
        }
    }
}

/// The chart as a drawing.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn draw(chart: &RowChart<'_>) -> Result<Html, ReportError> {
    let height = HEAD + ROW * chart.rows.len() as f64 + FOOT;
    let ends = chart.rows.iter().flat_map(|row| &row.marks).flat_map(|mark| mark.ends());
    let range = canvas::range(ends);
    canvas::draw(chart.description, (chart.width, height), |surface| {
        let mut plane = axes(surface, chart, range.clone())?;
        for (i, row) in chart.rows.iter().enumerate() {
            let y = i as f64 + 0.5;
            for mark in &row.marks {
                draw_mark(&mut plane, *mark, y)?;
            }
        }
        draw_texts(surface, &plane, chart)
    })
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(canvas::text_width).fold(0.0, f64::max)
}

/// Row `i` is at y = i + ½, counted from the top.
fn axes<'b>(surface: &Surface<'b>, chart: &RowChart<'_>, range: Range<f64>) -> Result<Plane<'b, 'b>, ReportError> {
    let names = widest(chart.rows.iter().map(|row| row.name.as_str())).min(canvas::text_width(&"x".repeat(NAME)));
    let notes = widest(chart.rows.iter().map(|row| row.note.as_str()).chain([chart.notes]));
    let count = chart.rows.len() as f64;
    let mut plane = ChartBuilder::on(surface)
        .margin_top(canvas::units(HEAD))
        .margin_right(canvas::units(notes + 12.0))
        .margin_bottom(canvas::units(FOOT - 22.0))
        .set_label_area_size(LabelAreaPosition::Left, canvas::units(names + 12.0))
        .set_label_area_size(LabelAreaPosition::Bottom, canvas::units(22.0))
        .build_cartesian_2d(range.clone(), count..0.0)?;
    let decimals = canvas::tick_decimals(&canvas::ticks(&range));
    plane
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .bold_line_style(canvas::stroke(GRID, 1.0))
        .light_line_style(TRANSPARENT)
        .axis_style(canvas::stroke(GRID, 1.0))
        .set_all_tick_mark_size(canvas::units(3.0))
        .x_labels(if chart.has_ticks { canvas::TICKS } else { 0 })
        .x_label_formatter(&|x| words::fixed(*x, decimals))
        .label_style(canvas::text_style(MUTED, Anchor::Centre))
        .draw()?;
    if range.start < 0.0 && range.end > 0.0 {
        plane.draw_series(LineSeries::new([(0.0, 0.0), (0.0, count)], canvas::stroke(INK, 1.0)))?;
    }
    Ok(plane)
}

fn draw_mark(plane: &mut Plane<'_, '_>, mark: Mark, y: f64) -> Result<(), ReportError> {
    match mark {
        Mark::Bar(from, to, colour) => {
            let corners = [(from, y - 0.32), (to, y + 0.32)];
            plane.draw_series([Rectangle::new(corners, canvas::fill(colour, 0.7))])?;
        }
        Mark::Line(from, to, colour, width) => {
            let ends = [(from, y), (to, y)];
            plane.draw_series(LineSeries::new(ends, canvas::stroke(colour, width)))?;
        }
        Mark::Dot(x, colour) => {
            plane.draw_series([Circle::new((x, y), canvas::units(4.5), colour.rgb().filled())])?;
        }
    }
    Ok(())
}

/// Names at the left, numbers at the right, what the scale is below it.
fn draw_texts(surface: &Surface<'_>, plane: &Plane<'_, '_>, chart: &RowChart<'_>) -> Result<(), ReportError> {
    let (columns, _) = plane.plotting_area().get_pixel_range();
    let (left, right) = (columns.start - canvas::units(8.0), columns.end + canvas::units(12.0));
    let muted = canvas::text_style(MUTED, Anchor::Left);
    surface.draw_text(chart.notes, &muted, (right, canvas::units(HEAD / 2.0)))?;
    for (i, row) in chart.rows.iter().enumerate() {
        let (_, y) = canvas::place(plane, 0.0, i as f64 + 0.5);
        let name = words::shorten(&row.name, NAME);
        surface.draw_text(&name, &canvas::text_style(INK, Anchor::Right), (left, y))?;
        surface.draw_text(&row.note, &canvas::text_style(INK, Anchor::Left), (right, y))?;
    }
    let foot = HEAD + ROW * chart.rows.len() as f64 + if chart.has_ticks { FOOT - 9.0 } else { 14.0 };
    let centre = (columns.start + columns.end) / 2;
    surface.draw_text(chart.scale, &canvas::text_style(MUTED, Anchor::Centre), (centre, canvas::units(foot)))?;
    Ok(())
}
