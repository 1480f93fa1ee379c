//! The caller knows the path.

use super::constant_growth::ConstantGrowth;
use super::{Driver, Past, WINDOW};
use crate::card::{Card, Kind, Params};
use crate::panel::Value;

/// Levels from the request; cells it does not name go on growing as they did.
#[derive(Debug)]
pub(super) struct GivenPath;

impl Driver for GivenPath {
    fn card(&self) -> &'static Card {
        &Card {
            id: "given_path",
            aliases: &["path"],
            title: "A given path",
            kind: Kind::Driver,
            formula: "x_{T+h} = the h-th given level; cells without given levels follow constant_growth",
            reference: "conditional forecast on an exogenous path; Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, section 7.6",
            params: &[WINDOW],
            inference: &[],
            laws: &[],
        }
    }

    fn factors(&self, past: &Past, params: &Params) -> Vec<Value> {
        ConstantGrowth.factors(past, params)
    }

    fn reads_given_levels(&self) -> bool {
        true
    }
}
