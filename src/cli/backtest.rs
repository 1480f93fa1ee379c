//! `agglo backtest`: how good forecasts from past origins would have been.

use super::failure::Failure;
use super::forecast::Question;
use super::indices::parse_call;
use super::print;
use super::upload::waiting;
use crate::api::v1::{BacktestForecastRequest, BacktestForecastResponse, ScoreCall, Table};
use prost_types::Value;
use std::collections::BTreeMap;

/// Makes a forecast at past origins and compares it, and simpler rivals, with what came.
#[derive(Debug, clap::Args)]
pub(super) struct BacktestArgs {
    #[command(flatten)]
    question: Question,
    /// The first origin, the last period known to its forecast; ten origins when left out.
    #[arg(long, value_name = "PERIOD", default_value = "")]
    first_origin: String,
    /// The last origin; the last one whose whole horizon is in the data when left out.
    #[arg(long, value_name = "PERIOD", default_value = "")]
    last_origin: String,
    /// Number of origins, without --first-origin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    origins: i32,
    /// Periods between origins.
    #[arg(long, value_name = "N", default_value_t = 1)]
    step: i32,
    /// A rival: naive, random_walk_with_drift or constant_share; may be repeated. All when left out.
    #[arg(long = "rival", value_name = "NAME")]
    rivals: Vec<String>,
    /// A score with its parameters, as in coverage:level=0.9; may be repeated. `agglo methods` lists them.
    #[arg(long = "score", value_name = "SCORE", value_parser = parse_call)]
    scores: Vec<(String, BTreeMap<String, Value>)>,
    /// Print the response message, with every area and case, as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

impl BacktestArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data, the model or the origins are refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (client, forecast) = self.question.open().await?;
        let request = BacktestForecastRequest {
            forecast: Some(forecast),
            first_origin: self.first_origin,
            last_origin: self.last_origin,
            origin_count: self.origins,
            origin_step: self.step,
            rivals: self.rivals,
            scores: self.scores.into_iter().map(|(id, parameters)| ScoreCall { id, parameters }).collect(),
            by_area: self.json,
            with_cases: self.json,
        };
        let mut service = client.forecast();
        let answer = waiting("backtesting", service.backtest_forecast(request)).await;
        client.close().await;
        print::answer(&answer?.into_inner(), self.json, describe)
    }
}

fn describe(answer: &BacktestForecastResponse) -> String {
    let mut parts = vec![format!("Forecasts of {} from past origins, all regions", answer.outcome)];
    parts.extend(answer.origins.as_ref().map(origins));
    for quantity in ["level", "growth"] {
        parts.extend(answer.scores.as_ref().and_then(|table| scores(table, quantity)));
        parts.extend(answer.comparisons.as_ref().and_then(|table| comparisons(table, quantity)));
    }
    parts.push("Every region, score and case: --json".to_owned());
    parts.join("\n\n")
}

/// The origins, and what failed at them.
fn origins(table: &Table) -> String {
    let (origins, contenders) = (print::texts(table, "origin"), print::texts(table, "contender"));
    let failures = print::texts(table, "failure").iter().zip(origins).zip(contenders);
    let failed: Vec<String> = failures
        .filter(|((failure, _), _)| !failure.is_empty())
        .map(|((failure, origin), contender)| format!("{origin}: {contender} has no forecast: {failure}"))
        .collect();
    let told = match (origins.first(), origins.last()) {
        (Some(first), Some(last)) => format!("Origins {first} to {last}"),
        _ => "No origin".to_owned(),
    };
    [vec![told], failed].concat().join("\n")
}

/// The rows of a table about all regions pooled, in one quantity.
fn pooled(table: &Table, quantity: &str) -> Vec<usize> {
    let (kinds, quantities) = (print::texts(table, "area_kind"), print::texts(table, "quantity"));
    (0..kinds.len()).filter(|row| kinds[*row] == "regions" && quantities[*row] == quantity).collect()
}

/// The horizon as it is told.
fn ahead(horizon: Option<f64>) -> String {
    horizon.filter(|h| *h > 0.0).map_or_else(|| "all".to_owned(), print::number)
}

/// The scores of every contender by horizon.
fn scores(table: &Table, quantity: &str) -> Option<String> {
    const HEADS: [&str; 5] = ["contender", "quantity", "area_kind", "area", "industry"];
    let columns: Vec<_> =
        table.columns.iter().filter(|c| !HEADS.contains(&c.name.as_str()) && c.name != "horizon").collect();
    let (contenders, horizons) = (print::texts(table, "contender"), print::numbers(table, "horizon"));
    let entries: Vec<Vec<Option<f64>>> = columns.iter().map(|column| print::entries(column)).collect();
    let header = ["contender", "ahead"].into_iter().map(str::to_owned);
    let header: Vec<String> = header.chain(columns.iter().map(|column| column.name.clone())).collect();
    let row = |row: usize| {
        let cells = entries.iter().map(|column| print::number_or_dash(column[row]));
        [contenders[row].clone(), ahead(horizons[row])].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = pooled(table, quantity).into_iter().map(row).collect();
    (!rows.is_empty()).then(|| format!("Scores of the {quantity}\n{}", print::table(&header, &rows)))
}

/// The model against the others by the continuous ranked probability score, or the first score there is.
fn comparisons(table: &Table, quantity: &str) -> Option<String> {
    let names = print::texts(table, "score");
    let score = names.iter().find(|name| *name == "crps").or(names.first())?;
    let (contenders, horizons) = (print::texts(table, "contender"), print::numbers(table, "horizon"));
    let columns = ["skill", "statistic", "p_value"].map(|name| print::numbers(table, name));
    let header = ["against", "ahead", "skill", "DM", "p"].map(str::to_owned);
    let row = |row: usize| {
        let [skill, statistic, p] = &columns;
        let p = p[row].map_or_else(|| "–".to_owned(), print::p_value);
        let told = [print::number_or_dash(skill[row]), print::number_or_dash(statistic[row]), p];
        [contenders[row].clone(), ahead(horizons[row])].into_iter().chain(told).collect()
    };
    let rows = pooled(table, quantity).into_iter().filter(|row| names[*row] == *score).map(row);
    let title = format!("The model's {score} of the {quantity} against others (DM below zero: the model is better)");
    Some(format!("{title}\n{}", print::table(&header, &rows.collect::<Vec<Vec<String>>>())))
}
