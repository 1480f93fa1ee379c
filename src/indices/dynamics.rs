//! How regions and industries change: growth, entry and exit, shift-share, mobility.

mod chain;
mod concentration_change;
mod contingency;
mod dynamic_agglomeration;
mod entry;
mod exit;
mod growth_rate;
mod instability;
mod markov_mobility;
mod markov_steady_state;
mod markov_transition;
mod shift_share;
mod shift_share_arcelus;
mod shift_share_dynamic;
mod shift_share_esteban_marquillas;
mod shift_share_spatial;
mod shifts;
mod span;
mod specialisation_turnover;
mod specialised;
mod survival;

use super::Index;

/// The family's indices, in the order of the catalogue.
pub(super) static ALL: &[&dyn Index] = &[
    &growth_rate::GrowthRate,
    &instability::Instability,
    &dynamic_agglomeration::DynamicAgglomeration,
    &entry::Entry,
    &exit::Exit,
    &survival::Survival,
    &specialisation_turnover::SpecialisationTurnover,
    &concentration_change::ConcentrationChange,
    &shift_share::ShiftShare,
    &shift_share_esteban_marquillas::ShiftShareEstebanMarquillas,
    &shift_share_arcelus::ShiftShareArcelus,
    &shift_share_dynamic::ShiftShareDynamic,
    &shift_share_spatial::ShiftShareSpatial,
    &markov_transition::MarkovTransition,
    &markov_mobility::MarkovMobility,
    &markov_steady_state::MarkovSteadyState,
];
