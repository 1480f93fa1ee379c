//! Versioned datasets, models and scenarios on an object store: a local directory, or a bucket that replicas share.
//!
//! What is written is never changed. The bytes of a version are written first, under their SHA-256;
//! the entry that makes the version exist comes last, by put-if-absent, and its number is its place in
//! the order of all writers. So a reader, in this process or another, sees whole versions only, a
//! crash leaves nothing half-visible, and no clock decides an order. What is read is checked against
//! its digest: damage is [`Error::DataLoss`], never a wrong answer. Lists leave out what is damaged, and it can
//! be replaced and deleted.
//!
//! ```text
//! datasets/{id}/versions/{number}.json   what the version is
//! datasets/{id}/data/{epoch}/{sha256}    the panel, as Arrow IPC
//! models/{id}/…, scenarios/{id}/…        the same, with bytes that only their writer understands
//! ```
//!
//! [`encode`], [`merge`] and [`Stored::decode`] do the heavy work and are no job for a reactor thread;
//! [`Store::import`] is handed a function that runs them where heavy work belongs.

mod append;
mod blob;
mod codec;
mod dataset;
mod log;
mod seal;

pub use blob::{Blob, Kind};
pub use codec::{Contents, Encoded, encode};
pub use dataset::{Mode, Notes, Request, Stored, Version, merge};

use crate::error::{Error, Violation};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Datasets, models and scenarios; cheap to clone, safe to share between threads and processes.
#[derive(Debug, Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    seen: log::Seen,
}

/// Some of many items, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// The `after` that gives the next page; `None` when there are no more.
    pub next: Option<String>,
}

impl Store {
    /// The store in a directory, which is made when it is not there; writes are synced to the disk.
    ///
    /// # Errors
    /// [`Error::Internal`] when the directory cannot be made or read.
    pub fn open(directory: &std::path::Path) -> Result<Self, Error> {
        let failed = |e: String| Error::Internal(format!("the store in {} cannot be opened: {e}", directory.display()));
        std::fs::create_dir_all(directory).map_err(|e| failed(e.to_string()))?;
        let objects = LocalFileSystem::new_with_prefix(directory).map_err(|e| failed(e.to_string()))?;
        Ok(Self::over(Arc::new(objects.with_fsync(true))))
    }

    /// The store over any objects with put-if-absent.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, seen: log::Seen::default() }
    }

    fn log<'a>(&'a self, collection: &'static str, id: &'a str) -> Result<log::Log<'a>, Error> {
        check_id(collection.trim_end_matches('s'), id)?;
        Ok(log::Log::new(self.objects.as_ref(), &self.seen, collection, id))
    }

    /// The live resources of a collection in the order of their ids, each as its last version.
    async fn page<M: DeserializeOwned>(
        &self,
        collection: &'static str,
        size: usize,
        after: Option<&str>,
    ) -> Result<Page<M>, Error> {
        let prefix = Path::from(collection);
        let listed = self.objects.list_with_delimiter(Some(&prefix)).await.map_err(log::internal)?;
        let names = listed.common_prefixes.iter().filter_map(Path::filename);
        let mut ids: Vec<&str> = names.filter(|id| check_id("id", id).is_ok()).collect();
        ids.sort_unstable();
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        for id in ids.into_iter().filter(|id| after.is_none_or(|after| *id > after)) {
            let read = self.seen.unless_damaged(self.log(collection, id)?.last::<M>().await)?;
            match read.flatten().and_then(|entry| entry.content) {
                Some(_) if page.items.len() == size => {
                    page.next = last;
                    break;
                }
                Some(item) => page.items.push(item),
                None => continue,
            }
            last = Some(id.to_owned());
        }
        Ok(page)
    }
}

/// Checks the id of a dataset, model or scenario: `[a-z0-9][a-z0-9_-]{0,62}`.
///
/// # Errors
/// The violation at `field`.
pub fn check_id(field: &str, id: &str) -> Result<(), Violation> {
    let is_first = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let fits = id.len() <= 63
        && id.bytes().next().is_some_and(is_first)
        && id.bytes().all(|b| is_first(b) || b == b'_' || b == b'-');
    if fits {
        return Ok(());
    }
    let rule = "an id has 1 to 63 of a-z, 0-9, _ and -, and begins with a letter or digit";
    Err(Violation::new(field, rule, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_narrow() {
        for id in ["a", "0", "us-states_1990", &"x".repeat(63)] {
            assert!(check_id("dataset", id).is_ok(), "{id}");
        }
        for id in ["", "-a", "_a", "A", "a.b", "a/b", "..", "ü", "a b", &"x".repeat(64)] {
            assert!(check_id("dataset", id).is_err(), "{id}");
        }
    }
}
