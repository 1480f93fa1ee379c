//! Levels that cannot be negative and become so.

use super::answer::Row;
use super::simulate::{Engine, Run};
use super::warning::{Code, Doubt, Warning};

/// Where the levels of a future, by name and runs (the point forecast first), fall below zero; a rate may.
pub(super) fn doubt(engine: &Engine<'_>, rows: &[Row], (name, runs): (&str, &[Run])) -> Option<Doubt> {
    if !engine.panel.measures()[engine.link.measure].adds_up() {
        return None;
    }
    let below = |run: &Run| -> Vec<usize> {
        let places = run.level.iter().enumerate();
        places.filter(|(_, level)| level.is_ok_and(|x| x < 0.0)).map(|(place, _)| place).collect()
    };
    let (point, draws) = runs.split_first()?;
    let point = below(point);
    let draws: Vec<Vec<usize>> = draws.iter().map(below).filter(|places| !places.is_empty()).collect();
    let first = point.iter().chain(draws.iter().flatten()).min()?;
    let measure = &engine.panel.measures()[engine.link.measure].name;
    let message = format!(
        "{measure} falls below zero, first in {} in {}: {} values of the point forecast and some in {} of {} draws; \
         growth below -100 % has no meaning for it",
        rows[first % rows.len()].label(),
        engine.plan.periods[first / rows.len()],
        point.len(),
        draws.len(),
        runs.len() - 1,
    );
    Some(((Code::NegativeLevel, 0), Warning::new(Code::NegativeLevel, name, message)))
}
