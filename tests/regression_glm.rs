//! Generalised linear models: other people's numbers, laws, and known truths.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "regression_glm/golden.rs"]
mod golden;
#[path = "regression_glm/laws.rs"]
mod laws;
#[path = "regression_glm/quantile.rs"]
mod quantile;
#[path = "regression_glm/recovery.rs"]
mod recovery;

#[test]
fn every_golden_case_agrees() {
    golden::compare("glm");
}

#[test]
fn every_golden_case_of_quantiles_agrees() {
    golden::compare("quantile");
}
