//! `ExplainScenario`: why a scenario does what it does.

mod encode;

use super::Forecasts;
use super::plan::Plan;
use crate::api::provenance::{provenance, request_sha256};
use crate::api::{Data, decode as read, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::explain::{By, MAX_PAIRS, Options, explain, predicted_bytes};
use crate::numeric::Stop;
use crate::panel::Panel;
use encode::Sheets;

/// Pairs of orders sampled when the request does not say.
const DEFAULT_PAIRS: usize = 100;

/// An explanation that passed its checks.
#[derive(Debug)]
struct Asked {
    plan: Plan,
    /// Number of the scenario.
    scenario: usize,
    options: Options,
}

impl Forecasts {
    /// Explains one scenario of a forecast.
    pub(super) async fn explain(
        &self,
        mut request: v1::ExplainScenarioRequest,
    ) -> Result<v1::ExplainScenarioResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        let splits = splits(&request.splits, &mut violations);
        let pairs = pairs(request.sampled_pair_count, &mut violations);
        let planned = match request.forecast.take() {
            None => Err(Violation::new("forecast", "is required", "").into()),
            Some(forecast) => self.planned(forecast).await.map_err(|error| read::at("forecast", error)),
        };
        let planned = read::keep(&mut violations, planned)?.and_then(|(data, plan)| {
            let options = Options {
                splits,
                spillovers: request.with_spillovers,
                pairs,
                within_policies: request.within_policies,
                step: step(&request.period, &data.panel, plan.asked.horizon, &mut violations),
                intervals: request.with_intervals && plan.asked.draws > 0,
                quantiles: plan.asked.quantiles.clone(),
                seed: plan.asked.seed,
            };
            let scenario = violations.keep("", scenario(&request.scenario, &plan));
            Some((data, Asked { scenario: scenario?, plan, options }))
        });
        let (data, asked) = read::all(violations, planned)?;
        let bytes = asked.predicted_bytes(&data.panel);
        let provenance = provenance(&data, request_sha256);
        self.state.compute().run(bytes, move |stop| asked.run(&data, provenance, stop)).await
    }
}

impl Asked {
    fn predicted_bytes(&self, panel: &Panel) -> u64 {
        let rows = self.plan.chosen.program.rows();
        let explanation = predicted_bytes(&self.plan.asked, rows, self.scenario, &self.options);
        let message = encode::predicted_bytes(&self.plan.asked, rows, self.scenario, &self.options);
        self.plan.predicted_bytes(panel).saturating_add(explanation).saturating_add(message)
    }

    fn run(&self, data: &Data, provenance: v1::Provenance, stop: &Stop) -> Result<v1::ExplainScenarioResponse, Error> {
        let Plan { chosen, asked, intervals, policies, .. } = &self.plan;
        let policy = &policies[self.scenario];
        let (_, level_unit) = super::units(&chosen.program, &data.panel);
        self.plan.study(data, "forecast", stop, |study, models| {
            let told = explain(study, self.scenario, &self.options).map_err(|error| self.on_the_wire(error))?;
            let sheets = Sheets {
                areas: study.areas(),
                periods: study.periods(),
                intervals,
                level_unit: &level_unit,
                with_draws: asked.draws > 0,
                with_intervals: self.options.intervals,
            };
            let splits = told.splits.iter().map(|(by, split)| sheets.split(*by, split, self.options.within_policies));
            Ok(v1::ExplainScenarioResponse {
                scenario: told.scenario,
                period: study.periods()[told.step - 1].to_string(),
                splits: splits.collect(),
                spillovers: told.spillovers.as_ref().map(|spillovers| sheets.spillovers(spillovers)),
                gains: Some(sheets.gains(&told.gains)),
                stored_name: policy.stored_name.clone(),
                scenario_sha256: policy.sha256.clone(),
                provenance: Some(v1::Provenance {
                    seed: if asked.draws > 0 { asked.seed as i64 } else { 0 },
                    used_row_count: data.panel.rows() as i64,
                    warnings: models.warnings,
                    ..provenance
                }),
            })
        })
    }

    /// The explanation's fields as the request has them; what the scenario as a whole breaks is found in the forecast.
    fn on_the_wire(&self, error: Error) -> Error {
        let Error::Invalid(found) = error else { return error };
        Error::Invalid(found.renamed(|field| match field {
            "splits" | "scenario" => field.to_owned(),
            "spillovers" => "with_spillovers".to_owned(),
            "step" => "period".to_owned(),
            "pairs" => "sampled_pair_count".to_owned(),
            other => format!("forecast.{}.{other}", self.plan.place(self.scenario)),
        }))
    }
}

/// The ways to split; by policy, driver and margin when none is said.
fn splits(wire: &[i32], violations: &mut Violations) -> Vec<By> {
    if wire.is_empty() {
        return vec![By::Policy, By::Driver, By::Margin];
    }
    let mut splits = Vec::with_capacity(wire.len());
    for (i, by) in wire.iter().enumerate() {
        let read = match v1::SplitBy::try_from(*by) {
            Ok(v1::SplitBy::Policy) => Some(By::Policy),
            Ok(v1::SplitBy::Driver) => Some(By::Driver),
            Ok(v1::SplitBy::Margin) => Some(By::Margin),
            Ok(v1::SplitBy::Unspecified) | Err(_) => None,
        };
        let field = format!("splits[{i}]");
        match read {
            Some(by) if splits.contains(&by) => {
                violations.push(Violation::new(field, "must not repeat a way", by.name()));
            }
            Some(by) => splits.push(by),
            None => {
                let rule = "must be SPLIT_BY_POLICY, SPLIT_BY_DRIVER or SPLIT_BY_MARGIN";
                violations.push(Violation::new(field, rule, by));
            }
        }
    }
    splits
}

fn pairs(count: i32, violations: &mut Violations) -> usize {
    match usize::try_from(count) {
        Ok(0) => DEFAULT_PAIRS,
        Ok(pairs) if (2..=MAX_PAIRS).contains(&pairs) => pairs,
        _ => {
            let rule = format!("must be 0 or a whole number in [2, {MAX_PAIRS}]");
            violations.push(Violation::new("sampled_pair_count", rule, count));
            DEFAULT_PAIRS
        }
    }
}

/// The step of a period; `None` when it is not said.
fn step(period: &str, panel: &Panel, horizon: usize, violations: &mut Violations) -> Option<usize> {
    let period = read::period(period, "period", violations)?;
    let last = panel.periods()[panel.periods().len() - 1];
    let step = (1..=horizon).find(|step| last.plus(*step as i32) == period);
    if step.is_none() {
        let rule = format!("must be a period of the forecast, {} to {}", last.plus(1), last.plus(horizon as i32));
        violations.push(Violation::new("period", rule, period));
    }
    step
}

/// The number of the scenario called `name`, or of the only one.
fn scenario(name: &str, plan: &Plan) -> Result<usize, Violations> {
    let names: Vec<&str> = plan.asked.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    match (name, &names[..]) {
        (_, []) => Err(Violation::new("forecast.scenarios", "must hold the scenario to explain", "").into()),
        ("", [_]) => Ok(0),
        ("", _) => {
            let rule = format!("must name one of the scenarios: {}", names.join(", "));
            Err(Violation::new("scenario", rule, "").into())
        }
        (name, _) => names.iter().position(|known| *known == name).ok_or_else(|| {
            let rule = format!("the forecast has the scenarios {}", names.join(", "));
            Violation::new("scenario", rule, name).into()
        }),
    }
}
