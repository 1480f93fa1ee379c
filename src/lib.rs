//! Regional economies as a service.
pub mod api;
pub mod card;
pub mod error;
pub mod forecast;
pub mod formula;
pub mod indices;
pub mod numeric;
pub mod panel;
pub mod regression;
pub mod suggest;
