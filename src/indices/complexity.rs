//! Relatedness of industries and complexity of what regions do.

mod chance;
mod coherence;
mod complexity_diagnostics;
mod complexity_outlook_gain;
mod complexity_outlook_index;
mod component;
mod diversity;
mod economic_complexity;
mod expy;
mod fitness;
mod fitness_complexity;
mod fixed_point;
mod income;
mod method_of_reflections;
mod network;
mod outlook;
mod pairs;
mod product_complexity;
mod prody;
mod proximity;
mod rca_matrix;
mod relatedness;
mod relatedness_density;
mod relation;
mod scores;
mod spectrum;
mod ubiquity;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &rca_matrix::RcaMatrix,
    &diversity::Diversity,
    &ubiquity::Ubiquity,
    &method_of_reflections::MethodOfReflections,
    &economic_complexity::EconomicComplexity,
    &product_complexity::ProductComplexity,
    &complexity_diagnostics::ComplexityDiagnostics,
    &fitness::Fitness,
    &fitness_complexity::FitnessComplexity,
    &proximity::Proximity,
    &relatedness::Relatedness,
    &relatedness_density::RelatednessDensity,
    &coherence::Coherence,
    &complexity_outlook_index::ComplexityOutlookIndex,
    &complexity_outlook_gain::ComplexityOutlookGain,
    &prody::Prody,
    &expy::Expy,
];
