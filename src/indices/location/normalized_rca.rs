//! Normalised revealed comparative advantage: the deviation from the neutral point, in parts of the whole.

use super::economy::{Economy, each_cell};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// `x_ri/x − x_r x_i / x²`.
#[derive(Debug)]
pub(super) struct NormalizedRca;

impl Index for NormalizedRca {
    fn card(&self) -> &'static Card {
        &Card {
            id: "normalized_rca",
            aliases: &["nrca"],
            title: "Normalised revealed comparative advantage: comparable over regions, industries and time, −1/4 to 1/4",
            kind: Kind::Index,
            formula: "x_ri/x − x_r x_i / x², with x_r, x_i and x the sums over industries, over regions and of all; \
                      over the regions, and over the industries, it sums to 0 where no cell is absent",
            reference: "Yu, Cai and Leung (2009), Annals of Regional Science 43, 267–282",
            params: &[],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(-1, 1), Law::ZeroWhenEqual],
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
            "a share of the whole of all regions and industries, not scaled by 10 000 as it is often printed"
                .to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let total = Economy::nation(&input.measure).total();
        let values = each_cell(&input.measure, |x, share, industry| {
            let total = total?;
            Ok(ratio(x, total)? - share * ratio(industry, total)?)
        });
        Output::of(Shape::Cell, values)
    }
}
