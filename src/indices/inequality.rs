//! Inequality between regions and its change: decompositions, convergence, polarisation.

mod atkinson;
mod beta_convergence;
mod change;
mod coefficient_of_variation;
mod esteban_ray;
mod lorenz;
mod per_head;
mod rank;
mod rank_change;
mod rank_mobility;
mod regional_gini;
mod sigma;
mod sigma_change;
mod theil;
mod theil_by_group;
mod theil_l;
mod theil_t;
mod williamson;
mod wolfson;

use super::Index;

pub use rank::{kendall, ranks};

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &theil_t::TheilT,
    &theil_l::TheilL,
    &theil_by_group::TheilByGroup,
    &regional_gini::RegionalGini,
    &atkinson::Atkinson,
    &williamson::Williamson,
    &coefficient_of_variation::CoefficientOfVariation,
    &wolfson::Wolfson,
    &esteban_ray::EstebanRay,
    &sigma::Sigma,
    &sigma_change::SigmaChange,
    &beta_convergence::BetaConvergence,
    &rank_mobility::RankMobility,
    &rank_change::RankChange,
];
