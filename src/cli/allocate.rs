//! `agglo allocate`: where a budget brings most.

use super::failure::{Exit, Failure};
use super::forecast::Question;
use super::inverse::{FreeChange, NumberArgs};
use super::upload::waiting;
use super::{fit, print};
use crate::api::v1::{Aim, AllocateBudgetRequest, AllocateBudgetResponse, BudgetPlan, ForecastNumber, Lever, Table};

/// Spends a budget on the regions and levers where it brings most.
#[derive(Debug, clap::Args)]
pub(super) struct AllocateArgs {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    number: NumberArgs,
    /// Which way the number is to be moved, large or small; large when left out, but inequality small.
    #[arg(long, value_name = "WAY", value_parser = parse_aim)]
    aim: Option<Aim>,
    /// The money there is.
    #[arg(long, value_name = "MONEY")]
    budget: f64,
    /// What money can buy in each of some regions, and what a unit costs: `MEASURE=ACTION*COST[:LOW..HIGH][@REGION;REGION]`,
    /// as in capital=add*1.5:0..500@Ohio;Iowa or enterprises+capital=extensive*1000; the actions are those of agglo seek;
    /// all regions when none is named; may be repeated.
    #[arg(long = "lever", value_name = "CHANGE", required = true)]
    levers: Vec<FreeChange>,
    /// A weight of inequality (Theil T), which is taken off the number; may be repeated, for a frontier of plans.
    #[arg(long = "gamma", value_name = "WEIGHT")]
    gammas: Vec<f64>,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

impl AllocateArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data, the model or the question are refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let levers = self.levers.iter().map(lever).collect::<Result<_, _>>()?;
        let number = self.number.read();
        let (client, forecast) = self.question.open().await?;
        let request = AllocateBudgetRequest {
            forecast: Some(forecast),
            number: Some(number.clone()),
            gammas: self.gammas,
            levers,
            budget: self.budget,
            aim: self.aim.unwrap_or_default().into(),
        };
        let mut service = client.forecast();
        let answer = waiting("allocating", service.allocate_budget(request)).await;
        client.close().await;
        print::answer(&answer?.into_inner(), self.json, |answer| describe(answer, &number))
    }
}

fn parse_aim(text: &str) -> Result<Aim, String> {
    match text {
        "large" => Ok(Aim::Large),
        "small" => Ok(Aim::Small),
        _ => Err("write large or small".to_owned()),
    }
}

fn lever(typed: &FreeChange) -> Result<Lever, Failure> {
    let Some(unit_cost) = typed.cost else {
        return Err(Failure::new(Exit::Usage, "a lever needs the cost of a unit, as in capital=add*1.5@Ohio"));
    };
    let (low, high) = typed.bounds.unzip();
    Ok(Lever { change: Some(typed.change.clone()), unit_cost, low, high })
}

fn describe(answer: &AllocateBudgetResponse, number: &ForecastNumber) -> String {
    let mut parts = vec![NumberArgs::title(number)];
    parts.extend(answer.frontier.as_ref().map(print::whole));
    parts.extend(answer.plans.iter().map(|plan| self::plan(plan, answer.plans.len() > 1)));
    parts.extend(answer.provenance.as_ref().and_then(fit::warnings));
    parts.push("Each plan as a scenario for `agglo forecast`, and every interval: --json".to_owned());
    parts.join("\n\n")
}

/// What a plan spends money on, what the next unit of money would bring, and how sure it is to beat an equal split.
fn plan(plan: &BudgetPlan, several: bool) -> String {
    let gamma = if several { format!(" with gamma {}", print::number(plan.gamma)) } else { String::new() };
    let price = print::number(plan.shadow_price);
    let mut parts =
        vec![format!("Plan{gamma}: one more unit of money would move the number by {price} in the way that is wanted")];
    parts.extend(plan.items.as_ref().map(spent));
    parts
        .extend(plan.lead_probability.map(|p| {
            format!("Better than an equal split of the money in {} % of the draws", print::number(100.0 * p))
        }));
    let (agreeing, starts) = (plan.agreeing_count, plan.start_count);
    parts.push(format!(
        "{agreeing} of {starts} searches agree; residual of the optimality conditions {:.0e}",
        plan.residual
    ));
    parts.join("\n")
}

/// The items that money goes to.
fn spent(items: &Table) -> String {
    let (measures, regions) = (print::texts(items, "measure"), print::texts(items, "region"));
    let columns = ["amount", "spending", "gain"].map(|name| print::numbers(items, name));
    let is_funded = |row: &usize| columns[1][*row].is_some_and(|money| money != 0.0);
    let row = |row: usize| {
        let cells = columns.iter().map(|column| print::number_or_dash(column[row]));
        [regions[row].clone(), measures[row].clone()].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = (0..regions.len()).filter(is_funded).map(row).collect();
    if rows.is_empty() {
        return "Nothing that money can buy moves the number that way: the best is to spend none".to_owned();
    }
    print::table(&["region", "measure", "amount", "spending", "gain a unit"].map(str::to_owned), &rows)
}
