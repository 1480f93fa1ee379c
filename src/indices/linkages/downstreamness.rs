//! Downstreamness: how far a sector stands from primary inputs.

use super::errors::{self, CONVENTION, ERROR, INFERENCE};
use super::square::Square;
use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::finite;

/// Column sums of the Leontief inverse.
#[derive(Debug)]
pub(super) struct Downstreamness;

impl Index for Downstreamness {
    fn card(&self) -> &'static Card {
        &Card {
            id: "downstreamness",
            aliases: &["input_downstreamness"],
            title: "Downstreamness: average distance of a sector from primary inputs, counted in stages",
            kind: Kind::Index,
            formula: "D_j = 1 + Σ_i a_ij D_i, that is D = 1'L with L = (I − A)⁻¹: the number of the output multiplier, \
                      read as a length",
            reference: "Fally (2012), Production Staging, University of Colorado; Antràs and Chor (2018), in World \
                        Trade Evolution, Routledge, 126–194; Miller and Temurshoev (2017), International Regional \
                        Science Review 40, 443–475",
            params: &[ERROR],
            inference: INFERENCE,
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
            "1: the sector uses primary inputs only; imports are primary inputs unless their sectors are in the table",
            CONVENTION,
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let stages = |leontief: Square| leontief.column_sums().into_iter().map(|d| [finite(d)]).collect();
        table.by_sector(["value"], table.leontief(input.stop).map(stages))
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let table = Table::of(input, &[]);
        let found = table.leontief(input.stop);
        let found = found.map(|leontief| errors::of_sums(&table.technical(), &leontief, params.number("error")));
        Some(errors::columns("value", &table, found, None, ask))
    }
}
