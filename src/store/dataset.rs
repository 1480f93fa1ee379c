//! Datasets and their versions.

use super::append::combine;
use super::codec::{Contents, Encoded, decode, encode};
use super::log::{Entry, Log, epoch_after};
use super::{Page, Store};
use crate::error::{Error, Violation};
use crate::panel::Panel;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

const DATASETS: &str = "datasets";

/// How an upload becomes the next version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The version is the upload.
    Replace,
    /// The version is the one before and the rows of the upload.
    Append,
}

/// What the writer of a version says about it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notes {
    /// A title for people.
    pub label: String,
    /// Where the data come from.
    pub source: String,
    /// When it was written, as the writer's clock says; for information, no order depends on it.
    pub created: String,
    /// The request that wrote it, so that the same request has one effect.
    pub request: Option<Request>,
}

/// The identity of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the caller.
    pub id: String,
    /// Digest of everything the request says.
    pub digest: String,
}

/// A stored version of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The dataset's id.
    pub dataset: String,
    /// Its number: higher ones were written later.
    pub number: u64,
    /// SHA-256 of the stored panel, in hexadecimal.
    pub digest: String,
    /// Size of the stored panel.
    pub bytes: u64,
    /// How it came from the version before.
    pub mode: Mode,
    /// What it holds.
    pub contents: Contents,
    /// What its writer says about it.
    pub notes: Notes,
}

/// A version and its bytes.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The version.
    pub version: Version,
    bytes: Bytes,
}

impl Stored {
    /// The panel; heavy for large ones, so not a job for a reactor thread.
    ///
    /// # Errors
    /// [`Error::DataLoss`] when the bytes are not those that were written.
    pub fn decode(&self) -> Result<Panel, Error> {
        decode(&self.bytes, &self.version.digest)
    }
}

/// The upload as the version after `base`: as it is without a base, with the rows of the base otherwise.
///
/// # Errors
/// [`Error::Invalid`] when the two do not fit together; [`Error::DataLoss`] when the base is damaged.
pub fn merge(base: Option<&Stored>, upload: &Panel) -> Result<Encoded, Error> {
    match base {
        None => encode(upload),
        Some(base) => encode(&combine(&base.decode()?, upload)?),
    }
}

impl Store {
    /// Stores the next version of a dataset.
    ///
    /// `encode` gets the version to append to, or `None` when the upload replaces it, and answers with
    /// [`merge`] of it and the upload, run where heavy work belongs. It may be called more than once,
    /// when another writer is faster.
    ///
    /// ```no_run
    /// # async fn example(store: agglo::store::Store, panel: agglo::panel::Panel) -> Result<(), agglo::error::Error> {
    /// use agglo::store::{Mode, Notes, merge};
    /// let panel = &panel;
    /// let encode = |base: Option<_>| async move { merge(base.as_ref(), panel) };
    /// let version = store.import("us-states", Mode::Append, &Notes::default(), encode).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad id and for what `encode` refuses; [`Error::NotFound`] when there is
    /// nothing to append to; [`Error::Precondition`] when the request was seen with other content, or
    /// when what it wrote is deleted.
    pub async fn import<F, Fut>(&self, dataset: &str, mode: Mode, notes: &Notes, encode: F) -> Result<Version, Error>
    where
        F: Fn(Option<Stored>) -> Fut,
        Fut: Future<Output = Result<Encoded, Error>>,
    {
        let log = self.log(DATASETS, dataset)?;
        let mut searched = 0;
        let mut encoded = None;
        loop {
            let last = match mode {
                Mode::Replace => log.last_or_lost::<Version>().await?,
                Mode::Append => log.last::<Version>().await?,
            };
            let last_number = last.as_ref().map_or(0, |entry| entry.number);
            if let Some(request) = &notes.request
                && let Some(done) = find_request(&log, searched + 1..=last_number, request).await?
            {
                return if done.epoch == epoch_after(last.as_ref()) { version(&log, done) } else { Err(gone(&log)) };
            }
            searched = last_number;
            if mode == Mode::Append || encoded.is_none() {
                encoded = Some(encode(base(&log, mode, last.as_ref()).await?).await?);
            }
            let Some(ready) = &encoded else { continue };
            log.put_data(epoch_after(last.as_ref()), &ready.digest, &ready.bytes).await?;
            let next = Version {
                dataset: dataset.to_owned(),
                number: last_number + 1,
                digest: ready.digest.clone(),
                bytes: ready.bytes.len() as u64,
                mode,
                contents: ready.contents.clone(),
                notes: notes.clone(),
            };
            if let Some(entry) = log.publish(last.as_ref(), Some(next)).await? {
                return version(&log, entry);
            }
        }
    }

    /// A version of a dataset; the last one when no number is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version or it is deleted.
    pub async fn version(&self, dataset: &str, number: Option<u64>) -> Result<Version, Error> {
        let log = self.log(DATASETS, dataset)?;
        version(&log, find(&log, number).await?)
    }

    /// A version of a dataset with its bytes; the last one when no number is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version or it is deleted.
    pub async fn read(&self, dataset: &str, number: Option<u64>) -> Result<Stored, Error> {
        let log = self.log(DATASETS, dataset)?;
        let entry = find(&log, number).await?;
        let epoch = entry.epoch;
        let version = version(&log, entry)?;
        let bytes = log.data(epoch, &version.digest).await?;
        Ok(Stored { version, bytes })
    }

    /// At most `size` datasets in the order of their ids, each as its last version, after the id `after`.
    ///
    /// Datasets whose last version is damaged are left out and logged.
    ///
    /// # Errors
    /// [`Error::Internal`] when the store fails.
    pub async fn datasets(&self, size: usize, after: Option<&str>) -> Result<Page<Version>, Error> {
        self.page(DATASETS, size, after).await
    }

    /// At most `size` versions of a dataset in the order of their numbers, after the number `after`; damaged ones are
    /// left out and logged.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the dataset does not exist or is deleted; [`Error::DataLoss`] when its last version
    /// is damaged; [`Error::Invalid`] when no version comes after `after`.
    pub async fn versions(&self, dataset: &str, size: usize, after: Option<u64>) -> Result<Page<Version>, Error> {
        let log = self.log(DATASETS, dataset)?;
        let last = log.live::<Version>().await?;
        if let Some(after) = after.filter(|after| *after >= last.number) {
            return Err(Violation::new("page_token", "is the next_page_token of another page", after).into());
        }
        let first = after.map_or(1, |number| number.saturating_add(1)).max(last.epoch + 1);
        let until = last.number.min(first.saturating_add(size as u64).saturating_sub(1));
        let entries = log.range(first..=until).await?;
        let items = entries.into_iter().map(|entry| version(&log, entry)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: (until < last.number).then(|| until.to_string()) })
    }

    /// Deletes a dataset with all its versions; later versions go on with the numbers.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the dataset does not exist or is deleted already.
    pub async fn delete_dataset(&self, dataset: &str) -> Result<(), Error> {
        self.log(DATASETS, dataset)?.delete::<Version>().await
    }
}

/// The live entry with this number, or the last one.
async fn find(log: &Log<'_>, number: Option<u64>) -> Result<Entry<Version>, Error> {
    let last = log.live::<Version>().await?;
    match number {
        None => Ok(last),
        Some(n) if n == last.number => Ok(last),
        Some(n) if n > last.epoch && n < last.number => log.entry(n).await,
        Some(n) => Err(Error::NotFound(format!("{}/versions/{n}", log.name()))),
    }
}

/// The version to append to.
async fn base(log: &Log<'_>, mode: Mode, last: Option<&Entry<Version>>) -> Result<Option<Stored>, Error> {
    match (mode, last.and_then(|entry| entry.content.as_ref())) {
        (Mode::Replace, _) => Ok(None),
        (Mode::Append, None) => Err(Error::NotFound(log.name())),
        (Mode::Append, Some(version)) => {
            let bytes = log.data(epoch_after(last), &version.digest).await?;
            Ok(Some(Stored { version: version.clone(), bytes }))
        }
    }
}

/// The entry that this request wrote, among these numbers.
async fn find_request(
    log: &Log<'_>,
    numbers: std::ops::RangeInclusive<u64>,
    request: &Request,
) -> Result<Option<Entry<Version>>, Error> {
    let entries = log.range::<Version>(numbers).await?;
    let written = |entry: &Entry<Version>| entry.content.as_ref().and_then(|version| version.notes.request.clone());
    let Some((entry, found)) = entries.into_iter().find_map(|entry| {
        let found = written(&entry).filter(|found| found.id == request.id)?;
        Some((entry, found))
    }) else {
        return Ok(None);
    };
    if found.digest != request.digest {
        let what = format!("request {:?} was seen before with other content", request.id);
        return Err(Error::Precondition(what));
    }
    Ok(Some(entry))
}

fn version(log: &Log<'_>, entry: Entry<Version>) -> Result<Version, Error> {
    entry.content.ok_or_else(|| Error::NotFound(log.name()))
}

fn gone(log: &Log<'_>) -> Error {
    Error::Precondition(format!("the version of {} that this request wrote is deleted", log.name()))
}
