//! What a region is made of: specialisation, diversity and variety of its industries.
//!
//! Gini, Hoover, Herfindahl–Hirschman, entropy and Krugman's index of a region's industries are the indices `gini`,
//! `hoover`, `hhi`, `entropy` and `krugman` of the family `concentration`, over industries.

mod draws;
mod hachman;
mod related_variety;
mod relative_diversity;
mod relative_specialisation;
mod simpson_diversity;
mod structures;
mod unrelated_variety;
mod variety;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &relative_specialisation::RelativeSpecialisation,
    &relative_diversity::RelativeDiversity,
    &hachman::Hachman,
    &simpson_diversity::SimpsonDiversity,
    &related_variety::RelatedVariety,
    &unrelated_variety::UnrelatedVariety,
];
