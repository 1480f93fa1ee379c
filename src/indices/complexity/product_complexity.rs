//! The product complexity index: the industries' side of the economic complexity index.

use super::network::{CUTOFF, Network, convention};
use super::scores::{self, Scores};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct ProductComplexity;

impl Index for ProductComplexity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "product_complexity",
            aliases: &["pci"],
            title: "Product complexity index (PCI) of an industry, on the scale of the regions' economic complexity",
            kind: Kind::Index,
            formula: "(q_i − mean_r e_r) / sd_r e_r, with q the eigenvector of the second largest eigenvalue of \
                      U⁻¹ Mᵀ D⁻¹ M and e = D⁻¹ M q; M_ri = 1 where LQ_ri ≥ cutoff, D the diversities Σ_i M_ri and U the \
                      ubiquities Σ_r M_ri. A region's economic complexity is the mean over the industries it is \
                      specialised in",
            reference: "Hidalgo and Hausmann (2009), PNAS 106, 10570–10575; Hausmann et al. (2014), The Atlas of \
                        Economic Complexity, MIT Press, technical box 2.1",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits, Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let scale = "scaled by mean and deviation (ddof 0) of the regions' eigenvector, not of its own".to_owned();
        let mut conventions = vec![convention(params), scale];
        conventions.extend(scores::conventions());
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let scores = Scores::of(&network, input);
        Output::of(Shape::Industry, network.per_industry(|industry| scores.industries[industry]))
    }
}
