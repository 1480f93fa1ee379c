//! Estimators with instruments: other people's numbers, laws, and known truths.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "regression_instruments/golden.rs"]
mod golden;
#[path = "regression_instruments/laws.rs"]
mod laws;
#[path = "regression_instruments/recovery.rs"]
mod recovery;
