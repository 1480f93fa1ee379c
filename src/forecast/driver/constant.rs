//! Each cell keeps its last level.

use super::{Driver, Past};
use crate::card::{Card, Kind, Params};
use crate::panel::Value;

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
            formula: "x_{T+h} = x_T",
            reference: "the naive forecast; Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, section 5.2",
            params: &[],
            inference: &[],
            laws: &[],
        }
    }

    fn factors(&self, past: &Past, _: &Params) -> Vec<Value> {
        vec![Ok(1.0); past.last().values.len()]
    }
}
