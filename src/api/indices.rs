//! `IndexService`: any number of indices of one dataset, each with an outcome of its own.

use super::provenance::{provenance, request_sha256};
use super::{Data, State, decode, status, table, v1};
use crate::card::Params;
use crate::error::{Error, Violation, Violations};
use crate::indices::{self, IndexCall, IndexTable, Shape, evaluate};
use crate::numeric::Stop;
use crate::panel::{Panel, Period};
use std::collections::BTreeSet;
use tonic::{Request, Response, Status};
use v1::index_outcome::Outcome;
use v1::index_service_server::IndexService;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Indices {
    state: State,
}

impl Indices {
    /// The service over the state that all share.
    pub(super) fn new(state: State) -> Self {
        Self { state }
    }

    async fn compute(&self, mut request: v1::ComputeIndicesRequest) -> Result<v1::ComputeIndicesResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        if request.indices.is_empty() {
            violations.push(Violation::new("indices", "must hold at least one index", ""));
        }
        let data = decode::keep(&mut violations, self.state.data(request.dataset.take(), "dataset").await)?;
        let panel = data.as_ref().map(|data| &*data.panel);
        let periods = violations.keep("", periods(&request, panel));
        let (data, periods) = decode::all(violations, data.zip(periods))?;
        let calls: Vec<_> = request.indices.iter().map(call).collect();
        let bytes = predicted_bytes(&calls, &data.panel, periods.len());
        let provenance = provenance(&data, request_sha256);
        let (needed, limit) =
            (answer_bytes(&calls, &data.panel, periods.len()), self.state.message_limits().answer_bytes);
        if needed > limit as u64 {
            return Err(Error::Limit { what: "answer", needed, limit: limit as u64, unit: "bytes" });
        }
        let work = move |stop: &_| answer(&calls, &data, (&periods, stop), provenance);
        self.state.compute().run(bytes, work).await
    }
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

fn call(v1::IndexCall { index, measure, parameters }: &v1::IndexCall) -> IndexCall {
    IndexCall { index: index.clone(), measure: measure.clone(), parameters: decode::parameters(parameters) }
}

/// Bytes that the calls may take: the cross-sections they read and the rows they answer with.
fn predicted_bytes(calls: &[IndexCall], panel: &Panel, periods: usize) -> u64 {
    const VALUE: usize = 16;
    /// Three names and two numbers, in the domain and as a message.
    const ROW: usize = 256;
    let cells = panel.regions().len() * panel.width();
    let measures: BTreeSet<_> = calls.iter().map(|call| &call.measure).collect();
    let rows: usize = calls.iter().filter_map(|call| rows(call, panel)).map(|(rows, _)| rows).sum();
    (periods * (VALUE * 2 * measures.len() * cells + ROW * rows)) as u64
}

/// Bytes that the answer has at least: a number and a period a row, and the names of region and industry.
fn answer_bytes(calls: &[IndexCall], panel: &Panel, periods: usize) -> u64 {
    const NUMBER: usize = 8;
    /// The four digits of a year, the shortest period, with its tag and length.
    const PERIOD: usize = 6;
    /// The tag, the length and the shortest name.
    const NAME: usize = 3;
    let bytes = |(rows, names): (usize, usize)| rows * (NUMBER + PERIOD + NAME * names);
    (periods * calls.iter().filter_map(|call| rows(call, panel)).map(bytes).sum::<usize>()) as u64
}

/// The rows that a call has in a period, and the names in each beside the period; `None` for a call that has no answer.
fn rows(call: &IndexCall, panel: &Panel) -> Option<(usize, usize)> {
    panel.find_measure(&call.measure)?;
    let index = indices::find(&call.index)?;
    let params = Params::parse(index.card(), &call.parameters, "").ok()?;
    let (regions, width) = (panel.regions().len(), panel.width());
    Some(match index.shape(&params, width) {
        Shape::Cell => (regions * width, 1 + usize::from(width > 1)),
        Shape::Region => (regions, 1),
        Shape::Industry => (width, usize::from(width > 1)),
        Shape::Nation => (1, 0),
    })
}

/// The outcomes in the order of the calls.
fn answer(
    calls: &[IndexCall],
    data: &Data,
    (periods, stop): (&[Period], &Stop),
    provenance: v1::Provenance,
) -> Result<v1::ComputeIndicesResponse, Error> {
    let panel = &*data.panel;
    let tables = evaluate(panel, calls, periods, stop)?.into_iter().zip(calls);
    let outcomes = tables.map(|(table, call)| v1::IndexOutcome {
        index: indices::find(&call.index).map_or(call.index.as_str(), |index| index.card().id).to_owned(),
        measure: call.measure.clone(),
        outcome: Some(match table {
            Ok(table) => Outcome::Result(result(&table, panel)),
            Err(violations) => Outcome::Error(status::to_message(violations.into())),
        }),
    });
    let rows = periods.iter().filter_map(|period| Some(panel.rows_of(panel.find_period(*period)?).len()));
    let provenance = v1::Provenance { used_row_count: rows.sum::<usize>() as i64, ..provenance };
    Ok(v1::ComputeIndicesResponse { outcomes: outcomes.collect(), provenance: Some(provenance) })
}

/// The values of an index as the contract promises them.
fn result(index: &IndexTable, panel: &Panel) -> v1::IndexResult {
    let mut columns = vec![table::texts("period", index.periods.iter().map(ToString::to_string))];
    if let Some(regions) = &index.regions {
        columns.push(table::texts("region", regions.iter().map(|region| panel.regions().name(*region as usize))));
    }
    if let (Some(industries), Some(labels)) = (&index.industries, panel.industries()) {
        columns.push(table::texts("industry", industries.iter().map(|industry| labels.name(*industry as usize))));
    }
    for (name, values) in &index.parts {
        columns.push(table::numbers(name, "", values.iter().copied()));
    }
    let parameter =
        |(name, value): (&str, &crate::card::Raw)| v1::NameValue { name: name.to_owned(), value: value.to_string() };
    v1::IndexResult {
        table: Some(table::table(columns)),
        parameters: index.params.iter().map(parameter).collect(),
        conventions: index.conventions.clone(),
        used_cell_count: index.used as i64,
        left_out: table::left_out(index.left_out.iter().map(|(reason, count)| (*reason, *count))),
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
