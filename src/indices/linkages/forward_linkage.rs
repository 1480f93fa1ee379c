//! Forward linkages: how far a sector pushes its users along.

use super::backward_linkage::relative;
use super::errors::{self, CONVENTION, ERROR, INFERENCE};
use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::spread::spread;
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{finite, ratio};

/// `n g_i. / Σ G`.
#[derive(Debug)]
pub(super) struct ForwardLinkage;

impl Index for ForwardLinkage {
    fn card(&self) -> &'static Card {
        &Card {
            id: "forward_linkage",
            aliases: &[],
            title: "Forward linkage: relative row sum of the Ghosh inverse, with the direct linkage, the spread over \
                    users and Rasmussen's sensitivity of dispersion",
            kind: Kind::Index,
            formula: "value = g_i. / ((1/n) Σ_k g_k.), with g_i. the row sum of the Ghosh inverse G = (I − B)⁻¹ and n \
                      the number of sectors; total = g_i.; direct = Σ_j b_ij; cv = standard deviation (n − 1) over \
                      mean of the row g_ij; sensitivity = l_i. / ((1/n) Σ_k l_k.) of the Leontief inverse, Rasmussen's \
                      sensitivity of dispersion, which many programs call forward linkage",
            reference: "Beyers (1976), Journal of Regional Science 16, 231–236; Jones (1976), Quarterly Journal of \
                        Economics 90, 323–333; Rasmussen (1956), Studies in Inter-Sectoral Relations, North-Holland, \
                        chapter 8",
            params: &[ERROR],
            inference: INFERENCE,
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, regions: usize, width: usize) -> u64 {
        scratch(regions, width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions_and([
            "row sums of the Ghosh inverse; rows of A, of B or of L are called forward linkages too: B is direct, L \
             sensitivity",
            "normalised to the mean of 1; a low cv: the push spreads evenly over the users; ddof 1; the sector's own \
             round is included",
            CONVENTION,
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let rows = table.ghosh(input.stop).map(|ghosh| {
            let (totals, direct) = (ghosh.row_sums(), table.allocation().row_sums());
            let (pushes, sensitivities) = (relative(&totals), relative(&table.scaled(&ghosh).row_sums()));
            let parts = |i: usize| {
                let cv = spread(ghosh.row(i), 1).and_then(|row| ratio(row.deviation, row.mean));
                [pushes[i], finite(totals[i]), finite(direct[i]), cv, sensitivities[i]]
            };
            (0..table.len()).map(parts).collect()
        });
        table.by_sector(["value", "total", "direct", "cv", "sensitivity"], rows)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let table = Table::of(input, &[]);
        let found = table.ghosh(input.stop).map(|ghosh| {
            errors::of_relative_sums(&table.allocation().transposed(), &ghosh.transposed(), params.number("error"))
        });
        Some(errors::columns("value", &table, found, Some(1.0), ask))
    }
}
