//! Linkages of industries and the value chain, from input–output tables.

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[];
