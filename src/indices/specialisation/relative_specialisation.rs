//! The relative specialisation index: the largest location quotient of a region.

use super::structures::{conventions, each_structure};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// `max s_ri / s_i`.
#[derive(Debug)]
pub(super) struct RelativeSpecialisation;

impl Index for RelativeSpecialisation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "relative_specialisation",
            aliases: &["rzi"],
            title: "Relative specialisation index: the largest location quotient of the region",
            kind: Kind::Index,
            formula: "RZI_r = max_i s_ri / s_i, with s_ri = x_ri/x_r and s_i = x_i/x; 1 where the structures are the same",
            reference: "Duranton and Puga (2000), Urban Studies 37, 533–555",
            params: &[],
            inference: &[Infer::BootstrapUnits],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::AtLeast(1),
                Law::OneWhenEqual,
                Law::ReplicationInvariant,
            ],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions()
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        each_structure(input, ["value"], |structure| {
            let quotients = structure.iter().filter(|(_, nation)| *nation > 0.0).map(|(own, nation)| own / nation);
            [Ok(quotients.fold(0.0, f64::max))]
        })
    }
}
