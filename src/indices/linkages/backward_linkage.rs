//! Backward linkages: how far demand for a sector pulls its suppliers along.

use super::errors::{self, CONVENTION, ERROR, INFERENCE};
use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::spread::spread;
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{Value, finite, ratio};

/// `n l_.j / Σ L`, the power of dispersion.
#[derive(Debug)]
pub(super) struct BackwardLinkage;

impl Index for BackwardLinkage {
    fn card(&self) -> &'static Card {
        &Card {
            id: "backward_linkage",
            aliases: &["power_of_dispersion"],
            title: "Backward linkage: Rasmussen's power of dispersion, with the direct linkage and the spread over \
                    suppliers",
            kind: Kind::Index,
            formula: "value = l_.j / ((1/n) Σ_k l_.k), with l_.j the column sum of L = (I − A)⁻¹ and n the number of \
                      sectors; total = l_.j; direct = Σ_i a_ij (Chenery and Watanabe); cv = standard deviation (n − 1) \
                      over mean of the column l_ij, each column about its own mean (R leontief 0.5 and fio 1.1 take \
                      the deviations along the wrong axis)",
            reference: "Rasmussen (1956), Studies in Inter-Sectoral Relations, North-Holland, chapter 8; Chenery and \
                        Watanabe (1958), Econometrica 26, 487–521; Hirschman (1958), The Strategy of Economic \
                        Development, Yale",
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
            "normalised to the mean of 1: above 1, the sector pulls more than the average one",
            "a low cv: the pull spreads evenly over the suppliers; ddof 1; the sector's own round is included",
            CONVENTION,
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let rows = table.leontief(input.stop).map(|leontief| {
            let (totals, direct) = (leontief.column_sums(), table.technical().column_sums());
            let (relative, n) = (relative(&totals), table.len());
            let parts = |j: usize| {
                let column = spread(&leontief.column(j), 1);
                [relative[j], finite(totals[j]), finite(direct[j]), column.and_then(|c| ratio(c.deviation, c.mean))]
            };
            (0..n).map(parts).collect()
        });
        table.by_sector(["value", "total", "direct", "cv"], rows)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let table = Table::of(input, &[]);
        let found = table.leontief(input.stop);
        let found =
            found.map(|leontief| errors::of_relative_sums(&table.technical(), &leontief, params.number("error")));
        Some(errors::columns("value", &table, found, Some(1.0), ask))
    }
}

/// Each number over the mean of all.
pub(super) fn relative(numbers: &[f64]) -> Vec<Value> {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    numbers.iter().map(|x| ratio(*x, mean)).collect()
}
