//! Every region grows with the nation and so keeps its share.

use super::past::Past;
use super::{Driver, Fitted, WINDOW, shares};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;

/// Average growth of the industry's national total.
#[derive(Debug)]
pub(super) struct NationalGrowth;

impl Driver for NationalGrowth {
    fn card(&self) -> &'static Card {
        &Card {
            id: "national_growth",
            aliases: &["constant_share"],
            title: "Growth of the nation, so constant shares",
            kind: Kind::Driver,
            formula: "x_{r,T+h} = x_{r,T} (X_T / X_{T−w})^{h/w}; X sums the regions present at both ends, industry by industry; errors: log growth of the region less the nation's mean, and the error of that mean",
            reference: "constant-share projection; Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8",
            params: &[WINDOW],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        shares::project(past, params.number("window") as usize, 0.0, horizon, stop)
    }
}
