//! Where a region or a cell stands: shares, densities and location quotients.

mod agglomeration;
mod density;
pub(super) mod location_quotient;
mod log_location_quotient;
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
];
