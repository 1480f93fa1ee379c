//! `AllocateBudget`: where a budget brings most.

use super::{Forecasts, Plan, encode, inverse};
use crate::api::provenance::{provenance, request_sha256};
use crate::api::{Data, decode as read, table, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::inverse::{AllocateBudget, BudgetAnswer, BudgetPlan, Free, Subject};
use crate::forecast::{Action, Band, Change};
use crate::numeric::Stop;
use crate::panel::{Absent, Panel};

/// Most levers.
const MAX_LEVERS: usize = 500;
/// Most weights of inequality.
const MAX_GAMMAS: usize = 50;

/// A question that passed its checks.
#[derive(Debug)]
struct Asked {
    plan: Plan,
    question: AllocateBudget,
    /// The changes of the levers, as they were sent.
    changes: Vec<v1::Change>,
    in_place: Option<v1::Scenario>,
}

impl Forecasts {
    /// Spends a budget where it brings most.
    pub(super) async fn allocate(
        &self,
        mut request: v1::AllocateBudgetRequest,
    ) -> Result<v1::AllocateBudgetResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        let subject = inverse::number(request.number.as_ref(), &mut violations);
        for (field, count, most) in
            [("levers", request.levers.len(), MAX_LEVERS), ("gammas", request.gammas.len(), MAX_GAMMAS)]
        {
            if count > most {
                violations.push(Violation::new(field, format!("must hold at most {most}"), count));
            }
        }
        if v1::Aim::try_from(request.aim).is_err() {
            violations.push(Violation::new("aim", "must be an Aim", request.aim));
        }
        let free = levers(&request.levers, request.budget, &mut violations);
        let in_place = request.forecast.as_ref().and_then(|forecast| forecast.scenarios.first().cloned());
        let planned = match request.forecast.take() {
            None => Err(Violation::new("forecast", "is required", "").into()),
            Some(forecast) => self.planned(forecast).await.map_err(|error| read::at("forecast", error)),
        };
        let planned = read::keep(&mut violations, planned)?;
        let asked = planned.zip(subject).map(|((data, plan), subject)| {
            let (changes, levers) = free.into_iter().unzip();
            let (gammas, budget, seed) = (std::mem::take(&mut request.gammas), request.budget, plan.asked.seed);
            let is_small_aim = is_small(request.aim(), &subject);
            let question = AllocateBudget { subject, is_small_aim, gammas, levers, budget, seed };
            (data, Asked { plan, question, changes, in_place })
        });
        let (data, asked) = read::all(violations, asked)?;
        let (outcome, drivers) = asked.plan.programs();
        let checked = asked.question.check((&outcome, &drivers), &data.panel, &asked.plan.asked);
        checked.map_err(|found| asked.on_the_wire(found.into()))?;
        let bytes = asked.plan.predicted_bytes(&data.panel);
        let provenance = provenance(&data, request_sha256);
        self.state.compute().run(bytes, move |stop| asked.run(&data, provenance, stop)).await
    }
}

/// Inequality is to be small unless the request says otherwise.
fn is_small(aim: v1::Aim, subject: &Subject) -> bool {
    match aim {
        v1::Aim::Unspecified => subject.quantity.is_inequality(),
        v1::Aim::Large => false,
        v1::Aim::Small => true,
    }
}

/// The levers, each with its change as it was sent.
fn levers(wire: &[v1::Lever], budget: f64, violations: &mut Violations) -> Vec<(v1::Change, (Free, f64))> {
    let read = |(i, wire): (usize, &v1::Lever)| {
        let (sent, change) = inverse::change(wire.change.as_ref(), &format!("levers[{i}]"), violations)?;
        let low = wire.low.unwrap_or(change.amount);
        if wire.high.is_none() && wire.unit_cost == 0.0 {
            violations.push(Violation::new(format!("levers[{i}].high"), "is required of what costs nothing", ""));
        }
        let high = wire.high.unwrap_or_else(|| bought(&change, budget, wire.unit_cost).max(low));
        Some((sent, (Free { change, low, high }, wire.unit_cost)))
    };
    wire.iter().take(MAX_LEVERS).enumerate().filter_map(read).collect()
}

/// What the whole budget buys, as far as the action allows.
fn bought(change: &Change, budget: f64, cost: f64) -> f64 {
    let bought = change.amount + budget / cost;
    match change.action {
        Action::Scale => bought.min(1000.0),
        Action::Move { .. } => bought.min(1.0),
        Action::SetShare => bought.min(0.99),
        _ => bought,
    }
}

impl Asked {
    fn on_the_wire(&self, error: Error) -> Error {
        inverse::on_the_wire(error, "levers", &self.changes, &self.plan)
    }

    fn run(&self, data: &Data, provenance: v1::Provenance, stop: &Stop) -> Result<v1::AllocateBudgetResponse, Error> {
        let asked = &self.plan.asked;
        self.plan.study(data, "forecast", stop, |study, models| {
            let answer = self.question.answer(study).map_err(|error| self.on_the_wire(error))?;
            Ok(v1::AllocateBudgetResponse {
                plans: answer.plans.iter().map(|plan| self.plan(&answer, plan, &data.panel)).collect(),
                scenarios: answer.plans.iter().map(|plan| self.scenario(&answer, plan, &data.panel)).collect(),
                frontier: Some(self.frontier(&answer)),
                provenance: Some(v1::Provenance {
                    seed: asked.seed as i64,
                    used_row_count: data.panel.rows() as i64,
                    warnings: models.warnings.into_iter().chain(answer.warnings.iter().map(encode::warning)).collect(),
                    ..provenance
                }),
                model: Some(models.model),
            })
        })
    }

    fn plan(&self, answer: &BudgetAnswer, plan: &BudgetPlan, panel: &Panel) -> v1::BudgetPlan {
        let found = &plan.allocation;
        let lead = plan.lead.as_ref().map(|lead| table::table(self.bands("lead", &[Some(lead)])));
        v1::BudgetPlan {
            gamma: plan.gamma,
            objective: found.value,
            shadow_price: found.shadow_price,
            items: Some(self.items(answer, plan, panel)),
            lead,
            lead_probability: plan.probability,
            residual: found.residual,
            converged: found.converged,
            iteration_count: found.iterations as i32,
            start_count: found.starts as i32,
            agreeing_count: found.agreeing as i32,
        }
    }

    fn items(&self, answer: &BudgetAnswer, plan: &BudgetPlan, panel: &Panel) -> v1::Table {
        let found = &plan.allocation;
        let bound = |i: usize| match (found.at_least[i], found.at_most[i]) {
            (true, _) => "least",
            (false, true) => "most",
            (false, false) => "",
        };
        let items = || answer.items.iter();
        let measure = |lever: usize| self.question.levers[lever].0.change.measure.as_str();
        table::table(vec![
            table::counts("lever", items().map(|item| item.lever)),
            table::texts("measure", items().map(|item| measure(item.lever))),
            table::texts("region", items().map(|item| panel.regions().name(item.region))),
            table::numbers("amount", "", found.amounts.iter().map(|amount| Ok(*amount))),
            table::numbers("spending", "", found.spending.iter().map(|money| Ok(*money))),
            table::numbers("gain", "", found.gains.iter().map(|gain| gain.ok_or(Absent::ZeroDenominator))),
            table::texts("bound", (0..answer.items.len()).map(bound)),
        ])
    }

    /// The policy of a plan: the changes that differ from no spending.
    fn scenario(&self, answer: &BudgetAnswer, plan: &BudgetPlan, panel: &Panel) -> v1::Scenario {
        let items = answer.items.iter().zip(&plan.allocation.amounts);
        let changes = items.filter_map(|(item, amount)| {
            let start = self.question.levers[item.lever].0.change.amount;
            let change = inverse::with_amount(&self.changes[item.lever], *amount);
            let regions = vec![panel.regions().name(item.region).to_owned()];
            let change = v1::Change { regions, group_attribute: String::new(), group: String::new(), ..change };
            (amount.to_bits() != start.to_bits()).then_some(change)
        });
        inverse::policy(self.in_place.as_ref(), changes)
    }

    fn frontier(&self, answer: &BudgetAnswer) -> v1::Table {
        let cases = ["no spending", "equal split"].into_iter().chain(answer.plans.iter().map(|_| "plan"));
        let gammas = [Err(Absent::Missing); 2].into_iter().chain(answer.plans.iter().map(|plan| Ok(plan.gamma)));
        let mut columns = vec![table::texts("case", cases), table::numbers("gamma", "", gammas)];
        let names = ["number", "theil"];
        for (i, name) in names.into_iter().enumerate().take(answer.start.len()) {
            let equal = answer.equal_numbers.as_ref().map(|numbers| &numbers[i]);
            let plans = answer.plans.iter().map(|plan| Some(&plan.numbers[i]));
            let rows: Vec<Option<&Band>> = [Some(&answer.start[i]), equal].into_iter().chain(plans).collect();
            columns.extend(self.bands(name, &rows));
        }
        let equal = answer.items.iter().zip(&answer.equal_split).map(|(item, amount)| {
            let (free, cost) = &self.question.levers[item.lever];
            cost * (amount - free.change.amount)
        });
        let plans = answer.plans.iter().map(|plan| plan.allocation.spending.iter().sum::<f64>());
        let spending = [0.0, equal.sum()].into_iter().chain(plans);
        columns.push(table::numbers("spending", "", spending.map(Ok)));
        table::table(columns)
    }

    fn bands(&self, name: &str, rows: &[Option<&Band>]) -> Vec<v1::Column> {
        inverse::bands(name, rows, &self.plan.intervals, self.plan.asked.draws > 0)
    }
}
