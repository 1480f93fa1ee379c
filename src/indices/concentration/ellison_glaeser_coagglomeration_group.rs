//! The coagglomeration of groups of industries.

use super::coagglomeration::{Pair, coagglomerations};
use super::size::{self, REFERENCE, SIZE};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Key, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// The mean over the pairs of a group's industries, weighted by the products of their sizes.
#[derive(Debug)]
pub(super) struct EllisonGlaeserCoagglomerationGroup;

impl Index for EllisonGlaeserCoagglomerationGroup {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ellison_glaeser_coagglomeration_group",
            aliases: &["coagglomeration_group"],
            title: "Ellison–Glaeser coagglomeration of the industries of a group",
            kind: Kind::Index,
            formula: "γ^c = [G/(1 − X) − Σ_i w_i² H_i − Σ_i γ_i w_i² (1 − H_i)] / (1 − Σ_i w_i²), with w_i the share of \
                      industry i in the group, G = Σ_r (s_r − x_r)² of the group as one industry, X = Σ_r x_r². As \
                      γ_i (1 − H_i) + H_i = G_i/(1 − X), plants drop out, and γ^c = Σ_{i<j} w_i w_j γ_ij / Σ_{i<j} w_i \
                      w_j: the mean of ellison_glaeser_coagglomeration over the group's pairs. REAT 3.0.3 ellison.c \
                      adds up unweighted shares instead",
            reference: "Ellison and Glaeser (1997), Journal of Political Economy 105, 889–927; the mean of \
                        pairs: Ellison, Glaeser and Kerr (2010), American Economic Review 100, 1195–1213",
            params: &[
                Param {
                    name: "groups",
                    doc: "A text attribute of the industries, such as the class they belong to. Left out, all \
                          industries are one group.",
                    domain: Domain::IndustryGroups { required: false },
                },
                REFERENCE,
                SIZE,
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, _regions: usize, width: usize) -> usize {
        width
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let pairs = "the mean of the pairs that have a value, each on the regions where both industries are present";
        vec![size::convention(params), pairs.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let (names, of) = match input.classes("groups") {
            Some(classes) => (classes.names.clone(), classes.of.clone()),
            None => (vec!["all industries".to_owned()], vec![Some(0); input.measure.width()]),
        };
        let together = |industry: usize, partner: usize| of[industry].is_some() && of[industry] == of[partner];
        let (pairs, sizes) = coagglomerations(input, params, together);
        let mut means = vec![Mean { sum: 0.0, weight: 0.0, reason: Absent::TooFewCategories }; names.len()];
        for pair in &pairs {
            if let Some(group) = of[pair.industry] {
                means[group].add(pair, sizes[pair.industry] * sizes[pair.partner]);
            }
        }
        let values = means.into_iter().map(Mean::value).collect();
        Output::listed(vec![("group", Key::Texts(names))], vec![("value", values)])
    }
}

#[derive(Clone)]
struct Mean {
    sum: f64,
    weight: f64,
    /// Why there is none, while the weight is zero.
    reason: Absent,
}

impl Mean {
    fn add(&mut self, pair: &Pair<f64>, weight: f64) {
        match pair.found {
            Ok(value) => {
                self.sum += weight * value;
                self.weight += weight;
            }
            Err(absent) => self.reason = self.reason.max(absent),
        }
    }

    fn value(self) -> Value {
        if self.weight == 0.0 { Err(self.reason) } else { ratio(self.sum, self.weight) }
    }
}
