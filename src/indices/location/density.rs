//! Density: a region's value per unit of area, population or employment.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// `x_r / a_r`.
#[derive(Debug)]
pub(super) struct Density;

impl Index for Density {
    fn card(&self) -> &'static Card {
        &Card {
            id: "density",
            aliases: &[],
            title: "Density: the measure per unit of area, population or employment",
            kind: Kind::Index,
            formula: "D_r = x_r / a_r, with x_r the region's value and a_r the area (population, …) that `per` names",
            reference: "Ciccone and Hall (1996), American Economic Review 86, 54–70",
            params: &[Param {
                name: "per",
                doc: "The measure or numeric attribute to divide by, such as area, population or employment; \
                      the result has the unit of the measure per its unit.",
                domain: Domain::Measure { required: true },
            }],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![format!("per unit of {}; industries are summed", params.text("per").unwrap_or_default())]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let totals = input.measure.region_totals();
        let values = totals.into_iter().zip(input.regional("per").unwrap_or_default());
        Output::of(Shape::Region, values.map(|(x, per)| ratio(x?, (*per)?)).collect())
    }
}
