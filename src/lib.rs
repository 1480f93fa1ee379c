//! Regional economies as a service.
pub mod api;
pub mod card;
pub mod error;
pub mod indices;
pub mod panel;
pub mod report;
