//! A request for indices as the domain understands it.

use crate::api::{decode, v1};
use crate::card::Infer;
use crate::error::{Violation, Violations};
use crate::indices::{Alternative, Asked, Gap, IndexCall};
use crate::panel::{Panel, Period};
use crate::store::check_id;

/// Draws when none are said.
const DRAWS: i32 = 999;
/// Most draws of one request.
const MOST_DRAWS: i32 = 100_000;

/// A request that passed the checks that need no index.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) calls: Vec<IndexCall>,
    pub(super) periods: Vec<Period>,
    pub(super) inference: Option<Asked>,
    pub(super) most_suppressed: Option<f64>,
    /// The id of the dataset to store the values as.
    pub(super) save_as: Option<String>,
}

impl Task {
    /// Everything that is wrong with a request, against the panel too where there is one.
    pub(super) fn read(request: &v1::ComputeIndicesRequest, panel: Option<&Panel>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        if request.indices.is_empty() {
            violations.push(Violation::new("indices", "must hold at least one index", ""));
        }
        let periods = violations.keep("", periods(request, panel)).unwrap_or_default();
        let inference = request.inference.as_ref().and_then(|asked| violations.keep("inference", inference(asked)));
        let most_suppressed = request.suppressed_bounds.map(|bounds| bounds.most);
        if let Some(most) = most_suppressed.filter(|most| !(most.is_finite() && *most > 0.0)) {
            violations.push(Violation::new("suppressed_bounds.most", "must be a number above 0", most));
        }
        if !request.save_as.is_empty()
            && let Err(violation) = check_id("save_as", &request.save_as)
        {
            violations.push(violation);
        }
        decode::request_id(&request.request_id, &mut violations);
        let save_as = decode::some(&request.save_as).map(str::to_owned);
        let calls = request.indices.iter().map(call).collect();
        violations.into_result(Self { calls, periods, inference, most_suppressed, save_as })
    }

    /// Rows of the data in the periods asked for.
    pub(super) fn used_rows(&self, panel: &Panel) -> Option<usize> {
        self.periods.iter().map(|period| Some(panel.rows_of(panel.find_period(*period)?).len())).sum()
    }
}

fn call(asked: &v1::IndexCall) -> IndexCall {
    let gap = asked.gap.as_ref().map(|gap| Gap {
        groups: gap.groups.clone(),
        first: gap.first.clone(),
        second: gap.second.clone(),
    });
    IndexCall {
        index: asked.index.clone(),
        measure: asked.measure.clone(),
        parameters: decode::parameters(&asked.parameters),
        gap,
    }
}

fn inference(asked: &v1::Inference) -> Result<Asked, Violations> {
    let mut violations = Violations::default();
    let infer = Infer::ALL.into_iter().find(|way| way.name() == asked.method);
    if infer.is_none() && !asked.method.is_empty() {
        let rule = format!("must be one of {}", Infer::ALL.map(Infer::name).join(", "));
        violations.push(Violation::new("method", rule, &asked.method));
    }
    let draws = if asked.draws == 0 { DRAWS } else { asked.draws };
    if !(1..=MOST_DRAWS).contains(&draws) {
        violations.push(Violation::new("draws", format!("must lie in [1, {MOST_DRAWS}]"), draws));
    }
    let level = decode::interval_level(asked.level, "level", &mut violations);
    let alternative = match v1::Alternative::try_from(asked.alternative) {
        Ok(v1::Alternative::Unspecified | v1::Alternative::TwoSided) => Alternative::TwoSided,
        Ok(v1::Alternative::Greater) => Alternative::Greater,
        Ok(v1::Alternative::Less) => Alternative::Less,
        Err(_) => {
            violations.push(Violation::new("alternative", "is an Alternative", asked.alternative));
            Alternative::TwoSided
        }
    };
    violations.into_result(Asked { infer, draws: draws as usize, seed: asked.seed as u64, level, alternative })
}

/// The periods to answer for: those of the data from the first to the last asked for.
fn periods(request: &v1::ComputeIndicesRequest, panel: Option<&Panel>) -> Result<Vec<Period>, Violations> {
    let mut violations = Violations::default();
    let mut read = |text: &str, field: &str| {
        let period = decode::period(text, field, &mut violations);
        if let (Some(period), Some(panel)) = (period, panel)
            && period.frequency != panel.frequency()
        {
            violations.push(Violation::new(field, "must be of the calendar of the data", text));
        }
        period.map(|period| period.ordinal)
    };
    let first = read(&request.first_period, "first_period").unwrap_or(i32::MIN);
    let last = read(&request.last_period, "last_period").unwrap_or(i32::MAX);
    let of_data = panel.map_or(&[][..], Panel::periods);
    let periods: Vec<_> = of_data.iter().copied().filter(|p| (first..=last).contains(&p.ordinal)).collect();
    if let ([begin, ..], true, true) = (of_data, periods.is_empty(), violations.is_empty()) {
        let end = of_data[of_data.len() - 1];
        let rule = format!("no period of the data lies between the first and the last; they have {begin} to {end}");
        let asked = format!("{} to {}", request.first_period, request.last_period);
        violations.push(Violation::new("first_period", rule, asked));
    }
    violations.into_result(periods)
}
