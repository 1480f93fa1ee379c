//! The spatial filter of a fitted lag model, for rows that are not those of the fit.

use super::lag::SpatialLag;
use super::weights::Weights;
use crate::card::Params;
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::sparse::Sparse;
use crate::regression::Estimator;
use crate::regression::design::{Design, RowId};
use crate::regression::fit::Fit;
use std::sync::Arc;

/// The filter I − ρW between rows that are observed together.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialFilter {
    /// Number of ρ among the terms of the fit.
    pub term: usize,
    /// W.
    pub weights: Sparse,
}

impl SpatialFilter {
    /// The filter of a spatial lag model among `rows`, whose regions and industries are those of the fit; `None` for
    /// a fit of another estimator.
    ///
    /// # Errors
    /// At `estimator_parameters`: rows of which none has a neighbour; [`Error::Cancelled`].
    pub fn of(fit: &Fit, rows: Vec<RowId>, stop: &Stop) -> Result<Option<Self>, Error> {
        let card = SpatialLag.card();
        let term = fit.terms.iter().position(|term| term == "rho");
        let Some(term) = term.filter(|_| fit.estimator == card.id) else { return Ok(None) };
        let params = Params::parse(card, &fit.spec().parameters, "estimator_parameters")?;
        let design = Design { rows, facts: Arc::new(fit.facts.clone()), ..Design::default() };
        let weights = Weights::of(&design, &params, "estimator_parameters", stop)?.matrix;
        Ok(Some(Self { term, weights }))
    }
}
