//! The K-density of Duranton and Overman: at which distances the plants of an industry stand from one another.

use super::bands::{Bands, bands, columns};
use super::kernel::{Bin, Cloud, MOST_BINS, PARTS, silverman};
use super::sites::{self, MAX_DISTANCE, METRIC, Metric, STEPS, Sites, X, Y};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Key, Output, Shape};
use crate::numeric::random::stream;
use crate::panel::Absent;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// `Σ_{i<j} e_i e_j f((r − d_ij)/h) / (h Σ_{i<j} e_i e_j)`.
#[derive(Debug)]
pub(super) struct DurantonOverman;

impl Index for DurantonOverman {
    fn card(&self) -> &'static Card {
        &Card {
            id: "duranton_overman",
            aliases: &["k_density"],
            title: "K-density of Duranton and Overman: the density of the distances between the plants of an industry",
            kind: Kind::Index,
            formula: "K(r) = 1/(h Σ_{i<j} w_ij) Σ_{i<j} w_ij [φ((r − d_ij)/h) + φ((r + d_ij)/h)] over the pairs of \
                      plants of an industry, with d_ij their distance, φ the normal density, which is reflected at 0, \
                      h the bandwidth, and w_ij = 1 or the product of the plants' sizes. Permutation gives the \
                      industry's plants sites drawn from those of all plants; value_lower and value_upper are the \
                      global bands, value_local_… the local ones, each side with a tail of 1 − level; localisation_p and \
                      dispersion_p are of the whole curve, (count + 1)/(draws + 1) of the curves as extreme, dispersion \
                      among those that are not localised",
            reference: "Duranton and Overman (2005), Review of Economic Studies 72, 1077–1106; reflection and \
                        bandwidth: Silverman (1986), Density Estimation, section 2.10 and eq. 3.31",
            params: &[
                X,
                Y,
                METRIC,
                Param {
                    name: "weighting",
                    doc: "`plants`: every pair counts alike. `measure`: by the product of the plants' values of the \
                          measure, such as employees.",
                    domain: Domain::Choice(&["plants", "measure"]),
                },
                Param {
                    name: "bandwidth",
                    doc: "Bandwidth of the kernel, in the unit of distances; 0 is Silverman's rule, 0.9 min(sd, \
                          interquartile range/1.34) n^(−1/5) of the n distances of the industry.",
                    domain: Domain::Number { min: 0.0, max: 1e12, default: 0.0 },
                },
                MAX_DISTANCE,
                STEPS,
            ],
            inference: &[Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, params: &Params, _regions: usize, width: usize) -> usize {
        width * (params.number("steps") as usize + 1)
    }

    fn scratch(&self, _params: &Params, _regions: usize, _width: usize) -> u64 {
        // The counted pairs of one industry at a time on each thread, and a sample of distances.
        (2 * PARTS * MOST_BINS * size_of::<Bin>()) as u64
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = sites::conventions(params);
        conventions.push(match params.number("bandwidth") {
            0.0 => "bandwidth of each industry, and of each draw, by Silverman's rule; not weighted".to_owned(),
            given => format!("bandwidth {given}"),
        });
        conventions.push(
            "pairs are counted in bins of at most h/32 with four moments: within 1e-10/h of the sum over pairs; a \
             bandwidth that needs more than 65536 bins has no values"
                .to_owned(),
        );
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sites = Sites::of(input, params);
        let curve = |plants: &Vec<usize>| curve(input, params, &sites, plants, plants);
        let curves: Vec<_> = sites.industries.par_iter().map(curve).collect();
        let (industries, distances) = sites.keys();
        let value = |curve: Result<Vec<f64>, Absent>| match curve {
            Ok(curve) => curve.into_iter().map(Ok).collect(),
            Err(absent) => vec![Err(absent); sites.rows.len()],
        };
        let keys = vec![
            ("industry", Key::Industries(industries)),
            ("distance", Key::Numbers(Metric::of(params).unit(), distances)),
        ];
        Output::listed(keys, vec![("value", curves.into_iter().flat_map(value).collect())])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        (ask.infer == Infer::Permutation).then(|| {
            let sites = Sites::of(input, params);
            let one = |plants: &Vec<usize>| reallocated(input, params, &sites, plants, ask);
            let all: Vec<_> = sites.industries.par_iter().map(one).collect();
            columns(&all, sites.rows.len())
        })
    }
}

/// The K-density of plants that stand at the sites of `places`.
fn curve(
    input: &Input<'_>,
    params: &Params,
    sites: &Sites,
    plants: &[usize],
    places: &[usize],
) -> Result<Vec<f64>, Absent> {
    if plants.len() < 2 || sites.rows.is_empty() {
        return Err(Absent::TooFewCategories);
    }
    let weighted = params.chooses("weighting", "measure");
    let cloud = Cloud {
        metric: sites.metric,
        points: places.iter().map(|place| sites.points[*place]).collect(),
        weights: plants.iter().map(|plant| if weighted { sites.sizes[*plant] } else { 1.0 }).collect(),
        stop: input.stop,
    };
    let bandwidth = match params.number("bandwidth") {
        0.0 => silverman(cloud.metric, &cloud.points)?,
        given => given,
    };
    cloud.density(bandwidth, &sites.rows)
}

/// The bands of an industry whose plants are dealt out over the sites of all.
fn reallocated(
    input: &Input<'_>,
    params: &Params,
    sites: &Sites,
    plants: &[usize],
    ask: &Ask,
) -> Result<Bands, Absent> {
    let observed = curve(input, params, sites, plants, plants)?;
    if plants.len() == sites.points.len() {
        // There are no other sites.
        return Err(Absent::TooFewCategories);
    }
    let draw = |number: usize| {
        if input.stopped() {
            return None;
        }
        let mut places: Vec<usize> = (0..sites.points.len()).collect();
        let (drawn, _) = places.partial_shuffle(&mut stream(ask.seed, number as u64), plants.len());
        curve(input, params, sites, plants, drawn).ok()
    };
    let draws: Vec<Vec<f64>> = (0..ask.draws).into_par_iter().filter_map(draw).collect();
    bands(&observed, &draws, ask.level)
}
