//! The Lorenz curve of values per head.

use crate::panel::{Value, finite};

/// The regions in the order of their value per head, with what cumulates up to each.
#[derive(Debug)]
pub(super) struct Lorenz(Vec<Point>);

#[derive(Debug)]
struct Point {
    /// Value per head.
    y: f64,
    /// Share of the heads up to here.
    heads: f64,
    /// Share of the value up to here.
    value: f64,
}

impl Lorenz {
    /// The curve of pairs of a value per head and its heads; nothing is negative, and neither sums to zero.
    pub(super) fn new(mut pairs: Vec<(f64, f64)>) -> Self {
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut heads, mut value) = (0.0, 0.0);
        let mut points: Vec<Point> = Vec::with_capacity(pairs.len());
        for (y, weight) in pairs {
            heads += weight;
            value += y * weight;
            points.push(Point { y, heads, value });
        }
        for point in &mut points {
            point.heads /= heads;
            point.value /= value;
        }
        Self(points)
    }

    /// Twice the area between the curve and the diagonal.
    pub(super) fn gini(&self) -> Value {
        let (mut heads, mut value, mut area) = (0.0, 0.0, 0.0);
        for point in &self.0 {
            area += heads * point.value - point.heads * value;
            (heads, value) = (point.heads, point.value);
        }
        finite(area).map(|area| area.max(0.0))
    }

    /// The share of the value that the poorer half of the heads has, on the straight lines between the regions.
    pub(super) fn poorer_half(&self) -> f64 {
        let (mut heads, mut value) = (0.0, 0.0);
        for point in &self.0 {
            if point.heads >= 0.5 {
                return value + (point.value - value) * (0.5 - heads) / (point.heads - heads);
            }
            (heads, value) = (point.heads, point.value);
        }
        value
    }

    /// The value per head of the head in the middle; between two regions, halfway.
    pub(super) fn median(&self) -> f64 {
        /// Cumulated shares this near to one half are one half.
        const ROUNDING: f64 = 1e-12;
        let place = self.0.partition_point(|point| point.heads < 0.5 - ROUNDING).min(self.0.len() - 1);
        let here = &self.0[place];
        let above = self.0[place..].iter().find(|point| point.heads > 0.5 + ROUNDING).unwrap_or(here);
        0.5 * (here.y + above.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_weighted_regions() {
        for (heads, median) in [(1.0, 3.0), (2.0, 2.0), (5.0, 1.0)] {
            let curve = Lorenz::new(vec![(3.0, 1.0), (1.0, heads), (9.0, 1.0)]);
            assert!((curve.median() - median).abs() < 1e-15, "{heads}");
        }
    }

    #[test]
    fn half_of_equal_regions_has_half() {
        let equal = Lorenz::new(vec![(2.0, 1.0), (2.0, 1.0), (2.0, 1.0)]);
        assert!((equal.poorer_half() - 0.5).abs() < 1e-15 && equal.gini() == Ok(0.0));
    }
}
