//! Multipliers of a primary input: wages, jobs, value added or imports that final demand for a sector calls for.

use super::errors::{self, CONVENTION, ERROR, INFERENCE};
use super::table::{Table, conventions_and, present, scratch};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{Value, finite, ratio};

/// `Σ_i v_i l_ij`.
#[derive(Debug)]
pub(super) struct InputMultiplier;

impl Index for InputMultiplier {
    fn card(&self) -> &'static Card {
        &Card {
            id: "input_multiplier",
            aliases: &["income_multiplier", "employment_multiplier", "value_added_multiplier"],
            title: "Input multiplier: income, employment, value added or imports, direct and indirect, per unit of \
                    final demand",
            kind: Kind::Index,
            formula: "total_j = Σ_i v_i l_ij, with v_i = z_ki/x_i the input k per unit of output of i (k = wages: \
                      income; jobs: employment) and L = (I − A)⁻¹; direct = v_j; ratio = total/direct, the type I \
                      multiplier",
            reference: "Miller and Blair (2009), Input–Output Analysis, 2nd ed., Cambridge, section 6.2",
            params: &[
                Param {
                    name: "row",
                    doc: "The row or rows of primary inputs, such as wages, jobs or value added, in a unit of its own.",
                    domain: Domain::Regions { required: true },
                },
                ERROR,
            ],
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
            "total is per unit of final demand, ratio per unit of the sector's own direct input",
            "where a sector lacks the input, the others' totals are of what is there",
            CONVENTION,
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let rows = table.leontief(input.stop).map(|leontief| {
            let direct = table.inputs(input.members("row").unwrap_or_default());
            let totals = leontief.weighted(&present(direct.clone()));
            let parts = |(direct, total): (Value, f64)| {
                let total = direct.and(finite(total));
                [total, direct, total.and_then(|total| ratio(total, direct?))]
            };
            direct.into_iter().zip(totals).map(parts).collect()
        });
        table.by_sector(["total", "direct", "ratio"], rows)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let table = Table::of(input, &[]);
        let direct = table.inputs(input.members("row").unwrap_or_default());
        let found = table.leontief(input.stop).map(|leontief| {
            let weights = present(direct.clone());
            let totals = errors::of_weighted_sums(&table.technical(), &leontief, &weights, params.number("error"));
            totals.into_iter().zip(direct).map(|(total, direct)| direct.and(total)).collect()
        });
        Some(errors::columns("total", &table, found, None, ask))
    }
}
