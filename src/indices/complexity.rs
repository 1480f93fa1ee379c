//! Relatedness of industries and complexity of what regions do.

mod complexity_diagnostics;
mod component;
mod diversity;
mod economic_complexity;
mod fitness;
mod fitness_complexity;
mod fixed_point;
mod method_of_reflections;
mod network;
mod product_complexity;
mod rca_matrix;
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
];
