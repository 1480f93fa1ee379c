//! `agglo serve`: runs the service.

use super::failure::{Exit, Failure};
use crate::config::Config;
use crate::{server, telemetry};

/// Runs the service until it is told to end.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    config: Config,
}

impl ServeArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the settings contradict each other, or the address or the store cannot be had.
    pub(super) fn run(self) -> Result<(), Failure> {
        let wrong = |e: &dyn std::fmt::Display| Failure::new(Exit::Usage, e.to_string());
        self.config.check().map_err(|e| wrong(&e))?;
        telemetry::start(&self.config).map_err(|e| wrong(&e))?;
        server::serve_until_signal(&self.config).map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))
    }
}
