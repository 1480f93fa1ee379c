//! Stored models: bytes that only their writer understands, and what is known about them.

use super::{Page, Store, seal};
use crate::error::Error;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MODELS: &str = "models";

/// What is known about a stored model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The model's id.
    pub id: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// Size of its bytes.
    pub bytes: u64,
    /// What its writer says about it, such as the formula and the dataset version.
    pub notes: BTreeMap<String, String>,
}

/// The id of a model that was given none: the beginning of the digest of its bytes.
pub fn model_id(bytes: &[u8]) -> String {
    format!("m-{}", &seal::digest(bytes)[..16])
}

impl Store {
    /// Stores a model. Storing the same bytes under the same id again changes nothing.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when the id has other bytes; [`Error::Invalid`] for a bad id.
    pub async fn put_model(&self, id: &str, bytes: Bytes, notes: BTreeMap<String, String>) -> Result<Model, Error> {
        let log = self.log(MODELS, id)?;
        let model = Model { id: id.to_owned(), digest: seal::digest(&bytes), bytes: bytes.len() as u64, notes };
        loop {
            let last = log.last::<Model>().await?;
            if let Some(there) = last.as_ref().and_then(|entry| entry.content.clone()) {
                let is_same = there.digest == model.digest;
                return if is_same { Ok(there) } else { Err(Error::AlreadyExists(log.name())) };
            }
            log.put_data(super::log::epoch_after(last.as_ref()), &model.digest, &bytes).await?;
            if log.publish(last.as_ref(), Some(model.clone())).await?.is_some() {
                return Ok(model);
            }
        }
    }

    /// A model and its bytes.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; [`Error::DataLoss`] when its bytes are damaged.
    pub async fn model(&self, id: &str) -> Result<(Model, Bytes), Error> {
        let log = self.log(MODELS, id)?;
        let entry = log.live::<Model>().await?;
        let model = entry.content.ok_or_else(|| Error::NotFound(log.name()))?;
        let bytes = log.data(entry.epoch, &model.digest).await?;
        if seal::digest(&bytes) != model.digest {
            return Err(Error::DataLoss(format!("{} does not match its digest", log.name())));
        }
        Ok((model, bytes))
    }

    /// At most `size` models in the order of their ids, after the id `after`.
    ///
    /// Models whose entry is damaged are left out and logged.
    ///
    /// # Errors
    /// [`Error::Internal`] when the store fails.
    pub async fn models(&self, size: usize, after: Option<&str>) -> Result<Page<Model>, Error> {
        self.page(MODELS, size, after).await
    }

    /// Deletes a model.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn delete_model(&self, id: &str) -> Result<(), Error> {
        self.log(MODELS, id)?.delete::<Model>().await
    }
}
