//! The Leontief inverse: what all sectors produce for one unit of final demand.

use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// `L = (I − A)⁻¹`.
#[derive(Debug)]
pub(super) struct LeontiefInverse;

impl Index for LeontiefInverse {
    fn card(&self) -> &'static Card {
        &Card {
            id: "leontief_inverse",
            aliases: &["total_requirements"],
            title: "Leontief inverse L: output of the supplier, direct and indirect, per unit of final demand for the \
                    user",
            kind: Kind::Index,
            formula: "L = (I − A)⁻¹ = I + A + A² + …, with a_ij = z_ij/x_j the technical coefficients",
            reference: "Leontief (1936), Review of Economics and Statistics 18, 105–125; Miller and Blair (2009), \
                        Input–Output Analysis, 2nd ed., Cambridge, chapter 2",
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
            "the supplier's output per unit of final demand for the user's product; the round of final demand itself \
             (the 1 on the diagonal) is included",
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        table.by_pair(table.leontief(input.stop), |inverse, i, j| finite(inverse.at(i, j)))
    }
}
