//! The memory a forecast takes, predicted from its shape.

use super::request::Request;
use crate::error::Error;
use crate::formula::Program;
use crate::panel::Value;

/// Refuses a request that would take more memory than it may.
///
/// At once alive are: the draws (disturbances of every row and step, deviations of coefficients and anchors), the
/// runs of one future as they come in, the draws of baseline and scenario together, and the numbers of the answer.
///
/// # Errors
/// [`Error::Limit`] with both numbers.
pub(super) fn check(request: &Request, program: &Program) -> Result<(), Error> {
    let needed = predict(request, program);
    let limit = request.memory_limit_bytes;
    if needed > limit {
        return Err(Error::Limit { what: "memory", needed, limit, unit: "bytes" });
    }
    Ok(())
}

/// Bytes that a forecast may take.
pub fn predict(request: &Request, program: &Program) -> u64 {
    let (number, value) = (size_of::<f64>() as u64, size_of::<Value>() as u64);
    let (draws, steps, rows) = (request.draws as u64 + 1, request.horizon as u64, program.rows() as u64);
    let futures = request.scenarios.len() as u64 + 1;
    let terms = program.regressors().len() as u64 + 1;
    let cells = steps.saturating_mul(rows);
    let shock = cells + rows + terms;
    let run = 2 * cells * value;
    let cubes = 2 * 2 * cells;
    let per_draw = (shock + cubes) * number + 2 * run;
    // Seven bands an area and step, each with its point, mean and quantiles; groups and nation count like rows.
    let answer = futures * 2 * cells * 7 * (2 + request.quantiles.len() as u64) * value;
    let decomposition = futures * cells * terms * value;
    draws.saturating_mul(per_draw).saturating_add(answer).saturating_add(decomposition)
}
