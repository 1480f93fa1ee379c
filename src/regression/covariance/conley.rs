//! Errors that are correlated between regions that lie near each other, and over time within a region.

use super::autocovariance::Moments;
use super::{Covariance, Vcov, repair, residual_df, sandwich};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::{Design, RowId};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::ops::Range;

/// The mean radius of the earth in kilometres (IUGG).
const EARTH: f64 = 6371.0088;

/// Conley's covariance by distance, with Bartlett's weights over time.
#[derive(Debug)]
pub(super) struct Conley;

static CARD: Card = Card {
    id: "conley",
    aliases: &["spatial_hac", "shac"],
    title: "Errors correlated between regions up to a distance, and over time within a region",
    kind: Kind::Covariance,
    formula: "V = n/(n-K) * B (sum_t sum_rs k(d_rs/c) s_rt s_st' + sum_r sum_{l=1..L} (1-l/(L+1)) (G_rl + G_rl')) B, \
              G_rl = sum_t s_rt s_r(t-l)', s_rt the sum of the scores w x u of region r in period t, d_rs the great-circle \
              distance in km on a sphere of radius 6371.0088, c the cutoff, k(z) for z <= 1: 1 (uniform), 1-z (bartlett, \
              triangular), 1-z^2 (epanechnikov), 0 beyond; t-l a period of the calendar, B = (X'WX)^-1, K all \
              parameters; t with n-K degrees of freedom. Negative eigenvalues are set to zero. R fixest 0.14 computes \
              distances with pi = 3.14159 and an earth of diameter 12752 km, 0.08 per cent too large, so pairs near the \
              cutoff may differ",
    reference: "Conley (1999), Journal of Econometrics 92(1); Hsiang (2010), PNAS 107(35), supporting information, for \
                space and time; factor as in the R package fixest 0.14, vcov_conley()",
    params: &[
        Param {
            name: "cutoff",
            doc: "The distance c in kilometres beyond which errors are uncorrelated; must be given",
            domain: Domain::Number { min: 0.0, max: 20_016.0, default: 0.0 },
        },
        Param {
            name: "kernel",
            doc: "How correlation falls with distance; bartlett and triangular are the same",
            domain: Domain::Choice(&["uniform", "bartlett", "triangular", "epanechnikov"]),
        },
        Param {
            name: "lag",
            doc: "The longest lag L counted within a region, in periods of the calendar; 0 counts the same period only",
            domain: Domain::Integer { min: 0, max: 1_000, default: 0 },
        },
        Param {
            name: "latitude",
            doc: "Numeric attribute of the regions with their latitude in degrees; left out, latitude",
            domain: Domain::Measure { required: false },
        },
        Param {
            name: "longitude",
            doc: "Numeric attribute of the regions with their longitude in degrees; left out, longitude",
            domain: Domain::Measure { required: false },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Covariance for Conley {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let (cutoff, lag) = (params.number("cutoff"), params.number("lag") as usize);
        let kernel = params.text("kernel").unwrap_or_default();
        // Industries of a region are no distance apart, so a region's rows of one period are one moment.
        let series: Vec<RowId> = design.rows.iter().map(|row| RowId { industry: 0, ..*row }).collect();
        let moments = Moments::new(&estimate.sandwich.scores, &series);
        let places = places(&moments.names, design, params)?;
        let (across, pairs) = across(&moments, &places, cutoff, kernel, stop)?;
        let (parameters, df) = residual_df(estimate, design);
        let (n, root) = (design.y.len(), &estimate.sandwich.bread_root);
        let factor = n as f64 / df as f64;
        let matrix = sandwich(root, &(moments.long_run(lag, stop)? + across)) * factor;
        let repaired = repair(&matrix, root);
        Ok(Vcov {
            parameters,
            factor,
            t_df: Some(df),
            rule: format!(
                "{kernel} weights up to {cutoff} km, {pairs} pairs of {} regions; Bartlett weights within a region up to \
                 lag {lag}; n/(n-K) = {n}/{df} with K = {parameters}; t with {df} degrees of freedom",
                places.len(),
            ),
            repaired: repaired.is_some(),
            lag: Some(lag),
            matrix: repaired.unwrap_or(matrix),
            ..Vcov::default()
        })
    }
}

/// A region with rows: where it lies and which moments are its own.
struct Place {
    /// Radians.
    latitude: f64,
    longitude: f64,
    moments: Range<usize>,
}

impl Place {
    /// The great-circle distance in kilometres, by haversines.
    fn distance(&self, other: &Self) -> f64 {
        let haversine = |angle: f64| (0.5 * angle).sin().powi(2);
        let between = haversine(self.longitude - other.longitude);
        let along = self.latitude.cos() * other.latitude.cos() * between;
        2.0 * EARTH * (haversine(self.latitude - other.latitude) + along).sqrt().min(1.0).asin()
    }
}

/// The regions of the moments from south to north.
fn places(names: &[RowId], design: &Design, params: &Params) -> Result<Vec<Place>, Violations> {
    let mut violations = Violations::default();
    if params.number("cutoff") <= 0.0 {
        let rule = "conley needs the distance in kilometres up to which errors are correlated, such as 500";
        violations.push(Violation::new("covariance.parameters.cutoff", rule, params.number("cutoff")));
    }
    let regions: Vec<&[RowId]> = names.chunk_by(|a, b| a.region == b.region).collect();
    let latitudes = violations.keep("", degrees("latitude", 90.0, &regions, design, params).map_err(Violations::from));
    let longitudes =
        violations.keep("", degrees("longitude", 360.0, &regions, design, params).map_err(Violations::from));
    let (latitudes, longitudes) =
        violations.into_result((latitudes.unwrap_or_default(), longitudes.unwrap_or_default()))?;
    let mut start = 0;
    let place = |((rows, latitude), longitude): ((&&[RowId], f64), f64)| {
        let moments = start..start + rows.len();
        start = moments.end;
        Place { latitude: latitude.to_radians(), longitude: longitude.to_radians(), moments }
    };
    let mut places: Vec<Place> = regions.iter().zip(latitudes).zip(longitudes).map(place).collect();
    places.sort_by(|a, b| a.latitude.total_cmp(&b.latitude));
    Ok(places)
}

/// The coordinate called `name` of each region, in degrees.
fn degrees(
    name: &str,
    largest: f64,
    regions: &[&[RowId]],
    design: &Design,
    params: &Params,
) -> Result<Vec<f64>, Violation> {
    let attribute = params.text(name).unwrap_or(name);
    let facts = &design.facts;
    let field = format!("covariance.parameters.{name}");
    let Some(values) = facts.number(attribute) else {
        let known: Vec<_> = facts.numbers.iter().map(|(known, _)| known.as_str()).collect();
        let known =
            if known.is_empty() { "they have none".to_owned() } else { format!("they have {}", known.join(", ")) };
        let rule = format!("the data have no numeric attribute of regions called {attribute}; {known}");
        return Err(Violation::new(field, rule, attribute));
    };
    let known = |region: u32| values.get(region as usize).and_then(|value| value.ok()).filter(|x| x.abs() <= largest);
    let (known, unknown): (Vec<_>, Vec<_>) =
        regions.iter().map(|rows| (rows[0].region, known(rows[0].region))).partition(|(_, value)| value.is_some());
    if unknown.is_empty() {
        return Ok(known.into_iter().filter_map(|(_, value)| value).collect());
    }
    let told: Vec<_> = unknown.iter().take(10).map(|(region, _)| facts.region(*region)).collect();
    let more = if unknown.len() > 10 { format!(" and {} more", unknown.len() - 10) } else { String::new() };
    let rule = format!(
        "{attribute} must lie within {largest} degrees of 0 in every region used; it does not in {}{more}",
        told.join(", ")
    );
    Err(Violation::new(field, rule, attribute))
}

/// Σ over periods and pairs of different regions within the cutoff, and the number of pairs.
fn across(
    moments: &Moments,
    places: &[Place],
    cutoff: f64,
    kernel: &str,
    stop: &Stop,
) -> Result<(DMatrix<f64>, usize), Error> {
    let k = moments.columns.len();
    let of_place = |here: usize| {
        stop.check()?;
        let (mut half, mut pairs) = (DMatrix::zeros(k, k), 0);
        let near = |south: &&Place| EARTH * (places[here].latitude - south.latitude) <= cutoff * (1.0 + 1e-9);
        for south in places[..here].iter().rev().take_while(near) {
            let ratio = places[here].distance(south) / cutoff;
            if ratio <= 1.0 {
                pairs += 1;
                add_products(&mut half, moments, &places[here], south, weight(kernel, ratio));
            }
        }
        Ok((half, pairs))
    };
    let parts: Vec<(DMatrix<f64>, usize)> =
        (0..places.len()).into_par_iter().map(of_place).collect::<Result<_, Error>>()?;
    let start = (DMatrix::zeros(k, k), 0);
    let (half, pairs) = parts.into_iter().fold(start, |(sum, count), (half, pairs)| (sum + half, count + pairs));
    Ok((&half + half.transpose(), pairs))
}

/// The kernel at a ratio of distance to cutoff of at most 1.
fn weight(kernel: &str, ratio: f64) -> f64 {
    match kernel {
        "uniform" => 1.0,
        "epanechnikov" => 1.0 - ratio * ratio,
        _ => 1.0 - ratio,
    }
}

/// Adds the weighted outer products of two regions' moments in the periods that both have.
fn add_products(half: &mut DMatrix<f64>, moments: &Moments, a: &Place, b: &Place, weight: f64) {
    let (mut i, mut j) = (a.moments.start, b.moments.start);
    while i < a.moments.end && j < b.moments.end {
        let (first, second) = (moments.names[i].period, moments.names[j].period);
        if first == second {
            for (row, x) in moments.columns.iter().enumerate() {
                moments.columns.iter().enumerate().for_each(|(col, y)| half[(row, col)] += weight * x[i] * y[j]);
            }
        }
        i += usize::from(first <= second);
        j += usize::from(second <= first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_great_circles() {
        let place = |latitude: f64, longitude: f64| Place {
            latitude: latitude.to_radians(),
            longitude: longitude.to_radians(),
            moments: 0..0,
        };
        // A quarter of a meridian; across the date line; pole to pole.
        let quarter = EARTH * std::f64::consts::FRAC_PI_2;
        for (a, b, km) in [
            (place(0.0, 10.0), place(90.0, 77.0), quarter),
            (place(0.0, 179.0), place(0.0, -179.0), quarter / 45.0),
            (place(90.0, 0.0), place(-90.0, 0.0), 2.0 * quarter),
        ] {
            assert!((a.distance(&b) / km - 1.0).abs() < 1e-12);
        }
    }
}
