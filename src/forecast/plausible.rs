//! Whether the nation's baseline grows as the nation has grown before.

use super::answer::Area;
use super::simulate::Engine;
use super::warning::{Code, Warning};
use crate::formula::Source;
use crate::panel::{Absent, Period, Value, ratio};
use std::collections::BTreeMap;

/// Windows of the horizon's length that the history must hold; with fewer, single periods are compared.
const FEWEST_WINDOWS: usize = 5;
/// Difference in percent that rounding explains.
const ROUNDING: f64 = 1e-9;

/// Warns when the average growth of the nation's baseline, with these levels, lies outside the range of its history.
pub(super) fn warning(engine: &Engine<'_>, nation: &Area, levels: &[Value]) -> Option<Warning> {
    if !engine.panel.measures()[engine.main.link.measure].adds_up() {
        return None;
    }
    let periods = &engine.plan.periods;
    let last = observed(engine, &nation.rows, periods[0].plus(-1)).ok()?;
    let ahead = average(last, (*levels.last()?).ok()?, periods.len())?;
    let past = engine.panel.periods().iter();
    let past: BTreeMap<i32, f64> =
        past.filter_map(|t| Some((t.ordinal, observed(engine, &nation.rows, *t).ok()?))).collect();
    let long = windows(&past, periods.len());
    let (length, seen) = if long.len() < FEWEST_WINDOWS { (1, windows(&past, 1)) } else { (periods.len(), long) };
    let (low, high) = seen.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    if seen.is_empty() || (low - ROUNDING..=high + ROUNDING).contains(&ahead) {
        return None;
    }
    let absorbed = if engine.main.model.rest.cohorts.is_empty() {
        ""
    } else {
        "; effects of the period continue at their mean over the history"
    };
    let message = format!(
        "the nation's baseline grows {ahead:.4} % a period on average from {} to {}; over {length} period(s) of the \
         history it grew between {low:.4} and {high:.4} %{absorbed}",
        periods[0].plus(-1),
        periods[periods.len() - 1],
    );
    Some(Warning::new(Code::BaselineOutsideHistory, "baseline", message))
}

/// The nation's level in a period of the history: a sum, or a ratio of sums.
fn observed(engine: &Engine<'_>, rows: &[usize], period: Period) -> Value {
    let sum = |measure: usize| -> Value {
        let grid = engine.history.grid(measure, period).ok_or(Absent::NoPeriod)?;
        let values = engine.rows_of(grid);
        rows.iter().map(|row| values[*row]).sum()
    };
    let level = sum(engine.main.link.measure)?;
    engine.main.link.divisor.map_or(Ok(level), |divisor| ratio(level, sum(divisor)?))
}

/// The average growth over every stretch of so many periods.
fn windows(past: &BTreeMap<i32, f64>, length: usize) -> Vec<f64> {
    let window = |(t, level): (&i32, &f64)| average(*level, *past.get(&(t + length as i32))?, length);
    past.iter().filter_map(window).collect()
}

/// Percent growth a period between two positive levels.
fn average(before: f64, after: f64, periods: usize) -> Option<f64> {
    let positive = before > 0.0 && after > 0.0;
    positive.then(|| 100.0 * ((after / before).powf(1.0 / periods as f64) - 1.0)).filter(|x| x.is_finite())
}
