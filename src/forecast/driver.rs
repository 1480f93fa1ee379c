//! The catalogue of drivers: how a measure goes on after the data end, one file and one card each.

mod constant;
mod constant_growth;
mod given_path;
mod national_growth;

use crate::card::{Card, Params};
use crate::panel::{Grid, Panel, Value};

/// A method that projects a measure, cell by cell, into the future.
pub trait Driver: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// Yearly (quarterly, monthly) growth factor of each cell, regions × industries.
    ///
    /// `Err` where the history does not tell one; such a cell keeps its last level.
    fn factors(&self, past: &Past, params: &Params) -> Vec<Value>;

    /// Whether the levels the request gives replace what the factors project.
    fn reads_given_levels(&self) -> bool {
        false
    }
}

/// The errors of a measure's own path.
pub trait Simulator: Send + Sync + std::fmt::Debug {
    /// One simulated path of every cell, one grid a step. `random` is a fresh stream of the draw, the same for every
    /// measure, so that methods that draw whole dates keep the measures correlated.
    fn draw(&self, random: &mut crate::numeric::random::Random) -> Vec<Grid>;
}

/// Every driver method, in the order of the catalogue.
pub static ALL: &[&dyn Driver] =
    &[&constant_growth::ConstantGrowth, &national_growth::NationalGrowth, &constant::Constant, &given_path::GivenPath];

/// The method of measures that a request does not mention.
pub static DEFAULT: &dyn Driver = &constant_growth::ConstantGrowth;

/// The method of rates that a request does not mention.
pub static DEFAULT_RATE: &dyn Driver = &constant::Constant;

/// The driver method of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Driver> {
    ALL.iter().copied().find(|driver| driver.card().answers_to(name))
}

/// The history of one measure, one grid a calendar period; `None` where the panel lacks the period.
#[derive(Debug)]
pub struct Past {
    grids: Vec<Option<Grid>>,
    last: Grid,
}

impl Past {
    /// The history of `measure` up to the last period of the panel.
    pub fn new(panel: &Panel, measure: usize) -> Self {
        let (first, end) = match panel.periods() {
            [] => (0, 0),
            [first, .., last] => (first.ordinal, last.ordinal),
            [only] => (only.ordinal, only.ordinal),
        };
        let grids: Vec<_> = (first..=end)
            .map(|ordinal| panel.grid(measure, crate::panel::Period { frequency: panel.frequency(), ordinal }))
            .collect();
        let last = grids.last().cloned().flatten();
        let last = last.unwrap_or_else(|| Grid::missing(panel.regions().len(), panel.width()));
        Self { grids, last }
    }

    /// The last period of the data.
    pub fn last(&self) -> &Grid {
        &self.last
    }

    /// The periods of the window with their distance to the last one, earliest first, the last left out;
    /// a window of 0 is the whole history.
    fn window(&self, window: usize) -> impl Iterator<Item = (usize, &Grid)> {
        let end = self.grids.len().saturating_sub(1);
        let start = if window == 0 { 0 } else { end.saturating_sub(window) };
        (start..end).filter_map(move |t| Some((end - t, self.grids[t].as_ref()?)))
    }
}

/// Levels of the next `horizon` periods from each cell's growth factor.
pub(super) fn project(last: &Grid, factors: &[Value], horizon: usize) -> Vec<Grid> {
    (1..=horizon)
        .map(|h| {
            let grown = |(level, factor): (&Value, &Value)| match factor {
                Ok(factor) => level.and_then(|level| crate::panel::finite(level * factor.powi(h as i32))),
                Err(_) => *level,
            };
            Grid { width: last.width, values: last.values.iter().zip(factors).map(grown).collect() }
        })
        .collect()
}

/// The parameter shared by the methods that look back.
const WINDOW: crate::card::Param = crate::card::Param {
    name: "window",
    doc: "periods to look back from the last one; 0 looks back to the first",
    domain: crate::card::Domain::Integer { min: 0, max: 1000, default: 0 },
};

/// Average growth factor between two positive levels `periods` apart.
fn average(earlier: Value, last: Value, periods: usize) -> Option<f64> {
    match (earlier, last) {
        (Ok(earlier), Ok(last)) if earlier > 0.0 && last > 0.0 => Some((last / earlier).powf(1.0 / periods as f64)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Absent::{Missing, OutsideDomain};
    use std::collections::BTreeMap;

    /// Two regions over four periods, the second period not in the data.
    fn past() -> Past {
        let grid = |a: Value, b: Value| Grid { width: 1, values: vec![a, b] };
        let last = grid(Ok(8.0), Ok(3.0));
        let grids = vec![Some(grid(Ok(1.0), Err(Missing))), None, Some(grid(Ok(2.0), Ok(0.0))), Some(last.clone())];
        Past { grids, last }
    }

    fn factors(name: &str, window: f64) -> Vec<Value> {
        let driver = find(name).unwrap();
        let given = BTreeMap::from([("window".to_owned(), crate::card::Raw::Number(window))]);
        let given = if driver.card().params.is_empty() { BTreeMap::new() } else { given };
        driver.factors(&past(), &Params::parse(driver.card(), &given, "params").unwrap())
    }

    #[test]
    fn each_method_reads_its_window() {
        assert_eq!(factors("constant_growth", 0.0), [Ok(2.0), Err(OutsideDomain)]);
        assert_eq!(factors("constant_growth", 1.0), [Ok(4.0), Err(OutsideDomain)]);
        assert_eq!(factors("constant_share", 1.0), [Ok(5.5), Ok(5.5)]);
        assert_eq!(factors("national_growth", 0.0), [Ok(2.0), Ok(2.0)]);
        assert_eq!(factors("constant", 0.0), [Ok(1.0), Ok(1.0)]);
    }

    #[test]
    fn a_cell_without_a_growth_rate_keeps_its_level() {
        let path = project(past().last(), &factors("constant_growth", 0.0), 2);
        assert_eq!(path[1].values, [Ok(32.0), Ok(3.0)]);
    }

    #[test]
    fn ids_and_aliases_are_distinct() {
        let mut names: Vec<_> = ALL.iter().flat_map(|d| [&[d.card().id], d.card().aliases].concat()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
