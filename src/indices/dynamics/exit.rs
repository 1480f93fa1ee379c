//! Exits: industries that a region is no longer specialised in.

use super::specialised::{self, PARAMS, states};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// 1 or 0 for each cell at risk.
#[derive(Debug)]
pub(super) struct Exit;

impl Index for Exit {
    fn card(&self) -> &'static Card {
        &Card {
            id: "exit",
            aliases: &[],
            title: "Exit of a region from an industry: no longer specialised in it",
            kind: Kind::Index,
            formula: "M_ri = 1 where the location quotient of industry i in region r reaches the cutoff, else 0. \
                      exit_ri = 1 − M_ri now where M_ri was 1 at the start; absent (outside_domain) where it was 0, \
                      for such a cell is not at risk",
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
        Output::of(Shape::Cell, states(input, params).into_iter().map(|state| state?.exit()).collect())
    }
}
