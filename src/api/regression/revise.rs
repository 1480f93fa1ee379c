//! Another covariance for a stored model, from what is stored with it.

use super::models::{self, Writer};
use super::record::Record;
use super::spec;
use crate::api::provenance::request_sha256;
use crate::api::{State, decode, names, v1};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::regression;

/// Revises the covariance of the model that a request names.
///
/// # Errors
/// Everything that is wrong with the request; `NotFound`; `AlreadyExists`; `Cancelled`.
pub(super) async fn answer(
    state: &State,
    request: v1::ReviseCovarianceRequest,
) -> Result<v1::ReviseCovarianceResponse, Error> {
    let writer = Writer { request_id: request.request_id.clone(), request_sha256: request_sha256(&request) };
    if let Some(kept) = models::kept_earlier(state, &request.save_as, &writer).await? {
        return Ok(v1::ReviseCovarianceResponse { model: kept.first().map(models::Kept::message) });
    }
    let mut violations = Violations::default();
    let id = violations.keep("", names::model(&request.model, "model").map_err(Into::into));
    let level = match request.interval_level {
        0.0 => None,
        level => Some(decode::interval_level(level, "interval_level", &mut violations)),
    };
    if request.covariance.is_none() {
        violations.push(Violation::new("covariance", "is required", ""));
    }
    if !request.save_as.is_empty() {
        violations.keep("", models::check_ids(&request.save_as, 1).map_err(Into::into));
    }
    let id = decode::all(violations, id)?;
    let record = models::get(state, &id).await?.record;
    let choice = spec::covariance(request.covariance.as_ref());
    let work = move |stop: &Stop| {
        let fit = regression::revise(&record.fit, &choice, stop).map_err(|error| match error {
            Error::Invalid(violations) => Error::Invalid(spec::on_the_wire(violations)),
            other => other,
        })?;
        Ok(Record { interval_level: level.unwrap_or(record.interval_level), fit, ..record })
    };
    let record = state.compute().run(0, work).await?;
    let kept = models::keep(state, vec![record], &request.save_as, &writer).await?;
    Ok(v1::ReviseCovarianceResponse { model: kept.first().map(models::Kept::message) })
}
