//! A past policy run through the engine as if ex ante, against what a comparison with other regions says it did.
//!
//! The data are cut before the policy's first period, the model is estimated on what was known, and the scenario is
//! forecast with drivers forecast. Its effect on the treated region is then set beside the **gap**: what the region had
//! less what its counterfactual, made of untreated regions, had. The draws of the effect carry the uncertainty of the
//! coefficients and paths, not the noise of the gap, whose size before the policy is its `pre_rmspe`: a gap within a
//! few of those of the effect does not contradict it. Beside this, both paths are scored against what came: had one
//! known the policy, would the scenario have been the better forecast?

mod plan;

use super::super::answer::{Area, AreaKind};
use super::super::request::Request as ForecastRequest;
use super::super::score::{Case, Predictive, Total};
use super::super::series::Series;
use super::AtOrigin;
use super::ahead::Ahead;
use super::answer::{Quantity, Told};
use super::observed::{Observed, growth, percent};
use super::request::{Chosen, Wanted};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::{Absent, Panel, Period, Value, finite};
use plan::Plan;

/// A policy of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyRequest {
    /// Horizon, draws, seed and drivers, with the policy as its only scenario.
    pub forecast: ForecastRequest,
    /// The treated region.
    pub treated: String,
    /// Regions that make up its counterfactual; when empty, all that no change of the scenario names.
    pub donors: Vec<String>,
    /// The first period of the policy; the one before is the last known.
    pub first_period: Period,
    /// What is compared: levels or growth.
    pub quantity: Quantity,
    /// Scores by id; when empty, those of [`Wanted::usual`].
    pub scores: Vec<Wanted>,
}

/// The counterfactual of a treated region by a method such as synthetic control.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterfactual {
    /// One a donor.
    pub weights: Vec<f64>,
    /// The treated region's outcome less its counterfactual, one a period, those before the policy first.
    pub gap: Vec<f64>,
    /// Root mean square of the gap before the policy.
    pub pre_rmspe: f64,
}

/// Makes a counterfactual from the outcomes of the treated region and of the donors, and the number of periods before
/// the policy.
pub type Compare<'a> = &'a dyn Fn(&[f64], &[Vec<f64>], usize) -> Result<Counterfactual, Error>;

/// The effect that was forecast and the one that other regions tell.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyCheck {
    /// The last period known to the forecast.
    pub origin: Period,
    /// The periods of the policy that the data have.
    pub periods: Vec<Period>,
    /// Donors with their weights.
    pub donors: Vec<(String, f64)>,
    /// Donors left out, with the reason of the first hole in their outcomes.
    pub left_out: Vec<(String, Absent)>,
    /// Root mean square of the gap before the policy.
    pub pre_rmspe: f64,
    /// By period: the forecast effect, with the gap for what came.
    pub effect: Vec<Told>,
    /// By period: the region as forecast without the policy, and what came.
    pub baseline: Vec<Told>,
    /// By period: the region as forecast with the policy, and what came.
    pub scenario: Vec<Told>,
    /// The scores over the periods.
    pub scores: Vec<PolicyScore>,
}

/// One score of a policy check.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyScore {
    /// Id and parameters in force.
    pub score: String,
    /// Of the effect, against the gap.
    pub effect: Total,
    /// Of the path without the policy, against what came.
    pub baseline: Total,
    /// Of the path with the policy, against what came.
    pub scenario: Total,
}

/// Forecasts a past policy from before its first period, and compares its effect with the gap to a counterfactual.
///
/// # Errors
/// [`Error::Invalid`]: everything wrong with the request, at its fields; no donor with an outcome in every period.
/// What the model fails with at the origin; what `compare` fails with; [`Error::Cancelled`].
pub fn check_policy(
    (at_origin, compare): (AtOrigin<'_>, Compare<'_>),
    panel: &Panel,
    request: &PolicyRequest,
    stop: &Stop,
) -> Result<PolicyCheck, Error> {
    let plan = Plan::read(request, panel)?;
    let known = panel.until(plan.origin);
    let fitted = at_origin(&known)?;
    let (program, link) = fitted.program()?;
    let last = panel.periods()[panel.periods().len() - 1];
    let horizon = request.forecast.horizon.min((last.ordinal - plan.origin.ordinal) as usize);
    let ahead = Ahead::run(&fitted.models(), &known, &ForecastRequest { horizon, ..request.forecast.clone() }, stop)?;
    let observed = Observed::new(program, link, panel);
    let now = observed.place(plan.origin);
    let outcomes = Outcomes { ahead: &ahead, observed: &observed, quantity: request.quantity, now, horizon };
    let donors = outcomes.donors(panel, &plan.donors);
    let treated = outcomes.whole(panel.regions().name(plan.treated)).map_err(|reason| {
        Violation::new(
            "treated",
            format!("has no outcome in some period up to the last compared ({reason})"),
            &request.treated,
        )
    })?;
    let first = outcomes.first();
    if donors.names.is_empty() {
        return Err(Violation::new("donors", "none has an outcome in every period", donors.left_out.len()).into());
    }
    let other = compare(&treated, &donors.outcomes, now + 1 - first)?;
    let check = PolicyCheck {
        origin: plan.origin,
        periods: (1..=horizon as i32).map(|h| plan.origin.plus(h)).collect(),
        donors: donors.names.into_iter().zip(other.weights.iter().copied()).collect(),
        left_out: donors.left_out,
        pre_rmspe: other.pre_rmspe,
        effect: Vec::new(),
        baseline: Vec::new(),
        scenario: Vec::new(),
        scores: Vec::new(),
    };
    outcomes.compare(check, &request.treated, &other, &plan.scores).map_err(|reason| {
        Violation::new("treated", format!("has no forecast or effect ({reason})"), &request.treated).into()
    })
}

/// The regions to compare with, in the quantity compared.
#[derive(Default)]
struct Donors {
    names: Vec<String>,
    /// One a name: an outcome a period.
    outcomes: Vec<Vec<f64>>,
    left_out: Vec<(String, Absent)>,
}

/// The forecasts and what came, in the quantity compared.
struct Outcomes<'a> {
    ahead: &'a Ahead,
    observed: &'a Observed,
    quantity: Quantity,
    /// Place of the origin among the observed periods.
    now: usize,
    horizon: usize,
}

impl Outcomes<'_> {
    /// The first period compared: growth has none in the first of the data.
    fn first(&self) -> usize {
        usize::from(self.quantity == Quantity::Growth)
    }

    fn area(&self, region: &str) -> Result<(usize, &Area), Absent> {
        let found = self.ahead.areas.iter().enumerate().find(|(_, a)| a.kind == AreaKind::Region && a.name == region);
        found.ok_or(Absent::UnknownLevel)
    }

    /// What was and what came in a region.
    fn values(&self, region: &str) -> Result<Vec<Value>, Absent> {
        let levels = self.observed.levels(self.area(region)?.1);
        Ok(if self.quantity == Quantity::Growth { growth(&levels) } else { levels })
    }

    /// The outcomes of a region from the first period compared to the last, without a hole.
    fn whole(&self, region: &str) -> Result<Vec<f64>, Absent> {
        self.values(region)?[self.first()..=self.now + self.horizon].iter().copied().collect()
    }

    /// Donors with their outcomes, and those with holes.
    fn donors(&self, panel: &Panel, donors: &[usize]) -> Donors {
        let mut found = Donors::default();
        for name in donors.iter().map(|region| panel.regions().name(*region)) {
            match self.whole(name) {
                Ok(outcome) => {
                    found.names.push(name.to_owned());
                    found.outcomes.push(outcome);
                }
                Err(reason) => found.left_out.push((name.to_owned(), reason)),
            }
        }
        found
    }

    /// The forecast of a future of the area, by step.
    fn forecast(&self, future: usize, area: usize, last: Value) -> Vec<Series> {
        let levels = &self.ahead.levels[future][area];
        if self.quantity == Quantity::Level {
            return levels.clone();
        }
        let draws = |series: &Series| series.draws.as_ref().map_or(0, Vec::len);
        let first = levels.first().map(|level| Series::constant(last, draws(level)));
        let before = first.iter().chain(levels);
        levels
            .iter()
            .zip(before)
            .map(|(now, before)| now.zip(before, |now, before| percent(Ok(before), Ok(now))))
            .collect()
    }

    /// Fills the comparison of a region in.
    fn compare(
        &self,
        mut check: PolicyCheck,
        treated: &str,
        other: &Counterfactual,
        scores: &[Chosen],
    ) -> Result<PolicyCheck, Absent> {
        let (area, place) = self.area(treated)?;
        let last = self.observed.levels(place)[self.now];
        let (baseline, scenario) = (self.forecast(0, area, last), self.forecast(1, area, last));
        let effect: Vec<Series> = scenario.iter().zip(&baseline).map(|(s, b)| s.minus(b)).collect();
        let (before, gap) = other.gap.split_at(self.now + 1 - self.first());
        let before: Vec<Value> = before.iter().map(|gap| finite(*gap)).collect();
        let gap: Vec<Value> = gap.iter().map(|gap| finite(*gap)).collect();
        let values = self.values(treated)?;
        let (past, came) = (&values[..=self.now], &values[self.now + 1..=self.now + self.horizon]);
        let (effect, of_effect) = judged(effect, &gap, &before, scores)?;
        let (baseline, of_baseline) = judged(baseline, came, past, scores)?;
        let (scenario, of_scenario) = judged(scenario, came, past, scores)?;
        let each = scores.iter().zip(of_effect.into_iter().zip(of_baseline.into_iter().zip(of_scenario)));
        check.scores = each
            .map(|(chosen, (effect, (baseline, scenario)))| PolicyScore {
                score: chosen.label(),
                effect,
                baseline,
                scenario,
            })
            .collect();
        Ok(PolicyCheck { effect, baseline, scenario, ..check })
    }
}

/// Forecasts by step with what came, and their scores.
fn judged(
    forecasts: Vec<Series>,
    came: &[Value],
    history: &[Value],
    scores: &[Chosen],
) -> Result<(Vec<Told>, Vec<Total>), Absent> {
    let pairs = forecasts.into_iter().zip(came);
    let pairs: Vec<(Predictive, f64)> = pairs
        .map(|(series, actual)| Ok((Predictive::new(series.point?, series.draws?), (*actual)?)))
        .collect::<Result<_, Absent>>()?;
    let cases: Vec<Case<'_>> =
        pairs.iter().map(|(forecast, actual)| Case { forecast, actual: *actual, history }).collect();
    let total = |chosen: &Chosen| {
        let of_cases: Vec<Value> = cases.iter().map(|case| chosen.score.of_case(case, &chosen.params)).collect();
        Total::of(chosen.score, &of_cases)
    };
    Ok((cases.iter().map(Told::of).collect(), scores.iter().map(total).collect()))
}
