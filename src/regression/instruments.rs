//! Estimators with instruments for endogenous regressors; fixed effects are absorbed from all variables once.
//!
//! ```text
//! Design ─ Model (no effects, instruments orthonormal) ─┬▶ k-class: two-stage least squares, LIML, Fuller
//!                                                       └▶ generalised method of moments
//! ```
//!
//! In coordinates in which the exogenous regressors and the instruments are orthonormal, every estimator and every test
//! of the instruments is a small problem, whatever the number of rows.

mod gmm;
mod k_class;
mod liml;
mod model;
mod moments;
mod overidentification;
mod strength;
mod two_stage_least_squares;

pub(super) use gmm::Gmm;
pub(super) use k_class::{KClass, coordinates};
pub(super) use liml::Liml;
pub(super) use model::{Column, Model};
pub(super) use moments::{Efficient, Rule, one_step, two_steps};
pub(super) use strength::{Reduced, complement, conditional_f, effective_f, reduced_form, wald_within};
pub(super) use two_stage_least_squares::TwoStageLeastSquares;

use super::Takes;

/// What all of them take.
const TAKES: Takes = Takes { effects: true, instruments: true, weights: true, past: false, any_units: true };
