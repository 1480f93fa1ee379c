//! A stored model on other data, such as those with a later period.

use super::models::{self, Kept, Writer};
use super::record::Record;
use super::spec::{self, Compiled};
use crate::api::provenance::request_sha256;
use crate::api::{Data, State, decode, names, v1};
use crate::error::{Error, Violation, Violations};
use crate::formula::Program;
use crate::numeric::Stop;
use crate::regression::{self, extends};
use v1::dataset_source::Source;

/// Fits the model that a request names to other data.
///
/// # Errors
/// Everything that is wrong with the request; `NotFound`; `AlreadyExists`; `Cancelled`.
pub(super) async fn answer(state: &State, mut request: v1::RefitModelRequest) -> Result<v1::RefitModelResponse, Error> {
    let writer = Writer { request_id: request.request_id.clone(), request_sha256: request_sha256(&request) };
    if let Some(kept) = models::kept_earlier(state, &request.save_as, &writer).await? {
        return Ok(told(&kept, &writer, false));
    }
    let mut violations = Violations::default();
    let id = violations.keep("", names::model(&request.model, "model").map_err(Into::into));
    if !request.save_as.is_empty() {
        violations.keep("", models::check_ids(&request.save_as, 1).map_err(Into::into));
    }
    let id = decode::all(violations, id)?;
    let record = models::get(state, &id).await?.record;
    let source = request.dataset.take().or_else(|| newest(&record));
    let data = state.data(source, "dataset").await?;
    let before = match extends(&record.fit) && !record.dataset_version.is_empty() {
        true => earlier(state, &record.dataset_version).await?,
        false => None,
    };
    let bytes = 4 * super::predict::predicted_bytes(&record, &data.panel);
    let work = move |stop: &Stop| refit(&record, &data, before.as_ref(), stop).map_err(|e| decode::all_at("model", e));
    let (record, incremental) = state.compute().run(bytes, work).await?;
    Ok(told(&models::keep(state, vec![record], &request.save_as, &writer).await?, &writer, incremental))
}

fn told(kept: &[Kept], writer: &Writer, incremental: bool) -> v1::RefitModelResponse {
    v1::RefitModelResponse {
        model: kept.first().map(Kept::message),
        incremental,
        provenance: super::source_of(kept, writer),
    }
}

/// The newest version of the dataset that a model was fitted on.
fn newest(record: &Record) -> Option<v1::DatasetSource> {
    let (dataset, _) = record.dataset_version.split_once("/versions/")?;
    Some(v1::DatasetSource { source: Some(Source::Name(dataset.to_owned())) })
}

/// The data of the fit, where they are still stored.
async fn earlier(state: &State, version: &str) -> Result<Option<Data>, Error> {
    let source = v1::DatasetSource { source: Some(Source::Name(version.to_owned())) };
    match state.data(Some(source), "dataset").await {
        Ok(data) => Ok(Some(data)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The new model, and whether it was made of the old one and new rows alone.
fn refit(record: &Record, data: &Data, before: Option<&Data>, stop: &Stop) -> Result<(Record, bool), Error> {
    let compiled = compiled(record, data)?;
    let [program] = compiled.programs.as_slice() else {
        return Err(Violation::new("formula", "stands for several models", &record.fit.formula).into());
    };
    if let Some(before) = before.filter(|before| data.panel.continues(&before.panel) && !program.looks_ahead()) {
        let first = before.panel.periods().len();
        if let Some(fit) = regression::extend(&record.fit, program, &data.panel, first, stop)? {
            let fit = regression::revise(&fit, &compiled.spec.covariance, stop)?;
            return Ok((Record::new(fit, program, &compiled, data), true));
        }
    }
    Ok((spec::fit(program, record.fit.subset.as_ref(), &compiled, data, stop)?, false))
}

/// The model's specification, compiled for other data.
fn compiled(record: &Record, data: &Data) -> Result<Compiled, Violations> {
    let programs: Vec<Program> = record.programs_anew(&data.panel)?;
    Ok(Compiled {
        programs,
        spec: record.fit.spec(),
        subsets: vec![record.fit.subset.clone()],
        weights: record.weights.clone(),
        interval_level: record.interval_level,
    })
}
