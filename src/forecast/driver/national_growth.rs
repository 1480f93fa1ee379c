//! Every region grows with the nation and so keeps its share.

use super::{Driver, Past, WINDOW, average};
use crate::card::{Card, Kind, Params};
use crate::panel::{Absent, Grid, Value, sum_present};

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
            formula: "x_{r,T+h} = x_{r,T} (X_T / X_{T−w})^{h/w}; X sums the regions present at both ends, industry by industry",
            reference: "constant-share projection; Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8",
            params: &[WINDOW],
            inference: &[],
            laws: &[],
        }
    }

    fn factors(&self, past: &Past, params: &Params) -> Vec<Value> {
        let window = params.number("window") as usize;
        let last = past.last();
        let industry = |i: usize| {
            let mut window = past.window(window);
            window.find_map(|(periods, grid)| {
                let (earlier, latest) = totals(grid, last, i);
                average(earlier, latest, periods)
            })
        };
        let by_industry: Vec<Value> = (0..last.width).map(|i| industry(i).ok_or(Absent::OutsideDomain)).collect();
        by_industry.iter().copied().cycle().take(last.values.len()).collect()
    }
}

/// Totals of one industry at two dates over the regions present at both.
fn totals(earlier: &Grid, last: &Grid, industry: usize) -> (Value, Value) {
    let cells = (industry..last.values.len()).step_by(last.width);
    let both = cells.filter(|c| earlier.values[*c].is_ok() && last.values[*c].is_ok());
    let (earlier, last): (Vec<Value>, Vec<Value>) = both.map(|c| (earlier.values[c], last.values[c])).unzip();
    (sum_present(&earlier), sum_present(&last))
}
