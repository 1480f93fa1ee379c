//! How well a network determines the complexity of its regions and industries.

use super::component::{Component, components};
use super::network::{CUTOFF, Network, convention};
use super::scores::Scores;
use super::spectrum::Spectrum;
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// See the card.
#[derive(Debug)]
pub(super) struct ComplexityDiagnostics;

const PARTS: [&str; 8] = [
    "components",
    "regions",
    "industries",
    "fill",
    "second_eigenvalue",
    "third_eigenvalue",
    "eigengap",
    "diversity_correlation",
];

impl Index for ComplexityDiagnostics {
    fn card(&self) -> &'static Card {
        &Card {
            id: "complexity_diagnostics",
            aliases: &[],
            title: "What economic complexity rests on: connectedness of the network and distance of its eigenvalues",
            kind: Kind::Index,
            formula: "components: connected components of the network of regions and industries with M_ri = 1; regions, \
                      industries: members of the largest one, which economic_complexity is of; fill: its share of ones; \
                      second_eigenvalue λ₂ and third_eigenvalue λ₃ of D⁻¹ M U⁻¹ Mᵀ; eigengap = λ₂ − λ₃ (small: the \
                      ranking hangs on little); diversity_correlation of ECI_r and Σ_i M_ri (small: the sign does)",
            reference: "Mealy, Farmer and Teytelboym (2019), Science Advances 5, eaau1705: ECI as a spectral cut",
            params: &[CUTOFF],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params), "the first eigenvalue is 1, once a component".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let largest = Component::largest(&network);
        let count = |of: fn(&Component) -> usize| largest.as_ref().map(|c| of(c) as f64).map_err(|absent| *absent);
        let (regions, industries) = (count(|c| c.regions.len()), count(|c| c.industries.len()));
        let ones = count(|c| c.rows.entries());
        let spectrum = largest.clone().and_then(|component| Spectrum::of(&component, || input.stopped()));
        let second = spectrum.as_ref().map(|s| s.second).map_err(|absent| *absent);
        let third = spectrum.as_ref().map(|s| s.third).map_err(|absent| *absent);
        let scores = largest.and_then(|component| Ok(Scores::from(&network, &component, spectrum?)));
        let row = [
            Ok(components(&network).len() as f64),
            regions,
            industries,
            ones.and_then(|ones| ratio(ones, regions? * industries?)),
            second,
            third,
            second.and_then(|second| Ok(second - third?)),
            scores.and_then(|scores| scores.correlation),
        ];
        Output::of_rows(Shape::Nation, PARTS, &[Ok(row)])
    }
}
