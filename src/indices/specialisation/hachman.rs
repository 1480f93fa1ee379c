//! The Hachman index: how close a region's structure is to the nation's, 1 where it is the same.

use super::structures::{conventions, each_structure};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// `1 / Σ s_ri LQ_ri`.
#[derive(Debug)]
pub(super) struct Hachman;

impl Index for Hachman {
    fn card(&self) -> &'static Card {
        &Card {
            id: "hachman",
            aliases: &[],
            title: "Hachman index: the inverse of the region's average location quotient, towards 0 with specialisation",
            kind: Kind::Index,
            formula: "value = 1 / Σ_i s_ri LQ_ri, average_location_quotient = Σ_i s_ri LQ_ri, with s_ri = x_ri/x_r, \
                      LQ_ri = s_ri/s_i and s_i = x_i/x",
            reference: "Hachman (1995), Bureau of Economic and Business Research, University of Utah; EconGeo 2.1, \
                        hachman and location_quotient_avg",
            params: &[],
            inference: &[Infer::BootstrapIndustries, Infer::BootstrapUnits],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::Within(0, 1),
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
        each_structure(input, ["value", "average_location_quotient"], |structure| {
            let known = structure.iter().filter(|(_, nation)| *nation > 0.0);
            let average: f64 = known.map(|(own, nation)| own * own / nation).sum();
            [ratio(1.0, average), Ok(average)]
        })
    }
}
