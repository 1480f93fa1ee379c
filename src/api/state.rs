//! What all services share.

use super::cache::PanelCache;
use crate::compute::Compute;
use crate::error::Error;
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Uploads and exports that may be under way; each holds a thread while its bytes come and go.
const TRANSFERS: usize = 32;

/// The store, the pool and the limits; clones share them.
#[derive(Debug, Clone)]
pub struct State(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Store,
    compute: Compute,
    panels: PanelCache,
    transfers: Arc<Semaphore>,
    message_limits: MessageLimits,
}

/// Largest messages, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageLimits {
    /// Of a request.
    pub request_bytes: usize,
    /// Of an answer.
    pub answer_bytes: usize,
}

impl State {
    /// The state of a server that keeps `cache_bytes` of stored datasets ready.
    pub fn new(store: Store, compute: Compute, cache_bytes: u64, message_limits: MessageLimits) -> Self {
        let panels = PanelCache::new(cache_bytes);
        let transfers = Arc::new(Semaphore::new(TRANSFERS));
        Self(Arc::new(Shared { store, compute, panels, transfers, message_limits }))
    }

    /// Where datasets and models are kept.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Where calculations run.
    pub fn compute(&self) -> &Compute {
        &self.0.compute
    }

    pub(super) fn panels(&self) -> &PanelCache {
        &self.0.panels
    }

    /// Largest messages.
    pub fn message_limits(&self) -> MessageLimits {
        self.0.message_limits
    }

    /// A place for an upload or an export, held until it is dropped.
    pub(super) fn transfer(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.0.transfers.clone().try_acquire_owned().map_err(|_| Error::Busy { limit: TRANSFERS })
    }
}
