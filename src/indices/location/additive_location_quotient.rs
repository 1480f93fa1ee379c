//! The additive location quotient: what a region has of an industry beyond what it has of the nation.

use super::economy::each_cell;
use super::location_quotient::conventions;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// `x_ri/x_i − x_r/x`.
#[derive(Debug)]
pub(super) struct AdditiveLocationQuotient;

impl Index for AdditiveLocationQuotient {
    fn card(&self) -> &'static Card {
        &Card {
            id: "additive_location_quotient",
            aliases: &["additive_lq"],
            title: "Additive location quotient: the region's share of the industry less its share of the nation",
            kind: Kind::Index,
            formula: "x_ri/x_i − x_r/x, with x_r, x_i and x the sums over industries, over regions and of all; over \
                      the regions it sums to 0 where no cell is absent",
            reference: "After Hoen and Oosterhaven (2006), Annals of Regional Science 40, 677–691, whose shares are of the \
                        region's and the nation's industries; as here: REAT 3.0.3, locq with LQ.method = \"a\"",
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

    fn conventions(&self, params: &Params) -> Vec<String> {
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Cell, each_cell(&input.measure, |x, share, industry| Ok(ratio(x, industry)? - share)))
    }
}
