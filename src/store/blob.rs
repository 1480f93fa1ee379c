//! Stored models and scenarios: bytes that only their writer understands, and what is known about them.

use super::{Page, Store, log, seal};
use crate::error::Error;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A fitted model.
    Model,
    /// A policy scenario.
    Scenario,
}

impl Kind {
    /// Where blobs of this kind lie, and the first part of their names.
    const fn collection(self) -> &'static str {
        match self {
            Self::Model => "models",
            Self::Scenario => "scenarios",
        }
    }

    /// The id of a blob that was given none: the kind's first letter and the beginning of the digest of `bytes`.
    pub fn id_of(self, bytes: &[u8]) -> String {
        format!("{}-{}", &self.collection()[..1], &seal::digest(bytes)[..16])
    }
}

/// What is known about stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its id.
    pub id: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// Size of its bytes.
    pub bytes: u64,
    /// What its writer says about it, such as when it was stored.
    pub notes: BTreeMap<String, String>,
}

impl Store {
    /// Stores bytes. Storing the same bytes under the same id again changes nothing.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when the id has other bytes; [`Error::Invalid`] for a bad id.
    pub async fn put_blob(
        &self,
        kind: Kind,
        id: &str,
        bytes: Bytes,
        notes: BTreeMap<String, String>,
    ) -> Result<Blob, Error> {
        let log = self.log(kind.collection(), id)?;
        let blob = Blob { id: id.to_owned(), digest: seal::digest(&bytes), bytes: bytes.len() as u64, notes };
        loop {
            let last = log.last::<Blob>().await?;
            if let Some(there) = last.as_ref().and_then(|entry| entry.content.clone()) {
                let is_same = there.digest == blob.digest;
                return if is_same { Ok(there) } else { Err(Error::AlreadyExists(log.name())) };
            }
            log.put_data(log::epoch_after(last.as_ref()), &blob.digest, &bytes).await?;
            if log.publish(last.as_ref(), Some(blob.clone())).await?.is_some() {
                return Ok(blob);
            }
        }
    }

    /// A blob and its bytes.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; [`Error::DataLoss`] when its bytes are damaged.
    pub async fn blob(&self, kind: Kind, id: &str) -> Result<(Blob, Bytes), Error> {
        let log = self.log(kind.collection(), id)?;
        let entry = log.live::<Blob>().await?;
        let blob = entry.content.ok_or_else(|| Error::NotFound(log.name()))?;
        let bytes = log.data(entry.epoch, &blob.digest).await?;
        if seal::digest(&bytes) != blob.digest {
            return Err(Error::DataLoss(format!("{} does not match its digest", log.name())));
        }
        Ok((blob, bytes))
    }

    /// At most `size` blobs of a kind in the order of their ids, after the id `after`.
    ///
    /// Blobs whose entry is damaged are left out and logged.
    ///
    /// # Errors
    /// [`Error::Internal`] when the store fails.
    pub async fn blobs(&self, kind: Kind, size: usize, after: Option<&str>) -> Result<Page<Blob>, Error> {
        self.page(kind.collection(), size, after).await
    }

    /// Deletes a blob.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn delete_blob(&self, kind: Kind, id: &str) -> Result<(), Error> {
        self.log(kind.collection(), id)?.delete::<Blob>().await
    }
}
