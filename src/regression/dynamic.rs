//! Dynamic panels, threshold panels and convergence.
//!
//! ```text
//! Design ─ effects ─▶ terms + period dummies ─ terms ─▶ who instruments whom ─ equations ─▶ differences (and levels)
//!                                                                                    │
//!                                Estimate ◀─ tests, windmeijer ─ gmm ◀─ instruments ◀┘
//! ```

mod arellano_bond;
mod blundell_bond;
mod convergence_regression;
mod effects;
mod equations;
mod gmm;
mod history;
mod instruments;
mod method;
mod overidentification;
mod panel_threshold;
mod serial;
mod terms;
mod threshold_search;

pub(super) use arellano_bond::ArellanoBond;
pub(super) use blundell_bond::BlundellBond;
pub(super) use convergence_regression::ConvergenceRegression;
pub(super) use panel_threshold::PanelThreshold;
