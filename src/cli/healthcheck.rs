//! `agglo healthcheck`: asks a server whether it serves; for container runtimes and scripts.

use super::client::Client;
use super::failure::{Exit, Failure};
use std::time::Duration;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// Asks a server whether it serves; exits with 0 if so.
#[derive(Debug, clap::Args)]
pub struct HealthcheckArgs {
    /// The server to ask.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Seconds to wait for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    timeout: f64,
}

impl HealthcheckArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When nobody answers in time or the server says it does not serve.
    pub async fn run(self) -> Result<(), Failure> {
        let wait = Duration::try_from_secs_f64(self.timeout)
            .map_err(|_| Failure::new(Exit::Usage, "--timeout is a positive number of seconds"))?;
        let late = |_| Failure::new(Exit::Unavailable, format!("{} did not answer in {wait:?}", self.endpoint));
        tokio::time::timeout(wait, self.ask()).await.map_err(late)?
    }

    async fn ask(&self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        let answer = HealthClient::new(client.channel()).check(HealthCheckRequest::default()).await?.into_inner();
        if answer.status() == ServingStatus::Serving {
            println!("serving");
            return Ok(());
        }
        Err(Failure::new(Exit::Unavailable, format!("{} is not serving", self.endpoint)))
    }
}
