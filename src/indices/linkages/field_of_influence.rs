//! The field of influence: how much a change of one coefficient changes the whole inverse.

use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// `‖L e_i‖ ‖e_j L‖`.
#[derive(Debug)]
pub(super) struct FieldOfInfluence;

impl Index for FieldOfInfluence {
    fn card(&self) -> &'static Card {
        &Card {
            id: "field_of_influence",
            aliases: &[],
            title: "Field of influence: size of the change of the Leontief inverse per unit change of one technical \
                    coefficient",
            kind: Kind::Index,
            formula: "F_ij = √(Σ_k l_ki²) √(Σ_k l_jk²), the Frobenius norm of dL/da_ij = L e_i e_j' L, with L = (I − \
                      A)⁻¹, supplier i and user j; the closed form, not a finite difference",
            reference: "Sonis and Hewings (1992), Economic Systems Research 4, 143–157",
            params: &[],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::AtLeast(1)],
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
        conventions_and(["of an infinitesimal change; the Frobenius norm over all entries of the inverse"])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let norm = |numbers: &[f64]| numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
        let norms = table.leontief(input.stop).map(|leontief| {
            let of = |k: usize| (norm(&leontief.column(k)), norm(leontief.row(k)));
            (0..table.len()).map(of).collect::<Vec<_>>()
        });
        table.by_pair(norms, |norms, i, j| finite(norms[i].0 * norms[j].1))
    }
}
