//! The connection of a command: to a named server, or to one of its own that lives as long as the call.

use super::failure::{Exit, Failure};
use crate::config::Config;
use crate::server::{self, RunningServer};
use std::net::{Ipv4Addr, SocketAddr};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

/// Answers may be large; what a client reads is bounded by what it asked for.
const LARGEST_ANSWER: usize = 1 << 30;

/// A connected client, and the server it started if it started one.
#[derive(Debug)]
pub(super) struct Client {
    channel: Channel,
    own: Option<(RunningServer, TempDir)>,
}

/// A service's client on this connection, ready for large answers.
macro_rules! service {
    ($name:ident, $module:ident, $client:ident) => {
        #[doc = concat!("The client of `", stringify!($client), "`'s service.")]
        pub(super) fn $name(&self) -> crate::api::v1::$module::$client<Channel> {
            crate::api::v1::$module::$client::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
        }
    };
}

impl Client {
    /// Connects to `endpoint`, or starts a server on a free loopback port with a store in a temporary directory.
    ///
    /// # Errors
    /// When the endpoint is no address or nobody answers there, or when the server cannot start.
    pub(super) async fn connect(endpoint: Option<&str>) -> Result<Self, Failure> {
        match endpoint {
            Some(endpoint) => Ok(Self { channel: dial(endpoint).await?, own: None }),
            None => Self::start().await,
        }
    }

    async fn start() -> Result<Self, Failure> {
        let cannot =
            |what: &str, error: &dyn std::fmt::Display| Failure::new(Exit::Software, format!("{what}: {error}"));
        let store = tempfile::tempdir().map_err(|e| cannot("no temporary directory", &e))?;
        let settings = Config::from_environment().map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = Config { listen, health_listen: None, store: store.path().to_owned(), ..settings };
        let server = server::start(&config).await.map_err(|e| cannot("the embedded server did not start", &e))?;
        let channel = dial(&format!("http://{}", server.address())).await?;
        Ok(Self { channel, own: Some((server, store)) })
    }

    /// Whether the server belongs to this command.
    pub(super) fn owns_server(&self) -> bool {
        self.own.is_some()
    }

    /// The connection itself, for services that are not ours.
    pub(super) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    service!(datasets, dataset_service_client, DatasetServiceClient);
    service!(indices, index_service_client, IndexServiceClient);
    service!(regression, regression_service_client, RegressionServiceClient);
    service!(forecast, forecast_service_client, ForecastServiceClient);
    service!(catalog, catalog_service_client, CatalogServiceClient);

    /// Ends the server that the command started, if any.
    pub(super) async fn close(self) {
        drop(self.channel);
        if let Some((server, _store)) = self.own {
            server.stop().await;
        }
    }
}

async fn dial(endpoint: &str) -> Result<Channel, Failure> {
    let address = if endpoint.contains("://") { endpoint.to_owned() } else { format!("http://{endpoint}") };
    let bad = |e: &dyn std::fmt::Display| {
        Failure::new(Exit::Usage, format!("{endpoint:?} is no address ({e}); write it as http://127.0.0.1:50551"))
    };
    let parsed = Endpoint::from_shared(address).map_err(|e| bad(&e))?;
    parsed.connect().await.map_err(|_| {
        let text = format!("nobody answers at {endpoint}; start a server with `agglo serve` or correct --endpoint");
        Failure::new(Exit::Unavailable, text)
    })
}
