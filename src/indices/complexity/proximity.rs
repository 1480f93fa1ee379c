//! Proximity of industries: the product space.

use super::network::{CUTOFF, Network, convention};
use super::pairs;
use super::relation::Relation;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct Proximity;

impl Index for Proximity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "proximity",
            aliases: &["product_space"],
            title: "Proximity of two industries: the smaller conditional probability of being specialised in both",
            kind: Kind::Index,
            formula: "value φ_ij = min(P(i|j), P(j|i)) = C_ij / max(k_i, k_j), with both C_ij = Σ_r M_ri M_rj and \
                      k_i = Σ_r M_ri, M_ri = 1 where LQ_ri ≥ cutoff",
            reference: "Hidalgo, Klinger, Barabási and Hausmann (2007), Science 317, 482–487",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::Within(0, 1), Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, _regions: usize, width: usize) -> usize {
        pairs::count(width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params), pairs::convention()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        pairs::table(&Relation::of(&Network::of(&input.measure, params), params), input)
    }
}
