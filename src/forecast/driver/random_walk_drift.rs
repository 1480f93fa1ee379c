//! The random walk with drift, of levels or of their logarithm.

use super::cells::fit_cells;
use super::past::Past;
use super::walk::Walk;
use super::{Driver, Fitted, SCALE, WINDOW, scale};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;

/// Mean change of the cell itself.
#[derive(Debug)]
pub(super) struct RandomWalkDrift;

impl Driver for RandomWalkDrift {
    fn card(&self) -> &'static Card {
        &Card {
            id: "random_walk_drift",
            aliases: &["drift", "rwd"],
            title: "Random walk with drift",
            kind: Kind::Driver,
            formula: "y_{T+h} = y_T + h m + u_1 + … + u_h, m = (y_T − y_1)/(T − 1), y = ln x or x; variance h σ² + h² σ²/(T − 1), a t with T − 2 degrees of freedom",
            reference: "Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, sections 5.2 and 5.5",
            params: &[SCALE, WINDOW],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let window = (scale(past, params), past.start(params.number("window") as usize));
        fit_cells(past, window, horizon, |series| Walk::drifting(series, horizon), stop)
    }
}
