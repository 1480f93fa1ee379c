//! `ForecastService`: what-if questions about regional growth.

mod allocate;
mod assumptions;
mod decode;
mod encode;
mod explain;
mod fields;
mod given_path;
mod intervals;
mod inverse;
mod model;
mod seek;

use super::provenance::{provenance, request_sha256};
use super::regression::models;
use super::{Data, State, decode as read, names, v1};
use crate::error::{Error, Violations};
use crate::forecast::{Request as Asked, check, forecast, predicted_bytes};
use crate::formula::{Form, Program};
use crate::numeric::Stop;
use crate::panel::Panel;
use decode::Decoded;
use encode::Sheets;
use intervals::Intervals;
use model::Chosen;
use tonic::{Request, Response, Status};
use v1::forecast_growth_request::Model as WireModel;
use v1::forecast_service_server::ForecastService;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Forecasts {
    state: State,
}

/// A request that passed its checks.
#[derive(Debug)]
struct Plan {
    chosen: Chosen,
    asked: Asked,
    intervals: Intervals,
    closures: Vec<v1::Closure>,
}

impl Forecasts {
    /// The service over the state that all share.
    pub(super) fn new(state: State) -> Self {
        Self { state }
    }

    async fn forecast(&self, request: v1::ForecastGrowthRequest) -> Result<v1::ForecastGrowthResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let (data, plan) = self.planned(request).await?;
        let bytes = plan.predicted_bytes(&data.panel);
        let provenance = provenance(&data, request_sha256);
        self.state.compute().run(bytes, move |stop| plan.run(&data, provenance, stop)).await
    }

    /// Reads and checks a request, with the data and the model that it names.
    async fn planned(&self, mut request: v1::ForecastGrowthRequest) -> Result<(Data, Plan), Error> {
        let mut violations = Violations::default();
        let data = read::keep(&mut violations, self.state.data(request.dataset.take(), "dataset").await)?;
        let stored = match &request.model {
            Some(WireModel::ModelName(name)) => {
                match violations.keep("", names::model(name, "model_name").map_err(Into::into)) {
                    Some(id) => Some(models::get(&self.state, &id).await?),
                    None => None,
                }
            }
            _ => None,
        };
        let panel = data.as_ref().map(|data| data.panel.clone());
        let limit = self.state.compute().limits().call_memory;
        let planned = move |_: &_| Ok(plan(&request, stored, panel.as_deref(), limit));
        let planned = violations.keep("", self.state.compute().run(0, planned).await?).flatten();
        Ok(read::all(violations, data.zip(planned))?)
    }
}

/// Checks a request, against the data too where there are any; there is no plan without them.
fn plan(
    wire: &v1::ForecastGrowthRequest,
    stored: Option<models::Kept>,
    panel: Option<&Panel>,
    memory_limit_bytes: u64,
) -> Result<Option<Plan>, Violations> {
    let Decoded { request: asked, intervals, mut violations } = decode::decode(wire, panel, memory_limit_bytes);
    let chosen = violations.keep("", Chosen::read(wire.model.as_ref(), stored, panel)).flatten();
    if let (Some(chosen), Some(panel)) = (&chosen, panel)
        && let Err(found) = check(&chosen.program, panel, &asked)
    {
        fields::add_new(&mut violations, fields::on_the_wire(found, chosen.formula_field(), &wire.scenarios));
    }
    let closures = wire.scenarios.iter().map(|scenario| match scenario.closure() {
        v1::Closure::Unspecified => v1::Closure::NewActivity,
        closure => closure,
    });
    let closures = closures.collect();
    violations.into_result(chosen.map(|chosen| Plan { chosen, asked, intervals, closures }))
}

impl Plan {
    fn predicted_bytes(&self, panel: &Panel) -> u64 {
        let forecast = predicted_bytes(&self.asked, &self.chosen.program, panel);
        let message = encode::predicted_bytes(&self.asked, self.chosen.program.rows());
        self.chosen.predicted_bytes(panel).saturating_add(forecast).saturating_add(message)
    }

    fn run(&self, data: &Data, provenance: v1::Provenance, stop: &Stop) -> Result<v1::ForecastGrowthResponse, Error> {
        let Self { chosen, asked, intervals, closures } = self;
        let ready = chosen.ready(data, stop)?;
        let told = forecast(&chosen.program, &data.panel, &ready.model, asked, stop).map_err(|error| match error {
            Error::Invalid(found) => Error::Invalid(fields::on_the_wire(found, chosen.formula_field(), &[])),
            other => other,
        })?;
        let (outcome_unit, level_unit) = units(&chosen.program, &data.panel);
        let sheets = Sheets { forecast: &told, intervals, outcome_unit, level_unit: &level_unit };
        let compared = told.outlooks.iter().skip(1).zip(closures);
        let mut scenarios = Vec::with_capacity(closures.len());
        for (outlook, closure) in compared {
            stop.check()?;
            scenarios.extend(outlook.effect.as_ref().map(|effect| sheets.scenario(outlook, effect, *closure)));
        }
        let of_scenario = |place: &str| told.outlooks.iter().skip(1).any(|outlook| outlook.name == place);
        let shared = told.warnings.iter().filter(|warning| !of_scenario(&warning.place)).map(encode::warning);
        Ok(v1::ForecastGrowthResponse {
            baseline: told.outlooks.first().map(|outlook| sheets.path(outlook)),
            scenarios,
            assumptions: assumptions::assumptions(chosen, &data.panel, asked, &told),
            provenance: Some(v1::Provenance {
                seed: if told.draws > 0 { asked.seed as i64 } else { 0 },
                used_row_count: data.panel.rows() as i64,
                left_out: encode::left_out(&told.rows),
                warnings: ready.warnings.into_iter().chain(shared).collect(),
                ..provenance
            }),
            model: Some(ready.message),
        })
    }
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
    async fn forecast_growth(
        &self,
        request: Request<v1::ForecastGrowthRequest>,
    ) -> Result<Response<v1::ForecastGrowthResponse>, Status> {
        Ok(Response::new(self.forecast(request.into_inner()).await?))
    }

    async fn explain_scenario(
        &self,
        request: Request<v1::ExplainScenarioRequest>,
    ) -> Result<Response<v1::ExplainScenarioResponse>, Status> {
        Ok(Response::new(self.explain(request.into_inner()).await?))
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
