//! Tests of a stored model.

use super::encode::outcome;
use super::models::{self, Kept};
use crate::api::provenance::{provenance, request_sha256};
use crate::api::{Data, State, decode, names, v1};
use crate::error::{Error, Violations};
use crate::numeric::Stop;
use crate::regression;
use crate::regression::diagnostics::Asked;

/// Runs the tests that a request asks for.
///
/// # Errors
/// Everything that is wrong with the request; `NotFound`; `Cancelled`.
pub(super) async fn answer(state: &State, mut request: v1::TestModelRequest) -> Result<v1::TestModelResponse, Error> {
    let request_sha256 = request_sha256(&request);
    let mut violations = Violations::default();
    let id = violations.keep("", names::model(&request.model, "model").map_err(Into::into));
    let id = decode::all(violations, id)?;
    let kept = models::get(state, &id).await?;
    let data = data(state, &kept, request.dataset.take()).await?;
    let asked: Vec<Asked> = request.tests.iter().map(asked).collect();
    let bytes = data.as_ref().map_or(0, |data| 4 * super::predict::predicted_bytes(&kept.record, &data.panel));
    let work = move |stop: &Stop| {
        let tests = run(&kept, data.as_ref(), &asked, stop)?;
        let provenance = data.map(|data| provenance(&data, request_sha256));
        Ok(v1::TestModelResponse { tests, provenance })
    };
    state.compute().run(bytes, work).await
}

fn asked(call: &v1::TestCall) -> Asked {
    Asked { id: call.id.clone(), parameters: decode::parameters(&call.parameters) }
}

fn run(kept: &Kept, data: Option<&Data>, asked: &[Asked], stop: &Stop) -> Result<Vec<v1::TestResult>, Error> {
    let record = &kept.record;
    let program = match data {
        Some(data) => {
            Some(record.program(&data.panel, false).map_err(|found| found.renamed(|_| "dataset".to_owned()))?)
        }
        None => None,
    };
    let given = program.as_ref().zip(data).map(|(program, data)| (program, &*data.panel));
    Ok(regression::test(&record.fit, given, asked, stop)?.iter().map(outcome).collect())
}

/// The data given, or those of the fit where they are still stored.
async fn data(state: &State, kept: &Kept, given: Option<v1::DatasetSource>) -> Result<Option<Data>, Error> {
    let version = &kept.record.dataset_version;
    let source = match given {
        Some(given) => given,
        None if version.is_empty() => return Ok(None),
        None => v1::DatasetSource { source: Some(v1::dataset_source::Source::Name(version.clone())) },
    };
    let asked_for =
        source.source.as_ref().is_none_or(|source| *source != v1::dataset_source::Source::Name(version.clone()));
    match state.data(Some(source), "dataset").await {
        Ok(data) => Ok(Some(data)),
        Err(Error::NotFound(_)) if !asked_for => Ok(None),
        Err(error) => Err(error),
    }
}
