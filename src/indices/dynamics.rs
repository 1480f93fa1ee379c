//! How regions and industries change: growth, entry and exit, shift-share, mobility.

mod dynamic_agglomeration;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[&dynamic_agglomeration::DynamicAgglomeration];
