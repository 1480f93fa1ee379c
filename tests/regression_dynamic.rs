//! Dynamic panels, threshold panels and convergence: other people's numbers, laws and recovery.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "regression_dynamic/golden.rs"]
mod golden;
#[path = "regression_dynamic/laws.rs"]
mod laws;
#[path = "regression_dynamic/panels.rs"]
mod panels;
#[path = "regression_dynamic/recovery.rs"]
mod recovery;
