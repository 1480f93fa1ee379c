//! The natural logarithm of the location quotient.

use super::location_quotient::{conventions, quotients};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ln;

/// `ln LQ_ri`.
#[derive(Debug)]
pub(super) struct LogLocationQuotient;

impl Index for LogLocationQuotient {
    fn card(&self) -> &'static Card {
        &Card {
            id: "log_location_quotient",
            aliases: &["log_lq"],
            title: "Natural logarithm of the location quotient",
            kind: Kind::Index,
            formula: "ln LQ_ri, with LQ_ri = (x_ri/x_r) / (x_i/x)",
            reference: "Vollrath (1991), Weltwirtschaftliches Archiv 127, 265–280",
            params: &[],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        let mut conventions = conventions();
        conventions.push("natural logarithm; absent where the quotient is 0".to_owned());
        conventions
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Cell, quotients(&input.measure).into_iter().map(|q| q.and_then(ln)).collect())
    }
}
