//! The average propagation length: how many steps a push takes from one sector to another.

use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// `[L(L − I)]_ij / (L − I)_ij`.
#[derive(Debug)]
pub(super) struct AveragePropagationLength;

impl Index for AveragePropagationLength {
    fn card(&self) -> &'static Card {
        &Card {
            id: "average_propagation_length",
            aliases: &["apl"],
            title: "Average propagation length: mean number of steps of the chains from the supplier to the user",
            kind: Kind::Index,
            formula: "APL_ij = [L(L − I)]_ij / (L − I)_ij = Σ_k k [A^k]_ij / Σ_k [A^k]_ij, with L = (I − A)⁻¹; the \
                      same with the Ghosh inverse in the place of L, so that cost-push and demand-pull steps are as \
                      many",
            reference: "Dietzenbacher, Romero and Bosma (2005), Estudios de Economía Aplicada 23, 405–422; \
                        Dietzenbacher and Romero (2007), International Regional Science Review 30, 362–383",
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
        conventions_and([
            "the round of final demand itself is no step; on the diagonal, the chains that come back to the sector",
            "sectors that no chain joins have no length (zero_denominator)",
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        // G − I as B G, so that a faint feedback to the sector itself is not lost beside the 1 on the diagonal.
        let lengths = table.ghosh(input.stop).and_then(|ghosh| {
            let indirect = table.allocation().times(&ghosh, input.stop)?;
            Ok((ghosh.times(&indirect, input.stop)?, indirect))
        });
        table.by_pair(lengths, |(steps, indirect), i, j| ratio(steps.at(i, j), indirect.at(i, j)))
    }
}
