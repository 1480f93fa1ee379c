//! The program `agglo`.

use agglo::config::{self, Config};
use agglo::{server, telemetry};
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// The exit code of a wrong command line or setting, as in `sysexits.h`.
const USAGE: u8 = 64;
/// The exit code of a service that cannot be reached or started.
const UNAVAILABLE: u8 = 69;
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// A gRPC analytics service for regional economies.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Run the service.
    Serve(Box<Config>),
    /// Ask a running service whether it is ready.
    Healthcheck {
        /// The service to ask; without it the one that AGGLO_LISTEN names on this machine.
        #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT")]
        endpoint: Option<String>,
    },
}

fn main() -> ExitCode {
    let loaded = config::load_file(std::env::args_os());
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    let outcome = match command {
        Command::Serve(config) => loaded
            .and_then(|()| config.check())
            .and_then(|()| telemetry::start(&config))
            .map_err(|error| (USAGE, error.to_string()))
            .and_then(|()| server::serve_until_signal(&config).map_err(|error| (UNAVAILABLE, error.to_string()))),
        Command::Healthcheck { endpoint } => healthcheck(endpoint).map_err(|text| (UNAVAILABLE, text)),
    };
    outcome.map_or_else(
        |(code, text)| {
            eprintln!("agglo: {text}");
            code.into()
        },
        |()| ExitCode::SUCCESS,
    )
}

/// Asks the health service and says what is wrong when it does not serve.
fn healthcheck(endpoint: Option<String>) -> Result<(), String> {
    let endpoint = match endpoint {
        Some(endpoint) => endpoint,
        None => Config::from_environment().map_err(|error| error.to_string())?.local_endpoint(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let ask = async {
            let channel = Endpoint::from_shared(endpoint.clone()).map_err(|error| error.to_string())?;
            let channel = channel.connect().await.map_err(|error| error.to_string())?;
            let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
            answer.map_err(|status| status.message().to_owned()).map(|answer| answer.get_ref().status())
        };
        match tokio::time::timeout(PROBE_TIMEOUT, ask).await {
            Ok(Ok(ServingStatus::Serving)) => Ok(()),
            Ok(Ok(status)) => Err(format!("{endpoint} is {}", status.as_str_name())),
            Ok(Err(text)) => Err(format!("{endpoint}: {text}")),
            Err(_) => Err(format!("{endpoint} does not answer within {} s", PROBE_TIMEOUT.as_secs())),
        }
    })
}
