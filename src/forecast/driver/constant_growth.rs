//! Each cell goes on growing as it did.

use super::cells::fit_cells;
use super::past::{Past, Scale};
use super::walk::Walk;
use super::{Driver, Fitted, WINDOW};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;

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
            formula: "x_{T+h} = x_T (x_T / x_{T−w})^{h/w}; w reaches to the earliest positive level in the window; errors: growth of ln x around its mean, and the error of that mean",
            reference: "geometric mean growth; Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8",
            params: &[WINDOW],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let window = (Scale::Logarithm, past.start(params.number("window") as usize));
        fit_cells(past, window, horizon, |series| Walk::drifting(series, horizon), stop)
    }
}
