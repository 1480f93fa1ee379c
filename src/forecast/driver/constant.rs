//! Each cell keeps its last level.

use super::cells::fit_cells;
use super::past::Past;
use super::walk::Walk;
use super::{Driver, Fitted};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;

/// No growth.
#[derive(Debug)]
pub(super) struct Constant;

impl Driver for Constant {
    fn card(&self) -> &'static Card {
        &Card {
            id: "constant",
            aliases: &["last_value"],
            title: "The last level",
            kind: Kind::Driver,
            formula: "x_{T+h} = x_T; errors: the past changes, of ln x for measures that add up and of x for rates",
            reference: "the naive forecast; Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, section 5.2",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, _: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let fitted = fit_cells(past, (past.scale(), 0), horizon, |series| Some(Walk::still(series, horizon)), stop)?;
        // To keep the last level is the method, not a want of history.
        Ok(Fitted { held: Vec::new(), ..fitted })
    }
}
