//! What a caller asks of a backtest.

use super::super::names::find;
use super::super::request::Request as ForecastRequest;
use super::super::score::{self, Score};
use super::rival::Rival;
use crate::card::{Params, Raw};
use crate::error::{Violation, Violations};
use crate::panel::{Panel, Period};
use std::collections::BTreeMap;

/// Origins when a request does not say how many.
pub const DEFAULT_ORIGINS: usize = 10;

/// A test of past forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The forecast made at each origin: horizon, draws, seed, drivers, groups. Without scenarios, and without paths of
    /// drivers known in advance.
    pub forecast: ForecastRequest,
    /// Where the data are cut.
    pub origins: Origins,
    /// What the model competes with; all when empty.
    pub rivals: Vec<String>,
    /// Scores by id with their parameters; when empty, those of [`Wanted::usual`].
    pub scores: Vec<Wanted>,
}

/// The last periods known to each forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    /// The first; `None` counts back from the last.
    pub first: Option<Period>,
    /// The last; `None` is the last one whose whole horizon is in the data.
    pub last: Option<Period>,
    /// How many, when the first is not given; 0 means [`DEFAULT_ORIGINS`] or as many as there are periods for.
    pub count: usize,
    /// Periods between origins, at least 1.
    pub step: usize,
}

/// A score asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wanted {
    /// Id or alias of the catalogue.
    pub score: String,
    /// Its parameters; left out ones take the default on its card.
    pub params: BTreeMap<String, Raw>,
}

impl Wanted {
    /// A score with one parameter.
    fn with(score: &str, name: &str, value: f64) -> Self {
        let params = BTreeMap::from([(name.to_owned(), Raw::Number(value))]);
        Self { score: score.to_owned(), params }
    }

    /// The scores of a request that names none.
    pub fn usual() -> Vec<Self> {
        let plain = ["bias", "mae", "rmse", "mase", "rmsse", "crps", "fair_crps"];
        let plain = plain.map(|score| Self { score: score.to_owned(), params: BTreeMap::new() });
        let intervals = [0.8, 0.95].into_iter();
        let levels = intervals.flat_map(|l| ["interval_score", "coverage"].map(|score| Self::with(score, "level", l)));
        let quantiles = [0.1, 0.5, 0.9].map(|p| Self::with("pinball", "probability", p));
        plain.into_iter().chain(levels).chain(quantiles).collect()
    }
}

/// A request ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) origins: Vec<Period>,
    pub(super) step: usize,
    pub(super) rivals: Vec<Rival>,
    pub(super) scores: Vec<Chosen>,
}

/// A score with its parameters in force.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) score: &'static dyn Score,
    pub(super) params: Params,
}

impl Chosen {
    /// The id and the parameters in force, as in `coverage level=0.8`.
    pub(super) fn label(&self) -> String {
        let params = self.params.iter().map(|(name, value)| format!(" {name}={value}"));
        self.score.card().id.to_owned() + &params.collect::<String>()
    }
}

impl Plan {
    /// Checks a request.
    ///
    /// # Errors
    /// Every violation, with field paths into the request.
    pub(super) fn read(request: &Request, panel: &Panel) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        forecast(&request.forecast, &mut violations);
        let origins = origins(&request.origins, request.forecast.horizon, panel, &mut violations);
        let rivals = rivals(&request.rivals, &mut violations);
        let usual = Wanted::usual();
        let wanted = if request.scores.is_empty() { &usual } else { &request.scores };
        let scores = wanted.iter().enumerate().filter_map(|(i, wanted)| chosen(i, wanted, &mut violations)).collect();
        violations.into_result(Self { origins, step: request.origins.step, rivals, scores })
    }
}

/// What a forecast of the past has no use for.
fn forecast(request: &ForecastRequest, violations: &mut Violations) {
    if !request.scenarios.is_empty() {
        let rule = "a backtest forecasts the baseline only; leave scenarios out";
        violations.push(Violation::new("forecast.scenarios", rule, request.scenarios.len()));
    }
    for (i, path) in request.drivers.iter().enumerate().filter(|(_, path)| !path.given.is_empty()) {
        let rule = "levels known in advance belong to the periods after the data, not to those of the origins";
        violations.push(Violation::new(format!("forecast.drivers[{i}].given"), rule, &path.measure));
    }
}

fn origins(asked: &Origins, horizon: usize, panel: &Panel, violations: &mut Violations) -> Vec<Period> {
    let mut refuse = |field: &str, rule: String, value: String| {
        violations.push(Violation::new(format!("origins.{field}"), rule, value));
    };
    let [start, .., end] = panel.periods() else {
        refuse("first", "the data need at least two periods".to_owned(), panel.periods().len().to_string());
        return Vec::new();
    };
    if asked.step == 0 {
        refuse("step", "must be at least 1".to_owned(), "0".to_owned());
    }
    for (field, period) in [("first", asked.first), ("last", asked.last)] {
        let Some(period) = period else { continue };
        let inside = period.frequency == panel.frequency() && (start.ordinal..end.ordinal).contains(&period.ordinal);
        if !inside {
            refuse(
                field,
                format!("must be a period from {start} to {}, so that a later one is known", end.plus(-1)),
                period.to_string(),
            );
            return Vec::new();
        }
    }
    if asked.first.is_some() && asked.count > 0 {
        refuse(
            "count",
            "counts back from the last origin; leave it out or the first".to_owned(),
            asked.count.to_string(),
        );
    }
    let step = asked.step.max(1);
    let latest = end.ordinal - horizon.clamp(1, super::super::MAX_HORIZON) as i32;
    let last = asked.last.map_or(latest.max(start.ordinal), |last| last.ordinal);
    let count = if asked.count == 0 { DEFAULT_ORIGINS } else { asked.count };
    let back = (count - 1).saturating_mul(step).min((last - start.ordinal) as usize / step * step);
    if asked.first.is_none() && asked.count > 1 && back < (asked.count - 1).saturating_mul(step) {
        refuse("count", format!("there are only {} origins from {start} on", back / step + 1), asked.count.to_string());
    }
    let first = asked.first.map_or(last - back as i32, |first| first.ordinal);
    if first > last {
        refuse(
            "first",
            format!("must not be after the last origin, {}", start.plus(last - start.ordinal)),
            start.plus(first - start.ordinal).to_string(),
        );
    }
    (first..=last).step_by(step).map(|ordinal| Period { frequency: panel.frequency(), ordinal }).collect()
}

fn rivals(names: &[String], violations: &mut Violations) -> Vec<Rival> {
    let mut rivals = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let (field, known) = (format!("rivals[{i}]"), Rival::ALL.iter().map(|rival| rival.name()));
        let Some(number) = violations.keep("", find("rival", known, name, &field)) else { continue };
        if rivals.contains(&Rival::ALL[number]) {
            violations.push(Violation::new(field, "is named twice", name));
        }
        rivals.push(Rival::ALL[number]);
    }
    if names.is_empty() { Rival::ALL.to_vec() } else { rivals }
}

/// A score whose name and parameters are known.
pub(super) fn chosen(number: usize, wanted: &Wanted, violations: &mut Violations) -> Option<Chosen> {
    let field = format!("scores[{number}]");
    let Some(score) = score::find(&wanted.score) else {
        let known = score::ALL.iter().map(|score| score.card().id);
        violations.keep("", find("score", known, &wanted.score, &format!("{field}.score")));
        return None;
    };
    let params = violations.keep("", Params::parse(score.card(), &wanted.params, &format!("{field}.params")))?;
    Some(Chosen { score, params })
}
