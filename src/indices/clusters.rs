//! Clusters: distances between plants, the firms and products in a region, its networks, and rules that name clusters.

mod bands;
mod churn;
mod cluster_profile;
mod cooperation_network;
mod cross_type_links;
mod duranton_overman;
mod external_internal_links;
mod firm_size;
mod firm_size_structure;
mod intangible_capital;
mod kernel;
mod m_function;
mod network;
mod outside_market_orientation;
mod plants;
mod product_differentiation;
mod ranks;
mod sites;
mod small_firm_isolation;
mod strong_cluster;
mod territories;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &cluster_profile::ClusterProfile,
    &strong_cluster::StrongCluster,
    &duranton_overman::DurantonOverman,
    &m_function::MFunction,
    &firm_size::FirmSize,
    &firm_size_structure::FirmSizeStructure,
    &small_firm_isolation::SmallFirmIsolation,
    &outside_market_orientation::OutsideMarketOrientation,
    &product_differentiation::ProductDifferentiation,
    &cooperation_network::CooperationNetwork,
    &cross_type_links::CrossTypeLinks,
    &external_internal_links::ExternalInternalLinks,
    &churn::Churn,
    &intangible_capital::IntangibleCapital,
];
