//! Diversity: in how many industries a region is specialised.

use super::network::{CUTOFF, Network, convention};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// `k_r = Σ_i M_ri`.
#[derive(Debug)]
pub(super) struct Diversity;

impl Index for Diversity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "diversity",
            aliases: &[],
            title: "Diversity: the number of industries a region is specialised in, and how common they are",
            kind: Kind::Index,
            formula: "value k_r = Σ_i M_ri, with M_ri = 1 where LQ_ri ≥ cutoff; average_ubiquity = Σ_i M_ri k_i / k_r, \
                      with k_i the number of regions specialised in industry i",
            reference: "Hidalgo and Hausmann (2009), PNAS 106, 10570–10575",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let ubiquity: Vec<f64> = (0..network.regions.len()).map(|industry| network.regions.count(industry)).collect();
        let averages = network.industries.means(&ubiquity);
        let row = |region| Ok([network.diversity(region), network.active_region(region).map(|()| averages[region])]);
        let rows: Vec<_> = (0..network.industries.len()).map(row).collect();
        Output::of_rows(Shape::Region, ["value", "average_ubiquity"], &rows)
    }
}
