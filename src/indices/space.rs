//! Where neighbours are alike: spatial association, accessibility, distances between plants.

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[];
