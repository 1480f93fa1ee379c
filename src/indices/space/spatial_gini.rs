//! The spatial Gini: inequality between neighbours, and between regions that are none.

use super::moments::dealt_out;
use super::neighbourhood::{DISTANCE, K, KERNEL, NEIGHBOURS, Weights, check_neighbours, convention, scratch};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, all_equal, relative};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::ratio;

/// The Gini coefficient, split by whether the two regions of a pair are neighbours.
#[derive(Debug)]
pub(super) struct SpatialGini;

impl Index for SpatialGini {
    fn card(&self) -> &'static Card {
        &Card {
            id: "spatial_gini",
            aliases: &["gini_spatial"],
            title: "Spatial Gini: inequality between neighbours and between regions that are no neighbours",
            kind: Kind::Index,
            formula: "total G = Σ_ij |x_i − x_j| / (2n² x̄), with x̄ the mean of the measure x over n regions; neighbours \
                      the same sum over the pairs with w_ij = 1, others over those with w_ij = 0; others_share = \
                      others/total",
            reference: "Rey and Smith (2013), Letters in Spatial and Resource Sciences 6, 55–70",
            params: &[NEIGHBOURS, K, DISTANCE, KERNEL, X, Y, METRIC],
            inference: &[Infer::Permutation],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::NonNegative,
                Law::ZeroWhenEqual,
                Law::Decomposes("total", &["neighbours", "others"]),
            ],
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
        let islands = "regions without a neighbour count: all their pairs are of regions that are no neighbours";
        vec![convention(params), islands.to_owned(), "the total has no correction for small n".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sample = Sample::new(input, params);
        let row = relative(&sample).map(|x| {
            let (total, near) = (total(&x), neighbours(&sample.weights, &x));
            let others = (total - near).max(0.0);
            [Ok(total), Ok(near), Ok(others), ratio(others, total), Ok(x.len() as f64)]
        });
        Output::of_rows(Shape::Nation, ["total", "neighbours", "others", "others_share", "regions"], &[row])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Permutation {
            return None;
        }
        let sample = Sample::new(input, params);
        let p = relative(&sample).map_or_else(
            |absent| [Err(absent); 2],
            |x| {
                let (total, weights) = (total(&x), sample.weights.folded());
                dealt_out(input, ask, &x, |x| {
                    let near = neighbours(&weights, x);
                    [near, total - near]
                })
            },
        );
        let columns = ["neighbours_p", "others_p"].into_iter().zip(p);
        Some(columns.map(|(name, p)| (name.to_owned(), vec![p])).collect())
    }
}

/// The Gini coefficient of values with the mean one: each value counts as often as it is the larger less the smaller.
fn total(x: &[f64]) -> f64 {
    if all_equal(x) {
        return 0.0;
    }
    let n = x.len() as f64;
    let mut sorted = x.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let sum: f64 = sorted.iter().enumerate().map(|(place, x)| (2.0 * place as f64 + 1.0 - n) * x).sum();
    (sum / (n * n)).max(0.0)
}

/// The part of the pairs of neighbours, whose weights are one each way.
fn neighbours(weights: &Weights, x: &[f64]) -> f64 {
    let n = x.len() as f64;
    weights.links().map(|(i, j, weight)| weight * (x[i] - x[j]).abs()).sum::<f64>() / (2.0 * n * n)
}
