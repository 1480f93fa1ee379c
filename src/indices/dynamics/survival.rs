//! Survival: specialisations that a region has kept.

use super::specialised::{self, PARAMS, states};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// 1 or 0 for each cell at risk.
#[derive(Debug)]
pub(super) struct Survival;

impl Index for Survival {
    fn card(&self) -> &'static Card {
        &Card {
            id: "survival",
            aliases: &[],
            title: "Survival of a specialisation: still there at the end of the span",
            kind: Kind::Index,
            formula: "M_ri = 1 where the location quotient of industry i in region r reaches the cutoff, else 0. \
                      survival_ri = M_ri now where M_ri was 1 at the start, the complement of exit; absent \
                      (outside_domain) where it was 0",
            reference: "Neffke, Henning and Boschma (2011), Economic Geography 87, 237–265",
            params: PARAMS,
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        specialised::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        Output::of(Shape::Cell, states(input, params).into_iter().map(|state| state?.survival()).collect())
    }
}
