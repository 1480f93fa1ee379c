//! Upstreamness: how far a sector stands from final use.

use super::errors::{self, CONVENTION, ERROR, INFERENCE};
use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::finite;

/// Row sums of the Ghosh inverse.
#[derive(Debug)]
pub(super) struct Upstreamness;

impl Index for Upstreamness {
    fn card(&self) -> &'static Card {
        &Card {
            id: "upstreamness",
            aliases: &["output_upstreamness"],
            title: "Upstreamness: average distance of a sector's output from final use, counted in stages",
            kind: Kind::Index,
            formula: "U_i = 1 + Σ_j b_ij U_j, that is U = G 1 with G = (I − B)⁻¹ and b_ij = z_ij/x_i; with trade \
                      given, b_ij = z_ij/(x_i − X_i + M_i): what is exported and imported is used in the shares of \
                      what stays, X exports, M imports",
            reference: "Antràs, Chor, Fally and Hillberry (2012), American Economic Review 102(3), 412–416; Antràs and \
                        Chor (2013), Econometrica 81, 2127–2204",
            params: &[
                Param {
                    name: "trade",
                    doc: "Columns of trade with other countries: exports, and imports with the minus sign with which a \
                          row adds up to output. Left out, no correction: exports are final use.",
                    domain: Domain::Industries { required: false },
                },
                ERROR,
            ],
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

    fn conventions(&self, params: &Params) -> Vec<String> {
        let trade = match params.text("trade") {
            Some(_) => "exports and imports are taken to go through chains as long as the domestic ones",
            None => "exports are final use",
        };
        conventions_and(["1: all output goes to final use", trade, CONVENTION])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::without(input, input.members("trade").unwrap_or_default());
        let distances =
            table.ghosh(input.stop).map(|ghosh| ghosh.row_sums().into_iter().map(|u| [finite(u)]).collect());
        table.by_sector(["value"], distances)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let table = Table::without(input, input.members("trade").unwrap_or_default());
        let found = table.ghosh(input.stop).map(|ghosh| {
            errors::of_sums(&table.allocation().transposed(), &ghosh.transposed(), params.number("error"))
        });
        Some(errors::columns("value", &table, found, None, ask))
    }
}
