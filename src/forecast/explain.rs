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
use super::change::Change;
use super::plan::Scenario;
use super::study::{Draws, Study};
use crate::error::{Error, Violation, Violations};
use players::Players;
use shapley::Sampling;
use split::Splitter;
use std::collections::BTreeMap;

/// Most pairs of orders that are sampled.
pub const MAX_PAIRS: usize = 10_000;

/// What to explain, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The ways to split the effects, each once.
    pub splits: Vec<By>,
    /// Drivers and margins are split within the policies they belong to (Owen values).
    pub within_policies: bool,
    /// The step, from 1, whose effects are told for every area; the last when `None`.
    pub step: Option<usize>,
    /// Contributions come with intervals from the draws; those of origins never do.
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
/// [`Error::Invalid`]: at `scenario`, `step`, `splits` and `pairs` what is not there or out of range, at `splits` a
/// part that cannot stand without the others; [`Error::Limit`] for too many runs; [`Error::Cancelled`].
pub fn explain(study: &Study<'_>, scenario: usize, options: &Options) -> Result<Explanation, Error> {
    let scenario = check(study, scenario, options)?;
    let step = options.step.unwrap_or(study.horizon());
    let explainer = Explainer { study, scenario, step, options };
    let ways = options.splits.iter().filter(|by| **by != By::Origin);
    Ok(Explanation {
        scenario: scenario.name.clone(),
        step,
        splits: ways.map(|by| explainer.split(*by)).collect::<Result<_, _>>()?,
        spillovers: options.splits.contains(&By::Origin).then(|| explainer.spillovers()).transpose()?,
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
        self.splitter(by, players, names, draws).split(self.explained())
    }

    fn name(&self, by: By, (union, number): (usize, usize)) -> Player {
        let name = match by {
            By::Driver => self.study.engine().panel.measures()[number].name.clone(),
            By::Policy | By::Margin | By::Origin => union.to_string(),
        };
        Player { name, policy: None }
    }

    fn explained(&self) -> Vec<Explained> {
        let (areas, steps) = (self.study.areas(), self.study.horizon());
        let is_nation = |area: &usize| areas[*area].kind == AreaKind::Nation;
        let here = (0..areas.len()).map(|area| (area, self.step));
        let nation = (0..areas.len()).filter(is_nation).flat_map(|area| (1..=steps).map(move |step| (area, step)));
        let places = here.chain(nation.filter(|(_, step)| *step != self.step));
        let kinds = [EffectKind::LevelPercent, EffectKind::Growth];
        places.flat_map(|(area, step)| kinds.map(|kind| Explained { kind, area, step })).collect()
    }

    /// The effects at the step, split by the regions whose measures change, or by their groups.
    fn spillovers(&self) -> Result<Spillovers, Error> {
        let regions = Players::by(self.scenario, By::Origin, false);
        let (players, kind) = if regions.keys.len() <= spillover::MAX_ORIGINS {
            (regions, AreaKind::Region)
        } else {
            let classes = self.classes(&regions)?;
            (Players::cut(self.scenario, |_, region| (classes[&region], classes[&region])), AreaKind::Group)
        };
        let areas = self.study.areas();
        let of_kind: Vec<usize> = (0..areas.len()).filter(|area| areas[*area].kind == kind).collect();
        let origins: Vec<usize> = players.keys.iter().map(|key| of_kind[key.1]).collect();
        let names = origins.iter().map(|area| Player { name: areas[*area].name.clone(), policy: None }).collect();
        let splitter = self.splitter(By::Origin, players, names, Draws::Point);
        let split = splitter.split(spillover::explained(self.study, kind, self.step))?;
        Ok(spillover::spillovers(split, &origins, levels_add_up(self.study)))
    }

    /// The group of each region that has changes.
    fn classes(&self, regions: &Players<'_>) -> Result<BTreeMap<usize, usize>, Violations> {
        let groups = &self.study.engine().plan.groups;
        let class = |region: usize| Some((region, (*groups.of.get(region)?)?));
        let classes: Option<BTreeMap<usize, usize>> = regions.keys.iter().map(|key| class(key.1)).collect();
        classes.ok_or_else(|| {
            let rule = format!(
                "tells origins for at most {} changed regions, or for their groups when every one has a group; the \
                 scenario changes {}",
                spillover::MAX_ORIGINS,
                regions.keys.len()
            );
            Violation::new("splits", rule, By::Origin.name()).into()
        })
    }

    fn splitter(&self, by: By, players: Players<'a>, names: Vec<Player>, draws: Draws) -> Splitter<'a> {
        let Options { seed, pairs, quantiles, .. } = self.options;
        let sampling = Sampling { seed: *seed, pairs: *pairs };
        Splitter { study: self.study, by, players, names, draws, sampling, quantiles }
    }
}

/// Whether the levels of regions sum to the nation's.
fn levels_add_up(study: &Study<'_>) -> bool {
    let link = &study.engine().main.link;
    link.divisor.is_none() && study.engine().panel.measures()[link.measure].adds_up()
}
