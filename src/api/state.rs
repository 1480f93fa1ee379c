//! What all services share.

use crate::compute::Compute;
use std::sync::Arc;

/// The store, the pool and the limits; clones share them.
#[derive(Debug, Clone)]
pub struct State(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    compute: Compute,
    max_message_bytes: usize,
}

impl State {
    /// The state of a server.
    pub fn new(compute: Compute, max_message_bytes: usize) -> Self {
        Self(Arc::new(Shared { compute, max_message_bytes }))
    }

    /// Where calculations run.
    pub fn compute(&self) -> &Compute {
        &self.0.compute
    }

    /// Largest request message, in bytes.
    pub fn max_message_bytes(&self) -> usize {
        self.0.max_message_bytes
    }
}
