//! Regressions in space: neighbours' outcomes, regressors and errors.

mod counted;
mod durbin;
mod durbin_error;
mod error;
mod filter;
mod filters;
mod impacts;
mod information;
mod lag;
mod lags;
mod likelihood;
mod maximum;
mod maximum_likelihood;
mod moments;
mod random;
mod sac;
mod sample;
mod slx;
mod two_stage;
pub(super) mod weights;

pub(super) use durbin::SpatialDurbin;
pub(super) use durbin_error::SpatialDurbinError;
pub(super) use error::SpatialError;
pub use filter::SpatialFilter;
pub(super) use lag::SpatialLag;
pub(super) use sac::Sac;
pub(super) use slx::Slx;
