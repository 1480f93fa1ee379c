//! Averaging over models and penalised least squares: other people's numbers, laws, and known truths.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "regression_selection/bma.rs"]
mod bma;
#[path = "regression_glm/golden.rs"]
mod golden;
#[path = "regression_selection/penalised.rs"]
mod penalised;
#[path = "regression_selection/support.rs"]
mod support;

#[test]
fn every_golden_case_of_model_averaging_agrees() {
    golden::compare("bma");
}

#[test]
fn every_golden_case_of_penalties_agrees() {
    golden::compare("penalised");
}
