//! Conditions and assets of clusters: outside markets, firm sizes, cooperation, factor mobility, intangible capital.

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[];
