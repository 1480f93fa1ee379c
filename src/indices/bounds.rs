//! Bounds of an index over all that the suppressed cells may hold.

use super::{Extra, Index, Input, Output};
use crate::card::Params;
use crate::panel::{Absent, Slice, Value};

/// Evaluations × cells that the bounds of one period may take.
const MOST_WORK: usize = 50_000_000;
/// Sweeps over the suppressed cells from each start.
const SWEEPS: usize = 2;
/// Steps of the golden section in one cell; 0.618^20 of the range is left.
const STEPS: usize = 20;

/// The least and the largest value of each row's first part when every suppressed cell holds something in
/// [0, `most`]: columns `{part}_least` and `{part}_most`.
///
/// Found by a search cell by cell from both ends of the range. Both bounds are attained, so the true bounds are at
/// least as wide; they are exact where the index rises or falls with each suppressed cell, or has one peak in it.
/// Where the search would take too long the bounds are absent with [`Absent::Overflow`].
pub(super) fn bounds(index: &dyn Index, input: &Input<'_>, params: &Params, most: f64, output: &Output) -> Vec<Extra> {
    let (name, values) = &output.parts[0];
    let suppressed: Vec<usize> = positions(&input.measure);
    let named = |suffix: &str, column: Vec<Value>| (format!("{name}_{suffix}"), column);
    if suppressed.is_empty() {
        return vec![named("least", values.clone()), named("most", values.clone())];
    }
    let search = Search { index, input, params, most, suppressed, rows: values.len() };
    if search.work() > MOST_WORK {
        let column = vec![Err(Absent::Overflow); values.len()];
        return vec![named("least", column.clone()), named("most", column)];
    }
    let rows = |sign: f64| (0..values.len()).map(|row| search.extreme(row, sign)).collect();
    vec![named("least", rows(-1.0)), named("most", rows(1.0))]
}

fn positions(slice: &Slice<'_>) -> Vec<usize> {
    (0..slice.values().len()).filter(|place| slice.values()[*place] == Err(Absent::Suppressed)).collect()
}

struct Search<'a> {
    index: &'a dyn Index,
    input: &'a Input<'a>,
    params: &'a Params,
    most: f64,
    suppressed: Vec<usize>,
    /// Rows of the index as the data are.
    rows: usize,
}

impl Search<'_> {
    /// Evaluations × cells.
    fn work(&self) -> usize {
        let evaluations = 2 * 2 * SWEEPS * (STEPS + 4) * self.suppressed.len();
        self.rows.saturating_mul(evaluations).saturating_mul(self.input.measure.values().len())
    }

    /// The value of a row with these numbers in the suppressed cells.
    fn value(&self, row: usize, fill: &[f64]) -> Value {
        let mut values = self.input.measure.values().to_vec();
        for (place, x) in self.suppressed.iter().zip(fill) {
            values[*place] = Ok(*x);
        }
        let mut input = self.input.clone();
        input.measure = input.measure.replaced(values);
        let (_, values) = self.index.compute(&input, self.params).parts.swap_remove(0);
        // An index may list other rows once it knows more cells; then none of them is this row.
        if values.len() == self.rows { values[row] } else { Err(Absent::Missing) }
    }

    /// The largest value of a row (`sign` 1) or the least (−1).
    fn extreme(&self, row: usize, sign: f64) -> Value {
        let starts = [0.0, self.most].map(|x| self.climb(row, sign, vec![x; self.suppressed.len()]));
        match starts {
            [Ok(a), Ok(b)] => Ok(sign * (sign * a).max(sign * b)),
            [Ok(x), Err(_)] | [Err(_), Ok(x)] => Ok(x),
            [Err(absent), Err(_)] => Err(absent),
        }
    }

    fn climb(&self, row: usize, sign: f64, mut fill: Vec<f64>) -> Value {
        let mut best = self.value(row, &fill);
        for _ in 0..SWEEPS {
            for cell in 0..fill.len() {
                if self.input.stopped() {
                    return best;
                }
                let kept = fill[cell];
                let mut score = |x: f64| {
                    fill[cell] = x;
                    self.value(row, &fill).map_or(f64::NEG_INFINITY, |value| sign * value)
                };
                let x = golden(self.most, &mut score);
                let candidates = [kept, 0.0, self.most, x].map(|x| (score(x), x));
                let (top, x) =
                    candidates.into_iter().fold((f64::NEG_INFINITY, kept), |a, b| if b.0 > a.0 { b } else { a });
                fill[cell] = x;
                if top.is_finite() {
                    best = Ok(sign * top);
                }
            }
        }
        best
    }
}

/// Where a function with one peak in [0, most] is largest: the golden section, Kiefer (1953).
fn golden(most: f64, score: &mut impl FnMut(f64) -> f64) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (0.0, most);
    let (mut a, mut b) = (high - RATIO * (high - low), low + RATIO * (high - low));
    let (mut at_a, mut at_b) = (score(a), score(b));
    for _ in 0..STEPS {
        if at_a > at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - RATIO * (high - low);
            at_a = score(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + RATIO * (high - low);
            at_b = score(b);
        }
    }
    f64::midpoint(low, high)
}
