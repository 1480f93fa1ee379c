//! A flag that asks long calculations to end.

use crate::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by the caller, who may raise it, and a method, which looks at it between blocks of work.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks every method that holds a clone to end soon.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the flag is raised.
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Passes while nobody has raised the flag.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once it is raised.
    pub fn check(&self) -> Result<(), Error> {
        if self.raised() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_flag_stops_every_clone() {
        let stop = Stop::default();
        let seen = stop.clone();
        assert!(seen.check().is_ok());
        stop.raise();
        assert!(matches!(seen.check(), Err(Error::Cancelled)));
    }
}
