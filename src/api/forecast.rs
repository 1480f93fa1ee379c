//! `ForecastService`: what-if questions about regional growth.

mod allocate;
mod assumptions;
mod backtest;
mod decode;
mod draws;
mod encode;
mod explain;
mod fields;
mod given_path;
mod intervals;
mod inverse;
mod model;
mod plan;
mod scenario;
mod seek;
mod stored;

use super::provenance::{provenance, request_sha256};
use super::regression::models;
use super::{Data, State, decode as read, names, v1};
use crate::error::{Error, Violations};
use crate::formula::{Form, Program};
use crate::numeric::Stop;
use crate::panel::Panel;
use encode::Sheets;
use model::{Choices, Wire};
use plan::Plan;
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use v1::forecast_service_server::ForecastService;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Forecasts {
    state: State,
}

impl Forecasts {
    /// The service over the state that all share.
    pub(super) fn new(state: State) -> Self {
        Self { state }
    }

    async fn forecast(&self, request: v1::ForecastGrowthRequest) -> Result<v1::ForecastGrowthResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let (data, plan) = self.planned(request).await?;
        let message = encode::predicted_bytes(&plan.asked, plan.chosen.program.rows());
        let bytes = plan.predicted_bytes(&data.panel).saturating_add(message);
        let provenance = provenance(&data, request_sha256);
        self.state.compute().run(bytes, move |stop| answer(&plan, &data, provenance, stop)).await
    }

    /// Reads and checks a request, with the data, the models and the stored scenarios that it names.
    async fn planned(&self, mut request: v1::ForecastGrowthRequest) -> Result<(Data, Plan), Error> {
        let mut violations = Violations::default();
        let data = read::keep(&mut violations, self.state.data(request.dataset.take(), "dataset").await)?;
        let mut stored = Vec::new();
        for (at, wire) in Choices::of(&request).all() {
            let id = match wire {
                Some(Wire::Name(name)) => {
                    let field = format!("{at}model_name");
                    violations.keep("", names::model(name, &field).map_err(Into::into))
                }
                _ => None,
            };
            stored.push(match id {
                Some(id) => Some(models::get(&self.state, &id).await?),
                None => None,
            });
        }
        let inline = request.scenarios.len();
        let named = stored::named(&self.state, &request.scenario_names, &mut violations).await?;
        request.scenario_names = named.iter().map(|stored| stored.name.clone()).collect();
        request.scenarios.extend(named.into_iter().filter_map(|stored| stored.scenario));
        let panel = data.as_ref().map(|data| data.panel.clone());
        let limit = self.state.compute().limits().call_memory;
        let planned = move |stop: &Stop| match Plan::read(&request, stored, panel.as_deref(), limit, stop) {
            Err(Error::Invalid(found)) => Ok(Err(found)),
            other => other.map(Ok),
        };
        let planned = self.state.compute().run(0, planned).await?;
        let planned = violations.keep("", planned.map_err(|found| fields::of_stored(found, inline))).flatten();
        Ok(read::all(violations, data.zip(planned))?)
    }
}

/// The whole answer of a plan.
fn answer(
    plan: &Plan,
    data: &Data,
    provenance: v1::Provenance,
    stop: &Stop,
) -> Result<v1::ForecastGrowthResponse, Error> {
    let Plan { chosen, asked, intervals, policies, .. } = plan;
    plan.study(data, "", stop, |study, models| {
        let told = study.tell().map_err(|error| plan.on_the_wire(error))?;
        let (outcome_unit, level_unit) = units(&chosen.program, &data.panel);
        let sheets = Sheets { forecast: &told, intervals, outcome_unit, level_unit: &level_unit };
        let mut scenarios = Vec::with_capacity(policies.len());
        for (i, policy) in (1..told.outlooks.len()).zip(policies) {
            stop.check()?;
            scenarios.extend(sheets.scenario(i, policy));
        }
        let of_scenario = |place: &str| told.outlooks.iter().skip(1).any(|outlook| outlook.name == place);
        let shared = told.warnings.iter().filter(|warning| !of_scenario(&warning.place)).map(encode::warning);
        Ok(v1::ForecastGrowthResponse {
            baseline: Some(sheets.path(0)),
            scenarios,
            assumptions: assumptions::assumptions(plan, &data.panel, &told),
            provenance: Some(v1::Provenance {
                seed: if told.draws > 0 { asked.seed as i64 } else { 0 },
                used_row_count: data.panel.rows() as i64,
                left_out: encode::left_out(&told.rows),
                warnings: models.warnings.into_iter().chain(shared).collect(),
                ..provenance
            }),
            model: Some(models.model),
            rival_models: models.rivals,
            driver_models: models.drivers,
            projected_drivers: told.drivers.iter().map(encode::projected).collect(),
        })
    })
}

/// Units of the outcome and of its level.
fn units(program: &Program, panel: &Panel) -> (&'static str, String) {
    let Ok(link) = program.link() else { return ("", String::new()) };
    let unit = |measure: usize| panel.measures()[measure].unit.as_str();
    let level = match link.divisor.map(unit) {
        None => unit(link.measure).to_owned(),
        Some(divisor) => [unit(link.measure), divisor].map(|unit| if unit.is_empty() { "1" } else { unit }).join(" / "),
    };
    (if matches!(link.form, Form::Growth(_)) { "percent" } else { "" }, level)
}

#[tonic::async_trait]
impl ForecastService for Forecasts {
    type StreamForecastDrawsStream =
        Pin<Box<dyn Stream<Item = Result<v1::StreamForecastDrawsResponse, Status>> + Send>>;

    async fn stream_forecast_draws(
        &self,
        request: Request<v1::StreamForecastDrawsRequest>,
    ) -> Result<Response<Self::StreamForecastDrawsStream>, Status> {
        Ok(Response::new(Box::pin(self.draws(request.into_inner()).await?)))
    }

    async fn forecast_growth(
        &self,
        request: Request<v1::ForecastGrowthRequest>,
    ) -> Result<Response<v1::ForecastGrowthResponse>, Status> {
        Ok(Response::new(self.forecast(request.into_inner()).await?))
    }

    async fn backtest_forecast(
        &self,
        request: Request<v1::BacktestForecastRequest>,
    ) -> Result<Response<v1::BacktestForecastResponse>, Status> {
        Ok(Response::new(self.backtest(request.into_inner()).await?))
    }

    async fn explain_scenario(
        &self,
        request: Request<v1::ExplainScenarioRequest>,
    ) -> Result<Response<v1::ExplainScenarioResponse>, Status> {
        Ok(Response::new(self.explain(request.into_inner()).await?))
    }

    async fn create_scenario(
        &self,
        request: Request<v1::CreateScenarioRequest>,
    ) -> Result<Response<v1::CreateScenarioResponse>, Status> {
        let scenario = stored::create(&self.state, request.into_inner()).await?;
        Ok(Response::new(v1::CreateScenarioResponse { scenario: Some(scenario) }))
    }

    async fn get_scenario(
        &self,
        request: Request<v1::GetScenarioRequest>,
    ) -> Result<Response<v1::GetScenarioResponse>, Status> {
        let id = names::scenario(&request.get_ref().name, "name").map_err(Error::from)?;
        let scenario = stored::get(&self.state, &id).await?;
        Ok(Response::new(v1::GetScenarioResponse { scenario: Some(scenario) }))
    }

    async fn list_scenarios(
        &self,
        request: Request<v1::ListScenariosRequest>,
    ) -> Result<Response<v1::ListScenariosResponse>, Status> {
        Ok(Response::new(stored::list(&self.state, request.get_ref()).await?))
    }

    async fn delete_scenario(
        &self,
        request: Request<v1::DeleteScenarioRequest>,
    ) -> Result<Response<v1::DeleteScenarioResponse>, Status> {
        stored::delete(&self.state, &request.get_ref().name).await?;
        Ok(Response::new(v1::DeleteScenarioResponse {}))
    }

    async fn seek_target(
        &self,
        request: Request<v1::SeekTargetRequest>,
    ) -> Result<Response<v1::SeekTargetResponse>, Status> {
        Ok(Response::new(self.seek(request.into_inner()).await?))
    }

    async fn allocate_budget(
        &self,
        request: Request<v1::AllocateBudgetRequest>,
    ) -> Result<Response<v1::AllocateBudgetResponse>, Status> {
        Ok(Response::new(self.allocate(request.into_inner()).await?))
    }
}
