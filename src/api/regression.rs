//! `RegressionService`: fits, stored models and predictions.

mod compare;
pub(super) mod encode;
mod etable;
pub(super) mod models;
mod predict;
pub(super) mod record;
mod refit;
mod revise;
pub(super) mod spec;
mod test;

use super::provenance::{ENGINE_VERSION, provenance, request_sha256};
use super::{Data, State, decode, names, page, table, v1};
use crate::error::{Error, Violation, Violations};
use crate::panel::Panel;
use crate::regression::{self, TOGETHER};
use crate::store::{Kind, check_id};
use models::{Kept, Writer};
use record::Record;
use spec::{Compiled, predicted_bytes};
use tonic::{Request, Response, Status};
use v1::regression_service_server::RegressionService;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Regression {
    state: State,
}

impl Regression {
    /// The service over the state that all share.
    pub(super) fn new(state: State) -> Self {
        Self { state }
    }

    async fn fit(&self, mut request: v1::FitModelRequest) -> Result<v1::FitModelResponse, Error> {
        let writer = Writer { request_id: request.request_id.clone(), request_sha256: request_sha256(&request) };
        if let Some(kept) = models::kept_earlier(&self.state, &request.save_as, &writer).await? {
            return Ok(answer(&kept, &writer));
        }
        let mut violations = Violations::default();
        let source = request.dataset.take();
        let data = decode::keep(&mut violations, self.state.data(source, "dataset").await)?;
        let panel = data.as_ref().map(|data| data.panel.clone());
        let (save_as, diagnose) = (request.save_as.clone(), request.diagnose);
        let compiled = self.state.compute().run(0, move |_| Ok(check(&request, panel.as_deref()))).await?;
        let compiled = violations.keep("", compiled);
        let (data, compiled) = decode::all(violations, data.zip(compiled))?;
        let records = fit_all(&self.state, data, compiled, diagnose).await?;
        Ok(answer(&models::keep(&self.state, records, &save_as, &writer).await?, &writer))
    }

    async fn predict(&self, mut request: v1::PredictModelRequest) -> Result<v1::PredictModelResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        let level = decode::interval_level(request.interval_level, "interval_level", &mut violations);
        let id = violations.keep("", names::model(&request.model, "model").map_err(Into::into));
        let data = decode::keep(&mut violations, self.state.data(request.dataset.take(), "dataset").await)?;
        let (id, data) = decode::all(violations, id.zip(data))?;
        let record = models::get(&self.state, &id).await?.record;
        let mut provenance = provenance(&data, request_sha256);
        let bytes = predict::predicted_bytes(&record, &data.panel);
        let work = move |stop: &_| {
            let predicted = predict::predict(&record, &data.panel, level, stop);
            let predicted = predicted.map_err(|error| decode::all_at("model", error))?;
            let (used, left_out) = predicted.counts();
            provenance.used_row_count = used as i64;
            provenance.left_out = table::left_out(left_out);
            provenance.warnings = record.unit_warnings(&data.panel);
            Ok(v1::PredictModelResponse { table: Some(predicted.table()), provenance: Some(provenance) })
        };
        self.state.compute().run(bytes, work).await
    }

    async fn list(&self, request: v1::ListModelsRequest) -> Result<v1::ListModelsResponse, Error> {
        let position = |token: &str| check_id("page_token", token).is_ok().then(|| token.to_owned());
        let asked = page::asked(request.page_size, 100, &request.page_token, position)?;
        let page = models::list(&self.state, asked.size, asked.after.as_deref()).await?;
        let brief = |model: &Kept| v1::Model { fixed_effects: Vec::new(), ..model.message() };
        let models = page.items.iter().map(brief).collect();
        Ok(v1::ListModelsResponse { models, next_page_token: page.next.unwrap_or_default() })
    }
}

/// What is wrong with a request, against the data too where there are any; else its compiled models.
fn check(request: &v1::FitModelRequest, panel: Option<&Panel>) -> Result<Compiled, Violations> {
    let mut violations = Violations::default();
    let compiled = match &request.spec {
        Some(spec) => violations.keep("spec", spec::compile(spec, panel)),
        None => {
            violations.push(Violation::new("spec", "is required", ""));
            None
        }
    };
    if !request.save_as.is_empty() {
        let count = compiled.as_ref().map_or(1, |compiled| compiled.programs.len() * compiled.subsets.len());
        violations.keep("", models::check_ids(&request.save_as, count).map_err(Into::into));
    }
    decode::request_id(&request.request_id, &mut violations);
    decode::all(violations, compiled)
}

fn at_spec(error: Error) -> Error {
    decode::at("spec", error)
}

/// Fits every model of a specification, some of them together.
async fn fit_all(state: &State, data: Data, compiled: Compiled, diagnose: bool) -> Result<Vec<Record>, Error> {
    let largest = compiled.programs.iter().map(|program| predicted_bytes(program, &data.panel)).max().unwrap_or(0);
    let count = compiled.programs.len() * compiled.subsets.len();
    let bytes = largest * count.min(TOGETHER) as u64;
    let work = move |stop: &_| {
        let models = compiled.programs.iter().flat_map(|p| compiled.subsets.iter().map(move |s| (p, s.as_ref())));
        let models: Vec<_> = models.collect();
        let mut records = Vec::with_capacity(models.len());
        for together in models.chunks(TOGETHER) {
            let fitted = spec::fit_several(together, &compiled, &data, stop);
            for (mut record, (program, _)) in fitted.map_err(at_spec)?.into_iter().zip(together) {
                if diagnose {
                    let tests = regression::test(&record.fit, Some((program, &data.panel)), &[], stop);
                    record.fit.tests.extend(tests.map_err(at_spec)?);
                }
                records.push(record);
            }
        }
        Ok(records)
    };
    state.compute().run(bytes, work).await
}

/// The answer that says what models were fitted.
fn answer(models: &[Kept], writer: &Writer) -> v1::FitModelResponse {
    v1::FitModelResponse { models: models.iter().map(Kept::message).collect(), provenance: source_of(models, writer) }
}

/// What models were computed from; of several, it tells the rows of the first.
fn source_of(models: &[Kept], writer: &Writer) -> Option<v1::Provenance> {
    models.first().map(|first| v1::Provenance {
        dataset_version: first.record.dataset_version.clone(),
        dataset_sha256: first.record.dataset_sha256.clone(),
        request_sha256: writer.request_sha256.clone(),
        engine_version: ENGINE_VERSION.to_owned(),
        seed: 0,
        used_row_count: first.record.fit.statistics.observations as i64,
        left_out: encode::left_out(&first.record.fit),
        warnings: models.iter().flat_map(|model| encode::warnings(&model.record)).collect(),
    })
}

#[tonic::async_trait]
impl RegressionService for Regression {
    async fn test_model(
        &self,
        request: Request<v1::TestModelRequest>,
    ) -> Result<Response<v1::TestModelResponse>, Status> {
        Ok(Response::new(test::answer(&self.state, request.into_inner()).await?))
    }

    async fn revise_covariance(
        &self,
        request: Request<v1::ReviseCovarianceRequest>,
    ) -> Result<Response<v1::ReviseCovarianceResponse>, Status> {
        Ok(Response::new(revise::answer(&self.state, request.into_inner()).await?))
    }

    async fn refit_model(
        &self,
        request: Request<v1::RefitModelRequest>,
    ) -> Result<Response<v1::RefitModelResponse>, Status> {
        Ok(Response::new(refit::answer(&self.state, request.into_inner()).await?))
    }

    async fn compare_models(
        &self,
        request: Request<v1::CompareModelsRequest>,
    ) -> Result<Response<v1::CompareModelsResponse>, Status> {
        Ok(Response::new(compare::answer(&self.state, request.into_inner()).await?))
    }

    async fn fit_model(&self, request: Request<v1::FitModelRequest>) -> Result<Response<v1::FitModelResponse>, Status> {
        Ok(Response::new(self.fit(request.into_inner()).await?))
    }

    async fn get_model(&self, request: Request<v1::GetModelRequest>) -> Result<Response<v1::GetModelResponse>, Status> {
        let id = names::model(&request.get_ref().name, "name").map_err(Error::from)?;
        let model = models::get(&self.state, &id).await?;
        Ok(Response::new(v1::GetModelResponse { model: Some(model.message()) }))
    }

    async fn list_models(
        &self,
        request: Request<v1::ListModelsRequest>,
    ) -> Result<Response<v1::ListModelsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn delete_model(
        &self,
        request: Request<v1::DeleteModelRequest>,
    ) -> Result<Response<v1::DeleteModelResponse>, Status> {
        let id = names::model(&request.get_ref().name, "name").map_err(Error::from)?;
        match self.state.store().delete_blob(Kind::Model, &id).await {
            Ok(()) | Err(Error::NotFound(_)) => Ok(Response::new(v1::DeleteModelResponse {})),
            Err(error) => Err(error.into()),
        }
    }

    async fn predict_model(
        &self,
        request: Request<v1::PredictModelRequest>,
    ) -> Result<Response<v1::PredictModelResponse>, Status> {
        Ok(Response::new(self.predict(request.into_inner()).await?))
    }
}
