//! Regressions in space: neighbours' outcomes, regressors and errors.

pub(super) mod weights;
