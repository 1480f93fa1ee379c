//! How an industry spreads over regions, or a region over industries, by its distribution of shares.

mod entropy;
mod gini;
mod hhi;
mod hoover;
mod krugman;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[&hhi::Hhi, &krugman::Krugman, &gini::Gini, &hoover::Hoover, &entropy::Entropy];
