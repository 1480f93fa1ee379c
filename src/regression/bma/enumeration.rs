//! Every model.

use super::model::{Model, Problem};
use super::posterior::Posterior;
use crate::error::Error;
use crate::numeric::Stop;
use rayon::prelude::*;

/// Terms whose subsets are dealt out to threads; the number of pieces must not depend on that of threads.
const SPLIT: usize = 8;

/// The average over all models.
pub(super) fn enumerate(problem: &Problem, stop: &Stop) -> Result<Posterior, Error> {
    let split = SPLIT.min(problem.len());
    let piece = |terms: u32| {
        let mut posterior = Posterior::new(problem);
        descend(problem, &problem.model(u128::from(terms)), split, &mut posterior, stop)?;
        Ok(posterior)
    };
    let pieces = (0..1_u32 << split).into_par_iter().map(piece).collect::<Result<Vec<_>, Error>>()?;
    let mut all = Posterior::new(problem);
    pieces.into_iter().for_each(|piece| all.merge(piece));
    Ok(all)
}

/// Adds a model and all that have terms from `from` on besides its own.
fn descend(problem: &Problem, model: &Model, from: usize, posterior: &mut Posterior, stop: &Stop) -> Result<(), Error> {
    stop.check()?;
    posterior.add(problem, model, problem.log_weight(model));
    for term in from..problem.len() {
        descend(problem, &problem.with(model, term), term + 1, posterior, stop)?;
    }
    Ok(())
}
