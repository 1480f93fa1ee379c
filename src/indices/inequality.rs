//! Inequality between regions and its change: decompositions, convergence, polarisation.

mod per_head;
mod sigma;
mod theil;
mod theil_l;
mod theil_t;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[&theil_t::TheilT, &theil_l::TheilL, &sigma::Sigma];
