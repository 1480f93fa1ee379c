//! What all charts share: the drawing surface, its texts and its axes.

use super::page::{self, Html};
use super::palette::{Colour, GRID, MUTED};
use super::{ReportError, words};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// Drawing units a pixel of the page: plotters rounds to whole units, and curves should not show it.
const UNITS: f64 = 4.0;
/// Size of the texts in pixels.
const TEXT: f64 = 13.0;
/// plotters' SVG writes a font's size divided by this.
const FONT_RATIO: f64 = 1.24;
/// Mean width of a letter of a sans-serif font, as a share of the text's size, on the safe side.
const LETTER: f64 = 0.63;

/// Values marked on a scale, at most.
pub(super) const TICKS: usize = 6;

/// A surface to draw on, in drawing units.
pub(super) type Surface<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A pair of axes of numbers on a surface.
pub(super) type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for ReportError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}

/// A drawing of `width` × `height` pixels.
///
/// # Errors
/// What `paint` returns.
pub(super) fn draw(
    description: &str,
    (width, height): (f64, f64),
    paint: impl FnOnce(&Surface<'_>) -> Result<(), ReportError>,
) -> Result<Html, ReportError> {
    let mut svg = String::new();
    {
        let size = (units(width).unsigned_abs(), units(height).unsigned_abs());
        let surface = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        paint(&surface)?;
        surface.present()?;
    }
    Ok(page::picture(description, width, &svg))
}

/// Pixels of the page as drawing units.
pub(super) fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

/// The width of `text` in pixels, estimated.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * TEXT * LETTER
}

/// A stroke of `width` pixels.
pub(super) fn stroke(colour: Colour, width: f64) -> ShapeStyle {
    colour.rgb().stroke_width(units(width).unsigned_abs())
}

/// A fill of some opacity.
pub(super) fn fill(colour: Colour, opacity: f64) -> ShapeStyle {
    colour.rgb().mix(opacity).filled()
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    /// The text begins at the point.
    Left,
    /// The text is centred on the point.
    Centre,
    /// The text ends at the point.
    Right,
}

/// How a text looks.
pub(super) fn text_style(colour: Colour, anchor: Anchor) -> TextStyle<'static> {
    let horizontal = match anchor {
        Anchor::Left => HPos::Left,
        Anchor::Centre => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let font = FontDesc::new(FontFamily::SansSerif, TEXT * UNITS * FONT_RATIO, FontStyle::Normal);
    TextStyle { font, color: colour.rgb().to_backend_color(), pos: Pos::new(horizontal, VPos::Center) }
}

/// The axes of a chart over periods: period `i` is at x = i.
#[derive(Debug)]
pub(super) struct PeriodFrame<'a> {
    /// The periods.
    pub(super) periods: &'a [String],
    /// The range of values.
    pub(super) values: Range<f64>,
    /// The unit of the values, written above the axis.
    pub(super) unit: &'a str,
    /// Room to the right for names of lines, in pixels.
    pub(super) right: f64,
    /// Periods before the first and after the last, as a share of one.
    pub(super) overhang: f64,
}

impl PeriodFrame<'_> {
    /// Draws the axes.
    ///
    /// # Errors
    /// When plotters cannot.
    pub(super) fn plane<'b>(&self, surface: &Surface<'b>) -> Result<Plane<'b, 'b>, ReportError> {
        let ticks = ticks(&self.values);
        let decimals = tick_decimals(&ticks);
        let label = |y: &f64| words::fixed(*y, decimals);
        let widest = ticks.iter().map(|y| text_width(&label(y))).fold(0.0, f64::max);
        let last = self.periods.len().saturating_sub(1) as f64;
        let mut plane = ChartBuilder::on(surface)
            .margin_top(units(28.0))
            .margin_right(units(self.right.max(16.0)))
            .set_label_area_size(LabelAreaPosition::Left, units(widest + 14.0))
            .set_label_area_size(LabelAreaPosition::Bottom, units(26.0))
            .build_cartesian_2d(-self.overhang..last + self.overhang, self.values.clone())?;
        plane
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(stroke(GRID, 1.0))
            .light_line_style(TRANSPARENT)
            .axis_style(stroke(GRID, 1.0))
            .set_all_tick_mark_size(units(3.0))
            .x_labels(self.period_labels())
            .x_label_formatter(&|x| self.period(*x))
            .y_labels(TICKS)
            .y_label_formatter(&label)
            .label_style(text_style(MUTED, Anchor::Centre))
            .draw()?;
        surface.draw_text(self.unit, &text_style(MUTED, Anchor::Left), (units(2.0), units(10.0)))?;
        if self.values.start < 0.0 && self.values.end > 0.0 {
            let line = [(-self.overhang, 0.0), (last + self.overhang, 0.0)];
            plane.draw_series(LineSeries::new(line, stroke(MUTED, 1.0)))?;
        }
        Ok(plane)
    }

    /// As many periods as have room on the axis.
    fn period_labels(&self) -> usize {
        let widest = self.periods.iter().map(|p| text_width(p)).fold(0.0, f64::max);
        ((420.0 / (widest + 8.0)) as usize).clamp(2, 12)
    }

    /// The period at `x`; nothing between periods.
    fn period(&self, x: f64) -> String {
        let nearest = x.round();
        if (x - nearest).abs() > 1e-6 || nearest < 0.0 {
            return String::new();
        }
        self.periods.get(nearest as usize).cloned().unwrap_or_default()
    }
}

/// The values at which plotters marks a scale.
pub(super) fn ticks(range: &Range<f64>) -> Vec<f64> {
    RangedCoordf64::from(range.clone()).key_points(TICKS)
}

/// The fewest decimals that tell `ticks` as they are.
pub(super) fn tick_decimals(ticks: &[f64]) -> usize {
    let spacing = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let is_told = |decimals: usize| {
        let unit = 10_f64.powi(decimals as i32);
        ticks.iter().all(|tick| ((tick * unit).round() / unit - tick).abs() < 0.01 * spacing)
    };
    (0..9).find(|decimals| is_told(*decimals)).unwrap_or(9)
}

/// The range of `values` with some air; a range around a single value, 0 to 1 for none.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Range<f64> {
    let ends = values
        .into_iter()
        .fold(None, |ends: Option<(f64, f64)>, x| Some(ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x)))));
    let Some((low, high)) = ends else { return 0.0..1.0 };
    let air = if high > low { 0.06 * (high - low) } else { 0.5 * high.abs().max(1.0) };
    low - air..high + air
}

/// Moves `centres` apart so that neighbours are at least `gap` from one another and all within `limits`.
pub(super) fn spread_apart(centres: &[f64], gap: f64, limits: Range<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..centres.len()).collect();
    order.sort_by(|a, b| centres[*a].total_cmp(&centres[*b]));
    let mut placed = centres.to_vec();
    let mut lowest = limits.start;
    for i in &order {
        placed[*i] = placed[*i].max(lowest);
        lowest = placed[*i] + gap;
    }
    let mut highest = limits.end;
    for i in order.iter().rev() {
        placed[*i] = placed[*i].min(highest);
        highest = placed[*i] - gap;
    }
    placed
}

/// A point in the drawing units of the surface that `plane` was drawn on.
pub(super) fn place(plane: &Plane<'_, '_>, x: f64, y: f64) -> (i32, i32) {
    plane.backend_coord(&(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_overlap() {
        assert_eq!(spread_apart(&[10.0, 11.0, 50.0], 15.0, 0.0..100.0), [10.0, 25.0, 50.0]);
        assert_eq!(spread_apart(&[99.0, 98.0], 15.0, 0.0..100.0), [100.0, 85.0]);
    }

    #[test]
    fn ticks_have_the_decimals_they_need() {
        for (range, decimals) in [(0.0..120_000.0, 0), (0.0..3.2, 0), (0.0..2.4, 1), (0.01..0.02, 3)] {
            assert_eq!(tick_decimals(&ticks(&range)), decimals, "{range:?}");
        }
    }
}
