//! Hansen's accessibility: what lies around a region, the less the farther.

use super::accessibility::{AREA, accessibility, check_coordinates, convention};
use super::points::{METRIC, X, Y};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};

/// `Σ_j x_j f(d_ij)`.
#[derive(Debug)]
pub(super) struct HansenAccessibility;

impl Index for HansenAccessibility {
    fn card(&self) -> &'static Card {
        &Card {
            id: "hansen_accessibility",
            aliases: &["accessibility"],
            title: "Hansen's accessibility: the measure of all regions, discounted by distance",
            kind: Kind::Index,
            formula: "A_i = Σ_j x_j f(d_ij), with x_j the measure, d_ij the distance and f(d) = d^(−beta) (power) or \
                      exp(−beta d) (exponential); the region itself is left out unless area gives its distance from \
                      itself",
            reference: "Hansen (1959), Journal of the American Institute of Planners 25, 73–76; own distance: Head and \
                        Mayer (2010), in van Bergeijk and Brakman (eds.), The Gravity Model in International Trade, \
                        Cambridge University Press, 165–192",
            params: &[
                Param {
                    name: "decay",
                    doc: "`power`: f(d) = d^(−beta). `exponential`: f(d) = exp(−beta d).",
                    domain: Domain::Choice(&["power", "exponential"]),
                },
                Param {
                    name: "beta",
                    doc: "How fast the measure counts for less with distance; 0: not at all.",
                    domain: Domain::Number { min: 0.0, max: 1000.0, default: 1.0 },
                },
                AREA,
                X,
                Y,
                METRIC,
            ],
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
        let beta = params.number("beta");
        let values = if params.chooses("decay", "exponential") {
            accessibility(input, params, |d| (-beta * d).exp())
        } else {
            accessibility(input, params, |d| d.powf(-beta))
        };
        Output::of(Shape::Region, values)
    }
}
