//! Harris's market potential: the demand of all regions over their distances.

use super::accessibility::{AREA_DOC, accessibility, check_coordinates, convention};
use super::points::{METRIC, X, Y};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};

/// `Σ_j x_j / d_ij`, itself included.
#[derive(Debug)]
pub(super) struct MarketPotential;

impl Index for MarketPotential {
    fn card(&self) -> &'static Card {
        &Card {
            id: "market_potential",
            aliases: &["harris"],
            title: "Market potential: the measure of all regions over their distances, the own market included",
            kind: Kind::Index,
            formula: "MP_i = Σ_j x_j / d_ij, with x_j the measure and d_ij the distance; the region's distance from \
                      itself is d_ii = ⅔√(area_i/π) = 0.376√area_i",
            reference: "Harris (1954), Annals of the Association of American Geographers 44, 315–348; own distance: \
                        Head and Mayer (2010), in van Bergeijk and Brakman (eds.), The Gravity Model in International \
                        Trade, Cambridge University Press, 165–192",
            params: &[Param { name: "area", doc: AREA_DOC, domain: Domain::Measure { required: true } }, X, Y, METRIC],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn check(&self, params: &Params, _facts: &Facts) -> Result<(), Refusal> {
        check_coordinates(params)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        Output::of(Shape::Region, accessibility(input, params, f64::recip))
    }
}
