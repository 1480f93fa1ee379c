//! Where neighbours are alike: spatial association, accessibility, distances between plants.

mod accessibility;
mod bivariate_moran;
mod conditional;
mod geary;
mod getis_ord_g;
mod hansen_accessibility;
mod join_counts;
mod local_getis_ord;
mod local_moran;
mod market_potential;
mod moments;
mod moran;
mod neighbourhood;
mod points;
mod sample;
mod spatial_gini;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &moran::Moran,
    &bivariate_moran::BivariateMoran,
    &geary::Geary,
    &getis_ord_g::GetisOrdG,
    &local_moran::LocalMoran,
    &local_getis_ord::LocalGetisOrd,
    &join_counts::JoinCounts,
    &spatial_gini::SpatialGini,
    &hansen_accessibility::HansenAccessibility,
    &market_potential::MarketPotential,
];

/// The statement of the indices of association about regions without neighbours.
const ISLANDS: &str = "regions without a neighbour are left out of the mean, of n and of the weights";
