//! Regional economies as a service.
pub mod api;
pub mod card;
pub mod error;
pub mod indices;
pub mod ingest;
pub mod numeric;
pub mod panel;
pub mod store;
pub mod suggest;
