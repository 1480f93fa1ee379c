//! Related variety: the variety of a region inside the classes of its industries.

use super::variety::{PARAMS, Variety, conventions};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{Over, distributions};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};

/// The parts of the answer.
const PARTS: [(&str, Variety); 3] =
    [("related", Variety::Related), ("unrelated", Variety::Unrelated), ("total", Variety::Total)];

/// See [`Variety::Related`].
#[derive(Debug)]
pub(super) struct RelatedVariety;

impl Index for RelatedVariety {
    fn card(&self) -> &'static Card {
        &Card {
            id: "related_variety",
            aliases: &[],
            title: "Related variety: entropy of the region's industries within their classes, with that between them \
                    and in all",
            kind: Kind::Index,
            formula: "related = Σ_g P_g H_g with P_g = Σ_{i∈g} s_i and H_g = Σ_{i∈g} (s_i/P_g) log(P_g/s_i); \
                      unrelated = Σ_g P_g log(1/P_g); total = Σ_i s_i log(1/s_i) = related + unrelated. Analytic \
                      inference is for counts: the delta method for the multinomial",
            reference: "Frenken, van Oort and Verburg (2007), Regional Studies 41, 685–697",
            params: PARAMS,
            inference: &[Infer::Analytic, Infer::BootstrapUnits],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::NonNegative,
                Law::Decomposes("total", &["related", "unrelated"]),
            ],
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
        let rows: Vec<_> = regions
            .map(|region| {
                let region = region?;
                Ok(PARTS.map(|(_, variety)| variety.of(&region, input, params)))
            })
            .collect();
        Output::of_rows(Shape::Region, PARTS.map(|(part, _)| part), &rows)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let parts: Option<Vec<_>> =
            PARTS.iter().map(|(part, variety)| variety.extras(part, input, params, ask)).collect();
        Some(parts?.concat())
    }
}
