//! Factor mobility: jobs (or capital) created and destroyed, and moved between industries or plants.

use super::territories::Territories;
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{Absent, Slice, Value, ratio};

/// Gross flows of Davis and Haltiwanger.
#[derive(Debug)]
pub(super) struct Churn;

/// A cell now and earlier.
type Change = Result<(f64, f64), Absent>;

/// The parts of the answer.
const PARTS: [&str; 5] = ["reallocation", "creation", "destruction", "net", "excess"];

impl Index for Churn {
    fn card(&self) -> &'static Card {
        &Card {
            id: "churn",
            aliases: &["job_reallocation"],
            title: "Churn: creation, destruction and reallocation of jobs (or capital) between industries or plants",
            kind: Kind::Index,
            formula: "with Δ_i = x_i(t) − x_i(t−span) of each industry (plant) i of a region and Z = Σ_i (x_i(t) + \
                      x_i(t−span))/2: creation = Σ_{Δ>0} Δ/Z, destruction = Σ_{Δ<0} |Δ|/Z, reallocation = creation + \
                      destruction, net = creation − destruction, excess = reallocation − |net|, which is beyond what \
                      the change of the whole needs",
            reference: "Davis and Haltiwanger (1992), Quarterly Journal of Economics 107, 819–863",
            params: &[
                Param {
                    name: "span",
                    doc: "Periods over which the change is taken.",
                    domain: Domain::Integer { min: 1, max: 100, default: 1 },
                },
                Param {
                    name: "region",
                    doc: "For data whose regions are the plants: the text attribute that says in which region a \
                          plant lies. Left out, one value a region, between its industries.",
                    domain: Domain::Groups { required: false },
                },
                Param {
                    name: "missing",
                    doc: "`left_out`: only what is there in both periods counts. `zero`: what is missing in one of \
                          them is born or has closed, as plants do; what is suppressed is still left out.",
                    domain: Domain::Choice(&["left_out", "zero"]),
                },
            ],
            inference: &[Infer::BootstrapIndustries, Infer::BootstrapRegions],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::Within(0, 2),
                Law::Decomposes("reallocation", &["creation", "destruction"]),
            ],
        }
    }

    fn shape(&self, params: &Params, _width: usize) -> Shape {
        if params.text("region").is_some() { Shape::Listed } else { Shape::Region }
    }

    fn listed_rows(&self, _params: &Params, regions: usize, _width: usize) -> usize {
        regions + 1
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let missing =
            if params.chooses("missing", "zero") { "a missing value is 0" } else { "of what is there in both periods" };
        vec![
            format!(
                "change over {} periods, over the mean of both, not annualised: 2 is all new or all gone",
                params.number("span")
            ),
            missing.to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let earlier = input.earlier(params.number("span") as usize);
        let flows = |rows: usize, rows_of: &dyn Fn(usize) -> Vec<usize>| {
            let Some(earlier) = earlier else { return vec![Err(Absent::NoPeriod); rows] };
            let mut flows = vec![Err(Absent::Missing); rows];
            for (region, pair) in pairs(&input.measure, earlier, params.chooses("missing", "zero")) {
                rows_of(region).into_iter().for_each(|row| Flows::add(&mut flows[row], pair));
            }
            flows.into_iter().map(|flows: Result<Flows, Absent>| flows.and_then(|flows| flows.rates())).collect()
        };
        match input.classes("region") {
            None => Output::of_rows(Shape::Region, PARTS, &flows(input.measure.regions(), &|region| vec![region])),
            Some(classes) => {
                let territories = Territories::of(Some(classes));
                let rows: Vec<_> = flows(territories.rows(), &|plant| territories.rows_of(plant).collect());
                Output { keys: vec![("region", territories.key())], ..Output::of_rows(Shape::Listed, PARTS, &rows) }
            }
        }
    }

    fn infer(&self, _input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        // Industries are drawn within a region, plants within all of them.
        let drawn = if params.text("region").is_some() { Infer::BootstrapRegions } else { Infer::BootstrapIndustries };
        (ask.infer != drawn).then(Vec::new)
    }
}

/// Now and earlier of each cell that either period lists, region by region.
fn pairs(now: &Slice<'_>, earlier: &Slice<'_>, missing_is_zero: bool) -> Vec<(usize, Change)> {
    let read = |value: Value| match value {
        Err(Absent::Missing) if missing_is_zero => Ok(0.0),
        Ok(x) if x < 0.0 => Err(Absent::OutsideDomain),
        value => value,
    };
    let pair = |now: Value, earlier: Value| Ok((read(now)?, read(earlier)?));
    let mut pairs = Vec::new();
    for region in 0..now.regions() {
        pairs.extend(now.region(region).map(|(i, x)| (region, pair(x, earlier.get(region, i)))));
        // Cells that only the earlier period lists are missing now.
        let listed: Vec<usize> = now.region(region).map(|(i, _)| i).collect();
        let gone = earlier.region(region).filter(|(i, _)| listed.binary_search(i).is_err());
        pairs.extend(gone.map(|(_, x)| (region, pair(Err(Absent::Missing), x))));
    }
    pairs
}

/// Sums over the cells of a region.
#[derive(Debug, Clone, Copy, Default)]
struct Flows {
    created: f64,
    destroyed: f64,
    size: f64,
}

impl Flows {
    /// Adds a cell that is there; without any, the reason that comes last.
    fn add(flows: &mut Result<Self, Absent>, pair: Change) {
        match pair {
            Ok((now, earlier)) => {
                let mut sum = flows.unwrap_or_default();
                sum.created += (now - earlier).max(0.0);
                sum.destroyed += (earlier - now).max(0.0);
                sum.size += f64::midpoint(now, earlier);
                *flows = Ok(sum);
            }
            Err(absent) => *flows = flows.map_err(|reason| reason.max(absent)),
        }
    }

    /// What [`PARTS`] names.
    fn rates(self) -> Result<[Value; 5], Absent> {
        let (creation, destruction) = (ratio(self.created, self.size)?, ratio(self.destroyed, self.size)?);
        let (reallocation, net) = (creation + destruction, creation - destruction);
        Ok([reallocation, creation, destruction, net, reallocation - net.abs()].map(Ok))
    }
}
