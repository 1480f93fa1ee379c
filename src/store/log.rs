//! The history of one resource: numbered entries, each created once and never changed.
//!
//! ```text
//! {collection}/{id}/versions/0000000007.json   sealed entry, created by put-if-absent
//! {collection}/{id}/data/{epoch}/{sha256}      bytes of a version, written before its entry
//! ```
//!
//! The number of an entry is its place in the order of all writers; whoever creates the next number
//! first has it. A deletion is an entry too and begins a new epoch. Data lie under their epoch, so that
//! those of a deleted epoch can be removed while others write: an entry of an old epoch can no longer
//! win a number.

use super::seal;
use crate::error::Error;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry<M> {
    /// The resource, so that a copied file is not taken for another's.
    pub(super) id: String,
    /// Place in the history, from 1.
    pub(super) number: u64,
    /// Number of the deletion that this entry is or follows; 0 before the first one.
    pub(super) epoch: u64,
    /// What the version is; `None` for a deletion.
    pub(super) content: Option<M>,
}

/// The highest number this process has seen of each resource, so that finding the last entry does not
/// take longer with every version. Entries are never removed: a remembered number is never too high,
/// and those of other processes are looked for above it. Also the damage that was logged, so that it is logged once.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    numbers: Arc<Mutex<HashMap<Path, u64>>>,
    damage: Arc<Mutex<HashSet<String>>>,
}

impl Seen {
    fn get(&self, entries: &Path) -> u64 {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).get(entries).copied().unwrap_or(0)
    }

    fn raise(&self, entries: &Path, number: u64) {
        let mut seen = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.entry(entries.clone()).or_default();
        *last = number.max(*last);
    }

    /// What was read; nothing when it is damaged, which is logged the first time it is seen.
    pub(super) fn unless_damaged<T>(&self, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Error::DataLoss(what)) => {
                let is_new = self.damage.lock().unwrap_or_else(PoisonError::into_inner).insert(what.clone());
                if is_new {
                    tracing::error!(detail = what, "stored data are damaged");
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The history of one resource.
#[derive(Debug)]
pub(super) struct Log<'a> {
    objects: &'a dyn ObjectStore,
    seen: &'a Seen,
    collection: &'static str,
    id: &'a str,
}

impl<'a> Log<'a> {
    pub(super) fn new(objects: &'a dyn ObjectStore, seen: &'a Seen, collection: &'static str, id: &'a str) -> Self {
        Self { objects, seen, collection, id }
    }

    /// The resource's name, as in `datasets/us-states`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.collection, self.id)
    }

    fn entries(&self) -> Path {
        Path::from_iter([self.collection, self.id, "versions"])
    }

    fn entry_path(&self, number: u64) -> Path {
        self.entries().join(format!("{number:010}.json"))
    }

    fn epochs(&self) -> Path {
        Path::from_iter([self.collection, self.id, "data"])
    }

    fn data_path(&self, epoch: u64, digest: &str) -> Path {
        self.epochs().join(epoch.to_string()).join(digest)
    }

    /// The highest number that exists; 0 when there is none.
    async fn last_number(&self) -> Result<u64, Error> {
        let entries = self.entries();
        let mut last = self.seen.get(&entries);
        if last == 0 {
            last = self.highest_listed(&entries).await?;
        }
        while last > 0 && self.exists(last + 1).await? {
            last += 1;
        }
        if last > 0 {
            self.seen.raise(&entries, last);
        }
        Ok(last)
    }

    async fn highest_listed(&self, entries: &Path) -> Result<u64, Error> {
        let number = |path: &Path| path.filename()?.strip_suffix(".json")?.parse::<u64>().ok();
        let mut listed = self.objects.list(Some(entries));
        let mut last = 0;
        while let Some(object) = listed.try_next().await.map_err(internal)? {
            last = last.max(number(&object.location).unwrap_or(0));
        }
        Ok(last)
    }

    async fn exists(&self, number: u64) -> Result<bool, Error> {
        match self.objects.head(&self.entry_path(number)).await {
            Ok(_) => Ok(true),
            Err(ObjectError::NotFound { .. }) => Ok(false),
            Err(error) => Err(internal(error)),
        }
    }

    /// The last entry, a deletion included.
    pub(super) async fn last<M: DeserializeOwned>(&self) -> Result<Option<Entry<M>>, Error> {
        match self.last_number().await? {
            0 => Ok(None),
            number => self.entry(number).await.map(Some),
        }
    }

    /// The last entry for a writer that does not need what it says: a damaged one counts as a deletion, so that the
    /// numbers go on after it and nothing before it is taken for a version.
    pub(super) async fn last_or_lost<M: DeserializeOwned>(&self) -> Result<Option<Entry<M>>, Error> {
        let number = self.last_number().await?;
        if number == 0 {
            return Ok(None);
        }
        let read = self.seen.unless_damaged(self.entry(number).await)?;
        let lost = || Entry { id: self.id.to_owned(), number, epoch: number, content: None };
        Ok(Some(read.unwrap_or_else(lost)))
    }

    /// The last entry when it is a version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the resource was never there or is deleted.
    pub(super) async fn live<M: DeserializeOwned>(&self) -> Result<Entry<M>, Error> {
        let last = self.last().await?.filter(|entry| entry.content.is_some());
        last.ok_or_else(|| Error::NotFound(self.name()))
    }

    /// The entry `number`, which exists.
    pub(super) async fn entry<M: DeserializeOwned>(&self, number: u64) -> Result<Entry<M>, Error> {
        let path = self.entry_path(number);
        let bytes = match self.objects.get(&path).await {
            Ok(found) => found.bytes().await.map_err(internal)?,
            Err(ObjectError::NotFound { .. }) => return Err(Error::DataLoss(format!("{path} is gone"))),
            Err(error) => return Err(internal(error)),
        };
        let entry: Entry<M> = seal::open(path.as_ref(), &bytes)?;
        if entry.number != number || entry.id != self.id {
            return Err(Error::DataLoss(format!("{path} belongs to another place")));
        }
        Ok(entry)
    }

    /// The entries of these numbers, in order, without those that are damaged.
    pub(super) async fn range<M: DeserializeOwned>(
        &self,
        numbers: std::ops::RangeInclusive<u64>,
    ) -> Result<Vec<Entry<M>>, Error> {
        let entries = futures::stream::iter(numbers).map(|number| self.entry(number)).buffered(16);
        entries.map(|read| self.seen.unless_damaged(read)).try_filter_map(async |entry| Ok(entry)).try_collect().await
    }

    /// Creates the next entry; `None` when another writer was first.
    pub(super) async fn publish<M: Serialize>(
        &self,
        after: Option<&Entry<M>>,
        content: Option<M>,
    ) -> Result<Option<Entry<M>>, Error> {
        let number = after.map_or(1, |entry| entry.number + 1);
        let epoch = if content.is_some() { epoch_after(after) } else { number };
        let entry = Entry { id: self.id.to_owned(), number, epoch, content };
        let sealed = seal::seal(&entry)?;
        let create = PutOptions::from(PutMode::Create);
        match self.objects.put_opts(&self.entry_path(number), sealed.into(), create).await {
            Ok(_) => Ok(Some(entry)),
            Err(ObjectError::AlreadyExists { .. }) => Ok(None),
            Err(error) => Err(internal(error)),
        }
    }

    /// Writes the bytes of a version to come. The same bytes may be there already, perhaps damaged.
    pub(super) async fn put_data(&self, epoch: u64, digest: &str, bytes: &Bytes) -> Result<(), Error> {
        let path = self.data_path(epoch, digest);
        self.objects.put(&path, bytes.clone().into()).await.map(drop).map_err(internal)
    }

    /// The bytes of a version, not yet checked against their digest.
    pub(super) async fn data(&self, epoch: u64, digest: &str) -> Result<Bytes, Error> {
        let path = self.data_path(epoch, digest);
        match self.objects.get(&path).await {
            Ok(found) => found.bytes().await.map_err(internal),
            Err(ObjectError::NotFound { .. }) if self.is_over(epoch).await? => Err(Error::NotFound(self.name())),
            Err(ObjectError::NotFound { .. }) => Err(Error::DataLoss(format!("{path} is gone"))),
            Err(error) => Err(internal(error)),
        }
    }

    /// Whether the resource was deleted after this epoch began.
    async fn is_over(&self, epoch: u64) -> Result<bool, Error> {
        let last = self.last::<serde_json::Value>().await?;
        Ok(epoch_after(last.as_ref()) > epoch)
    }

    /// Adds a deletion, also after a damaged entry, then removes the data before it; those that cannot be removed are
    /// only waste.
    pub(super) async fn delete<M: Serialize + DeserializeOwned>(&self) -> Result<(), Error> {
        loop {
            let last = match self.live::<M>().await {
                Err(Error::DataLoss(_)) => self.last_or_lost().await?,
                live => Some(live?),
            };
            if let Some(deletion) = self.publish(last.as_ref(), None).await? {
                if let Err(error) = self.purge(deletion.epoch).await {
                    tracing::warn!(resource = self.name(), %error, "data of a deleted resource remain");
                }
                return Ok(());
            }
        }
    }

    /// Removes the data of all epochs before this one.
    async fn purge(&self, epoch: u64) -> Result<(), Error> {
        let epochs = self.epochs();
        let old = |path: &Path| {
            let mut parts = path.prefix_match(&epochs)?;
            Some(parts.next()?.as_ref().parse::<u64>().ok()? < epoch)
        };
        let listed: Vec<_> = self.objects.list(Some(&epochs)).try_collect().await.map_err(internal)?;
        for object in listed.iter().filter(|object| old(&object.location) == Some(true)) {
            self.objects.delete(&object.location).await.map_err(internal)?;
        }
        Ok(())
    }
}

/// The epoch that an entry after this one belongs to.
pub(super) fn epoch_after<M>(entry: Option<&Entry<M>>) -> u64 {
    entry.map_or(0, |entry| entry.epoch)
}

pub(super) fn internal(error: ObjectError) -> Error {
    Error::Internal(format!("the store failed: {error}"))
}
