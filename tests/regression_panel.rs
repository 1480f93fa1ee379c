//! Estimators and tests of panels: other people's numbers, laws, and known truths.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "regression_panel/golden.rs"]
mod golden;
#[path = "regression_panel/laws.rs"]
mod laws;
#[path = "regression_panel/recovery.rs"]
mod recovery;
