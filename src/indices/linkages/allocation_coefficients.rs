//! Allocation coefficients: the share of a sector's output that each column uses.

use super::table::{conventions, outputs};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, finite};

/// `z_ij / x_i`.
#[derive(Debug)]
pub(super) struct AllocationCoefficients;

impl Index for AllocationCoefficients {
    fn card(&self) -> &'static Card {
        &Card {
            id: "allocation_coefficients",
            aliases: &["output_coefficients"],
            title: "Allocation coefficients B: the share of the supplying sector's output that each user takes",
            kind: Kind::Index,
            formula: "b_ij = z_ij / x_i, with z_ij the flow from sector i to column j and x_i the output of i; columns \
                      of final demand have coefficients too (the share exported, consumed, invested)",
            reference: "Ghosh (1958), Economica 25, 58–64; Miller and Blair (2009), Input–Output Analysis, 2nd ed., \
                        Cambridge, section 12.1",
            params: &[],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec![
            conventions().remove(0),
            "a flow that is missing or suppressed adds nothing; a row of primary inputs has no value (missing)"
                .to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let mut of_row = vec![Err(Absent::Missing); input.measure.regions()];
        for (row, output) in input.twins.iter().zip(outputs(input)) {
            row.iter().for_each(|row| of_row[*row] = output);
        }
        let coefficients = input.measure.cells().map(|(supplier, _, flow)| finite(flow? / of_row[supplier]?));
        Output::of(Shape::Cell, coefficients.collect())
    }
}
