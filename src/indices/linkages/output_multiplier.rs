//! The output multiplier: what the whole economy produces for a unit of final demand of a sector.

use super::errors::{self, CONVENTION, ERROR, INFERENCE};
use super::square::Square;
use super::table::{Table, conventions, present, scratch};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, finite};

/// `Σ_i l_ij`, with households inside or outside.
#[derive(Debug)]
pub(super) struct OutputMultiplier;

impl Index for OutputMultiplier {
    fn card(&self) -> &'static Card {
        &Card {
            id: "output_multiplier",
            aliases: &[],
            title: "Output multiplier: output of all sectors, direct and indirect, per unit of final demand of the \
                    sector",
            kind: Kind::Index,
            formula: "m_j = Σ_i l_ij with L = (I − A)⁻¹ (type I); direct = Σ_i a_ij; indirect = m_j − 1 − direct. With \
                      households and consumption given, the type II multiplier: total = m_j + induced, induced_j = \
                      (Σ_i [L c]_i) [h L]_j / (1 − h L c), with h_j the households' income per unit of output and c_i \
                      the consumption of i per unit of that income: the model closed by their row and column, summed \
                      over the sectors",
            reference: "Miller and Blair (2009), Input–Output Analysis, 2nd ed., Cambridge, sections 6.2 and 2.5",
            params: &[
                Param {
                    name: "households",
                    doc: "Rows of income that households earn, such as wages; with `consumption`, what they spend of \
                          it comes back as demand (type II). Left out, households are final demand (type I).",
                    domain: Domain::Regions { required: false },
                },
                Param {
                    name: "consumption",
                    doc: "Columns of what households buy; goes with `households`.",
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

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        match (params.text("households"), params.text("consumption")) {
            (Some(_), None) => Err(Refusal { param: "consumption", rule: "must be given with households" }),
            (None, Some(_)) => Err(Refusal { param: "households", rule: "must be given with consumption" }),
            _ if !facts.has_industries => Err(Refusal { param: "", rule: "needs data with industries" }),
            _ => Ok(()),
        }
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = conventions();
        conventions.push(match params.text("households") {
            Some(_) => "total = 1 + direct + indirect + induced, summed over the sectors and not over households; \
                        income from outside the sectors counts as income of households"
                .to_owned(),
            None => {
                "total = 1 + direct + indirect; households are final demand, so nothing is induced (type I)".to_owned()
            }
        });
        conventions.push(CONVENTION.to_owned());
        conventions
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let (table, [open, closed]) = inverses(input);
        let rows = open.map(|open| {
            let (open, direct) = (open.column_sums(), table.technical().column_sums());
            let totals = closed.map(|closed| closed.column_sums());
            let parts = |j: usize| {
                let total = totals.as_ref().map_err(|absent| *absent).and_then(|totals| finite(totals[j]));
                [total, finite(direct[j]), finite(open[j] - 1.0 - direct[j]), total.map(|total| total - open[j])]
            };
            (0..table.len()).map(parts).collect()
        });
        table.by_sector(["total", "direct", "indirect", "induced"], rows)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let (table, [_, inverse]) = inverses(input);
        let found = inverse.map(|inverse| errors::of_sums(&table.technical(), &inverse, params.number("error")));
        Some(errors::columns("total", &table, found, None, ask))
    }
}

/// The table, its Leontief inverse with households as final demand, and the one that the multiplier sums.
fn inverses<'a>(input: &'a Input<'_>) -> (Table<'a>, [Result<Square, Absent>; 2]) {
    let consumption = input.members("consumption").unwrap_or_default();
    let table = Table::of(input, consumption);
    let open = table.leontief(input.stop);
    let closed = open.clone().and_then(|open| match input.members("households") {
        Some(households) => closed(&table, &open, households, consumption),
        None => Ok(open),
    });
    (table, [open, closed])
}

/// The sectors' part of the inverse with households inside: L + (L c)(h L) / (1 − h L c), a household's round more.
fn closed(table: &Table<'_>, open: &Square, households: &[usize], consumption: &[usize]) -> Result<Square, Absent> {
    let used = table.used();
    let consumed = |column: usize| consumption.contains(&column);
    let other = |column: usize| !consumed(column) && !used[column];
    let earned = open.weighted(&present(table.inputs(households)));
    let spent = open.times_vector(&present(table.sales(consumed)));
    // What of all income does not come back, Σ income (1 − h L c): what is earned outside the sectors and for other
    // demand. So reckoned it is exactly zero where nothing leaks and the multiplier is infinite.
    let elsewhere: f64 = present(households.iter().map(|row| table.row_sum(*row, other)).collect()).iter().sum();
    let leak: f64 = elsewhere + earned.iter().zip(present(table.sales(other))).map(|(h, f)| h * f).sum::<f64>();
    if leak == 0.0 {
        return Err(Absent::ZeroDenominator);
    }
    Ok(Square::of(table.len(), |i, j| open.at(i, j) + spent[i] * earned[j] / leak))
}
