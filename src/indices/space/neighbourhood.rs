//! Spatial weights: whom an index counts as the neighbours of a region, and how much.

use super::points::{Points, is_sphere};
use crate::card::{Domain, Param, Params};
use crate::indices::{Facts, Refusal};
use crate::panel::SpatialWeights;
use rayon::prelude::*;

/// The parameter that says who is a neighbour.
pub(super) const NEIGHBOURS: Param = Param {
    name: "neighbours",
    doc: "`contiguity`: the pairs that the data name. `knn`: the `k` nearest regions. `band`: all regions up to \
          `distance` away. `kernel`: those within a bandwidth, the less the farther they are. All but contiguity need \
          `x` and `y`.",
    domain: Domain::Choice(&["contiguity", "knn", "band", "kernel"]),
};

/// The parameter of the number of nearest neighbours.
pub(super) const K: Param = Param {
    name: "k",
    doc: "Number of nearest regions, for knn; of equally near ones those that come first by name. For a kernel without \
          `distance` its bandwidth is the distance to the k-th of them.",
    domain: Domain::Integer { min: 1, max: 10_000, default: 4 },
};

/// The parameter of the farthest neighbour.
pub(super) const DISTANCE: Param = Param {
    name: "distance",
    doc: "Distance of the farthest neighbour of a band, or bandwidth of a kernel (0: that of the k-th nearest region), \
          in the unit of the coordinates, or kilometres on a sphere.",
    domain: Domain::Number { min: 0.0, max: 1e12, default: 0.0 },
};

/// The parameter of the weights within a kernel.
pub(super) const KERNEL: Param = Param {
    name: "kernel",
    doc: "Weight of a neighbour at the share u of the bandwidth: `triangular` 1 − u, `epanechnikov` ¾(1 − u²), \
          `quartic` (15/16)(1 − u²)², `gaussian` exp(−u²/2)/√(2π), cut off at u = 1.",
    domain: Domain::Choice(&["triangular", "epanechnikov", "quartic", "gaussian"]),
};

/// The parameter that scales weights.
pub(super) const TRANSFORMATION: Param = Param {
    name: "transformation",
    doc: "`row`: the weights of a region's neighbours are divided by their sum. `binary`: every neighbour weighs one.",
    domain: Domain::Choice(&["row", "binary"]),
};

/// Refuses neighbours that the data or the other parameters do not give.
pub(super) fn check_neighbours(params: &Params, facts: &Facts) -> Result<(), Refusal> {
    if params.chooses("neighbours", "contiguity") {
        let rule =
            "contiguity needs data that name the pairs of neighbours; with coordinates choose knn, band or kernel";
        return if facts.has_neighbours { Ok(()) } else { Err(Refusal { param: "neighbours", rule }) };
    }
    if let Some(param) = ["x", "y"].into_iter().find(|param| params.text(param).is_none()) {
        return Err(Refusal { param, rule: "is needed: the regions' coordinates tell who is near" });
    }
    if params.chooses("neighbours", "band") && params.number("distance") == 0.0 {
        return Err(Refusal { param: "distance", rule: "must be above 0: it is how far the band reaches" });
    }
    Ok(())
}

/// The statement of an answer about its neighbours.
pub(super) fn convention(params: &Params) -> String {
    let unit = if is_sphere(params) { "kilometres" } else { "units of the coordinates" };
    let (k, distance) = (params.number("k"), params.number("distance"));
    let whom = match params.text("neighbours") {
        Some("knn") => format!("the {k} nearest regions, which need not be mutual"),
        Some("band") => format!("regions up to {distance} {unit} away"),
        Some("kernel") => {
            let kernel = params.text("kernel").unwrap_or_default();
            let fixed = || format!("{distance} {unit}");
            let width = if distance > 0.0 { fixed() } else { format!("the distance to the nearest region number {k}") };
            format!("{kernel} kernel with the bandwidth of {width}")
        }
        _ => "contiguity as the data name it".to_owned(),
    };
    let weights = if is_row(params) { "weights sum to one in each region" } else { "each neighbour weighs one" };
    format!("neighbours: {whom}, among regions that are present; {weights}; no region neighbours itself")
}

/// Bytes that weights may take, at most.
pub(super) fn scratch(params: &Params, regions: usize) -> u64 {
    let most = match params.text("neighbours") {
        Some("knn") => (params.number("k") as usize).min(regions),
        Some("band" | "kernel") => regions,
        _ => 0,
    };
    (regions * most) as u64 * 32
}

fn is_row(params: &Params) -> bool {
    params.chooses("transformation", "row")
}

/// Spatial weights by compressed rows: what region i gives to each of its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    starts: Vec<usize>,
    neighbours: Vec<u32>,
    weights: Vec<f64>,
}

impl Weights {
    /// The weights between the regions of these numbers, from the pairs of the data.
    pub(super) fn contiguity(pairs: &SpatialWeights, present: &[usize], params: &Params) -> Self {
        let row = |region: &usize| {
            let neighbours = pairs.neighbours(*region).iter();
            neighbours.filter_map(|other| Some((present.binary_search(&(*other as usize)).ok()?, 1.0))).collect()
        };
        Self::of(present.iter().map(row).collect(), params)
    }

    /// The weights between points.
    pub(super) fn by_distance(points: &Points, params: &Params) -> Self {
        let (k, distance) = (params.number("k") as usize, params.number("distance"));
        let row = |i: usize| -> Vec<(usize, f64)> {
            let equal = |found: Vec<(usize, f64)>| found.into_iter().map(|(j, _)| (j, 1.0)).collect();
            match params.text("neighbours") {
                Some("knn") => equal(points.nearest(i, k)),
                Some("band") => equal(points.within(i, distance)),
                _ if distance > 0.0 => kernel(points.within(i, distance), distance, params),
                _ => {
                    let found = points.nearest(i, k);
                    // A trifle wider, so that the k-th region itself counts: as in libpysal's adaptive kernels.
                    let width = found.last().map_or(0.0, |(_, far)| far * (1.0 + 1e-7));
                    kernel(found, width, params)
                }
            }
        };
        Self::of((0..points.len()).into_par_iter().map(row).collect(), params)
    }

    /// The transformed rows. Neighbours without weight are none.
    fn of(mut rows: Vec<Vec<(usize, f64)>>, params: &Params) -> Self {
        let mut weights = Self { starts: vec![0], neighbours: Vec::new(), weights: Vec::new() };
        for row in &mut rows {
            row.retain(|(_, weight)| *weight > 0.0);
            row.sort_unstable_by_key(|(neighbour, _)| *neighbour);
            let total: f64 = row.iter().map(|(_, weight)| weight).sum();
            let scale = |weight: f64| if is_row(params) { weight / total } else { 1.0 };
            weights.neighbours.extend(row.iter().map(|(neighbour, _)| *neighbour as u32));
            weights.weights.extend(row.iter().map(|(_, weight)| scale(*weight)));
            weights.starts.push(weights.neighbours.len());
        }
        weights
    }

    /// The weights between the regions of these numbers, in ascending order, of which no other one has a neighbour.
    pub(super) fn subset(&self, keep: &[usize]) -> Self {
        let mut subset = Self { starts: vec![0], neighbours: Vec::new(), weights: Vec::new() };
        for i in keep {
            let (neighbours, weights) = self.row(*i);
            let place = |j: &u32| keep.partition_point(|kept| *kept < *j as usize) as u32;
            subset.neighbours.extend(neighbours.iter().map(place));
            subset.weights.extend(weights);
            subset.starts.push(subset.neighbours.len());
        }
        subset
    }

    /// w_ij + w_ji of each pair once, as the weight of the first of the two: for sums that do not tell them apart.
    pub(super) fn folded(&self) -> Self {
        let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::new(); self.len()];
        for (i, j, weight) in self.links() {
            // A pair is met from its first region, or else, where only the second has a weight, from that.
            if i < j {
                rows[i].push((j as u32, weight + self.between(j, i)));
            } else if self.between(j, i) == 0.0 {
                rows[j].push((i as u32, weight));
            }
        }
        let mut folded = Self { starts: vec![0], neighbours: Vec::new(), weights: Vec::new() };
        for row in &mut rows {
            row.sort_unstable_by_key(|(neighbour, _)| *neighbour);
            folded.neighbours.extend(row.iter().map(|(neighbour, _)| neighbour));
            folded.weights.extend(row.iter().map(|(_, weight)| weight));
            folded.starts.push(folded.neighbours.len());
        }
        folded
    }

    /// Number of regions.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The neighbours of a region, ascending, and their weights.
    pub(super) fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let span = self.starts[i]..self.starts[i + 1];
        (&self.neighbours[span.clone()], &self.weights[span])
    }

    /// Every weight: of whom, of which neighbour, how much.
    pub(super) fn links(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let row = |i: usize| self.neighbours[self.starts[i]..self.starts[i + 1]].iter().zip(self.row(i).1);
        (0..self.len()).flat_map(move |i| row(i).map(move |(j, weight)| (i, *j as usize, *weight)))
    }

    /// Σ_j w_ij x_j.
    pub(super) fn lag(&self, i: usize, x: &[f64]) -> f64 {
        let (neighbours, weights) = self.row(i);
        neighbours.iter().zip(weights).map(|(j, weight)| weight * x[*j as usize]).sum()
    }

    /// The weight that `i` gives to `j`.
    pub(super) fn between(&self, i: usize, j: usize) -> f64 {
        let (neighbours, weights) = self.row(i);
        neighbours.binary_search(&(j as u32)).map_or(0.0, |place| weights[place])
    }

    /// The most neighbours of any region.
    pub(super) fn most(&self) -> usize {
        self.starts.windows(2).map(|row| row[1] - row[0]).max().unwrap_or(0)
    }
}

/// Distances turned into the weights of a kernel.
fn kernel(mut found: Vec<(usize, f64)>, bandwidth: f64, params: &Params) -> Vec<(usize, f64)> {
    let shape: fn(f64) -> f64 = match params.text("kernel") {
        Some("epanechnikov") => |u| 0.75 * (1.0 - u * u),
        Some("quartic") => |u| 15.0 / 16.0 * (1.0 - u * u).powi(2),
        Some("gaussian") => |u| (-u * u / 2.0).exp() / std::f64::consts::TAU.sqrt(),
        _ => |u| 1.0 - u,
    };
    for (_, far) in &mut found {
        // Regions at one point are at the centre of the kernel, even when it has no width.
        let u = if *far == 0.0 { 0.0 } else { *far / bandwidth };
        *far = shape(u);
    }
    found
}
