//! Join counts: how often neighbours are both above a threshold, both not, or one of each.

use super::moments::{Moments, dealt_out, tail, variance};
use super::moran::cross_product;
use super::neighbourhood::{DISTANCE, K, KERNEL, NEIGHBOURS, Weights, check_neighbours, convention, scratch};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, all_equal, power_sum};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value};

const KINDS: [&str; 3] = ["bb", "bw", "ww"];

/// `½ Σ_ij w_ij` over pairs of black, of mixed and of white regions.
#[derive(Debug)]
pub(super) struct JoinCounts;

impl Index for JoinCounts {
    fn card(&self) -> &'static Card {
        &Card {
            id: "join_counts",
            aliases: &[],
            title: "Join counts: how many neighbours are both black (above a threshold), both white, or one of each",
            kind: Kind::Index,
            formula: "bb = ½ Σ_ij w_ij b_i b_j, ww the same of the white, bw = ½ Σ_ij w_ij over the pairs of which one \
                      is black, with b_i = 1 for a black region, else 0, and w_ij = 1 for a neighbour j; joins = \
                      bb + bw + ww; regions: how many have neighbours. Neighbours that are not mutual are half a join",
            reference: "Moran (1948), Journal of the Royal Statistical Society B 10, 243–251; moments for a given \
                        number of black regions: Cliff and Ord (1981), Spatial Processes, Pion",
            params: &[
                Param {
                    name: "black",
                    doc: "`above_mean`: regions above the mean of the measure; of an indicator of 0 and 1, the ones. \
                          `above_threshold`: regions above `threshold`.",
                    domain: Domain::Choice(&["above_mean", "above_threshold"]),
                },
                Param {
                    name: "threshold",
                    doc: "What a black region is above, in the unit of the measure, for `black=above_threshold`.",
                    domain: Domain::Number { min: -1e300, max: 1e300, default: 0.0 },
                },
                NEIGHBOURS,
                K,
                DISTANCE,
                KERNEL,
                X,
                Y,
                METRIC,
            ],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::PermutationEquivariant, Law::NonNegative, Law::Decomposes("joins", &KINDS)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_neighbours(params, facts)
    }

    fn scratch(&self, params: &Params, regions: usize, _width: usize) -> u64 {
        scratch(params, regions)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let black = match params.text("black") {
            Some("above_threshold") => format!("black: above {}; what equals it is white", params.number("threshold")),
            _ => "black: above the mean of the regions that have neighbours; what equals it is white".to_owned(),
        };
        vec![convention(params), super::ISLANDS.to_owned(), black]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sample = Sample::connected(input, params);
        let row = sample.plural().map(|sample| {
            let [bb, bw, ww] = Joins::of(&sample.weights).counts(&blacks(&sample.values, params));
            [bb, bw, ww, bb + bw + ww, sample.len() as f64].map(Ok)
        });
        Output::of_rows(Shape::Nation, ["bb", "bw", "ww", "joins", "regions"], &[row])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let sample = Sample::connected(input, params);
        let joins = Joins::of(&sample.weights);
        let black = sample.plural().map(|sample| blacks(&sample.values, params));
        let column = |kind: usize, end: &str, value: Value| (format!("{}_{end}", KINDS[kind]), vec![value]);
        match ask.infer {
            Infer::Analytic => {
                let moments = black.map(|black| (joins.counts(&black), moments(&sample, &black)));
                let columns = (0..3).flat_map(|kind| {
                    let found = moments.map(|(observed, moments)| (observed[kind], moments[kind]));
                    let se = found.and_then(|(_, (_, variance))| variance.map(f64::sqrt));
                    let z = found.and_then(|(observed, (expected, _))| Ok((observed - expected) / se?));
                    [column(kind, "se", se), column(kind, "p", z.map(|z| tail(z, ask.alternative)))]
                });
                Some(columns.collect())
            }
            Infer::Permutation => {
                let p = black.map_or_else(
                    |absent| [Err(absent); 3],
                    |black| dealt_out(input, ask, &black, |black| joins.counts(black)),
                );
                Some(p.into_iter().enumerate().map(|(kind, p)| column(kind, "p", p)).collect())
            }
            _ => None,
        }
    }
}

/// 1 for each black region and 0 for each white one.
fn blacks(values: &[f64], params: &Params) -> Vec<f64> {
    let threshold = match params.text("black") {
        Some("above_threshold") => params.number("threshold"),
        // The mean of equal values may be below them by rounding.
        _ if all_equal(values) => values[0],
        _ => values.iter().map(|x| x / values.len() as f64).sum(),
    };
    values.iter().map(|x| if *x > threshold { 1.0 } else { 0.0 }).collect()
}

/// The joins between regions, whatever their colours.
struct Joins {
    folded: Weights,
    /// How many joins end at each region, those of two black regions at both.
    ends: Vec<f64>,
    total: f64,
}

impl Joins {
    fn of(weights: &Weights) -> Self {
        let mut joins = Self { folded: weights.folded(), ends: vec![0.0; weights.len()], total: 0.0 };
        for (i, j, weight) in weights.links() {
            joins.ends[i] += 0.5 * weight;
            joins.ends[j] += 0.5 * weight;
            joins.total += 0.5 * weight;
        }
        joins
    }

    /// Joins of black regions, of mixed ones and of white ones.
    fn counts(&self, black: &[f64]) -> [f64; 3] {
        let bb = 0.5 * cross_product(&self.folded, black, black);
        let touched: f64 = self.ends.iter().zip(black).map(|(ends, black)| ends * black).sum();
        let bw = touched - 2.0 * bb;
        [bb, bw, self.total - bb - bw]
    }
}

/// Expectation and variance of each count when as many black regions are dealt out at random.
fn moments(sample: &Sample, black: &[f64]) -> [(f64, Result<f64, Absent>); 3] {
    let Moments { n, s0, s1, s2 } = Moments::new(&sample.weights);
    // x(x − 1)…, of so many factors.
    let falling = |x: f64, factors: i32| (0..factors).map(|i| x - f64::from(i)).product::<f64>();
    let rest = s0 * s0 + s1 - s2;
    let total = 4.0 * falling(n, 4);
    let same = |count: f64| {
        let [two, three, four] = [2, 3, 4].map(|k| falling(count, k) / falling(n, k));
        let terms = [s1 * two, (s2 - 2.0 * s1) * three, rest * four, -(s0 * two).powi(2)];
        (0.5 * s0 * two, variance(&terms.map(|term| term * falling(n, 4)), total))
    };
    let ones = power_sum(black, 1);
    let mixed = ones * (n - ones) / falling(n, 2);
    let both = falling(ones, 2) * falling(n - ones, 2) / falling(n, 4);
    let terms = [s2 * mixed, 4.0 * rest * both, -4.0 * (s0 * mixed).powi(2)];
    let different = (s0 * mixed, variance(&terms.map(|term| term * falling(n, 4)), total));
    [same(ones), different, same(n - ones)]
}
