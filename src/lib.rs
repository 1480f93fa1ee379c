//! Regional economies as a service.
pub mod api;
pub mod card;
pub mod compute;
pub mod error;
pub mod indices;
pub mod numeric;
pub mod panel;
