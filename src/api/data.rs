//! The data a calculation reads: a stored version or a dataset sent along, as a panel.

use super::inline;
use super::names;
use super::state::State;
use crate::api::v1::{DatasetSource, InlineDataset, dataset_source::Source};
use crate::error::{Error, Violation};
use crate::ingest::bytes_of_rows;
use crate::panel::Panel;
use crate::store::{self, Version};
use prost::Message;
use std::sync::Arc;

/// Bytes that decoding an inline dataset takes for each byte of its message, at most: short texts cost most.
const INLINE_FACTOR: u64 = 64;

/// A panel and what it is, for the provenance of answers.
#[derive(Debug, Clone)]
pub struct Data {
    /// The panel.
    pub panel: Arc<Panel>,
    /// `datasets/{dataset}/versions/{version}`; empty for inline data.
    pub version: String,
    /// SHA-256 of the panel's content, in lower-case hexadecimal; the same for the same content, stored or inline.
    pub sha256: String,
}

impl State {
    /// The data that `source`, the request's field `field`, speaks of.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation; [`Error::NotFound`]; [`Error::DataLoss`]; [`Error::Limit`] and
    /// [`Error::Busy`] as for any calculation.
    pub async fn data(&self, source: Option<DatasetSource>, field: &str) -> Result<Data, Error> {
        match source.and_then(|source| source.source) {
            None => Err(Violation::new(field, "names a stored dataset or holds one", "").into()),
            Some(Source::Name(name)) => self.stored_data(&name, &format!("{field}.name")).await,
            Some(Source::Inline(inline)) => self.inline_data(inline, format!("{field}.inline")).await,
        }
    }

    async fn stored_data(&self, name: &str, field: &str) -> Result<Data, Error> {
        let name = names::dataset_or_version(name, field)?;
        let version = self.store().version(&name.dataset, name.version).await?;
        self.version_data(&version).await
    }

    /// The data of a version; decoded unless they were lately.
    ///
    /// # Errors
    /// As [`State::data`].
    pub async fn version_data(&self, version: &Version) -> Result<Data, Error> {
        let panel = match self.panels().get(&version.digest) {
            Some(panel) => panel,
            None => self.decode(version).await?,
        };
        Ok(Data { panel, version: names::of_version(version), sha256: version.digest.clone() })
    }

    async fn decode(&self, version: &Version) -> Result<Arc<Panel>, Error> {
        let contents = &version.contents;
        let needed = version.bytes + bytes_of_rows(contents.rows, contents.measures.len());
        self.compute().check_memory(needed)?;
        let stored = self.store().read(&version.dataset, Some(version.number)).await?;
        let panel = Arc::new(self.compute().run(needed, move |_| stored.decode()).await?);
        self.panels().put(&version.digest, &panel);
        Ok(panel)
    }

    async fn inline_data(&self, inline: InlineDataset, field: String) -> Result<Data, Error> {
        let needed = INLINE_FACTOR * inline.encoded_len() as u64;
        let decode = move |_: &_| {
            let panel = inline::panel(&inline, &field)?;
            let sha256 = store::encode(&panel)?.digest().to_owned();
            Ok(Data { panel: Arc::new(panel), version: String::new(), sha256 })
        };
        self.compute().run(needed, decode).await
    }
}
