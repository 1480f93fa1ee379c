//! `StreamForecastDraws`: the draws of a forecast, a message a future, period and some places.

use super::Forecasts;
use super::plan::Plan;
use crate::api::{Data, decode as read, table, v1};
use crate::error::{Error, Violation};
use crate::forecast::{Area, Drawn, Series, Study};
use crate::numeric::Stop;
use tokio_stream::Stream;
use tonic::Status;

/// Numbers of one message, about a mebibyte of them.
const NUMBERS: usize = 1 << 17;

impl Forecasts {
    /// Runs the futures and hands out their draws; they are computed before the first message leaves, so that a slow
    /// reader keeps no thread.
    pub(super) async fn draws(
        &self,
        request: v1::StreamForecastDrawsRequest,
    ) -> Result<impl Stream<Item = Result<v1::StreamForecastDrawsResponse, Status>> + Send + use<>, Error> {
        let Some(forecast) = request.forecast else {
            return Err(Violation::new("forecast", "is required", "").into());
        };
        let (data, plan) = self.planned(forecast).await.map_err(|error| read::at("forecast", error))?;
        if plan.asked.draws == 0 {
            let rule = "must be at least 1: there is nothing to stream without draws";
            return Err(Violation::new("forecast.draws", rule, 0).into());
        }
        let bytes = plan.predicted_bytes(&data.panel).saturating_add(message_bytes(&plan));
        let messages = self.state.compute().run(bytes, move |stop| run(&plan, &data, stop)).await?;
        Ok(tokio_stream::iter(messages.into_iter().map(Ok)))
    }
}

/// Bytes of all messages.
fn message_bytes(plan: &Plan) -> u64 {
    let asked = &plan.asked;
    let places = plan.chosen.program.rows() as u64 * asked.horizon as u64 * (asked.scenarios.len() as u64 + 1);
    places.saturating_mul(asked.draws as u64).saturating_mul(4 * size_of::<f64>() as u64)
}

fn run(plan: &Plan, data: &Data, stop: &Stop) -> Result<Vec<v1::StreamForecastDrawsResponse>, Error> {
    plan.study(data, "forecast", stop, |study, _| {
        let mut messages = Vec::new();
        for scenario in std::iter::once(None).chain((0..study.scenarios().len()).map(Some)) {
            let name = scenario.map_or("baseline", |i| study.scenarios()[i].name());
            let drawn = study.drawn(scenario).map_err(|error| read::at("forecast", plan.on_the_wire(error)))?;
            for (step, drawn) in drawn.iter().enumerate() {
                messages.extend(of_step(study, name, (step, drawn), plan.asked.draws));
            }
        }
        Ok(messages)
    })
}

/// The messages of one step of a future.
fn of_step<'a>(
    study: &'a Study<'_>,
    future: &'a str,
    (step, drawn): (usize, &'a Drawn),
    draws: usize,
) -> impl Iterator<Item = v1::StreamForecastDrawsResponse> + use<'a> {
    let together = (NUMBERS / (2 * draws)).max(1);
    let rows: Vec<usize> = (0..drawn.level.len()).collect();
    let chunks: Vec<Vec<usize>> = rows.chunks(together).map(<[usize]>::to_vec).collect();
    chunks.into_iter().map(move |rows| v1::StreamForecastDrawsResponse {
        future: future.to_owned(),
        period: study.periods()[step].to_string(),
        places: rows.iter().map(|row| place(&study.areas()[*row], &drawn.outcome[*row], &drawn.level[*row])).collect(),
    })
}

fn place(area: &Area, outcome: &Series, level: &Series) -> v1::PlaceDraws {
    let numbers = |series: &Series| series.draws.clone().unwrap_or_default();
    let reason = outcome.draws.as_ref().err().or(level.draws.as_ref().err());
    v1::PlaceDraws {
        region: area.name.clone(),
        industry: area.industry.clone().unwrap_or_default(),
        outcome: numbers(outcome),
        level: numbers(level),
        absent_reason: reason.map_or(0, |reason| table::code(*reason).into()),
    }
}
