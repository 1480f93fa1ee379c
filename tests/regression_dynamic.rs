//! Dynamic panels, threshold panels and convergence: other people's numbers, laws and recovery.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "regression_dynamic/golden.rs"]
mod golden;
