//! How an industry spreads over regions, or a region over industries, by its distribution of shares.

mod coagglomeration;
mod concentration_ratio;
mod dartboard;
mod ellison_glaeser;
mod ellison_glaeser_coagglomeration;
mod ellison_glaeser_coagglomeration_group;
mod entropy;
mod gini;
mod gini_of_quotients;
mod hhi;
mod hoover;
mod howard_colocation;
mod information;
mod krugman;
mod local_mutual_information;
mod maurel_sedillot;
mod mutual_information;
mod plants;
mod size;
mod sums;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &hhi::Hhi,
    &concentration_ratio::ConcentrationRatio,
    &krugman::Krugman,
    &gini::Gini,
    &gini_of_quotients::GiniOfQuotients,
    &hoover::Hoover,
    &entropy::Entropy,
    &mutual_information::MutualInformation,
    &local_mutual_information::LocalMutualInformation,
    &ellison_glaeser::EllisonGlaeser,
    &maurel_sedillot::MaurelSedillot,
    &ellison_glaeser_coagglomeration::EllisonGlaeserCoagglomeration,
    &ellison_glaeser_coagglomeration_group::EllisonGlaeserCoagglomerationGroup,
    &howard_colocation::HowardColocation,
];
