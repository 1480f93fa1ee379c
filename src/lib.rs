//! agglo: a gRPC analytics service for regional economies.
//!
//! A dataset (region × period, or region × industry × period) becomes a [`panel::Panel`]. Methods are pure functions
//! of it: [`indices`] of agglomeration, [`regression`]s of growth whose variables the [`formula`] language defines, and
//! counterfactual [`forecast`]s that run the same formulas on simulated futures, and the [`impact`] that policies of the
//! past have had. Around them stand the contract ([`api`]), the [`store`], the [`server`] and the [`cli`].
//! ARCHITECTURE.md draws the house.

pub mod api;
pub mod card;
pub mod cli;
pub mod compute;
pub mod config;
pub mod error;
pub mod forecast;
pub mod formula;
pub mod impact;
pub mod indices;
pub mod ingest;
pub mod numeric;
pub mod panel;
pub mod regression;
pub mod report;
pub mod server;
pub mod simulate;
pub mod store;
pub mod suggest;
pub mod telemetry;
