//! Fitness of regions.

use super::fixed_point::{self, PARAMS};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct Fitness;

impl Index for Fitness {
    fn card(&self) -> &'static Card {
        &Card {
            id: "fitness",
            aliases: &["economic_fitness"],
            title: "Fitness of a region: the sum of the complexities of the industries it is specialised in",
            kind: Kind::Index,
            formula: "F_r = Σ_i M_ri Q_i over its mean, with Q_i = 1/Σ_r M_ri (1/F_r) over its mean, both from the step \
                      before, from F = Q = 1 until max_r |F_r − F_r before| ≤ tolerance (the absolute difference: a \
                      falling fitness has not converged either); M_ri = 1 where LQ_ri ≥ cutoff",
            reference: "Tacchella, Cristelli, Caldarelli, Gabrielli and Pietronero (2012), Scientific Reports 2, 723, \
                        eq. 1; convergence: Pugliese, Zaccaria and Pietronero (2016), European Physical Journal \
                        Special Topics 225, 1893–1911",
            params: PARAMS,
            inference: &[Infer::BootstrapUnits, Infer::BootstrapIndustries],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        fixed_point::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        fixed_point::compute(input, params, Shape::Region)
    }
}
