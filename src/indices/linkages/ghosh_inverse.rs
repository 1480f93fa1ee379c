//! The Ghosh inverse: where a unit of primary input ends up.

use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// `G = (I − B)⁻¹`.
#[derive(Debug)]
pub(super) struct GhoshInverse;

impl Index for GhoshInverse {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ghosh_inverse",
            aliases: &["output_inverse"],
            title: "Ghosh inverse G: output of the user, direct and indirect, per unit of primary input of the \
                    supplier",
            kind: Kind::Index,
            formula: "G = (I − B)⁻¹ = I + B + B² + …, with b_ij = z_ij/x_i the allocation coefficients",
            reference: "Ghosh (1958), Economica 25, 58–64; Dietzenbacher (1997), Journal of Regional Science 37, \
                        629–651, on reading it as a model of prices",
            params: &[],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, regions: usize, width: usize) -> usize {
        regions.min(width).pow(2)
    }

    fn scratch(&self, _params: &Params, regions: usize, width: usize) -> u64 {
        scratch(regions, width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions_and([
            "the user's output per unit of primary input of the supplier: rows supply, as in the flow table; some \
             software holds the transpose",
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        table.by_pair(table.ghosh(input.stop), |inverse, i, j| finite(inverse.at(i, j)))
    }
}
