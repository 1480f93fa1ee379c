//! `agglo seek`: which change reaches a target.

use super::failure::{Exit, Failure};
use super::forecast::Question;
use super::inverse::{FreeChange, NumberArgs};
use super::upload::waiting;
use super::{fit, print};
use crate::api::v1::{
    ForecastNumber, Instrument, Reach, SeekOutcome, SeekTargetRequest, SeekTargetResponse, Target, TargetSense,
};

/// Finds the least change that brings a number of the forecast to a target, or tells how far it can be brought.
#[derive(Debug, clap::Args)]
pub(super) struct SeekArgs {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    number: NumberArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// The share of the draws that must meet the target; the point forecast must when left out.
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    probability: f64,
    /// A change whose amount is free, with its bounds: `MEASURE=ACTION:LOW..HIGH[@REGION;REGION]`, as in
    /// capital=scale:1..3@Ohio (a factor), capital=add:0..500@Ohio, jobs=move:0..1@Ohio>Iowa (a share),
    /// enterprises+capital=extensive:0..0.5@Ohio (a rate of entrants with what they bring) or
    /// capital+jobs=intensive:0..0.5@Ohio (a rate of more per enterprise); may be repeated.
    #[arg(long = "instrument", value_name = "CHANGE", required = true)]
    instruments: Vec<FreeChange>,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// The target.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// The number must be this or more.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    at_least: Option<f64>,
    /// The number must be this or less.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    at_most: Option<f64>,
    /// The number must be this exactly.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    equal: Option<f64>,
}

impl TargetArgs {
    fn read(&self, probability: f64) -> Target {
        let (value, sense) = match (self.at_least, self.at_most, self.equal) {
            (Some(value), ..) => (value, TargetSense::AtLeast),
            (_, Some(value), _) => (value, TargetSense::AtMost),
            (.., value) => (value.unwrap_or_default(), TargetSense::Equal),
        };
        Target { value, sense: sense.into(), probability }
    }
}

impl SeekArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data, the model or the question are refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let instruments = self.instruments.iter().map(instrument).collect::<Result<_, _>>()?;
        let target = self.target.read(self.probability);
        let number = self.number.read();
        let (client, forecast) = self.question.open().await?;
        let request = SeekTargetRequest {
            forecast: Some(forecast),
            number: Some(number.clone()),
            target: Some(target),
            instruments,
        };
        let mut service = client.forecast();
        let answer = waiting("seeking", service.seek_target(request)).await;
        client.close().await;
        print::answer(&answer?.into_inner(), self.json, |answer| describe(answer, &number, &target))
    }
}

fn instrument(typed: &FreeChange) -> Result<Instrument, Failure> {
    match (typed.bounds, typed.cost) {
        (Some((low, high)), None) => Ok(Instrument { change: Some(typed.change.clone()), low, high, weight: 0.0 }),
        (None, _) => Err(Failure::new(Exit::Usage, "an instrument needs bounds, as in capital=scale:1..3@Ohio")),
        (_, Some(_)) => Err(Failure::new(Exit::Usage, "an instrument has no cost: agglo allocate spends money")),
    }
}

fn describe(answer: &SeekTargetResponse, number: &ForecastNumber, target: &Target) -> String {
    let sense = match target.sense() {
        TargetSense::AtLeast => "at least ",
        TargetSense::AtMost => "at most ",
        TargetSense::Equal | TargetSense::Unspecified => "",
    };
    let end = match answer.outcome() {
        SeekOutcome::Met => "is met without any change",
        SeekOutcome::Reached => "is reached",
        SeekOutcome::OutOfReach => "is out of reach; the amounts come nearest",
        SeekOutcome::Unspecified => "",
    };
    let value = print::number(target.value);
    let mut parts = vec![format!("{}: {sense}{value} {end}", NumberArgs::title(number))];
    parts.extend(answer.instruments.as_ref().map(print::whole));
    parts.extend(answer.number.as_ref().map(print::whole));
    parts.extend(answer.probability.map(|p| format!("{} % of the draws meet the target", print::number(100.0 * p))));
    parts.extend(answer.within_bounds.as_ref().map(|reach| format!("Furthest within the bounds: {}", told(reach))));
    parts.extend(answer.beyond_bounds.as_ref().map(|reach| format!("With the bounds let go: {}", told(reach))));
    parts.extend(answer.provenance.as_ref().and_then(fit::warnings));
    parts.push("The policy as a scenario for `agglo forecast`, and every interval: --json".to_owned());
    parts.join("\n\n")
}

/// An amount beyond it is no amount but as much as one likes.
const MANY: f64 = 1e9;

fn told(reach: &Reach) -> String {
    if reach.amounts.iter().any(|amount| amount.abs() > MANY) {
        return format!("{}, however large the change", print::number(reach.value));
    }
    let amounts: Vec<String> = reach.amounts.iter().map(|amount| print::number(*amount)).collect();
    format!("{} at {}", print::number(reach.value), amounts.join(", "))
}
