//! The economic complexity index: the second eigenvector of how regions share industries.

use super::network::{CUTOFF, Network, convention};
use super::scores::{self, Scores};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct EconomicComplexity;

impl Index for EconomicComplexity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "economic_complexity",
            aliases: &["eci"],
            title: "Economic complexity index (ECI) of a region; one empty region or industry does not spoil the others",
            kind: Kind::Index,
            formula: "z-score (ddof 0) of the eigenvector of the second largest eigenvalue of D⁻¹ M U⁻¹ Mᵀ, with M_ri = 1 \
                      where LQ_ri ≥ cutoff, D the diversities Σ_i M_ri and U the ubiquities Σ_r M_ri",
            reference: "Hidalgo and Hausmann (2009), PNAS 106, 10570–10575; Hausmann et al. (2014), The Atlas of \
                        Economic Complexity, MIT Press, technical box 2.1",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits, Infer::BootstrapIndustries],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = vec![convention(params), "z-score over regions, ddof 0".to_owned()];
        conventions.extend(scores::conventions());
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let scores = Scores::of(&network, input);
        Output::of(Shape::Region, network.per_region(|region| scores.regions[region]))
    }
}
