//! Complexity of industries by the fitness of their regions.

use super::fixed_point::{self, PARAMS};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct FitnessComplexity;

impl Index for FitnessComplexity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "fitness_complexity",
            aliases: &[],
            title: "Complexity of an industry, bounded by the least fit region specialised in it",
            kind: Kind::Index,
            formula: "Q_i = 1/Σ_r M_ri (1/F_r) over its mean, with F_r = Σ_i M_ri Q_i over its mean, both from the step \
                      before, from F = Q = 1 until max_r |F_r − F_r before| ≤ tolerance; M_ri = 1 where LQ_ri ≥ cutoff",
            reference: "Tacchella, Cristelli, Caldarelli, Gabrielli and Pietronero (2012), Scientific Reports 2, 723, \
                        eq. 1",
            params: PARAMS,
            inference: &[Infer::BootstrapUnits, Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        fixed_point::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        fixed_point::compute(input, params, Shape::Industry)
    }
}
