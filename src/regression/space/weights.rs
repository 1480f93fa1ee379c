//! Spatial weights among the regions that the rows of a design name.
//!
//! They are made once among all regions of the design. A period (and industry) in which some are missing has the
//! weights among those present, standardised anew; no weight reaches from one period or industry to another.

use crate::card::{Domain, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::sparse::Sparse;
use crate::numeric::vector::norm;
use crate::regression::Remark;
use crate::regression::design::Design;
#[cfg(test)]
use crate::regression::design::RowId;
use crate::suggest::nearest;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Mean radius of the Earth in kilometres.
const EARTH: f64 = 6371.0;

/// The parameter that chooses the kind of weights.
pub(in crate::regression) const WEIGHTS: Param = Param {
    name: "weights",
    doc: "Which regions are neighbours, and how much each counts before `standardise`. `contiguity`: those that the \
          data name as neighbours, 1. `nearest`: the nearest `neighbours` regions, 1. `distance_band`: regions \
          within `cutoff`, 1. `inverse_distance`: 1/distance^`power`, within `cutoff`. Distances are great circles \
          (radius 6371 km).",
    domain: Domain::Choice(&["contiguity", "nearest", "distance_band", "inverse_distance"]),
};

/// The parameter for the number of nearest neighbours.
pub(in crate::regression) const NEIGHBOURS: Param = Param {
    name: "neighbours",
    doc: "How many regions are neighbours of each with `nearest`; of equally near ones those that come first in the \
          data.",
    domain: Domain::Integer { min: 1, max: 1000, default: 5 },
};

/// The parameter for the longest distance.
pub(in crate::regression) const CUTOFF: Param = Param {
    name: "cutoff",
    doc: "Kilometres. 0 is the shortest distance at which every region has a neighbour with `distance_band`, and no \
          limit with `inverse_distance`.",
    domain: Domain::Number { min: 0.0, max: 20_100.0, default: 0.0 },
};

/// The parameter for the decay of distance.
pub(in crate::regression) const POWER: Param = Param {
    name: "power",
    doc: "How fast `inverse_distance` falls.",
    domain: Domain::Number { min: 0.01, max: 10.0, default: 1.0 },
};

/// The parameter for the scale of the weights.
pub(in crate::regression) const STANDARDISE: Param = Param {
    name: "standardise",
    doc: "`row`: the weights of each region sum to 1. `spectral`: all are divided by the largest eigenvalue. `none`: \
          as they are.",
    domain: Domain::Choice(&["row", "none", "spectral"]),
};

/// The parameter for the attribute with latitudes.
pub(in crate::regression) const LATITUDE: Param = Param {
    name: "latitude",
    doc: "The numeric attribute of the regions with their latitude in degrees; `latitude` when left out.",
    domain: Domain::Measure { required: false },
};

/// The parameter for the attribute with longitudes.
pub(in crate::regression) const LONGITUDE: Param = Param {
    name: "longitude",
    doc: "The numeric attribute of the regions with their longitude in degrees; `longitude` when left out.",
    domain: Domain::Measure { required: false },
};

/// The weights of a design's rows: block-diagonal, one block a period and industry.
#[derive(Debug, Clone)]
pub(in crate::regression) struct Weights {
    /// n × n, in the order of the rows.
    pub(in crate::regression) matrix: Sparse,
    /// The blocks that differ, each with the number of times it occurs.
    pub(in crate::regression) blocks: Vec<Block>,
    /// Whether rows sum to one, or to zero where there is no neighbour.
    pub(in crate::regression) row_standardised: bool,
    /// The rows without neighbours.
    pub(in crate::regression) islands: Vec<usize>,
}

/// Weights among regions that are observed together, and the rows of the design they apply to.
#[derive(Debug, Clone)]
pub(in crate::regression) struct Block {
    /// The weights, regions ascending by number.
    pub(in crate::regression) matrix: Sparse,
    /// Whether the weights were symmetric before each row was divided by its sum.
    pub(in crate::regression) symmetric: bool,
    /// Sum of each row before standardisation by row; ones without it.
    pub(in crate::regression) sums: Vec<f64>,
    /// For every occurrence, the rows of its regions.
    pub(in crate::regression) rows: Vec<Vec<usize>>,
}

impl Weights {
    /// The weights that the parameters of a method choose; `field` is where the parameters stand in a request, such as
    /// `estimator_parameters`.
    ///
    /// # Errors
    /// At `field`: weights for which the data have no neighbours or coordinates, or no region has a neighbour.
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(in crate::regression) fn of(design: &Design, params: &Params, field: &str, stop: &Stop) -> Result<Self, Error> {
        let mut regions: Vec<u32> = design.rows.iter().map(|row| row.region).collect();
        regions.sort_unstable();
        regions.dedup();
        let raw = match params.text("weights") {
            Some("contiguity") => contiguity(design, &regions, field)?,
            kind => by_distance(kind, &Points::of(design, &regions, params, field)?, params, stop)?,
        };
        let weights = Self::over_rows(design, &regions, &raw, params.text("standardise").unwrap_or("row"), stop)?;
        if weights.matrix.entries() == 0 {
            let rule = "no region of the rows used has a neighbour among them";
            return Err(Violation::new(format!("{field}.weights"), rule, "").into());
        }
        Ok(weights)
    }

    fn over_rows(
        design: &Design,
        regions: &[u32],
        raw: &Sparse,
        standardise: &str,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let mut observed: BTreeMap<(i32, u32), Vec<(usize, usize)>> = BTreeMap::new();
        for (i, row) in design.rows.iter().enumerate() {
            let place = regions.partition_point(|region| *region < row.region);
            observed.entry((row.period, row.industry)).or_default().push((place, i));
        }
        let mut occurrences: BTreeMap<Vec<usize>, Vec<Vec<usize>>> = BTreeMap::new();
        for mut members in observed.into_values() {
            members.sort_unstable();
            let (places, rows) = members.into_iter().unzip();
            occurrences.entry(places).or_default().push(rows);
        }
        let mut blocks = Vec::with_capacity(occurrences.len());
        for (places, rows) in occurrences {
            stop.check()?;
            blocks.push(Block::new(among(raw, &places), standardise, rows));
        }
        let matrix = assemble(design.rows.len(), &blocks);
        let islands = (0..matrix.size()).filter(|i| matrix.row(*i).len() == 0).collect();
        Ok(Self { matrix, blocks, row_standardised: standardise == "row", islands })
    }

    /// A remark about regions without neighbours, where there are any.
    pub(in crate::regression) fn remark(&self, design: &Design) -> Option<Remark> {
        let mut names: Vec<&str> = self.islands.iter().map(|i| region_name(design, design.rows[*i].region)).collect();
        names.sort_unstable();
        names.dedup();
        let count = names.len();
        let told = names[..count.min(5)].join(", ") + if count > 5 { ", …" } else { "" };
        let message = format!(
            "{} rows have no neighbour among the rows of their period, so that their spatial lag is 0 and no other \
             row has a share in them; regions: {told}",
            self.islands.len()
        );
        (count > 0).then(|| Remark { code: "REGIONS_WITHOUT_NEIGHBOURS".to_owned(), message })
    }
}

impl Block {
    fn new(raw: Sparse, standardise: &str, rows: Vec<Vec<usize>>) -> Self {
        let symmetric = raw == raw.transposed();
        let ones = vec![1.0; raw.size()];
        match standardise {
            "row" => {
                let sums: Vec<f64> = raw.row_sums().iter().map(|sum| if *sum > 0.0 { *sum } else { 1.0 }).collect();
                Self { matrix: raw.map(|i, _, w| w / sums[i]), symmetric, sums, rows }
            }
            "spectral" => {
                let radius = spectral_radius(&raw);
                Self { matrix: raw.map(|_, _, w| w / radius), symmetric, sums: ones, rows }
            }
            _ => Self { matrix: raw, symmetric, sums: ones, rows },
        }
    }
}

/// The weights among some of the regions.
fn among(raw: &Sparse, places: &[usize]) -> Sparse {
    let mut number = vec![u32::MAX; raw.size()];
    places.iter().enumerate().for_each(|(new, old)| number[*old] = new as u32);
    let present = |(j, w): (usize, f64)| (number[j] != u32::MAX).then(|| (number[j], w));
    Sparse::from_rows(places.iter().map(|i| raw.row(*i).filter_map(present).collect()))
}

fn assemble(n: usize, blocks: &[Block]) -> Sparse {
    let mut rows = vec![Vec::new(); n];
    for block in blocks {
        for members in &block.rows {
            for (i, row) in members.iter().enumerate() {
                rows[*row] = block.matrix.row(i).map(|(j, w)| (members[j] as u32, w)).collect();
            }
        }
    }
    Sparse::from_rows(rows)
}

/// The largest eigenvalue of a matrix without negative entries, by the power method on the matrix plus its size times
/// the identity, which lets no other eigenvalue have the same modulus; 1 for zeros.
fn spectral_radius(matrix: &Sparse) -> f64 {
    let largest = matrix.row_sums().into_iter().fold(0.0, f64::max);
    if largest == 0.0 {
        return 1.0;
    }
    let shift = 0.5 * largest;
    let (mut x, mut radius) = (vec![(matrix.size() as f64).sqrt().recip(); matrix.size()], 0.0);
    for _ in 0..100_000 {
        let mut y = matrix.times(&x);
        y.iter_mut().zip(&x).for_each(|(y, x)| *y += shift * x);
        let length = norm(&y);
        y.iter_mut().for_each(|y| *y /= length);
        x = y;
        if (length - shift - radius).abs() <= 1e-15 * length {
            break;
        }
        radius = length - shift;
    }
    radius
}

fn contiguity(design: &Design, regions: &[u32], field: &str) -> Result<Sparse, Violation> {
    let Some(neighbours) = &design.facts.neighbours else {
        let rule = "contiguity needs data that name the neighbours of regions; without them choose nearest, \
                    distance_band or inverse_distance";
        return Err(Violation::new(format!("{field}.weights"), rule, "contiguity"));
    };
    let row = |region: &u32| {
        let others = neighbours.neighbours(*region as usize).iter().filter(|other| *other != region);
        others.filter_map(|other| Some((regions.binary_search(other).ok()? as u32, 1.0))).collect()
    };
    Ok(Sparse::from_rows(regions.iter().map(row)))
}

fn by_distance(kind: Option<&str>, points: &Points, params: &Params, stop: &Stop) -> Result<Sparse, Error> {
    let n = points.0.len();
    let cutoff = match params.number("cutoff") {
        0.0 if kind == Some("distance_band") => (0..n).map(|i| points.nearest(i, 1)[0].1).fold(0.0, f64::max),
        0.0 => f64::INFINITY,
        cutoff => cutoff,
    };
    let power = params.number("power");
    let near = |i: usize| points.others(i).filter(|(_, far)| *far <= cutoff);
    let one = |(j, _): (u32, f64)| (j, 1.0);
    let row = |i: usize| {
        stop.check()?;
        Ok(match kind {
            Some("nearest") => points.nearest(i, params.number("neighbours") as usize).into_iter().map(one).collect(),
            Some("distance_band") => near(i).map(one).collect(),
            _ => near(i).map(|(j, far)| (j, far.powf(-power))).collect(),
        })
    };
    Ok(Sparse::from_rows((0..n).into_par_iter().map(row).collect::<Result<Vec<_>, Error>>()?))
}

/// Where regions lie on the unit sphere; the straight line between two points gives the great circle.
struct Points(Vec<[f64; 3]>);

impl Points {
    /// The points of these regions, at least two and no two alike.
    fn of(design: &Design, regions: &[u32], params: &Params, field: &str) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let latitudes = violations.keep("", degrees(design, regions, params, ("latitude", 90.0), field));
        let longitudes = violations.keep("", degrees(design, regions, params, ("longitude", 360.0), field));
        let (Some(latitudes), Some(longitudes)) = (latitudes, longitudes) else { return Err(violations) };
        let point = |(latitude, longitude): (&f64, &f64)| {
            let ((sin, cos), (east, north)) = (latitude.to_radians().sin_cos(), longitude.to_radians().sin_cos());
            [cos * north, cos * east, sin]
        };
        let points = Self(latitudes.iter().zip(&longitudes).map(point).collect());
        if regions.len() < 2 {
            violations.push(Violation::new(format!("{field}.weights"), "needs at least two regions", ""));
        } else if let Some(i) = (0..regions.len()).find(|i| points.nearest(*i, 1)[0].1 == 0.0) {
            let other = points.nearest(i, 1)[0].0 as usize;
            let [a, b] = [i, other].map(|place| region_name(design, regions[place]));
            let rule = format!("needs regions in different places; {a} and {b} are in the same");
            violations.push(Violation::new(format!("{field}.weights"), rule, ""));
        }
        violations.into_result(points)
    }

    /// The other points with their distances in kilometres.
    fn others(&self, i: usize) -> impl Iterator<Item = (u32, f64)> + '_ {
        let a = &self.0[i];
        let distance = move |b: &[f64; 3]| {
            let line = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt();
            2.0 * EARTH * (line / 2.0).min(1.0).asin()
        };
        let others = self.0.iter().enumerate().filter(move |(j, _)| *j != i);
        others.map(move |(j, b)| (j as u32, distance(b)))
    }

    /// The `k` nearest of them, nearest first.
    fn nearest(&self, i: usize, k: usize) -> Vec<(u32, f64)> {
        let mut all: Vec<_> = self.others(i).collect();
        let order = |a: &(u32, f64), b: &(u32, f64)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
        if k < all.len() {
            all.select_nth_unstable_by(k - 1, order);
            all.truncate(k);
        }
        all.sort_unstable_by(order);
        all
    }
}

/// The attribute that the parameter names, one value for each of the regions, at most `limit` from zero.
fn degrees(
    design: &Design,
    regions: &[u32],
    params: &Params,
    (parameter, limit): (&str, f64),
    field: &str,
) -> Result<Vec<f64>, Violations> {
    let (field, name) = (format!("{field}.{parameter}"), params.text(parameter).unwrap_or(parameter));
    let Some(values) = design.facts.number(name) else {
        let near = nearest(name, design.facts.numbers.iter().map(|(known, _)| known.as_str()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let rule = format!("must be a numeric attribute of the regions{hint}");
        return Err(Violation::new(field, rule, name).into());
    };
    let mut violations = Violations::default();
    let mut degrees = Vec::with_capacity(regions.len());
    for region in regions {
        match values.get(*region as usize) {
            Some(Ok(value)) if value.abs() <= limit => degrees.push(*value),
            other => {
                let rule = format!("must be degrees in [-{limit}, {limit}] for {}", region_name(design, *region));
                let got = match other {
                    Some(Ok(value)) => value.to_string(),
                    Some(Err(absent)) => absent.to_string(),
                    None => String::new(),
                };
                violations.push(Violation::new(&field, rule, got));
            }
        }
    }
    violations.into_result(degrees)
}

fn region_name(design: &Design, region: u32) -> &str {
    design.facts.regions.get(region as usize).map_or("", String::as_str)
}

/// Weights among `n` regions of one period, each with a few neighbours but the last, which has none.
#[cfg(test)]
pub(in crate::regression) fn random_weights(n: usize, symmetric: bool, standardise: &str) -> Weights {
    let neighbours =
        |i: usize| [i + 1, i + 2, i * i + 3].map(|j| j % (n - 1)).into_iter().filter(move |j| *j != i && i + 1 < n);
    let mut rows = vec![Vec::new(); n];
    for i in 0..n {
        for j in neighbours(i) {
            rows[i].push((j as u32, 1.0));
            if symmetric {
                rows[j].push((i as u32, 1.0));
            }
        }
    }
    let rows_of = (0..n).map(|region| RowId { region: region as u32, industry: 0, period: 0 }).collect();
    let design = Design { rows: rows_of, ..Design::default() };
    let regions: Vec<u32> = (0..n as u32).collect();
    Weights::over_rows(&design, &regions, &Sparse::from_rows(rows), standardise, &Stop::default()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_among_the_regions_present() {
        let raw = Sparse::from_rows([vec![(1, 1.0), (2, 1.0)], vec![(0, 1.0)], vec![(0, 1.0)]]);
        let row = |region, period| RowId { region, industry: 0, period };
        let rows = vec![row(2, 1), row(0, 0), row(0, 1), row(1, 0), row(2, 0), row(1, 2)];
        let design = Design { rows, ..Design::default() };
        let weights = Weights::over_rows(&design, &[0, 1, 2], &raw, "row", &Stop::default()).unwrap();
        // Period 1 has regions 0 and 2 alone, period 2 region 1 alone, which is an island there.
        assert_eq!(weights.matrix.times(&[10.0, 1.0, 5.0, 2.0, 3.0, 7.0]), [5.0, 2.5, 10.0, 1.0, 1.0, 0.0]);
        assert_eq!((weights.islands.clone(), weights.blocks.len()), (vec![5], 3));
    }

    #[test]
    fn the_spectral_radius_is_the_largest_eigenvalue() {
        // A path of three: the eigenvalues are 0 and plus and minus the root of 2.
        let path = Sparse::from_rows([vec![(1, 1.0)], vec![(0, 1.0), (2, 1.0)], vec![(1, 1.0)]]);
        assert!((spectral_radius(&path) - 2_f64.sqrt()).abs() < 1e-12);
    }
}
