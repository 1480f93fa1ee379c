//! The relative diversity index: how close a region's structure is to the nation's.

use super::structures::{conventions, each_structure};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, ratio};

/// Structures that differ by less than this are the same but for rounding.
const ROUNDING: f64 = 1e-12;

/// `1 / Σ |s_ri − s_i|`.
#[derive(Debug)]
pub(super) struct RelativeDiversity;

impl Index for RelativeDiversity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "relative_diversity",
            aliases: &["rdi"],
            title: "Relative diversity index: the inverse of the Krugman index, from 1/2 without bound",
            kind: Kind::Index,
            formula: "RDI_r = 1 / Σ_i |s_ri − s_i|, with s_ri = x_ri/x_r and s_i = x_i/x; absent, not infinite, where \
                      the structures are the same",
            reference: "Duranton and Puga (2000), Urban Studies 37, 533–555",
            params: &[],
            inference: &[Infer::BootstrapIndustries, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ReplicationInvariant],
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
            let distance: f64 = structure.iter().map(|(own, nation)| (own - nation).abs()).sum();
            [if distance <= ROUNDING { Err(Absent::ZeroDenominator) } else { ratio(1.0, distance) }]
        })
    }
}
