//! Plants as points: where they lie, how far apart, and of which industry and size they are.

use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::panel::{Absent, Value, finite};

/// Mean radius of the Earth in kilometres.
const EARTH: f64 = 6371.0;
/// Distances of more pairs than this are told by those of evenly spaced pairs, where only their quantiles matter.
const SAMPLE: usize = 1 << 20;

/// The parameter of the first coordinate.
pub(super) const X: Param = Param {
    name: "x",
    doc: "A numeric attribute of the regions, which are the plants: the first coordinate, or the longitude in degrees.",
    domain: Domain::Variable { required: true },
};

/// The parameter of the second coordinate.
pub(super) const Y: Param = Param {
    name: "y",
    doc: "A numeric attribute of the regions, which are the plants: the second coordinate, or the latitude in degrees.",
    domain: Domain::Variable { required: true },
};

/// The parameter that says how coordinates are read.
pub(super) const METRIC: Param = Param {
    name: "metric",
    doc: "`plane`: straight lines, in the unit of the coordinates. `sphere`: great circles of the Earth (radius \
          6371 km), in kilometres, from degrees.",
    domain: Domain::Choice(&["plane", "sphere"]),
};

/// The parameter of the largest distance.
pub(super) const MAX_DISTANCE: Param = Param {
    name: "max_distance",
    doc: "The largest distance of the rows; 0 is the median distance between any two plants of the data, whatever \
          their industries.",
    domain: Domain::Number { min: 0.0, max: 1e12, default: 0.0 },
};

/// The parameter of the number of distances.
pub(super) const STEPS: Param = Param {
    name: "steps",
    doc: "Steps from distance 0 to the largest one; an industry has one row more.",
    domain: Domain::Integer { min: 1, max: 1000, default: 50 },
};

/// How distances are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    /// Straight lines.
    Plane,
    /// Great circles.
    Sphere,
}

/// A point of the plane (the third number is 0), or of the unit sphere.
pub(super) type Point = [f64; 3];

impl Metric {
    /// The metric that the parameter chooses.
    pub(super) fn of(params: &Params) -> Self {
        if params.chooses("metric", "sphere") { Self::Sphere } else { Self::Plane }
    }

    /// The unit of distances; empty for that of the coordinates.
    pub(super) fn unit(self) -> &'static str {
        if self == Self::Sphere { "km" } else { "" }
    }

    fn point(self, x: f64, y: f64) -> Result<Point, Absent> {
        match self {
            Self::Plane => Ok([x, y, 0.0]),
            Self::Sphere if y.abs() > 90.0 => Err(Absent::OutsideDomain),
            Self::Sphere => {
                let ((sin, cos), (east, north)) = (y.to_radians().sin_cos(), x.to_radians().sin_cos());
                Ok([cos * north, cos * east, sin])
            }
        }
    }

    /// The distance between two points; on the sphere by the haversine formula, whose root is half the chord.
    #[inline]
    pub(super) fn distance(self, a: &Point, b: &Point) -> f64 {
        let line = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt();
        match self {
            Self::Plane => line,
            Self::Sphere => 2.0 * EARTH * (line / 2.0).min(1.0).asin(),
        }
    }

    /// The distances between any two of the points; of more than 2²⁰ pairs so many at most, evenly spaced over all.
    pub(super) fn distances(self, points: &[Point]) -> Vec<f64> {
        let stride = pairs(points.len()).div_ceil(SAMPLE).max(1);
        let (mut distances, mut next) = (Vec::new(), 0);
        for (i, a) in points.iter().enumerate() {
            let others = &points[i + 1..];
            while next < others.len() {
                distances.push(self.distance(a, &others[next]));
                next += stride;
            }
            next -= others.len();
        }
        distances
    }
}

/// Pairs of so many things.
pub(super) fn pairs(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// The plants: cells above zero whose region has both coordinates.
#[derive(Debug)]
pub(super) struct Sites {
    pub(super) metric: Metric,
    /// Where each plant lies.
    pub(super) points: Vec<Point>,
    /// The measure of each plant.
    pub(super) sizes: Vec<f64>,
    /// The plants of each industry.
    pub(super) industries: Vec<Vec<usize>>,
    /// The distances of the rows, from 0 in equal steps; empty without two plants apart from one another.
    pub(super) rows: Vec<f64>,
}

impl Sites {
    /// The plants of the input.
    pub(super) fn of(input: &Input<'_>, params: &Params) -> Self {
        let metric = Metric::of(params);
        let mut sites = Self {
            metric,
            points: Vec::new(),
            sizes: Vec::new(),
            industries: vec![Vec::new(); input.measure.width()],
            rows: Vec::new(),
        };
        let (Some(x), Some(y)) = (input.regional("x"), input.regional("y")) else { return sites };
        let at = |region: usize| metric.point(x[region]?, y[region]?);
        for (region, industry, value) in input.measure.cells() {
            if let (Ok(point), Ok(size)) = (at(region), value)
                && size > 0.0
            {
                sites.industries[industry].push(sites.points.len());
                sites.points.push(point);
                sites.sizes.push(size);
            }
        }
        sites.rows = sites.rows(params).unwrap_or_default();
        sites
    }

    fn rows(&self, params: &Params) -> Result<Vec<f64>, Absent> {
        let far = match params.number("max_distance") {
            0.0 => finite(quantile(&mut self.metric.distances(&self.points), 0.5)?)?,
            given => given,
        };
        if far <= 0.0 || self.points.len() < 2 {
            return Err(Absent::TooFewCategories);
        }
        let steps = params.number("steps") as usize;
        Ok((0..=steps).map(|step| far * step as f64 / steps as f64).collect())
    }

    /// Each industry and each distance of the rows, industry by industry.
    pub(super) fn keys(&self) -> (Vec<u32>, Vec<f64>) {
        let industries = 0..self.industries.len() as u32;
        let of_row = industries.flat_map(|industry| std::iter::repeat_n(industry, self.rows.len())).collect();
        (of_row, self.industries.iter().flat_map(|_| self.rows.iter().copied()).collect())
    }
}

/// What answers about plants state.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let far = match params.number("max_distance") {
        0.0 => "the median distance between any two plants of the data".to_owned(),
        given => given.to_string(),
    };
    vec![
        "the regions are the plants; a plant is a cell above zero whose region has both coordinates".to_owned(),
        format!("distances up to {far}; quantiles of more than 2^20 distances are those of 2^20 evenly spaced pairs"),
    ]
}

/// The quantile between order statistics: type 7 of Hyndman and Fan (1996).
pub(super) fn quantile(values: &mut [f64], p: f64) -> Value {
    let last = values.len().checked_sub(1).ok_or(Absent::TooFewCategories)?;
    let place = p * last as f64;
    let (_, below, above) = values.select_nth_unstable_by(place as usize, f64::total_cmp);
    let above = above.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(if above.is_finite() { *below + place.fract() * (above - *below) } else { *below })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_globe() {
        let point = |x, y| Metric::Sphere.point(x, y).unwrap();
        let quarter = EARTH * std::f64::consts::FRAC_PI_2;
        for (a, b) in [(point(0.0, 0.0), point(90.0, 0.0)), (point(17.0, 90.0), point(3.0, 0.0))] {
            assert!((Metric::Sphere.distance(&a, &b) - quarter).abs() < 1e-9);
        }
        assert!(Metric::Sphere.point(0.0, 91.0).is_err());
    }

    #[test]
    fn a_sample_of_distances_has_their_median() {
        let points: Vec<Point> = (0..3000).map(|i| [f64::from(i * 7919 % 3001), f64::from(i * 31 % 47), 0.0]).collect();
        let mut sample = Metric::Plane.distances(&points);
        assert!(sample.len() <= SAMPLE && sample.len() > SAMPLE / 2);
        let mut all: Vec<f64> = (0..3000)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| Metric::Plane.distance(&points[i], &points[j]))
            .collect();
        let (a, b) = (quantile(&mut sample, 0.5).unwrap(), quantile(&mut all, 0.5).unwrap());
        assert!((a / b - 1.0).abs() < 0.005, "{a} {b}");
    }

    #[test]
    fn quantiles_lie_between_order_statistics() {
        assert_eq!(quantile(&mut [4.0, 1.0, 3.0, 2.0], 0.25), Ok(1.75));
        assert_eq!(quantile(&mut [4.0], 1.0), Ok(4.0));
        assert!(quantile(&mut [], 0.5).is_err());
    }
}
