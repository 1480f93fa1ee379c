//! `agglo healthcheck`: asks a server whether it serves; for container runtimes and scripts.

use super::client::Client;
use super::failure::{Exit, Failure};
use super::print;
use crate::config::Config;
use std::time::Duration;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks a server whether it serves; exits with 0 if so.
#[derive(Debug, clap::Args)]
pub(super) struct HealthcheckArgs {
    /// The server to ask; without it the one that AGGLO_LISTEN names on this machine.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT")]
    endpoint: Option<String>,
}

impl HealthcheckArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When nobody answers in time or the server says it does not serve.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let endpoint = match self.endpoint {
            Some(endpoint) => endpoint,
            None => {
                let config = Config::from_environment().map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
                config.local_endpoint()
            }
        };
        let late = |_| Failure::new(Exit::Unavailable, format!("{endpoint} did not answer within {PATIENCE:?}"));
        tokio::time::timeout(PATIENCE, ask(&endpoint)).await.map_err(late)?
    }
}

async fn ask(endpoint: &str) -> Result<(), Failure> {
    let client = Client::connect(Some(endpoint)).await?;
    let answer = HealthClient::new(client.channel()).check(HealthCheckRequest::default()).await?.into_inner();
    if answer.status() == ServingStatus::Serving {
        return print::line("serving");
    }
    Err(Failure::new(Exit::Unavailable, format!("{endpoint} is not serving")))
}
