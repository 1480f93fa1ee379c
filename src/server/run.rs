//! A server as a process of its own: runs until a signal asks it to end.

use super::start;
use crate::config::Config;
use crate::error::Error;
use std::time::Duration;
use tokio::runtime;

/// Time that background work, such as a file being written, gets after the drain.
const LAST_GRACE: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or ctrl-c, then drains; a second signal ends at once.
///
/// # Errors
/// Those of [`start`].
pub fn serve_until_signal(config: &Config) -> Result<(), Error> {
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Internal(format!("cannot start the threads of the service: {error}")))?;
    let outcome = runtime.block_on(async {
        let server = start(config).await?;
        let mut signals = Signals::new()?;
        signals.next().await;
        tokio::select! {
            () = server.stop() => {}
            () = signals.next() => tracing::warn!("a second signal: ending at once"),
        }
        Ok(())
    });
    runtime.shutdown_timeout(LAST_GRACE);
    outcome
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| Error::Internal(format!("cannot listen to signals: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a handler there is no signal to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
