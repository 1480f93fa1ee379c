//! The matrix M: who is specialised in what.

use super::network::{CUTOFF, reaches};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::location::location_quotient::quotients;
use crate::indices::{Index, Input, Output, Shape};

/// 1 where the location quotient reaches the cutoff, else 0.
#[derive(Debug)]
pub(super) struct RcaMatrix;

impl Index for RcaMatrix {
    fn card(&self) -> &'static Card {
        &Card {
            id: "rca_matrix",
            aliases: &["mcp"],
            title: "Specialisation as 0 or 1: whether the location quotient reaches a cutoff",
            kind: Kind::Index,
            formula: "M_ri = 1 if LQ_ri = (x_ri/x_r)/(x_i/x) ≥ cutoff, else 0",
            reference: "Balassa (1965), The Manchester School 33, 99–123; Hidalgo and Hausmann (2009), PNAS 106, \
                        10570–10575",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1), Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![format!(
            "the location quotient is at least {}, or falls short of it by rounding only; the nation includes the \
             region itself",
            params.number("cutoff")
        )]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let cutoff = params.number("cutoff");
        let of = |quotient: f64| f64::from(u8::from(reaches(quotient, cutoff)));
        Output::of(Shape::Cell, quotients(&input.measure).into_iter().map(|quotient| quotient.map(of)).collect())
    }
}
