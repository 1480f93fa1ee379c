//! Where a region or a cell stands: shares, densities and location quotients.

mod additive_location_quotient;
mod aflq;
mod agglomeration;
mod cilq;
mod cluster_size;
mod counts;
mod density;
mod economy;
mod flq;
mod litzenberger_sternberg;
pub(super) mod location_quotient;
mod log_location_quotient;
mod national_shares;
mod normalized_rca;
pub(super) mod pairs;
mod per_head_quotient;
mod standardized_location_quotient;
mod symmetric_location_quotient;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &agglomeration::Agglomeration,
    &density::Density,
    &location_quotient::LocationQuotient,
    &log_location_quotient::LogLocationQuotient,
    &symmetric_location_quotient::SymmetricLocationQuotient,
    &standardized_location_quotient::StandardizedLocationQuotient,
    &additive_location_quotient::AdditiveLocationQuotient,
    &normalized_rca::NormalizedRca,
    &per_head_quotient::PerHeadQuotient,
    &cluster_size::ClusterSize,
    &litzenberger_sternberg::LitzenbergerSternberg,
    &cilq::Cilq,
    &flq::Flq,
    &aflq::Aflq,
];
