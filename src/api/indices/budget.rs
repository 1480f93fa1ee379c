//! What a request for indices will take, from its shape alone.

use super::read::Task;
use crate::card::{Infer, Params};
use crate::error::Error;
use crate::indices::{self, Index, IndexCall, Shape};
use crate::panel::Panel;
use std::thread::available_parallelism;

const VALUE: usize = 16;

/// A call as far as it can be known without its data.
struct Sized {
    index: &'static dyn Index,
    params: Params,
    /// Rows a period, at most.
    rows: usize,
    /// Names in each row beside the period.
    names: usize,
}

/// The size of a call; `None` for a call that has no answer.
fn size(call: &IndexCall, panel: &Panel) -> Option<Sized> {
    panel.find_measure(&call.measure)?;
    let index = indices::find(&call.index)?;
    let params = Params::parse(index.card(), &call.parameters, "").ok()?;
    let (regions, width) = (panel.regions().len(), panel.width());
    let (rows, names) = match index.shape(&params, width) {
        Shape::Cell => (listed(panel), 1 + usize::from(width > 1)),
        Shape::Grid => (regions * width, 1 + usize::from(width > 1)),
        Shape::Region => (regions, 1),
        Shape::Industry => (width, usize::from(width > 1)),
        Shape::Nation => (1, 0),
        Shape::Listed => (index.listed_rows(&params, regions, width), 2),
    };
    Some(Sized { index, params, rows, names })
}

/// The most cells that a period lists.
fn listed(panel: &Panel) -> usize {
    (0..panel.periods().len()).map(|t| panel.rows_of(t).len()).max().unwrap_or(0)
}

/// Bytes that a request may take: the rows it answers with, and what its calculations hold at once.
pub(super) fn memory(task: &Task, panel: &Panel) -> u64 {
    /// Three names and two numbers, in the domain and as a message.
    const ROW: usize = 256;
    /// A name of a part and its columns about uncertainty.
    const EXTRAS: usize = 5;
    let threads = available_parallelism().map_or(1, usize::from) as u64;
    let cells = listed(panel);
    let one = |call: Sized| {
        let answered = task.periods.len() * call.rows * ROW;
        let drawn = task.inference.map_or(0, |asked| {
            let resampled = match asked.infer {
                Some(Infer::Analytic) => 0,
                _ => asked.draws * call.rows * VALUE,
            };
            resampled + EXTRAS * call.rows * VALUE * task.periods.len()
        });
        let scratch = call.index.scratch(&call.params, panel.regions().len(), panel.width());
        answered as u64 + threads * (scratch + (drawn + 4 * VALUE * cells) as u64)
    };
    task.calls.iter().filter_map(|call| size(call, panel)).map(one).sum()
}

/// Refuses a request whose answer is too large for a message.
///
/// # Errors
/// [`Error::Limit`] with the bytes that the answer has at least.
pub(super) fn check_answer(task: &Task, panel: &Panel, limit: usize) -> Result<(), Error> {
    const NUMBER: usize = 8;
    /// The four digits of a year, the shortest period, with its tag and length.
    const PERIOD: usize = 6;
    /// The tag, the length and the shortest name.
    const NAME: usize = 3;
    let bytes = |call: Sized| {
        // What an index lists of its own is known at most, so it is not refused beforehand.
        let is_listed = call.index.shape(&call.params, panel.width()) == Shape::Listed;
        if is_listed { 0 } else { call.rows * (NUMBER + PERIOD + NAME * call.names) }
    };
    let a_period: usize = task.calls.iter().filter_map(|call| size(call, panel)).map(bytes).sum();
    let needed = (task.periods.len() * a_period) as u64;
    if needed > limit as u64 {
        return Err(Error::Limit { what: "answer", needed, limit: limit as u64, unit: "bytes" });
    }
    Ok(())
}
