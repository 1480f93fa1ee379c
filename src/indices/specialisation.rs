//! What a region is made of: specialisation, diversity and variety of its industries.

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[];
