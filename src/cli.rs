//! A person's front door: every command but `serve` is a client of the API.

mod allocate;
mod backtest;
mod client;
mod compare;
mod data;
mod datasets;
mod demo;
mod draws;
mod explain;
mod facts;
mod failure;
mod fit;
mod forecast;
mod futures;
mod healthcheck;
mod import;
mod indices;
mod inverse;
mod methods;
mod models;
mod more;
mod planner;
mod print;
mod roles;
mod rows;
mod scenarios;
mod seek;
mod serve;
mod simulate;
mod test;
mod upload;

pub use failure::{Exit, Failure};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

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
    Serve(Box<serve::ServeArgs>),
    Import(import::ImportArgs),
    Datasets(datasets::DatasetsArgs),
    Indices(indices::IndicesArgs),
    Fit(fit::FitArgs),
    Models(models::ModelsArgs),
    Test(test::TestArgs),
    Compare(compare::CompareArgs),
    Forecast(Box<forecast::ForecastArgs>),
    Scenarios(scenarios::ScenariosArgs),
    Explain(Box<explain::ExplainArgs>),
    Backtest(Box<backtest::BacktestArgs>),
    Seek(Box<seek::SeekArgs>),
    Allocate(Box<allocate::AllocateArgs>),
    Methods(methods::MethodsArgs),
    Simulate(simulate::SimulateArgs),
    Healthcheck(healthcheck::HealthcheckArgs),
}

impl Cli {
    /// Reads the command line. A negative number is a value for any flag, so that it is the flag's rule that refuses it.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for.
    pub fn read() -> Result<Self, clap::Error> {
        let value = |arg: clap::Arg| {
            let takes_values = arg.get_action().takes_values();
            if takes_values { arg.allow_negative_numbers(true) } else { arg }
        };
        let command = Self::command().mut_subcommands(|command| command.mut_args(value));
        Self::from_arg_matches(&command.try_get_matches()?)
    }

    /// Runs the command that was typed.
    ///
    /// # Errors
    /// When it does not reach its result; the failure says why and carries the exit code.
    pub fn run(self) -> Result<(), Failure> {
        // The service builds its own runtime.
        if let Command::Serve(args) = self.command {
            return args.run();
        }
        let runtime = tokio::runtime::Runtime::new().map_err(|e| Failure::new(Exit::Software, e.to_string()))?;
        runtime.block_on(self.command.run())
    }
}

impl Command {
    async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Demo(args) => args.run().await,
            Self::Serve(args) => args.run(),
            Self::Import(args) => args.run().await,
            Self::Datasets(args) => args.run().await,
            Self::Indices(args) => args.run().await,
            Self::Fit(args) => args.run().await,
            Self::Models(args) => args.run().await,
            Self::Test(args) => args.run().await,
            Self::Compare(args) => args.run().await,
            Self::Forecast(args) => Box::pin(args.run()).await,
            Self::Scenarios(args) => args.run().await,
            Self::Explain(args) => args.run().await,
            Self::Backtest(args) => args.run().await,
            Self::Seek(args) => Box::pin(args.run()).await,
            Self::Allocate(args) => Box::pin(args.run()).await,
            Self::Methods(args) => args.run().await,
            Self::Simulate(args) => args.run(),
            Self::Healthcheck(args) => args.run().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn no_flag_has_two_meanings() {
        Cli::command().debug_assert();
    }
}
