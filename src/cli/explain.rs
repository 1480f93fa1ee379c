//! `agglo explain`: what the parts of a scenario contribute, which region acts where, and who gains and who loses.

use super::client::Client;
use super::failure::Failure;
use super::forecast::{Question, write_report};
use super::upload::waiting;
use super::{fit, print};
use crate::api::v1::{
    EffectSplit, ExplainScenarioRequest, ExplainScenarioResponse, ForecastGrowthRequest, ForecastGrowthResponse, Gains,
    Spillovers, SplitBy, Table,
};
use crate::report::Report;
use std::path::PathBuf;

/// Explains the effects of a policy scenario: by policy, driver and margin, by region of origin, and who gains and loses.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    question: Question,
    /// Name of the scenario to explain; may be left out when there is only one.
    #[arg(long = "explain", value_name = "NAME", default_value = "")]
    scenario: String,
    /// What to split the effects by: policy, driver or margin; may be repeated. All of them when left out.
    #[arg(long = "by", value_name = "PART", value_parser = parse_by)]
    by: Vec<SplitBy>,
    /// Split drivers and margins within the policies they belong to.
    #[arg(long)]
    within_policies: bool,
    /// Tell which region's changes act where, too.
    #[arg(long)]
    spillovers: bool,
    /// The period whose effects are told; the last one when left out.
    #[arg(long, value_name = "PERIOD", default_value = "")]
    in_period: String,
    /// Give contributions medians and intervals too, by running every coalition of parts on all draws.
    #[arg(long)]
    intervals: bool,
    /// Write a report with charts to this HTML file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

impl ExplainArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data, the model or the scenario are refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (client, forecast) = self.question.open().await?;
        let request = ExplainScenarioRequest {
            forecast: Some(forecast),
            scenario: self.scenario,
            splits: self.by.into_iter().map(Into::into).collect(),
            within_policies: self.within_policies,
            with_spillovers: self.spillovers,
            period: self.in_period,
            with_intervals: self.intervals,
            sampled_pair_count: 0,
        };
        let mut service = client.forecast();
        let answer = waiting("explaining", service.explain_scenario(request)).await;
        client.close().await;
        let answer = answer?.into_inner();
        if let Some(path) = &self.report {
            let explanations = std::slice::from_ref(&answer);
            write_report(&Report { title: "A policy explained", explanations, ..Report::default() }, path)?;
        }
        print::answer(&answer, self.json, describe)
    }
}

/// What every scenario of a forecast is made of. One that cannot be explained is left out, and stderr says why.
pub(super) async fn every(
    client: &Client,
    request: &ForecastGrowthRequest,
    forecast: &ForecastGrowthResponse,
) -> Vec<ExplainScenarioResponse> {
    let mut explanations = Vec::new();
    for result in &forecast.scenarios {
        let request = ExplainScenarioRequest {
            forecast: Some(request.clone()),
            scenario: result.name.clone(),
            ..ExplainScenarioRequest::default()
        };
        let mut service = client.forecast();
        match waiting("explaining", service.explain_scenario(request)).await {
            Ok(answer) => explanations.push(answer.into_inner()),
            Err(status) => eprintln!("the report does not explain {:?}: {}", result.name, status.message()),
        }
    }
    explanations
}

fn parse_by(text: &str) -> Result<SplitBy, String> {
    match text {
        "policy" => Ok(SplitBy::Policy),
        "driver" => Ok(SplitBy::Driver),
        "margin" => Ok(SplitBy::Margin),
        _ => Err("write policy, driver or margin".to_owned()),
    }
}

fn describe(answer: &ExplainScenarioResponse) -> String {
    let title = format!("Scenario {:?}: effects on the level in {}, in per cent", answer.scenario, answer.period);
    let mut parts = vec![title];
    parts.extend(answer.splits.iter().flat_map(|split| [waterfall(split, &answer.period), by_region(split)]).flatten());
    parts.extend(answer.spillovers.as_ref().and_then(origins));
    parts.extend(answer.gains.as_ref().and_then(gains));
    parts.extend(answer.provenance.as_ref().and_then(fit::warnings));
    parts.push("Every period, effect on growth and interval: --json".to_owned());
    parts.join("\n\n")
}

/// How the parts make up the nation's effect in a period, one after the other.
fn waterfall(split: &EffectSplit, period: &str) -> Option<String> {
    let (parts, totals) = (split.contributions.as_ref()?, split.totals.as_ref()?);
    let here = |table: &Table| -> Vec<usize> {
        let (kinds, periods) = (print::texts(table, "area_kind"), print::texts(table, "period"));
        (0..kinds.len()).filter(|row| kinds[*row] == "nation" && periods[*row] == period).collect()
    };
    let column = |name: &str| print::numbers(parts, &format!("level_effect_percent{name}"));
    let (shapley, alone, last) = (column(""), column("_alone"), column("_last"));
    let mut sum = Some(0.0);
    let mut rows = Vec::new();
    for row in here(parts) {
        sum = sum.zip(shapley[row]).map(|(sum, x)| sum + x);
        let cells = [shapley[row], sum, alone[row], last[row]].map(print::number_or_dash);
        rows.push(std::iter::once(part_name(parts, row)).chain(cells).collect());
    }
    let total = *here(totals).first()?;
    let of_total = |name: &str| print::numbers(totals, name).get(total).copied().flatten();
    let (whole, interaction) = (of_total("level_effect_percent"), of_total("level_effect_percent_interaction"));
    let header = [by(split), "contributes", "sum", "alone", "last"].map(str::to_owned);
    Some(format!(
        "The nation\n{}\ncontributes: averaged over all orders of the parts (Shapley); alone: by itself; last: after all \
         others\nTogether {} %, of which interaction of parts {} %{}",
        print::table(&header, &rows),
        print::number_or_dash(whole),
        print::number_or_dash(interaction),
        sampled(split.sampled_order_count)
    ))
}

/// The contributions to every region's effect, a column a part.
fn by_region(split: &EffectSplit) -> Option<String> {
    let table = split.contributions.as_ref()?;
    let (kinds, areas) = (print::texts(table, "area_kind"), print::texts(table, "area"));
    let values = print::numbers(table, "level_effect_percent");
    let rows: Vec<usize> = (0..kinds.len()).filter(|row| kinds[*row] == "region").collect();
    let regions: Vec<String> = rows.iter().map(|row| areas[*row].clone()).collect();
    let parts: Vec<String> = rows.iter().map(|row| part_name(table, *row)).collect();
    // A single part has all of the effects, which the table of gains tells.
    parts.iter().find(|part| **part != parts[0])?;
    let values: Vec<Option<f64>> = rows.iter().map(|row| values[*row]).collect();
    Some(print::pivot("region", &regions, &parts, &values))
}

fn part_name(table: &Table, row: usize) -> String {
    let part = print::texts(table, "part")[row].clone();
    print::texts(table, "policy").get(row).map_or_else(|| part.clone(), |policy| format!("{policy}: {part}"))
}

fn by(split: &EffectSplit) -> &'static str {
    match split.by() {
        SplitBy::Policy => "policy",
        SplitBy::Driver => "driver",
        SplitBy::Margin => "margin",
        SplitBy::Unspecified => "part",
    }
}

fn sampled(orders: i32) -> String {
    if orders == 0 { String::new() } else { format!("; from {orders} sampled orders") }
}

/// Where the changes of each region act.
fn origins(spillovers: &Spillovers) -> Option<String> {
    let table = spillovers.origins.as_ref()?;
    let text = print::whole(table);
    Some(format!("Effects by origin, in the level's unit{}\n{text}", sampled(spillovers.sampled_order_count)))
}

/// The regions from the one that gains most to the one that loses most.
fn gains(gains: &Gains) -> Option<String> {
    let table = gains.regions.as_ref()?;
    let regions = print::texts(table, "region");
    let names = ["rank", "level_effect_percent", "level_effect", "growth_effect", "probability_of_gain"];
    let columns = names.map(|name| print::numbers(table, name));
    let mut rows: Vec<usize> = (0..regions.len()).collect();
    rows.sort_by_key(|row| columns[0][*row].map_or(usize::MAX, |rank| rank as usize));
    let header = ["", "rank", "level, %", "level", "growth, points", "chance of gain"].map(str::to_owned);
    let cell = |column: &Vec<Option<f64>>, row: usize| print::number_or_dash(column.get(row).copied().flatten());
    let row = |row: usize| {
        std::iter::once(regions[row].clone()).chain(columns.iter().map(|column| cell(column, row))).collect()
    };
    let rows: Vec<Vec<String>> = rows.into_iter().map(row).collect();
    let counts = format!(
        "{} gain, {} lose, {} neither, {} without an effect",
        gains.gainer_count, gains.loser_count, gains.unchanged_count, gains.absent_count
    );
    let sum = |name: &str| gains.totals.as_ref().and_then(|t| print::numbers(t, name).first().copied().flatten());
    let sums = sum("gained_level_effect").zip(sum("lost_level_effect"));
    let sums = sums.map(|(gained, lost)| format!("; gains {}, losses {}", print::number(gained), print::number(lost)));
    Some(format!("Who gains and who loses\n{}\n{counts}{}", print::table(&header, &rows), sums.unwrap_or_default()))
}
