//! The memory a forecast takes, predicted from its shape.

use super::path::KEPT_BYTES;
use super::request::Request;
use crate::error::Error;
use crate::formula::Program;
use crate::panel::{Panel, Value};

/// Draws that are under way at a time, as far as memory is concerned.
const THREADS: u64 = 2;

/// A driver that a scenario moves in a region and period: two names and the row, in the answer, the message and as sent.
const MOVED_BYTES: u64 = 256;

/// Refuses a request that would take more memory than it may.
///
/// At once alive are: the random numbers, a few sections (one number a row and draw) of the baseline and of a scenario,
/// the outcomes of both where each draw has a right-hand side of its own, and the numbers of the answer.
///
/// # Errors
/// [`Error::Limit`] with both numbers.
pub(super) fn check<'a>(
    request: &Request,
    programs: impl Iterator<Item = &'a Program>,
    panel: &Panel,
) -> Result<(), Error> {
    let needed = programs.map(|program| predict(request, program, panel)).fold(0, u64::saturating_add);
    let limit = request.memory_limit_bytes;
    if needed > limit {
        return Err(Error::Limit { what: "memory", needed, limit, unit: "bytes" });
    }
    Ok(())
}

/// Bytes that a forecast may take.
pub fn predict(request: &Request, program: &Program, panel: &Panel) -> u64 {
    let (number, value) = (size_of::<f64>() as u64, size_of::<Value>() as u64);
    let (draws, steps, rows) = (request.draws as u64 + 1, request.horizon as u64, program.rows() as u64);
    let futures = request.scenarios.len() as u64 + 1;
    let terms = program.regressors().len() as u64 + 1;
    let cells = steps.saturating_mul(rows);
    // Weights of at most one block a period, and half a dozen sections of each of two futures.
    let per_draw = steps.saturating_mul(panel.periods().len() as u64) + terms + 12 * rows;
    let own = if request.uncertainty.drivers || !request.feedback.is_empty() { 2 * cells } else { cells };
    let own = if request.reconciliation.is_some() { own + 3 * cells } else { own };
    let drawn = draws.saturating_mul(per_draw + own).saturating_mul(number);
    // Drivers of the draws under way: projected and changed, on each of a few threads.
    let grids = steps.saturating_mul((panel.regions().len() * panel.width() * program.drivers().len()) as u64);
    let under_way = if request.uncertainty.drivers && request.draws > 0 {
        2 * THREADS * grids * value + KEPT_BYTES.min(request.draws as u64 * grids * value)
    } else {
        grids * value
    };
    // Seven bands an area and step, each with its point, mean and quantiles; groups and nation count like rows.
    let answer = futures * 2 * cells * 7 * (2 + request.quantiles.len() as u64) * value;
    let decomposition = futures * cells * terms * value;
    let drivers = (panel.regions().len() * program.drivers().len()) as u64;
    let moved = request.scenarios.len() as u64 * steps * drivers * MOVED_BYTES;
    drawn.saturating_add(under_way).saturating_add(answer).saturating_add(decomposition).saturating_add(moved)
}
