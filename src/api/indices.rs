//! `IndexService`: any number of indices of one dataset, each with an outcome of its own.

mod budget;
mod encode;
mod read;
mod save;

use super::provenance::{provenance, request_sha256};
use super::{Data, State, decode, status, v1};
use crate::error::{Error, Violation, Violations};
use crate::indices::{self, Beside, IndexTable, Study, evaluate};
use crate::numeric::Stop;
use crate::panel::Panel;
use read::Task;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::index_outcome::Outcome;
use v1::index_service_server::IndexService;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Indices {
    state: State,
}

/// The data of a request: the dataset and those beside it.
struct Sources {
    data: Data,
    beside: Vec<(String, Data)>,
}

impl Indices {
    /// The service over the state that all share.
    pub(super) fn new(state: State) -> Self {
        Self { state }
    }

    async fn compute(&self, mut request: v1::ComputeIndicesRequest) -> Result<v1::ComputeIndicesResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        let data = decode::keep(&mut violations, self.state.data(request.dataset.take(), "dataset").await)?;
        let beside = self.beside(std::mem::take(&mut request.beside), &mut violations).await?;
        let task = violations.keep("", Task::read(&request, data.as_ref().map(|data| &*data.panel)));
        let (data, task) = decode::all(violations, data.zip(task))?;
        let bytes = budget::memory(&task, &data.panel);
        if task.save_as.is_none() {
            budget::check_answer(&task, &data.panel, self.state.message_limits().answer_bytes)?;
        }
        let mut provenance = provenance(&data, request_sha256.clone());
        provenance.seed = task.inference.map_or(0, |asked| asked.seed as i64);
        let (task, sources) = (Arc::new(task), Arc::new(Sources { data, beside }));
        let work = {
            let (task, sources) = (task.clone(), sources.clone());
            move |stop: &_| computed(&task, &sources, stop)
        };
        let (response, derived) = self.state.compute().run(bytes, work).await?;
        let mut response = v1::ComputeIndicesResponse { provenance: Some(provenance), ..response };
        if let (Some(provenance), Some(used)) = (&mut response.provenance, task.used_rows(&sources.data.panel)) {
            provenance.used_row_count = used as i64;
        }
        if let (Some(id), Some(derived)) = (&task.save_as, derived) {
            response.saved_dataset = save::store(&self.state, id, (&request, request_sha256), derived).await?;
        }
        Ok(response)
    }

    /// The datasets that stand beside the main one, by their names.
    async fn beside(
        &self,
        asked: Vec<v1::BesideDataset>,
        violations: &mut Violations,
    ) -> Result<Vec<(String, Data)>, Error> {
        let mut found: Vec<(String, Data)> = Vec::new();
        for (i, v1::BesideDataset { name, dataset }) in asked.into_iter().enumerate() {
            let field = format!("beside[{i}]");
            if name.is_empty() || name.contains('.') || found.iter().any(|(known, _)| *known == name) {
                let rule = "every dataset beside has a name of its own, without a full stop";
                violations.push(Violation::new(format!("{field}.name"), rule, &name));
            }
            let data = decode::keep(violations, self.state.data(dataset, &format!("{field}.dataset")).await)?;
            found.extend(data.map(|data| (name, data)));
        }
        Ok(found)
    }
}

/// The outcomes, and the derived dataset when it is to be stored.
fn computed(task: &Task, sources: &Sources, stop: &Stop) -> Result<(v1::ComputeIndicesResponse, Option<Panel>), Error> {
    let panel = &*sources.data.panel;
    let beside: Vec<(String, &Panel)> =
        sources.beside.iter().map(|(name, data)| (name.clone(), &*data.panel)).collect();
    let beside: Beside<'_> = &beside;
    let study = Study { beside, inference: task.inference, most_suppressed: task.most_suppressed };
    let tables = evaluate(panel, &study, &task.calls, &task.periods, stop)?;
    let derived = match &task.save_as {
        Some(_) => Some(save::panel(task, &tables, panel)?),
        None => None,
    };
    let keeps_rows = derived.is_none();
    let outcomes = tables.into_iter().zip(&task.calls).map(|(table, call)| v1::IndexOutcome {
        index: indices::find(&call.index).map_or(call.index.as_str(), |index| index.card().id).to_owned(),
        measure: call.measure.clone(),
        outcome: Some(outcome(table, panel, keeps_rows)),
    });
    Ok((v1::ComputeIndicesResponse { outcomes: outcomes.collect(), ..Default::default() }, derived))
}

fn outcome(table: Result<IndexTable, Violations>, panel: &Panel, keeps_rows: bool) -> Outcome {
    match table {
        Ok(table) => Outcome::Result(encode::result(&table, panel, keeps_rows)),
        Err(violations) => Outcome::Error(status::to_message(violations.into())),
    }
}

#[tonic::async_trait]
impl IndexService for Indices {
    async fn compute_indices(
        &self,
        request: Request<v1::ComputeIndicesRequest>,
    ) -> Result<Response<v1::ComputeIndicesResponse>, Status> {
        Ok(Response::new(self.compute(request.into_inner()).await?))
    }
}
