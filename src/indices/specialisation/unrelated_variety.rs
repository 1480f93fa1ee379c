//! Unrelated variety: the variety of the classes that a region's industries belong to.

use super::variety::{PARAMS, Variety, conventions};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{Over, distributions};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};

/// See [`Variety::Unrelated`].
#[derive(Debug)]
pub(super) struct UnrelatedVariety;

impl Index for UnrelatedVariety {
    fn card(&self) -> &'static Card {
        &Card {
            id: "unrelated_variety",
            aliases: &[],
            title: "Unrelated variety: entropy of the classes of the region's industries",
            kind: Kind::Index,
            formula: "Σ_g P_g log(1/P_g) with P_g = Σ_{i∈g} s_i the share of class g; the rest of the entropy is \
                      related_variety. Analytic inference is for counts: the delta method for the multinomial",
            reference: "Frenken, van Oort and Verburg (2007), Regional Studies 41, 685–697",
            params: PARAMS,
            inference: &[Infer::Analytic, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let regions = distributions(&input.measure, Over::Industries).into_iter();
        Output::of(Shape::Region, regions.map(|region| Variety::Unrelated.of(&region?, input, params)).collect())
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        Variety::Unrelated.extras("value", input, params, ask)
    }
}
