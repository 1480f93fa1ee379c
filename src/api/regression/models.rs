//! Fitted models in the store.

use super::encode;
use super::record::Record;
use crate::api::{State, v1};
use crate::error::{Error, Violation};
use crate::store::{Blob, Kind, Page, check_id};
use prost_types::Timestamp;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// What the notes of a stored model say: the request that stored it and when.
const REQUEST_ID: &str = "request_id";
const REQUEST_SHA256: &str = "request_sha256";
const SIBLINGS: &str = "models_of_request";
const CREATED: &str = "created";

/// A fitted model with its name and the time it was stored, where it was.
#[derive(Debug, Clone)]
pub(in crate::api) struct Kept {
    /// `models/{model}`; empty when it was not stored.
    pub(in crate::api) name: String,
    /// When it was stored.
    pub(in crate::api) created: Option<Timestamp>,
    /// The model.
    pub(in crate::api) record: Record,
}

impl Kept {
    /// A model that was not stored.
    pub(in crate::api) fn nowhere(record: Record) -> Self {
        Self { name: String::new(), created: None, record }
    }

    fn stored(model: &Blob, record: Record) -> Self {
        let created = model.notes.get(CREATED).and_then(|text| text.parse().ok());
        Self { name: format!("models/{}", model.id), created, record }
    }

    /// The model as a message.
    pub(in crate::api) fn message(&self) -> v1::Model {
        v1::Model { name: self.name.clone(), create_time: self.created, ..encode::model(&self.record) }
    }
}

/// Who stores models, so that the same request stores them once.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// The caller's id for the request; may be empty.
    pub(super) request_id: String,
    /// Digest of the request.
    pub(super) request_sha256: String,
}

/// The ids under which so many models are stored.
pub(super) fn ids(save_as: &str, count: usize) -> Vec<String> {
    if count == 1 { vec![save_as.to_owned()] } else { (1..=count).map(|i| format!("{save_as}-{i}")).collect() }
}

/// Checks that so many models can be stored under a name.
///
/// # Errors
/// At `save_as`: a name that is no id, or leaves no room for the number of each model.
pub(super) fn check_ids(save_as: &str, count: usize) -> Result<(), Violation> {
    check_id("save_as", save_as)?;
    let fits = ids(save_as, count).iter().all(|id| check_id("save_as", id).is_ok());
    if fits {
        return Ok(());
    }
    let rule =
        format!("names {count} models, so -1 to -{count} is appended; an id has at most 63 characters with that");
    Err(Violation::new("save_as", rule, save_as))
}

/// The model with this id.
///
/// # Errors
/// `NotFound`, `DataLoss`, and `Precondition` for a form that this engine does not read.
pub(in crate::api) async fn get(state: &State, id: &str) -> Result<Kept, Error> {
    let (model, bytes) = state.store().blob(Kind::Model, id).await?;
    // Text of numbers takes about the memory of the numbers; the rest is for what is built from them.
    let needed = 4 * bytes.len() as u64;
    state
        .compute()
        .run(needed, move |_| {
            let name = format!("models/{}", model.id);
            Ok(Kept::stored(&model, Record::from_bytes(&name, &bytes)?))
        })
        .await
}

/// A page of models in the order of their ids.
///
/// # Errors
/// As [`get`].
pub(super) async fn list(state: &State, size: usize, after: Option<&str>) -> Result<Page<Kept>, Error> {
    let Page { items, next } = state.store().blobs(Kind::Model, size, after).await?;
    let mut models = Vec::with_capacity(items.len());
    for item in items {
        match get(state, &item.id).await {
            Ok(model) => models.push(model),
            // Deleted since the page was read.
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Page { items: models, next })
}

/// Stores models under `save_as`, or leaves them as they are when that is empty.
///
/// # Errors
/// `AlreadyExists` when a model of that name has other content.
pub(super) async fn keep(
    state: &State,
    records: Vec<Record>,
    save_as: &str,
    writer: &Writer,
) -> Result<Vec<Kept>, Error> {
    if save_as.is_empty() {
        return Ok(records.into_iter().map(Kept::nowhere).collect());
    }
    let notes = BTreeMap::from([
        (REQUEST_ID.to_owned(), writer.request_id.clone()),
        (REQUEST_SHA256.to_owned(), writer.request_sha256.clone()),
        (SIBLINGS.to_owned(), records.len().to_string()),
        (CREATED.to_owned(), Timestamp::from(SystemTime::now()).to_string()),
    ]);
    let mut kept = Vec::with_capacity(records.len());
    for (id, record) in ids(save_as, records.len()).iter().zip(records) {
        let stored = state.store().put_blob(Kind::Model, id, record.to_bytes()?.into(), notes.clone()).await?;
        kept.push(Kept::stored(&stored, record));
    }
    Ok(kept)
}

/// The models that the same request stored earlier; `None` when it did not, or not all of them.
///
/// # Errors
/// `Precondition` when the request's id was used with another request.
pub(super) async fn kept_earlier(state: &State, save_as: &str, writer: &Writer) -> Result<Option<Vec<Kept>>, Error> {
    if save_as.is_empty() || writer.request_id.is_empty() {
        return Ok(None);
    }
    for first in [save_as.to_owned(), format!("{save_as}-1")] {
        let Some(notes) = notes_of(state, &first).await? else { continue };
        if notes.get(REQUEST_ID) != Some(&writer.request_id) {
            continue;
        }
        if notes.get(REQUEST_SHA256) != Some(&writer.request_sha256) {
            let what = format!("request {:?} was seen before with other content", writer.request_id);
            return Err(Error::Precondition(what));
        }
        let count = notes.get(SIBLINGS).and_then(|count| count.parse().ok()).unwrap_or(1);
        let mut kept = Vec::with_capacity(count);
        for id in ids(save_as, count) {
            match get(state, &id).await {
                Ok(model) => kept.push(model),
                Err(Error::NotFound(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        return Ok(Some(kept));
    }
    Ok(None)
}

async fn notes_of(state: &State, id: &str) -> Result<Option<BTreeMap<String, String>>, Error> {
    if check_id("save_as", id).is_err() {
        return Ok(None);
    }
    match state.store().blob(Kind::Model, id).await {
        Ok((model, _)) => Ok(Some(model.notes)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
