//! Each cell goes on growing as it did.

use super::{Driver, Past, WINDOW, average};
use crate::card::{Card, Kind, Params};
use crate::panel::{Absent, Value};

/// Average growth of the cell itself.
#[derive(Debug)]
pub(super) struct ConstantGrowth;

impl Driver for ConstantGrowth {
    fn card(&self) -> &'static Card {
        &Card {
            id: "constant_growth",
            aliases: &["trend"],
            title: "Constant growth of each region",
            kind: Kind::Driver,
            formula: "x_{T+h} = x_T (x_T / x_{T−w})^{h/w}; w reaches to the earliest positive level in the window",
            reference: "geometric mean growth; Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8",
            params: &[WINDOW],
            inference: &[],
            laws: &[],
        }
    }

    fn factors(&self, past: &Past, params: &Params) -> Vec<Value> {
        let window = params.number("window") as usize;
        let factor = |(cell, last): (usize, &Value)| {
            let mut window = past.window(window);
            window.find_map(|(periods, grid)| average(grid.values[cell], *last, periods)).ok_or(Absent::OutsideDomain)
        };
        past.last().values.iter().enumerate().map(factor).collect()
    }
}
