//! The natural logarithm of the location quotient.

use super::counts::inferred;
use super::economy::{Economy, REFERENCE};
use super::location_quotient::{conventions, quotients_to};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
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
            formula: "ln LQ_ri, with LQ_ri = (x_ri/x_r) / (x_i/x); 0 where the shares are equal. Analytic inference is for \
                      counts: the delta method for the interval, Pearson's test of LQ = 1 for p",
            reference: "Vollrath (1991), Weltwirtschaftliches Archiv 127, 265–280; interval: Moineddin, Beyene and \
                        Boyle (2003), Geographical Analysis 35, 249–256, of the logarithm",
            params: &[REFERENCE],
            inference: &[Infer::Analytic, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = conventions(params);
        conventions.push("natural logarithm; absent where the quotient is 0".to_owned());
        conventions
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let quotients = quotients_to(&input.measure, &Economy::of(input));
        Output::of(Shape::Cell, quotients.into_iter().map(|q| q.and_then(ln)).collect())
    }

    fn infer(&self, input: &Input<'_>, _params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        inferred(input, ask, |quotient, se| Ok((ln(quotient)?, se / quotient)))
    }
}
