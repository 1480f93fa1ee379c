//! Bivariate Moran's I: whether a measure goes with another one next door.

use super::moments::{dealt_out, tail};
use super::moran::cross_product;
use super::neighbourhood::{DISTANCE, K, KERNEL, NEIGHBOURS, TRANSFORMATION, check_neighbours, convention, scratch};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, power_sum, scores};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, ratio};

/// `Σ_ij w_ij z_i u_j / S0`, of two standardised measures.
#[derive(Debug)]
pub(super) struct BivariateMoran;

impl Index for BivariateMoran {
    fn card(&self) -> &'static Card {
        &Card {
            id: "bivariate_moran",
            aliases: &["moran_bv"],
            title: "Bivariate Moran's I: whether the measure goes with another measure in the neighbouring regions",
            kind: Kind::Index,
            formula: "value I = Σ_ij w_ij z_i u_j / S0, with z and u the standard scores (divisor n) of the measure \
                      and of other, w_ij the weight of neighbour j and S0 = Σ_ij w_ij; regions: how many have both \
                      and neighbours. Correlation of the two measures within regions shows in it too",
            reference: "Wartenberg (1985), Geographical Analysis 17, 263–283; Anselin, Syabri and Smirnov (2002), \
                        Visualizing multivariate spatial correlation, University of Illinois",
            params: &[
                Param {
                    name: "other",
                    doc: "A measure or numeric attribute of the regions: what is looked at in the neighbours.",
                    domain: Domain::Variable { required: true },
                },
                NEIGHBOURS,
                K,
                DISTANCE,
                KERNEL,
                TRANSFORMATION,
                X,
                Y,
                METRIC,
            ],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
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
        let null = "tests deal out the other measure, so that 0 is expected; where it is autocorrelated itself they \
                    reject too often";
        vec![convention(params), super::ISLANDS.to_owned(), null.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sample = Sample::connected(input, params);
        let row = Pair::of(&sample).map(|pair| [Ok(pair.value()), Ok(sample.len() as f64)]);
        Output::of_rows(Shape::Nation, ["value", "regions"], &[row])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let sample = Sample::connected(input, params);
        let pair = Pair::of(&sample);
        match ask.infer {
            Infer::Analytic => {
                let se = pair.as_ref().map_err(|absent| *absent).map(Pair::standard_error);
                let z = pair.and_then(|pair| ratio(pair.value(), se?));
                let p = z.map(|z| tail(z, ask.alternative));
                Some(vec![("value_se".to_owned(), vec![se]), ("value_p".to_owned(), vec![p])])
            }
            Infer::Permutation => {
                let p = pair.and_then(|Pair { sample, z, u }| {
                    dealt_out(input, ask, &u, |u| [cross_product(&sample.weights, &z, u)])[0]
                });
                Some(vec![("value_p".to_owned(), vec![p])])
            }
            _ => None,
        }
    }
}

/// Standard scores of both measures.
struct Pair<'a> {
    sample: &'a Sample,
    z: Vec<f64>,
    u: Vec<f64>,
}

impl<'a> Pair<'a> {
    fn of(sample: &'a Sample) -> Result<Self, Absent> {
        let sample = sample.plural()?;
        Ok(Self { sample, z: scores(&sample.values)?, u: scores(&sample.others)? })
    }

    fn total_weight(&self) -> f64 {
        self.sample.weights.links().map(|(_, _, weight)| weight).sum()
    }

    fn value(&self) -> f64 {
        cross_product(&self.sample.weights, &self.z, &self.u) / self.total_weight()
    }

    /// Of the index when u is dealt out at random: that of a sum Σ_j c_j u_j, with c_j = Σ_i w_ij z_i.
    fn standard_error(&self) -> f64 {
        let n = self.z.len() as f64;
        let mut c = vec![0.0; self.z.len()];
        for (i, j, weight) in self.sample.weights.links() {
            c[j] += weight * self.z[i];
        }
        let mean = c.iter().sum::<f64>() / n;
        let squares: f64 = c.iter().map(|c| (c - mean).powi(2)).sum();
        (squares * power_sum(&self.u, 2) / (n - 1.0)).sqrt() / self.total_weight()
    }
}
