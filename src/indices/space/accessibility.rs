//! What the indices of accessibility share: the measure of all regions, the less the farther they are.

use super::points::{Points, coordinates, is_sphere};
use crate::card::{Domain, Param, Params};
use crate::indices::{Input, Refusal};
use crate::panel::{Absent, Value, finite};
use rayon::prelude::*;

/// What the area of a region is for.
pub(super) const AREA_DOC: &str = "A measure or numeric attribute: the regions' areas, in squares of the unit of the \
    coordinates, or square kilometres on a sphere. The distance of a region from itself is then ⅔√(area/π) = \
    0.376√area, the mean distance of a disc from its centre.";

/// Refuses calls without coordinates.
pub(super) fn check_coordinates(params: &Params) -> Result<(), Refusal> {
    match ["x", "y"].into_iter().find(|param| params.text(param).is_none()) {
        Some(param) => Err(Refusal { param, rule: "is needed: the regions' coordinates tell how far apart they are" }),
        None => Ok(()),
    }
}

/// The statement of an answer about its distances.
pub(super) fn convention(params: &Params) -> String {
    let metric = if is_sphere(params) { "great circles in kilometres" } else { "straight lines between coordinates" };
    let own = match params.text("area") {
        Some(area) => format!("a region is ⅔√({area}/π) away from itself"),
        None => "the region itself is left out".to_owned(),
    };
    format!("distances: {metric}; {own}; regions without a value add nothing")
}

/// For each region Σ_j x_j f(d_ij) over the others that are present, and over itself when the areas are known.
///
/// `f` is infinite where it has no value, as at a distance of zero.
pub(super) fn accessibility(input: &Input<'_>, params: &Params, f: impl Fn(f64) -> f64 + Sync) -> Vec<Value> {
    let x = input.measure.region_totals();
    let places = coordinates(input, params).unwrap_or_else(|| vec![Err(Absent::Missing); x.len()]);
    let areas = input.regional("area");
    // One looks from every region that lies somewhere, at those of them that have a value.
    let from: Vec<usize> = (0..x.len()).filter(|region| places[*region].is_ok()).collect();
    let points = Points::new(&places.iter().flatten().copied().collect::<Vec<_>>(), is_sphere(params));
    let at: Vec<(usize, f64)> = from.iter().enumerate().filter_map(|(p, r)| Some((p, x[*r].ok()?))).collect();
    let one = |(place, region): (usize, &usize)| {
        if input.stopped() {
            return Err(Absent::Missing);
        }
        let own = areas.map(|areas| Ok(x[*region]? * decayed(&f, own_distance(areas[*region]?)?)?)).transpose()?;
        let mut others = at.iter().filter(|(other, _)| *other != place).peekable();
        if own.is_none() && others.peek().is_none() {
            return Err(Absent::TooFewCategories);
        }
        // A zero adds nothing however near it is.
        let others = others.filter(|(_, value)| *value != 0.0);
        let sum: f64 = others.map(|(p, value)| Ok(value * decayed(&f, points.distance(place, *p))?)).sum::<Value>()?;
        finite(own.unwrap_or(0.0) + sum)
    };
    let values: Vec<Value> = from.par_iter().enumerate().map(one).collect();
    let mut rows: Vec<Value> = places.iter().map(|place| place.map(|_| 0.0)).collect();
    for (region, value) in from.iter().zip(values) {
        rows[*region] = value;
    }
    rows
}

/// Regions at one point, whose distance is zero, have no finite weight where the decay is a power.
fn decayed(f: impl Fn(f64) -> f64, distance: f64) -> Value {
    let weight = f(distance);
    if weight.is_finite() { Ok(weight) } else { Err(Absent::ZeroDenominator) }
}

/// The mean distance of a disc of this area from its centre.
fn own_distance(area: f64) -> Value {
    if area < 0.0 { Err(Absent::OutsideDomain) } else { Ok(2.0 / 3.0 * (area / std::f64::consts::PI).sqrt()) }
}

/// The parameter of the areas, where they may be left out.
pub(super) const AREA: Param = Param { name: "area", doc: AREA_DOC, domain: Domain::Measure { required: false } };
