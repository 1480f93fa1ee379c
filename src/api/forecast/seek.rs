//! `SeekTarget`: which change reaches a target.

use super::{Forecasts, Plan, encode, inverse};
use crate::api::provenance::{provenance, request_sha256};
use crate::api::{Data, decode as read, table, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::inverse::{Extreme, Free, Goal, Outcome, SeekTarget, Sense, TargetAnswer};
use crate::numeric::Stop;

/// Most instruments.
const MAX_INSTRUMENTS: usize = 100;

/// A question that passed its checks.
#[derive(Debug)]
struct Asked {
    plan: Plan,
    question: SeekTarget,
    /// The changes of the instruments, as they were sent.
    changes: Vec<v1::Change>,
    in_place: Option<v1::Scenario>,
}

impl Forecasts {
    /// Seeks the amounts that reach a target.
    pub(super) async fn seek(&self, mut request: v1::SeekTargetRequest) -> Result<v1::SeekTargetResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        let subject = inverse::number(request.number.as_ref(), &mut violations);
        let goal = goal(request.target.as_ref(), &mut violations);
        let free = instruments(&request.instruments, &mut violations);
        let in_place = request.forecast.as_ref().and_then(|forecast| forecast.scenarios.first().cloned());
        let planned = match request.forecast.take() {
            None => Err(Violation::new("forecast", "is required", "").into()),
            Some(forecast) => self.planned(forecast).await.map_err(|error| read::at("forecast", error)),
        };
        let planned = read::keep(&mut violations, planned)?;
        let asked = planned.zip(subject.zip(goal)).map(|((data, plan), (subject, goal))| {
            let (changes, instruments) = free.into_iter().unzip();
            (data, Asked { plan, question: SeekTarget { subject, goal, instruments }, changes, in_place })
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

fn goal(wire: Option<&v1::Target>, violations: &mut Violations) -> Option<Goal> {
    let Some(wire) = wire else {
        violations.push(Violation::new("target", "is required", ""));
        return None;
    };
    let sense = match wire.sense() {
        v1::TargetSense::AtLeast => Sense::AtLeast,
        v1::TargetSense::AtMost => Sense::AtMost,
        v1::TargetSense::Equal => Sense::Equal,
        v1::TargetSense::Unspecified => {
            violations.push(Violation::new("target.sense", "must be a TargetSense", wire.sense));
            return None;
        }
    };
    Some(Goal { value: wire.value, sense, probability: (wire.probability != 0.0).then_some(wire.probability) })
}

/// The instruments, each with its change as it was sent.
fn instruments(wire: &[v1::Instrument], violations: &mut Violations) -> Vec<(v1::Change, (Free, f64))> {
    if wire.len() > MAX_INSTRUMENTS {
        let rule = format!("must hold at most {MAX_INSTRUMENTS}");
        violations.push(Violation::new("instruments", rule, wire.len()));
        return Vec::new();
    }
    let read = |(i, wire): (usize, &v1::Instrument)| {
        let (sent, change) = inverse::change(wire.change.as_ref(), &format!("instruments[{i}]"), violations)?;
        let weight = if wire.weight == 0.0 { 1.0 } else { wire.weight };
        Some((sent, (Free { change, low: wire.low, high: wire.high }, weight)))
    };
    wire.iter().enumerate().filter_map(read).collect()
}

impl Asked {
    fn on_the_wire(&self, error: Error) -> Error {
        inverse::on_the_wire(error, "instruments", &self.changes, &self.plan)
    }

    fn run(&self, data: &Data, provenance: v1::Provenance, stop: &Stop) -> Result<v1::SeekTargetResponse, Error> {
        let asked = &self.plan.asked;
        self.plan.study(data, "forecast", stop, |study, models| {
            let answer = self.question.answer(study).map_err(|error| self.on_the_wire(error))?;
            let TargetAnswer { sought, warnings, .. } = &answer;
            let (within, beyond) = match &sought.outcome {
                Outcome::OutOfReach { within, beyond } => (Some(reach(within)), Some(reach(beyond))),
                Outcome::Met | Outcome::Reached => (None, None),
            };
            let changes = self.changes.iter().zip(&sought.amounts);
            Ok(v1::SeekTargetResponse {
                outcome: outcome(&sought.outcome).into(),
                instruments: Some(self.table(&answer)),
                number: Some(self.number(&answer)),
                probability: sought.probability,
                within_bounds: within,
                beyond_bounds: beyond,
                iteration_count: sought.iterations as i32,
                converged: sought.converged,
                scenario: Some(inverse::policy(
                    self.in_place.as_ref(),
                    changes.map(|(change, amount)| inverse::with_amount(change, *amount)),
                )),
                provenance: Some(v1::Provenance {
                    seed: if asked.draws > 0 { asked.seed as i64 } else { 0 },
                    used_row_count: data.panel.rows() as i64,
                    warnings: models.warnings.into_iter().chain(warnings.iter().map(encode::warning)).collect(),
                    ..provenance
                }),
                model: Some(models.model),
            })
        })
    }

    fn table(&self, answer: &TargetAnswer) -> v1::Table {
        let free = || self.question.instruments.iter().map(|(free, _)| free);
        let sought = &answer.sought;
        table::table(vec![
            table::texts("measure", free().map(|free| free.change.measure.as_str())),
            table::texts("action", self.changes.iter().map(inverse::action)),
            table::texts("regions", self.changes.iter().map(inverse::regions)),
            table::numbers("start", "", free().map(|free| Ok(free.change.amount))),
            table::numbers("low", "", free().map(|free| Ok(free.low))),
            table::numbers("high", "", free().map(|free| Ok(free.high))),
            table::numbers("amount", "", sought.amounts.iter().map(|amount| Ok(*amount))),
            table::numbers("slope", "", sought.slopes.iter().map(|slope| Ok(*slope))),
        ])
    }

    fn number(&self, answer: &TargetAnswer) -> v1::Table {
        let mut columns = vec![table::texts("case", ["start", "answer"])];
        let both = [Some(&answer.start), Some(&answer.found)];
        columns.extend(inverse::bands("number", &both, &self.plan.intervals, self.plan.asked.draws > 0));
        table::table(columns)
    }
}

fn outcome(outcome: &Outcome) -> v1::SeekOutcome {
    match outcome {
        Outcome::Met => v1::SeekOutcome::Met,
        Outcome::Reached => v1::SeekOutcome::Reached,
        Outcome::OutOfReach { .. } => v1::SeekOutcome::OutOfReach,
    }
}

fn reach(extreme: &Extreme) -> v1::Reach {
    v1::Reach { amounts: extreme.amounts.clone(), value: extreme.value }
}
