//! Relatedness of industries and complexity of what regions do.

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[];
