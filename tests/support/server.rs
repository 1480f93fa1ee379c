//! A real server on a free port of this machine, with a store of its own.

#![allow(dead_code, reason = "every test program uses some of it")]

use agglo::config::Config;
use agglo::server::{self, RunningServer};
use std::ffi::OsString;
use std::time::Duration;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

/// A server and the directory it stores in.
pub(crate) struct TestServer {
    pub(crate) running: RunningServer,
    pub(crate) folder: TempDir,
}

impl TestServer {
    /// Starts a server with these flags beside the address and the store.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("--store={}", folder.path().display());
        let given = ["--listen=127.0.0.1:0", &store].into_iter().chain(flags.iter().copied());
        let config = Config::from_flags(given.map(OsString::from)).unwrap();
        config.check().unwrap();
        Self { running: server::start(&config).await.unwrap(), folder }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// A connection that does not outlive a hanging test.
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.endpoint()).unwrap();
        endpoint.timeout(Duration::from_secs(30)).connect().await.unwrap()
    }
}
