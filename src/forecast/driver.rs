//! The catalogue of drivers: how a measure goes on after the data end and how uncertain that is, one file and one
//! card each.
//!
//! A method is fitted to the history of one measure and gives a point path; where the history tells errors, also a
//! simulator that draws paths around it. Errors are relative (of ln x) for measures that add up and absolute for
//! rates, so the point path is the median of the draws. All cells, and all measures, are drawn with common shocks
//! (`noise.rs`), which keeps them as correlated as their errors were.

mod ar;
mod auto;
mod bvar;
mod cells;
mod constant;
mod constant_growth;
mod damped_trend;
mod ets;
mod given_path;
mod minnesota;
mod national_growth;
mod noise;
mod past;
mod random_walk_drift;
mod shares;
mod shift_share;
mod smoothing;
mod theta;
mod walk;

use crate::card::{Card, Domain, Param, Params};
use crate::error::{Error, Violations};
use crate::numeric::Stop;
use crate::numeric::random::Random;
use crate::panel::{Grid, Panel};
pub use past::Past;
use past::Scale;
use std::fmt::Debug;

/// A method that tells how a measure goes on.
pub trait Driver: Sync + Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// Fits the method to the history of one measure, cell by cell (regions × industries).
    ///
    /// # Errors
    /// All that [`Driver::check`] would refuse; [`Error::Cancelled`].
    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error>;

    /// Checks what the card cannot: names in `params` that must be in the data or in the catalogue.
    ///
    /// # Errors
    /// Every violation, at `params.{name}`.
    fn check(&self, _panel: &Panel, _measure: usize, _params: &Params) -> Result<(), Violations> {
        Ok(())
    }

    /// Whether the levels the request gives replace what the method projects.
    fn reads_given_levels(&self) -> bool {
        false
    }
}

/// A measure's own future.
#[derive(Debug)]
pub struct Fitted {
    /// The point path, one grid of regions × industries a step.
    pub path: Vec<Grid>,
    /// Cells that have a last level and keep it, because their history tells the method nothing; ascending.
    pub held: Vec<usize>,
    /// Draws paths around the point path; `None` where the path is taken as known, because no cell has an error.
    pub simulator: Option<Box<dyn Simulator>>,
    /// What the method has estimated for the measure as a whole.
    pub figures: Vec<Figure>,
    /// Ids of the methods that `auto` has chosen: one a cell or, chosen for the whole measure, a single one.
    pub chosen: Vec<&'static str>,
}

/// A number that a fitted method tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Name, `lower_snake_case`.
    pub name: String,
    /// Value.
    pub value: f64,
}

/// Draws the future of a measure.
pub trait Simulator: Send + Sync + Debug {
    /// One simulated path of every cell, one grid a step.
    ///
    /// `random` is a fresh stream of the draw, the same for every measure of a forecast: measures then share their
    /// shocks and stay correlated.
    fn draw(&self, random: &mut Random) -> Vec<Grid>;
}

impl Fitted {
    fn new(path: Vec<Grid>, simulator: Option<Box<dyn Simulator>>) -> Self {
        Self { path, held: Vec::new(), simulator, figures: Vec::new(), chosen: Vec::new() }
    }
}

/// Every driver method, in the order of the catalogue.
pub static ALL: &[&dyn Driver] = &[
    &constant_growth::ConstantGrowth,
    &national_growth::NationalGrowth,
    &shift_share::ShiftShare,
    &constant::Constant,
    &random_walk_drift::RandomWalkDrift,
    &ar::Ar,
    &ets::Ets,
    &damped_trend::DampedTrend,
    &theta::Theta,
    &bvar::Bvar,
    &auto::Auto,
    &given_path::GivenPath,
];

/// The method of measures that a request does not mention.
pub static DEFAULT: &dyn Driver = &constant_growth::ConstantGrowth;

/// The method of rates that a request does not mention.
pub static DEFAULT_RATE: &dyn Driver = &constant::Constant;

/// The driver method of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Driver> {
    ALL.iter().copied().find(|driver| driver.card().answers_to(name))
}

/// The parameter shared by the methods that look back.
const WINDOW: Param = Param {
    name: "window",
    doc: "periods to look back from the last one; 0 looks back to the first",
    domain: Domain::Integer { min: 0, max: 1000, default: 0 },
};

/// The parameter of methods that work on levels or on their logarithm.
const SCALE: Param = Param {
    name: "scale",
    doc: "what the method works on: logarithm (relative errors, positive cells only), level (absolute errors; measures that add up are kept from falling below zero) or automatic, the logarithm for measures that add up and the level for rates",
    domain: Domain::Choice(&["automatic", "logarithm", "level"]),
};

/// The scale asked for by [`SCALE`].
fn scale(past: &Past<'_>, params: &Params) -> Scale {
    match params.text(SCALE.name) {
        Some("logarithm") => Scale::Logarithm,
        Some("level") => Scale::Level { floor: past.adds_up() },
        _ => past.scale(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_aliases_are_distinct() {
        let mut names: Vec<_> = ALL.iter().flat_map(|d| [&[d.card().id], d.card().aliases].concat()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
