//! Warnings about futures unlike the history.

use super::answer::Row;
use super::simulate::Engine;
use super::warning::{Code, Doubt, Warning};
use crate::formula::{Cache, Predictors};
use crate::panel::Value;

/// Difference, relative to the larger of the two, that rounding explains.
const ROUNDING: f64 = 1e-9;

/// Smallest and largest value.
type Range = (f64, f64);

/// The range of each regressor; `None` for one without a value.
pub(super) type Ranges = Vec<Option<Range>>;

/// The range of each regressor over all rows of the history.
///
/// What a lag brings from the history into the first periods of the forecast counts as history.
pub(super) fn ranges(engine: &Engine<'_>) -> Ranges {
    let mut ranges = vec![None; engine.main.program.regressors().len()];
    let mut cache = Cache::default();
    for period in engine.panel.periods().iter().chain(&engine.plan.periods) {
        let predictors = engine.main.program.predictors(&*engine.history, *period, &mut cache);
        for (range, column) in ranges.iter_mut().zip(&predictors.regressors) {
            for x in column.iter().flatten() {
                let (low, high) = range.get_or_insert((*x, *x));
                (*low, *high) = (low.min(*x), high.max(*x));
            }
        }
    }
    ranges
}

/// What of a future, by name and right-hand side, lies outside the history.
pub(super) fn doubts(
    engine: &Engine<'_>,
    (rows, ranges): (&[Row], &[Option<Range>]),
    (name, predictors): (&str, &[Predictors]),
) -> Vec<Doubt> {
    let terms = engine.main.program.regressors().iter().enumerate();
    let outside = terms.filter_map(|(k, term)| {
        let warning = outside(engine, rows, ranges[k]?, (name, term, k), predictors)?;
        Some(((Code::OutsideHistory, k), warning))
    });
    let leverage = leverage(engine, rows, name, predictors).map(|warning| ((Code::HighLeverage, 0), warning));
    outside.chain(leverage).collect()
}

/// The first time a term is outside its range.
fn outside(
    engine: &Engine<'_>,
    rows: &[Row],
    (low, high): Range,
    (name, term, k): (&str, &str, usize),
    predictors: &[Predictors],
) -> Option<Warning> {
    let slack = ROUNDING * low.abs().max(high.abs());
    let beyond = |x: &Value| x.is_ok_and(|x| x < low - slack || x > high + slack);
    let cells = predictors.iter().enumerate().flat_map(|(h, p)| {
        p.regressors[k]
            .iter()
            .enumerate()
            .filter(|(row, x)| rows[*row].left_out.is_none() && beyond(x))
            .map(move |c| (h, c))
    });
    let cells: Vec<_> = cells.collect();
    let (h, (row, x)) = cells.first()?;
    let message = format!(
        "{term} of {} is {:.6} in {}; in the history of all regions it was between {low:.6} and {high:.6} \
         ({} values of the forecast are outside)",
        rows[*row].label(),
        (*x).ok()?,
        engine.plan.periods[*h],
        cells.len(),
    );
    Some(Warning::new(Code::OutsideHistory, name, message))
}

/// The row furthest from the history, when it is further than any observation.
fn leverage(engine: &Engine<'_>, rows: &[Row], name: &str, predictors: &[Predictors]) -> Option<Warning> {
    let leverage = engine.main.model.leverage.as_ref()?;
    let mut worst: Option<(f64, usize, usize)> = None;
    let mut count = 0;
    for (h, predictors) in predictors.iter().enumerate() {
        let values = leverage.ahead(predictors, &engine.main.model.rest);
        for (row, value) in values.into_iter().enumerate().filter_map(|(row, value)| Some((row, value?))) {
            if rows[row].left_out.is_none() && value > leverage.largest * (1.0 + ROUNDING) {
                count += 1;
                worst = Some(worst.filter(|(most, ..)| *most >= value).unwrap_or((value, row, h)));
            }
        }
    }
    let (value, row, h) = worst?;
    let message = format!(
        "{} in {} has leverage {value:.4}, the largest of the history is {:.4} ({count} values of the forecast are above)",
        rows[row].label(),
        engine.plan.periods[h],
        leverage.largest,
    );
    Some(Warning::new(Code::HighLeverage, name, message))
}
