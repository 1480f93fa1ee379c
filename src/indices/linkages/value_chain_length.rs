//! The length of the value chains that run through a sector.

use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// Stages before and after a sector, itself counted once.
#[derive(Debug)]
pub(super) struct ValueChainLength;

impl Index for ValueChainLength {
    fn card(&self) -> &'static Card {
        &Card {
            id: "value_chain_length",
            aliases: &["production_length"],
            title: "Value-chain length: stages from primary inputs to final use of the chains through the sector",
            kind: Kind::Index,
            formula: "total = backward + forward − 1; backward = 1'L, the stages of production behind the sector, \
                      itself included (Fally's N, downstreamness); forward = G 1, the stages ahead of it, itself \
                      included (upstreamness); position = forward/backward, above 1 near the head of the chain. \
                      Downstreamness is backward alone: an importing assembler may stand at the end of a short chain",
            reference: "Wang, Wei, Yu and Zhu (2017), NBER Working Paper 23261; Fally (2012), Production Staging, \
                        University of Colorado; Miller and Temurshoev (2017), International Regional Science Review \
                        40, 443–475",
            params: &[],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::AtLeast(1)],
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
            "1: the sector makes final goods of primary inputs only; exports are final use, imports primary inputs, \
             unless their sectors are in the table",
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let rows = table.ghosh(input.stop).map(|ghosh| {
            let lengths = table.scaled(&ghosh).column_sums().into_iter().zip(ghosh.row_sums());
            lengths
                .map(|(backward, forward)| {
                    [backward + forward - 1.0, backward, forward, forward / backward].map(finite)
                })
                .collect()
        });
        table.by_sector(["total", "backward", "forward", "position"], rows)
    }
}
