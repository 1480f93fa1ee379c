//! The table of all pairs of industries.

use super::relation::Relation;
use crate::indices::{Input, Key, Output};
use crate::panel::{Absent, Value};
use rayon::prelude::*;

/// The statement of an answer that lists pairs.
pub(super) fn convention() -> String {
    "each pair once, the industry before its partner in the order of their names; the diagonal is not listed".to_owned()
}

/// Number of pairs.
pub(super) fn count(width: usize) -> usize {
    width * width.saturating_sub(1) / 2
}

/// Number of regions that are specialised in both, and relatedness, of all pairs.
pub(super) fn table(relation: &Relation, input: &Input<'_>) -> Output {
    let width = input.measure.width();
    let row = |i: usize| -> Vec<(Value, Value)> {
        if input.stopped() {
            return vec![(Err(Absent::Undetermined), Err(Absent::Undetermined)); width - i - 1];
        }
        relation.row(i).collect()
    };
    let rows: Vec<_> = (0..width).into_par_iter().map(row).collect();
    let (both, related): (Vec<Value>, Vec<Value>) = rows.into_iter().flatten().unzip();
    let pairs = (0..width as u32).flat_map(|i| (i + 1..width as u32).map(move |j| (i, j)));
    let (industries, partners) = pairs.unzip();
    let keys = vec![("industry", Key::Industries(industries)), ("partner", Key::Industries(partners))];
    Output::listed(keys, vec![("value", related), ("both", both)])
}
