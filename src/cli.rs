//! A person's front door: every command but `serve` is a client of the API.

mod client;
mod data;
mod datasets;
mod demo;
mod facts;
mod failure;
mod fit;
mod forecast;
mod healthcheck;
mod import;
mod indices;
mod methods;
mod models;
mod print;
mod roles;
mod rows;
mod serve;
mod simulate;
mod upload;

pub use failure::{Exit, Failure};

use clap::{Parser, Subcommand};

/// Agglomeration indices, growth regressions and counterfactual forecasts for regional economies.
#[derive(Debug, Parser)]
#[command(name = "agglo", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Import(import::ImportArgs),
    Datasets(datasets::DatasetsArgs),
    Indices(indices::IndicesArgs),
    Fit(fit::FitArgs),
    Models(models::ModelsArgs),
    Forecast(Box<forecast::ForecastArgs>),
    Methods(methods::MethodsArgs),
    Simulate(simulate::SimulateArgs),
    Healthcheck(healthcheck::HealthcheckArgs),
}

impl Cli {
    /// Runs the command that was typed.
    ///
    /// # Errors
    /// When it does not reach its result; the failure says why and carries the exit code.
    pub async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Demo(args) => args.run().await,
            Command::Serve(args) => args.run().await,
            Command::Import(args) => args.run().await,
            Command::Datasets(args) => args.run().await,
            Command::Indices(args) => args.run().await,
            Command::Fit(args) => args.run().await,
            Command::Models(args) => args.run().await,
            Command::Forecast(args) => args.run().await,
            Command::Methods(args) => args.run().await,
            Command::Simulate(args) => args.run(),
            Command::Healthcheck(args) => args.run().await,
        }
    }
}
