//! Every region grows with the nation and by a part of its past competitive shift.

use super::past::Past;
use super::{Driver, Fitted, WINDOW, shares};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;

/// National growth plus the shrunken shift of the region, scaled to the national total.
#[derive(Debug)]
pub(super) struct ShiftShare;

impl Driver for ShiftShare {
    fn card(&self) -> &'static Card {
        &Card {
            id: "shift_share",
            aliases: &["competitive_shift"],
            title: "Shift-share projection",
            kind: Kind::Driver,
            formula: "x_{ri,T+h} = c_ih x_{ri,T} (1 + R_i + k s_ri)^h; R_i growth of industry i in the nation, s_ri past growth of the region's industry less R_i, both geometric means over the window; k the shrinkage; c_ih scales the regions to the national total X_{i,T} (1 + R_i)^h",
            reference: "Dunn (1960), Papers of the Regional Science Association 6; Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8",
            params: &[
                WINDOW,
                Param {
                    name: "shrinkage",
                    doc: "part of the past competitive shift that goes on: 0 keeps shares, 1 lets the whole shift go on",
                    domain: Domain::Number { min: 0.0, max: 1.0, default: 0.5 },
                },
            ],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        shares::project(past, params.number("window") as usize, params.number("shrinkage"), horizon, stop)
    }
}
