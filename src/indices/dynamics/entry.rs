//! Entries: industries that a region has newly specialised in.

use super::specialised::{self, PARAMS, states};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// 1 or 0 for each cell at risk.
#[derive(Debug)]
pub(super) struct Entry;

impl Index for Entry {
    fn card(&self) -> &'static Card {
        &Card {
            id: "entry",
            aliases: &[],
            title: "Entry of a region into an industry: newly specialised in it",
            kind: Kind::Index,
            formula: "M_ri = 1 where the location quotient of industry i in region r reaches the cutoff, else 0. \
                      entry_ri = M_ri now where M_ri was 0 at the start; absent (outside_domain) where it was 1, \
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
        Output::of(Shape::Cell, states(input, params).into_iter().map(|state| state?.entry()).collect())
    }
}
