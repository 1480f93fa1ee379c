//! Why a scenario does what it does: what its policies, drivers and margins contribute, which region's changes act
//! where, and who gains and who loses.
//!
//! A contribution is a Shapley value (`shapley.rs`): parts of the scenario play a game whose pay-offs are the effects
//! of the scenario with the changes of some parts only, on the same draws. Beside it stand the effect of each part
//! alone and the effect lost without it, neither of which adds up, with the interaction that is between them.

mod answer;
mod cost;
mod effects;
mod gains;
mod players;
mod shapley;
mod spillover;
mod split;

pub use answer::{
    By, Contribution, DestinationSum, EffectKind, Explained, Explanation, Gain, Gains, OriginSum, Player, Spillovers,
    Split,
};
pub use cost::predict as predicted_bytes;

use super::answer::AreaKind;
use super::plan::Scenario;
use super::study::{Draws, Study};
use crate::error::{Error, Violation, Violations};
use players::Players;
use shapley::Sampling;
use split::Splitter;

/// Names of the margins, in the order of [`Margin`](super::change::Margin).
const MARGINS: [&str; 3] = ["extensive", "intensive", "other"];

/// Most pairs of orders that are sampled.
pub const MAX_PAIRS: usize = 10_000;

/// What to explain, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The ways to split the effects, each once.
    pub splits: Vec<By>,
    /// Whether effects are told by origin and destination.
    pub spillovers: bool,
    /// Drivers and margins are split within the policies they belong to (Owen values).
    pub within_policies: bool,
    /// The step, from 1, whose effects are told for every area; the last when `None`.
    pub step: Option<usize>,
    /// Contributions come with intervals from the draws; those by origin never do.
    pub intervals: bool,
    /// Probabilities of the quantiles, ascending, each in (0, 1).
    pub quantiles: Vec<f64>,
    /// Orders of the parts sampled when there are too many coalitions to run all (more than twelve parts), each taken
    /// forwards and backwards; 2 to [`MAX_PAIRS`].
    pub pairs: usize,
    /// Seed of the orders.
    pub seed: u64,
}

/// Explains the effects of scenario number `scenario` of the study.
///
/// # Errors
/// [`Error::Invalid`]: at `scenario`, `step`, `splits` and `pairs` what is not there or out of range, at `splits`
/// and `spillovers` a part that cannot stand without the others; [`Error::Limit`] for too many runs; [`Error::Cancelled`].
pub fn explain(study: &Study<'_>, scenario: usize, options: &Options) -> Result<Explanation, Error> {
    let scenario = check(study, scenario, options)?;
    let step = options.step.unwrap_or(study.horizon());
    let explainer = Explainer { study, scenario, step, options };
    Ok(Explanation {
        scenario: scenario.name.clone(),
        step,
        splits: options.splits.iter().map(|by| Ok((*by, explainer.split(*by)?))).collect::<Result<_, Error>>()?,
        spillovers: options.spillovers.then(|| explainer.spillovers()).transpose()?,
        gains: gains::gains(study, scenario, step, &options.quantiles)?,
    })
}

/// The scenario, when all options are in range.
fn check<'a>(study: &'a Study<'_>, scenario: usize, options: &Options) -> Result<&'a Scenario, Violations> {
    let mut violations = Violations::default();
    let mut refuse = |field, rule: String, value: &dyn std::fmt::Display| {
        violations.push(Violation::new(field, rule, value));
    };
    let found = study.scenarios().get(scenario);
    if found.is_none() {
        refuse("scenario", format!("the forecast has {} scenarios", study.scenarios().len()), &scenario);
    }
    if let Some(step) = options.step.filter(|step| !(1..=study.horizon()).contains(step)) {
        refuse("step", format!("must be a step of the forecast, 1 to {}", study.horizon()), &step);
    }
    if !(2..=MAX_PAIRS).contains(&options.pairs) {
        refuse("pairs", format!("must be a whole number in [2, {MAX_PAIRS}]"), &options.pairs);
    }
    for (i, by) in options.splits.iter().enumerate() {
        if options.splits[..i].contains(by) {
            refuse("splits", "lists each way once".to_owned(), &by.name());
        }
    }
    violations.into_result(())?;
    found.ok_or_else(Violations::default)
}

/// One scenario and what is asked about it.
struct Explainer<'a> {
    study: &'a Study<'a>,
    scenario: &'a Scenario,
    step: usize,
    options: &'a Options,
}

impl<'a> Explainer<'a> {
    /// The effects of all areas at the step and of the nation in every period, split by policies, drivers or margins.
    fn split(&self, by: By) -> Result<Split, Error> {
        let draws = if self.options.intervals { Draws::All } else { Draws::Point };
        let players = Players::by(self.scenario, by, self.options.within_policies);
        let names = players.keys.iter().map(|key| self.name(by, *key)).collect();
        self.splitter("splits", players, names, draws).split(self.explained())
    }

    fn name(&self, by: By, (union, number): (usize, usize)) -> Player {
        let policies = self.scenario.policies();
        let name = match by {
            By::Policy => policies[number].clone(),
            By::Driver => self.study.engine().panel.measures()[number].name.clone(),
            By::Margin => MARGINS[number].to_owned(),
        };
        let within = self.options.within_policies && by != By::Policy;
        Player { name, policy: within.then(|| policies[union].clone()) }
    }

    /// The numbers of a split.
    fn explained(&self) -> Vec<Explained> {
        let (areas, steps) = (self.study.areas(), self.study.horizon());
        let is_nation = |area: &usize| areas[*area].kind == AreaKind::Nation;
        let here = (0..areas.len()).map(|area| (area, self.step));
        let nation = (0..areas.len()).filter(is_nation).flat_map(|area| (1..=steps).map(move |step| (area, step)));
        let places = here.chain(nation.filter(|(_, step)| *step != self.step));
        let kinds = [EffectKind::LevelPercent, EffectKind::Growth];
        places.flat_map(|(area, step)| kinds.map(|kind| Explained { kind, area, step })).collect()
    }

    /// A split asked for at `field`.
    fn splitter(&self, field: &'static str, players: Players<'a>, names: Vec<Player>, draws: Draws) -> Splitter<'a> {
        let Options { seed, pairs, quantiles, .. } = self.options;
        let sampling = Sampling { seed: *seed, pairs: *pairs };
        Splitter { study: self.study, field, players, names, draws, sampling, quantiles }
    }
}

/// Whether the levels of regions sum to the nation's.
fn levels_add_up(study: &Study<'_>) -> bool {
    let link = &study.engine().main.link;
    link.divisor.is_none() && study.engine().panel.measures()[link.measure].adds_up()
}
