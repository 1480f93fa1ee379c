//! `agglo forecast`: growth with and without policies.

use super::client::Client;
use super::data::{DataArgs, Ready};
use super::failure::{Exit, Failure};
use super::fit::{self, ModelArgs};
use super::futures::FutureArgs;
use super::indices::parse_call;
use super::scenarios::scenario_name;
use super::upload::unreadable;
use super::upload::waiting;
use super::{draws, explain, planner, print};
use crate::api::json;
use crate::api::v1::{
    Driver, ForecastGrowthRequest, ForecastGrowthResponse, GivenModel, Scenario, forecast_growth_request::Model,
};
use crate::report::{self, Report};
use std::fs;
use std::path::{Path, PathBuf};

/// Forecasts growth with and without policies, on the same random draws.
#[derive(Debug, clap::Args)]
pub(super) struct ForecastArgs {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    files: Files,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// What is written beside the printed answer.
#[derive(Debug, clap::Args)]
struct Files {
    /// Write a report with charts to this HTML file; it explains every scenario.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Write every draw of every future to this CSV file.
    #[arg(long, value_name = "FILE.csv")]
    draws_to: Option<PathBuf>,
}

/// What to forecast, and from what.
#[derive(Debug, clap::Args)]
pub(super) struct Question {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    model: ModelSource,
    /// Number of periods to forecast.
    #[arg(long, value_name = "N")]
    horizon: i32,
    /// A policy in a JSON file: a Scenario message, or {"scenarios": [...]}; may be repeated.
    #[arg(long = "scenario", value_name = "FILE.json")]
    scenarios: Vec<PathBuf>,
    /// A policy stored on the server of --endpoint; may be repeated. `agglo scenarios` lists them.
    #[arg(long = "stored-scenario", value_name = "NAME", requires = "endpoint")]
    stored_scenarios: Vec<String>,
    /// Number of random draws; 0 gives the point forecast only.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    draws: i32,
    /// Seed of the draws; the same seed gives the same numbers.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: i64,
    /// Text attribute of the regions to report by, such as the macro-region.
    #[arg(long, value_name = "ATTRIBUTE", default_value = "")]
    group: String,
    /// Measure that inequality is weighted by, such as population.
    #[arg(long, value_name = "MEASURE", default_value = "")]
    population: String,
    /// How a measure moves without policy, as in unemployment=constant or firms=constant_growth:window=5; may be
    /// repeated. `agglo methods` lists the drivers.
    #[arg(long = "driver", value_name = "MEASURE=METHOD", value_parser = parse_driver)]
    drivers: Vec<Driver>,
    /// The level of an interval of the forecast, in (0, 1); may be repeated. 0.8 and 0.95 when left out.
    #[arg(long = "band", value_name = "LEVEL")]
    bands: Vec<f64>,
    #[command(flatten)]
    futures: FutureArgs,
}

/// Where the model of growth comes from.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false, args = ["formula", "model_name", "given"])]
struct ModelSource {
    #[command(flatten)]
    fitted: Option<ModelArgs>,
    /// A model stored on the server of --endpoint.
    #[arg(long = "model", value_name = "NAME", requires = "endpoint")]
    model_name: Option<String>,
    /// A model with given coefficients: a JSON file that holds a GivenModel message.
    #[arg(long, value_name = "FILE.json")]
    given: Option<PathBuf>,
}

impl ForecastArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data, the model or a scenario are refused, or the report cannot be written.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (client, request) = self.question.open().await?;
        let mut forecast = client.forecast();
        let answer = waiting("forecasting", forecast.forecast_growth(request.clone())).await;
        let written = match &answer {
            Ok(answer) => self.files.write(&client, request, answer.get_ref()).await,
            Err(_) => Ok(()),
        };
        client.close().await;
        let answer = answer?.into_inner();
        written?;
        print::answer(&answer, self.json, describe)
    }
}

impl Files {
    async fn write(
        &self,
        client: &Client,
        request: ForecastGrowthRequest,
        answer: &ForecastGrowthResponse,
    ) -> Result<(), Failure> {
        if let Some(path) = &self.report {
            let explanations = &explain::every(client, &request, answer).await;
            let report = Report { title: "Growth forecast", forecast: Some(answer), explanations, ..Report::default() };
            write_report(&report, path)?;
        }
        match &self.draws_to {
            Some(path) => draws::write(client, request, path).await,
            None => Ok(()),
        }
    }
}

impl Question {
    /// Reads the files, connects and asks nothing yet.
    ///
    /// # Errors
    /// When a file or the data cannot be read or nobody answers.
    pub(super) async fn open(self) -> Result<(Client, ForecastGrowthRequest), Failure> {
        let model = self.model.read()?;
        let mut scenarios = Vec::new();
        for path in &self.scenarios {
            scenarios.extend(read_scenarios(path)?);
        }
        let Ready { client, source } = self.data.open().await?;
        let mut request = ForecastGrowthRequest {
            dataset: Some(source),
            model: Some(model),
            horizon: self.horizon,
            draws: self.draws,
            seed: self.seed,
            scenarios,
            scenario_names: self.stored_scenarios.iter().map(|name| scenario_name(name)).collect(),
            group_attribute: self.group,
            population_measure: self.population,
            drivers: self.drivers,
            interval_levels: self.bands,
            ..ForecastGrowthRequest::default()
        };
        let main = self.model.fitted.as_ref().map(ModelArgs::spec);
        self.futures.add_to(&mut request, main.as_ref());
        Ok((client, request))
    }
}

impl ModelSource {
    fn read(&self) -> Result<Model, Failure> {
        match (&self.fitted, &self.model_name, &self.given) {
            (Some(fitted), _, _) => Ok(Model::Spec(fitted.spec())),
            (_, Some(name), _) => Ok(Model::ModelName(super::models::model_name(name))),
            (_, _, Some(path)) => read_message::<GivenModel>(path).map(Model::Given),
            _ => Err(Failure::new(Exit::Usage, "give --formula, --model or --given")),
        }
    }
}

/// A file holds one scenario, or a request's list of scenarios.
fn read_scenarios(path: &Path) -> Result<Vec<Scenario>, Failure> {
    let text = fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    let is_list = serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|json| json.get("scenarios").is_some());
    if is_list {
        return read_message::<ForecastGrowthRequest>(path).map(|request| request.scenarios);
    }
    read_message(path).map(|scenario| vec![scenario])
}

/// The message in a JSON file.
///
/// # Errors
/// When the file cannot be read or holds another message.
pub(super) fn read_message<M: prost::Message + prost::Name + Default>(path: &Path) -> Result<M, Failure> {
    let text = fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    json::from_json(&text).map_err(|e| Failure::new(Exit::Data, format!("{}: {e}", path.display())))
}

/// Writes the page of `report` to `path`.
///
/// # Errors
/// When an answer breaks its contract or the file cannot be written.
pub(super) fn write_report(report: &Report<'_>, path: &Path) -> Result<(), Failure> {
    let cannot = |e: &dyn std::fmt::Display| {
        Failure::new(Exit::CannotCreate, format!("the report {} cannot be written: {e}", path.display()))
    };
    let html = report::render(report).map_err(|e| cannot(&e))?;
    fs::write(path, html).map_err(|e| cannot(&e))
}

fn describe(answer: &ForecastGrowthResponse) -> String {
    let models = answer.model.iter().chain(&answer.rival_models).filter(|model| !model.coefficients.is_empty());
    let mut parts: Vec<_> = models.map(fit::model).collect();
    parts.extend(planner::baseline(answer));
    parts.extend(answer.scenarios.iter().map(|scenario| planner::scenario(answer, scenario)));
    parts.extend(planner::side_by_side(answer));
    parts.push(answer.assumptions.join("\n"));
    parts.extend(answer.provenance.as_ref().and_then(fit::warnings));
    parts.push("Every period, quantile and table: --json; charts: --report FILE.html".to_owned());
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// A driver as typed: `MEASURE=METHOD` with parameters as those of an index.
fn parse_driver(text: &str) -> Result<Driver, String> {
    let (measure, rest) = text.split_once('=').ok_or("write it as MEASURE=METHOD")?;
    let (method, parameters) = parse_call(rest)?;
    Ok(Driver { measure: measure.to_owned(), method, parameters, ..Driver::default() })
}
