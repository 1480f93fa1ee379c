//! `agglo forecast`: growth with and without policies.

use super::data::{DataArgs, Ready};
use super::failure::{Exit, Failure};
use super::fit::{self, ModelArgs};
use super::print;
use super::upload::unreadable;
use crate::api::json;
use crate::api::v1::{
    ForecastGrowthRequest, ForecastGrowthResponse, GivenModel, Scenario, ScenarioResult, Table,
    forecast_growth_request::Model,
};
use crate::report::{self, Report};
use std::fs;
use std::path::{Path, PathBuf};

/// Forecasts growth with and without policies, on the same random draws.
#[derive(Debug, clap::Args)]
pub(super) struct ForecastArgs {
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
    /// Write a report with charts to this HTML file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
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
        let model = self.model.read()?;
        let mut scenarios = Vec::new();
        for path in &self.scenarios {
            scenarios.extend(read_scenarios(path)?);
        }
        let Ready { client, source } = self.data.open().await?;
        let request = ForecastGrowthRequest {
            dataset: Some(source),
            model: Some(model),
            horizon: self.horizon,
            draws: self.draws,
            seed: self.seed,
            scenarios,
            group_attribute: self.group,
            population_measure: self.population,
            ..ForecastGrowthRequest::default()
        };
        let answer = client.forecast().forecast_growth(request).await;
        client.close().await;
        let answer = answer?.into_inner();
        if let Some(path) = &self.report {
            write_report(&Report { title: "Growth forecast", forecast: Some(&answer), ..Report::default() }, path)?;
        }
        print::answer(&answer, self.json, describe)
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

fn read_message<M: prost::Message + prost::Name + Default>(path: &Path) -> Result<M, Failure> {
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
    let mut parts = Vec::new();
    if let Some(model) = &answer.model {
        parts.push(fit::model(model));
    }
    if let Some(table) = answer.baseline.as_ref().and_then(|path| path.regions.as_ref()) {
        parts.push(format!("Baseline, level by region\n{}", by_period(table, "level")));
    }
    parts.extend(answer.scenarios.iter().map(scenario));
    parts.push(answer.assumptions.join("\n"));
    parts.extend(answer.provenance.as_ref().and_then(fit::warnings));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// A scenario as a planner reads it: the effect at the end by region, with its interval, and what to keep in mind.
pub(super) fn scenario(result: &ScenarioResult) -> String {
    let mut parts = vec![format!("Scenario {:?}, effect against the baseline", result.name)];
    if let Some(effects) = &result.effects {
        parts.push(by_period(effects, "outcome_effect"));
        parts.push(by_period(effects, "level_effect_percent"));
    }
    if let Some(nation) = &result.nation_effects {
        let effect = print::numbers(nation, "level_effect_percent").last().copied().flatten();
        parts.push(format!("nation at the end: {} %", print::number_or_dash(effect)));
    }
    parts.extend(result.warnings.iter().map(|w| format!("{}: {}", w.code, w.message)));
    parts.join("\n")
}

/// One column of a table of regions, spread over the periods.
fn by_period(table: &Table, column: &str) -> String {
    print::pivot(column, print::texts(table, "region"), print::texts(table, "period"), &print::numbers(table, column))
}
