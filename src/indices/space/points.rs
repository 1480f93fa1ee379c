//! Where regions lie, and how far apart, on a plane or on the sphere.
//!
//! Both are points in space: the sphere's on the unit sphere, where the straight line between two of them (the chord)
//! orders them as the great circle does. Sorted along the first axis, the points near one another stand near one
//! another, and a search can end where that axis alone is too far: a few hundred steps a region for thousands of
//! regions, without a tree.

use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::panel::{Absent, Value};
use std::collections::BinaryHeap;

/// Mean radius of the Earth in kilometres.
const EARTH: f64 = 6371.0;

/// The parameter of the first coordinate.
pub(super) const X: Param = Param {
    name: "x",
    doc: "A measure or numeric attribute of the regions: their first coordinate; on a sphere the longitude in degrees.",
    domain: Domain::Variable { required: false },
};

/// The parameter of the second coordinate.
pub(super) const Y: Param = Param {
    name: "y",
    doc: "A measure or numeric attribute of the regions: their second coordinate; on a sphere the latitude in degrees.",
    domain: Domain::Variable { required: false },
};

/// The parameter that says how coordinates are read.
pub(super) const METRIC: Param = Param {
    name: "metric",
    doc: "`plane`: straight lines, in the unit of `x` and `y`. `sphere`: great circles of the Earth (radius 6371 km), \
          in kilometres, from degrees.",
    domain: Domain::Choice(&["plane", "sphere"]),
};

/// A point and how far away it is, in the order of distances and then of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Far {
    square: f64,
    point: usize,
}

impl Eq for Far {}

impl PartialOrd for Far {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Far {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.square.total_cmp(&other.square).then(self.point.cmp(&other.point))
    }
}

/// Whether the coordinates are of the sphere.
pub(super) fn is_sphere(params: &Params) -> bool {
    params.chooses("metric", "sphere")
}

/// Where each region lies, or the reason why that is unknown; a latitude beyond the poles is outside its domain.
pub(super) fn coordinates(input: &Input<'_>, params: &Params) -> Option<Vec<Result<[f64; 2], Absent>>> {
    let (x, y) = (input.regional("x")?, input.regional("y")?);
    let sphere = is_sphere(params);
    let point = |(x, y): (&Value, &Value)| match ((*x)?, (*y)?) {
        (_, y) if sphere && y.abs() > 90.0 => Err(Absent::OutsideDomain),
        (x, y) => Ok([x, y]),
    };
    Some(x.iter().zip(y).map(point).collect())
}

/// Points that can be searched.
#[derive(Debug)]
pub(super) struct Points {
    sphere: bool,
    points: Vec<[f64; 3]>,
    /// The points along the first axis.
    order: Vec<usize>,
    /// The place of each point in that order.
    place: Vec<usize>,
}

impl Points {
    /// The points of these coordinates on a plane, or in degrees on the sphere.
    pub(super) fn new(coordinates: &[[f64; 2]], sphere: bool) -> Self {
        let points: Vec<[f64; 3]> =
            coordinates.iter().map(|[x, y]| if sphere { on_sphere(*x, *y) } else { [*x, *y, 0.0] }).collect();
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|a, b| points[*a][0].total_cmp(&points[*b][0]).then(a.cmp(b)));
        let mut place = vec![0; order.len()];
        for (at, point) in order.iter().enumerate() {
            place[*point] = at;
        }
        Self { sphere, points, order, place }
    }

    /// Number of points.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// The distance between two points.
    pub(super) fn distance(&self, a: usize, b: usize) -> f64 {
        self.length(self.square(a, b))
    }

    /// The `k` nearest other points and their distances, nearest first; of equally near ones those of lower numbers.
    pub(super) fn nearest(&self, of: usize, k: usize) -> Vec<(usize, f64)> {
        let mut best: BinaryHeap<Far> = BinaryHeap::with_capacity(k + 1);
        for side in self.sides(of) {
            for point in side {
                let farthest = best.peek().map_or(f64::INFINITY, |far| far.square);
                if best.len() == k && self.gap(of, point) > farthest {
                    break;
                }
                best.push(Far { square: self.square(of, point), point });
                if best.len() > k {
                    best.pop();
                }
            }
        }
        best.into_sorted_vec().into_iter().map(|far| (far.point, self.length(far.square))).collect()
    }

    /// The other points up to `distance` away and their distances, by number.
    pub(super) fn within(&self, of: usize, distance: f64) -> Vec<(usize, f64)> {
        // The axis is shorter than the way, and rounding must not end the search before its edge.
        let reach = distance * (1.0 + 1e-9) / if self.sphere { EARTH } else { 1.0 };
        let mut found = Vec::new();
        for side in self.sides(of) {
            let near = side.take_while(|point| self.gap(of, *point) <= reach * reach);
            found.extend(near.map(|point| (point, self.distance(of, point))).filter(|(_, far)| *far <= distance));
        }
        found.sort_unstable_by_key(|(point, _)| *point);
        found
    }

    /// The points before and after this one along the axis, the nearest first.
    fn sides(&self, of: usize) -> [Box<dyn Iterator<Item = usize> + '_>; 2] {
        let place = self.place[of];
        let before = self.order[..place].iter().rev().copied();
        [Box::new(before), Box::new(self.order[place + 1..].iter().copied())]
    }

    /// Square of the distance along the axis alone.
    fn gap(&self, a: usize, b: usize) -> f64 {
        (self.points[a][0] - self.points[b][0]).powi(2)
    }

    /// Square of the straight line between two points.
    fn square(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.points[a], &self.points[b]);
        (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
    }

    /// The distance that the square of a straight line stands for. On a sphere this is the haversine formula, whose
    /// root is half the chord.
    fn length(&self, square: f64) -> f64 {
        let line = square.sqrt();
        if self.sphere { 2.0 * EARTH * (line / 2.0).min(1.0).asin() } else { line }
    }
}

/// The point of the unit sphere at a longitude and latitude in degrees. The first axis is that of the poles.
fn on_sphere(longitude: f64, latitude: f64) -> [f64; 3] {
    let (sin, cos) = latitude.to_radians().sin_cos();
    let (east, north) = longitude.to_radians().sin_cos();
    [sin, cos * north, cos * east]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::{normals, stream};

    #[test]
    fn searches_find_what_trying_all_finds() {
        for (sphere, scale) in [(false, 1.0), (true, 30.0)] {
            let numbers = normals(&mut stream(3, 0), 400);
            let coordinates: Vec<[f64; 2]> = numbers.chunks(2).map(|c| [c[0] * scale, c[1].tanh() * scale]).collect();
            let points = Points::new(&coordinates, sphere);
            for of in 0..points.len() {
                let mut all: Vec<_> = (0..200).filter(|p| *p != of).map(|p| (p, points.distance(of, p))).collect();
                let limit = if sphere { 900.0 } else { 0.5 };
                let within: Vec<_> = all.iter().copied().filter(|(_, far)| *far <= limit).collect();
                assert_eq!(points.within(of, limit), within);
                all.sort_by(|a, b| a.1.total_cmp(&b.1));
                assert_eq!(points.nearest(of, 7), all[..7]);
            }
        }
    }

    #[test]
    fn equally_near_points_come_by_number() {
        let cross = Points::new(&[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, -1.0], [-1.0, 0.0]], false);
        assert_eq!(cross.nearest(2, 3), [(0, 1.0), (1, 1.0), (3, 1.0)]);
        assert_eq!(cross.nearest(2, 9).len(), 4);
    }

    #[test]
    fn a_quarter_of_the_globe() {
        let globe = Points::new(&[[0.0, 0.0], [90.0, 0.0], [17.0, 90.0], [180.0, 0.0]], true);
        let quarter = EARTH * std::f64::consts::FRAC_PI_2;
        assert!((globe.distance(0, 1) - quarter).abs() < 1e-9 && (globe.distance(1, 2) - quarter).abs() < 1e-9);
        assert!((globe.distance(0, 3) - 2.0 * quarter).abs() < 1e-9);
    }
}
