//! The forecast engine against golden numbers, closed forms, laws and simulated truth.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "forecast/backtest.rs"]
mod backtest;
#[path = "forecast/backtest_data.rs"]
mod backtest_data;
#[path = "forecast/calibration.rs"]
mod calibration;
#[path = "forecast/checks.rs"]
mod checks;
#[path = "forecast/coverage.rs"]
mod coverage;
#[path = "forecast/drivers.rs"]
mod drivers;
#[path = "forecast/explain.rs"]
mod explain;
#[path = "forecast/honesty.rs"]
mod honesty;
#[path = "forecast/inverse.rs"]
mod inverse;
#[path = "forecast/inverse_study.rs"]
mod inverse_study;
#[path = "forecast/laws.rs"]
mod laws;
#[path = "forecast/models.rs"]
mod models;
#[path = "forecast/policy.rs"]
mod policy;
#[path = "forecast/reconcile.rs"]
mod reconcile;
#[path = "forecast/reconciled.rs"]
mod reconciled;
#[path = "forecast/scenario.rs"]
mod scenario;
#[path = "forecast/scores.rs"]
mod scores;
#[path = "forecast/simplex.rs"]
mod simplex;
#[path = "forecast/space.rs"]
mod space;
#[path = "forecast/speed.rs"]
mod speed;
#[path = "forecast/support.rs"]
mod support;
#[path = "forecast/syntax.rs"]
mod syntax;
#[path = "forecast/synthetic_control.rs"]
mod synthetic_control;
#[path = "forecast/systems.rs"]
mod systems;
#[path = "forecast/toy.rs"]
mod toy;
