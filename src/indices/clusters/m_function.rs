//! The M function: how much of an industry is around its own plants, relative to all industries.

use super::bands::{Bands, bands, columns};
use super::sites::{self, MAX_DISTANCE, METRIC, Metric, STEPS, Sites, X, Y};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Key, Output, Shape};
use crate::numeric::random::stream;
use crate::panel::{Absent, Value, ratio};
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// `Σ_i W_c(i,r)/W(i,r) / Σ_i (W_c − w_i)/(W − w_i)`.
#[derive(Debug)]
pub(super) struct MFunction;

impl Index for MFunction {
    fn card(&self) -> &'static Card {
        &Card {
            id: "m_function",
            aliases: &[],
            title: "M function of Marcon and Puech: an industry's share of what lies up to a distance around its own \
                    plants over its share in all",
            kind: Kind::Index,
            formula: "M(r) = Σ_i W_c(i,r)/W(i,r) / Σ_i (W_c − w_i)/(W − w_i) over the plants i of an industry, with \
                      W_c(i,r) and W(i,r) the weights of its other plants and of all other plants up to r from i, W_c \
                      and W the sums, w_i the plant's own. 1 is what chance gives. Permutation deals the plants' \
                      industries out anew, their sizes and sites kept; value_lower and value_upper are global bands, \
                      value_local_… local ones, each side with a tail of 1 − level",
            reference: "Marcon and Puech (2010), Journal of Economic Geography 10, 745–762",
            params: &[
                X,
                Y,
                METRIC,
                Param {
                    name: "weighting",
                    doc: "`measure`: plants weigh as their values of the measure, such as employees. `plants`: they \
                          weigh alike.",
                    domain: Domain::Choice(&["measure", "plants"]),
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

    fn scratch(&self, params: &Params, regions: usize, _width: usize) -> u64 {
        // What is around each plant, of all industries and of its own.
        2 * 8 * regions as u64 * (params.number("steps") as u64 + 1)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = sites::conventions(params);
        conventions.push("up to a distance includes it; a plant is no neighbour of itself".to_owned());
        conventions.push("plants without any other plant up to r do not count at r, above or below".to_owned());
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let field = Field::of(input, params);
        let industries = &field.sites.industries;
        let values = industries.par_iter().flat_map_iter(|plants| field.curve(plants)).collect();
        let (industries, distances) = field.sites.keys();
        let keys = vec![
            ("industry", Key::Industries(industries)),
            ("distance", Key::Numbers(Metric::of(params).unit(), distances)),
        ];
        Output::listed(keys, vec![("value", values)])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        (ask.infer == Infer::Permutation).then(|| {
            let field = Field::of(input, params);
            let industries = &field.sites.industries;
            let curves: Vec<Vec<Value>> = industries.par_iter().map(|plants| field.curve(plants)).collect();
            let one = |(plants, curve): (&Vec<usize>, &Vec<Value>)| field.relabelled(input, plants, curve, ask);
            let all: Vec<_> = industries.par_iter().zip(&curves).map(one).collect();
            let mut columns = columns(&all, field.sites.rows.len());
            // There is no band where the curve itself has no value.
            for (_, column) in columns.iter_mut().filter(|(name, _)| !name.ends_with("_p")) {
                column.iter_mut().zip(curves.iter().flatten()).for_each(|(band, value)| *band = value.and(*band));
            }
            columns
        })
    }
}

/// The plants and what is around each of them.
struct Field {
    sites: Sites,
    weights: Vec<f64>,
    total: f64,
    /// For each plant, the weight of all others up to each distance.
    around: Vec<Vec<f64>>,
}

impl Field {
    fn of(input: &Input<'_>, params: &Params) -> Self {
        let sites = Sites::of(input, params);
        let weigh = params.chooses("weighting", "measure");
        let weights: Vec<f64> = sites.sizes.iter().map(|size| if weigh { *size } else { 1.0 }).collect();
        let mut field = Self { total: weights.iter().sum(), sites, weights, around: Vec::new() };
        let all: Vec<usize> = (0..field.weights.len()).collect();
        let around =
            |plant: &usize| if input.stopped() { field.within(*plant, &[]) } else { field.within(*plant, &all) };
        field.around = all.par_iter().map(around).collect();
        field
    }

    /// The weight of the others of `plants` up to each distance from a plant.
    fn within(&self, plant: usize, plants: &[usize]) -> Vec<f64> {
        let rows = &self.sites.rows;
        // A last place takes what is too far away.
        let mut within = vec![0.0; rows.len() + 1];
        let Some(step) = rows.get(1) else { return Vec::new() };
        let (metric, points) = (self.sites.metric, &self.sites.points);
        let (point, scale) = (&points[plant], 1.0 / step);
        for other in plants.iter().filter(|other| **other != plant) {
            // The first row whose distance is no less; what exceeds it by rounding only is up to it.
            let row = metric.distance(point, &points[*other]) * scale + (1.0 - 1e-9);
            within[(row as u32 as usize).min(rows.len())] += self.weights[*other];
        }
        within.truncate(rows.len());
        for row in 1..within.len() {
            within[row] += within[row - 1];
        }
        within
    }

    /// M at each distance, of an industry with these plants.
    fn curve(&self, plants: &[usize]) -> Vec<Value> {
        let rows = self.sites.rows.len();
        if plants.len() < 2 {
            return vec![Err(Absent::TooFewCategories); rows];
        }
        let own: f64 = plants.iter().map(|plant| self.weights[*plant]).sum();
        let mut sums = vec![(0.0, 0.0); rows];
        for plant in plants {
            let w = self.weights[*plant];
            let share = (own - w) / (self.total - w);
            for ((near, all), sums) in self.within(*plant, plants).into_iter().zip(&self.around[*plant]).zip(&mut sums)
            {
                if *all > 0.0 {
                    *sums = (sums.0 + near / all, sums.1 + share);
                }
            }
        }
        sums.into_iter().map(|(here, everywhere)| ratio(here, everywhere)).collect()
    }

    /// The bands of an industry whose label is dealt out over all plants.
    fn relabelled(&self, input: &Input<'_>, plants: &[usize], curve: &[Value], ask: &Ask) -> Result<Bands, Absent> {
        // A curve stands at 1, which is neither near nor apart, where nobody has a neighbour.
        let filled = |curve: &[Value]| curve.iter().map(|m| m.unwrap_or(1.0)).collect::<Vec<f64>>();
        if plants.len() < 2 || plants.len() == self.weights.len() {
            return Err(Absent::TooFewCategories);
        }
        let draw = |number: usize| {
            if input.stopped() {
                return None;
            }
            let mut all: Vec<usize> = (0..self.weights.len()).collect();
            let (drawn, _) = all.partial_shuffle(&mut stream(ask.seed, number as u64), plants.len());
            Some(filled(&self.curve(drawn)))
        };
        let draws: Vec<Vec<f64>> = (0..ask.draws).into_par_iter().filter_map(draw).collect();
        bands(&filled(curve), &draws, ask.level)
    }
}
