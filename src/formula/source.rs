//! The data a program runs on.

use crate::panel::{Grid, Panel, Period, Value};
use std::sync::OnceLock;

/// Measures by period: history, or history continued by a simulation.
///
/// All grids have the regions and industries of the panel the program was compiled for.
pub trait Source {
    /// A measure in a period as regions × industries; `None` when the period is not there.
    fn grid(&self, measure: usize, period: Period) -> Option<&Grid>;

    /// The same values, region by region; a source may have them without a grid.
    fn values(&self, measure: usize, period: Period) -> Option<&[Value]> {
        self.grid(measure, period).map(|grid| grid.values.as_slice())
    }

    /// The first period, where recursions such as `stock()` begin.
    fn first_period(&self) -> Period;
}

/// A panel as the source of a program; a period that lists every cell is read where it stands, the grid of another is
/// built when it is first read.
#[derive(Debug)]
pub struct History<'a> {
    panel: &'a Panel,
    /// By measure, then by period.
    grids: Vec<OnceLock<Grid>>,
}

impl<'a> History<'a> {
    /// The whole of a panel.
    pub fn new(panel: &'a Panel) -> Self {
        let grids = panel.measures().len() * panel.periods().len();
        Self { panel, grids: std::iter::repeat_with(OnceLock::new).take(grids).collect() }
    }
}

impl Source for History<'_> {
    fn grid(&self, measure: usize, period: Period) -> Option<&Grid> {
        let t = self.panel.find_period(period)?;
        let place = &self.grids[measure * self.panel.periods().len() + t];
        if place.get().is_none() {
            let _ = place.set(self.panel.grid(measure, period)?);
        }
        place.get()
    }

    fn values(&self, measure: usize, period: Period) -> Option<&[Value]> {
        let rows = self.panel.rows_of(self.panel.find_period(period)?);
        if rows.len() == self.panel.regions().len() * self.panel.width() {
            return Some(&self.panel.column(measure)[rows]);
        }
        self.grid(measure, period).map(|grid| grid.values.as_slice())
    }

    fn first_period(&self) -> Period {
        self.panel.periods()[0]
    }
}
