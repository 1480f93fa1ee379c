//! Ubiquity: how many regions are specialised in an industry.

use super::network::{CUTOFF, Network, convention};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// `k_i = Σ_r M_ri`.
#[derive(Debug)]
pub(super) struct Ubiquity;

impl Index for Ubiquity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ubiquity",
            aliases: &[],
            title: "Ubiquity: the number of regions specialised in an industry, and how diverse they are",
            kind: Kind::Index,
            formula: "value k_i = Σ_r M_ri, with M_ri = 1 where LQ_ri ≥ cutoff; average_diversity = Σ_r M_ri k_r / k_i, \
                      with k_r the number of industries region r is specialised in",
            reference: "Hidalgo and Hausmann (2009), PNAS 106, 10570–10575",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let diversity: Vec<f64> =
            (0..network.industries.len()).map(|region| network.industries.count(region)).collect();
        let averages = network.regions.means(&diversity);
        let row = |i| Ok([network.ubiquity(i), network.active_industry(i).map(|()| averages[i])]);
        let rows: Vec<_> = (0..network.regions.len()).map(row).collect();
        Output::of_rows(Shape::Industry, ["value", "average_diversity"], &rows)
    }
}
