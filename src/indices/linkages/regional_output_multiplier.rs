//! The output multiplier of an industry within a region.

use super::regional::{PARAMS, REFERENCE, Regional, conventions, scratch_of};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite};

/// Column sums of the inverse of a region's coefficients.
#[derive(Debug)]
pub(super) struct RegionalOutputMultiplier;

impl Index for RegionalOutputMultiplier {
    fn card(&self) -> &'static Card {
        &Card {
            id: "regional_output_multiplier",
            aliases: &[],
            title: "Regional output multiplier: output within the region per unit of final demand for an industry \
                    there",
            kind: Kind::Index,
            formula: "value m_rj = Σ_i [(I − A_r)⁻¹]_ij with a^r_ij = a_ij min(FLQ_ij, 1), see regional_coefficients; \
                      national m_j = Σ_i [(I − A)⁻¹]_ij; the difference is what final demand in the region sets off \
                      elsewhere",
            reference: REFERENCE,
            params: PARAMS,
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::AtLeast(1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, _regions: usize, width: usize) -> u64 {
        scratch_of(width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions(["without feedback through other regions; the round of final demand itself is included"])
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let measure = &input.measure;
        let Some(regional) = Regional::of(input, params) else {
            let absent = |value: &Value| value.and(Err(Absent::Missing));
            let row = |value| absent(value).map(|x| [Ok(x), Ok(x)]);
            return Output::of_rows(
                Shape::Cell,
                ["value", "national"],
                &measure.values().iter().map(row).collect::<Vec<_>>(),
            );
        };
        let (within, national) = (regional.multipliers(input.stop), regional.national_multipliers(input.stop));
        let row = |(region, industry, value): (usize, usize, Value)| {
            let place = value.and_then(|_| regional.national.places[industry])?;
            let multiplier = within[region].as_ref().map_or_else(|absent| Err(*absent), |within| within[place]);
            Ok([multiplier, finite(national.as_ref().map_err(|absent| *absent)?[place])])
        };
        Output::of_rows(Shape::Cell, ["value", "national"], &measure.cells().map(row).collect::<Vec<_>>())
    }
}
