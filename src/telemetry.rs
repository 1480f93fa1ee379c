//! What the service writes to its log: lines on stderr, for people or for machines.

use crate::config::{Config, ConfigError, LogFormat};
use std::io::{IsTerminal, stderr};
use tracing_subscriber::EnvFilter;

/// Starts the log of the process.
///
/// # Errors
/// A filter that cannot be read, or a log that was started before.
pub fn start(config: &Config) -> Result<(), ConfigError> {
    let failed = |error: &dyn std::fmt::Display| ConfigError::new(format!("AGGLO_LOG: {error}"));
    let filter = EnvFilter::try_new(&config.log).map_err(|error| failed(&error))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|error| failed(&error))
}
