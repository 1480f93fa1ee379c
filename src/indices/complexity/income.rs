//! The income level of what regions do.

use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::panel::{Absent, Slice, Value, finite, ratio, sum_present};

/// The parameters of both indices.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "income",
        doc: "A measure or numeric attribute of the regions: their income, per head unless `population` is given.",
        domain: Domain::Variable { required: true },
    },
    Param {
        name: "population",
        doc: "A measure or numeric attribute that income is divided by.",
        domain: Domain::Measure { required: false },
    },
];

/// The statement of an answer of either index.
pub(super) fn convention(params: &Params) -> String {
    let income = params.text("income").unwrap_or_default();
    let per = params.text("population").map(|population| format!(" per unit of {population}"));
    format!("income is {income}{}; regions without income are left out of every PRODY", per.unwrap_or_default())
}

/// Income of each region.
fn incomes(input: &Input<'_>) -> Vec<Value> {
    let income = input.regional("income").unwrap_or_default();
    match input.regional("population") {
        None => income.to_vec(),
        Some(population) => income.iter().zip(population).map(|(income, heads)| ratio((*income)?, (*heads)?)).collect(),
    }
}

/// PRODY: of each industry, the mean income of its regions weighted by the industry's share of each.
pub(super) fn prody(input: &Input<'_>) -> Vec<Value> {
    let (income, totals) = (incomes(input), input.measure.region_totals());
    let columns = input.measure.by_industry();
    let of = |industry: usize| {
        let (regions, values) = columns.industry(industry);
        let (mut weights, mut sum, mut reason) = (Vec::new(), 0.0, Absent::Missing);
        for (region, x) in regions.iter().map(|region| *region as usize).zip(values) {
            let pair = x.and_then(|x| Ok((share(x, totals[region]?)?, income[region]?)));
            match pair {
                Ok((share, income)) => {
                    weights.push(Ok(share));
                    sum += share * income;
                }
                Err(absent) => reason = reason.max(absent),
            }
        }
        if weights.is_empty() { Err(reason) } else { ratio(sum, sum_present(&weights)?) }
    };
    (0..input.measure.width()).map(of).collect()
}

/// A value's share of its region, which no negative value has.
fn share(x: f64, total: f64) -> Value {
    if x < 0.0 { Err(Absent::OutsideDomain) } else { ratio(x, total) }
}

/// EXPY: of each region, the mean PRODY of its industries weighted by their values.
pub(super) fn expy(measure: &Slice<'_>, prody: &[Value]) -> Vec<Value> {
    let of = |region: usize| {
        let (mut total, mut sum, mut reason) = (None, 0.0, Absent::Missing);
        for (industry, x) in measure.region(region) {
            match x.and_then(|x| Ok((share(x, 1.0)?, prody[industry]?))) {
                Ok((x, prody)) => {
                    total = Some(total.unwrap_or(0.0) + x);
                    sum += x * prody;
                }
                Err(absent) => reason = reason.max(absent),
            }
        }
        ratio(finite(sum)?, total.ok_or(reason)?)
    };
    (0..measure.regions()).map(of).collect()
}
