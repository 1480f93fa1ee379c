//! Linkages of industries and the value chain, from input–output tables.
//!
//! A table is data whose regions supply (rows) and whose industries use (columns): see [`table`].

mod allocation_coefficients;
mod average_propagation_length;
mod backward_linkage;
mod downstreamness;
mod errors;
mod field_of_influence;
mod forward_linkage;
mod ghosh_inverse;
mod hypothetical_extraction;
mod input_multiplier;
mod key_sector;
mod leontief_inverse;
mod output_multiplier;
mod regional;
mod regional_coefficients;
mod regional_output_multiplier;
mod regional_value_chain_length;
mod square;
mod table;
mod technical_coefficients;
mod upstreamness;
mod value_chain_length;
mod vertical_specialisation;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &technical_coefficients::TechnicalCoefficients,
    &allocation_coefficients::AllocationCoefficients,
    &leontief_inverse::LeontiefInverse,
    &ghosh_inverse::GhoshInverse,
    &output_multiplier::OutputMultiplier,
    &input_multiplier::InputMultiplier,
    &backward_linkage::BackwardLinkage,
    &forward_linkage::ForwardLinkage,
    &key_sector::KeySector,
    &hypothetical_extraction::HypotheticalExtraction,
    &field_of_influence::FieldOfInfluence,
    &upstreamness::Upstreamness,
    &downstreamness::Downstreamness,
    &value_chain_length::ValueChainLength,
    &average_propagation_length::AveragePropagationLength,
    &vertical_specialisation::VerticalSpecialisation,
    &regional_coefficients::RegionalCoefficients,
    &regional_output_multiplier::RegionalOutputMultiplier,
    &regional_value_chain_length::RegionalValueChainLength,
];
