//! Decoded panels by the digest of their content, the least recently used ones dropped first.

use crate::panel::Panel;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Panels that take at most so many bytes together.
#[derive(Debug)]
pub(super) struct PanelCache {
    most: u64,
    held: Mutex<VecDeque<Held>>,
}

#[derive(Debug)]
struct Held {
    digest: String,
    panel: Arc<Panel>,
    bytes: u64,
}

impl PanelCache {
    pub(super) fn new(most: u64) -> Self {
        Self { most, held: Mutex::default() }
    }

    /// A panic elsewhere cannot leave the queue half-changed, so a poisoned lock is as good as any.
    fn held(&self) -> MutexGuard<'_, VecDeque<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The panel with this digest, which becomes the most recently used.
    pub(super) fn get(&self, digest: &str) -> Option<Arc<Panel>> {
        let mut held = self.held();
        let position = held.iter().position(|entry| entry.digest == digest)?;
        let entry = held.remove(position)?;
        let panel = entry.panel.clone();
        held.push_front(entry);
        Some(panel)
    }

    /// Keeps a panel as long as there is room.
    pub(super) fn put(&self, digest: &str, panel: &Arc<Panel>) {
        let bytes = size_of_panel(panel);
        let mut held = self.held();
        if bytes > self.most || held.iter().any(|entry| entry.digest == digest) {
            return;
        }
        held.push_front(Held { digest: digest.to_owned(), panel: panel.clone(), bytes });
        while held.iter().map(|entry| entry.bytes).sum::<u64>() > self.most {
            held.pop_back();
        }
    }
}

/// About the bytes a panel takes: its values and the numbers of its cells.
fn size_of_panel(panel: &Panel) -> u64 {
    let row = panel.measures().len() * size_of::<crate::panel::Value>() + 2 * size_of::<u32>();
    (panel.rows() * row) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{KeyNames, PanelBuilder, RowKey};

    fn panel(rows: usize) -> Arc<Panel> {
        let keys = KeyNames { region: "r".into(), period: "p".into(), industry: None };
        let mut builder = PanelBuilder::new(keys, Vec::new());
        for row in 0..rows {
            builder.push(RowKey { row, region: &row.to_string(), period: "1990", industry: None }, &[]);
        }
        Arc::new(builder.finish().unwrap())
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = PanelCache::new(2 * size_of_panel(&panel(10)));
        cache.put("a", &panel(10));
        cache.put("b", &panel(10));
        assert!(cache.get("a").is_some());
        cache.put("c", &panel(10));
        assert!(cache.get("b").is_none() && cache.get("a").is_some() && cache.get("c").is_some());
        cache.put("large", &panel(30));
        assert!(cache.get("large").is_none() && cache.get("c").is_some(), "what never fits displaces nothing");
    }
}
