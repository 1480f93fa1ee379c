//! Technical coefficients: what a sector draws from each row per unit of its output.

use super::table::{conventions, outputs};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// `z_ij / x_j`.
#[derive(Debug)]
pub(super) struct TechnicalCoefficients;

impl Index for TechnicalCoefficients {
    fn card(&self) -> &'static Card {
        &Card {
            id: "technical_coefficients",
            aliases: &["input_coefficients", "direct_requirements"],
            title: "Technical coefficients A: input from each supplier per unit of output of the using sector",
            kind: Kind::Index,
            formula: "a_ij = z_ij / x_j, with z_ij the flow from row i to sector j and x_j the output of j; rows of \
                      primary inputs have coefficients too (value added, wages or jobs per unit of output)",
            reference: "Leontief (1936), Review of Economics and Statistics 18, 105–125; Miller and Blair (2009), \
                        Input–Output Analysis, 2nd ed., Cambridge, chapter 2",
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
        conventions()[..2].to_vec()
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let outputs = outputs(input);
        let coefficients = input.measure.cells().map(|(_, user, flow)| finite(flow? / outputs[user]?));
        Output::of(Shape::Cell, coefficients.collect())
    }
}
