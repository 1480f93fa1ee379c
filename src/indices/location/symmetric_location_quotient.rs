//! The symmetric location quotient, bounded between −1 and 1.

use super::economy::{Economy, REFERENCE};
use super::location_quotient::{conventions, quotients_to};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// `(LQ − 1) / (LQ + 1)`.
#[derive(Debug)]
pub(super) struct SymmetricLocationQuotient;

impl Index for SymmetricLocationQuotient {
    fn card(&self) -> &'static Card {
        &Card {
            id: "symmetric_location_quotient",
            aliases: &["symmetric_lq"],
            title: "Symmetric location quotient: −1 without the industry, 0 at the nation's share, towards 1 above it",
            kind: Kind::Index,
            formula: "(LQ_ri − 1) / (LQ_ri + 1), with LQ_ri = (x_ri/x_r) / (x_i/x)",
            reference: "Dalum, Laursen and Villumsen (1998), International Review of Applied Economics 12, 423–443",
            params: &[REFERENCE],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(-1, 1), Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let quotients = quotients_to(&input.measure, &Economy::of(input));
        Output::of(Shape::Cell, quotients.into_iter().map(|q| q.and_then(symmetric)).collect())
    }
}

fn symmetric(quotient: f64) -> Value {
    if quotient < 0.0 { Err(Absent::OutsideDomain) } else { ratio(quotient - 1.0, quotient + 1.0) }
}
