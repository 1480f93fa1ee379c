//! A scenario and a way to cut it make a game; its values are the split.

use super::super::series::Series;
use super::super::study::{Draws, Study};
use super::answer::{By, Contribution, Explained, Player, Split};
use super::effects::Effects;
use super::players::Players;
use super::shapley::{Attribution, Game, MAX_PLAYERS, Sampling};
use crate::error::{Error, Violation, Violations};

/// Most futures (draws of a scenario) that one split may simulate.
const MAX_FUTURES: u64 = 5_000_000;

/// A split to be made.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    pub(super) study: &'a Study<'a>,
    /// The option that asks for it.
    pub(super) field: &'static str,
    pub(super) players: Players<'a>,
    /// Names of the players.
    pub(super) names: Vec<Player>,
    pub(super) draws: Draws,
    pub(super) sampling: Sampling,
    /// Probabilities of the quantiles.
    pub(super) quantiles: &'a [f64],
}

impl Splitter<'_> {
    /// Runs the game.
    ///
    /// # Errors
    /// At `field` too many players or a part of the scenario that cannot stand without the others;
    /// [`Error::Limit`] for too many runs; [`Error::Cancelled`].
    pub(super) fn split(self, explained: Vec<Explained>) -> Result<Split, Error> {
        self.check_count()?;
        let effects = Effects::new(self.study, &explained, self.draws)?;
        let game = Game::new(&self.players.unions(), |takes_part: &[bool]| {
            let effects = effects.of(&self.players.coalition(takes_part));
            effects.map_err(|error| self.stands_not_alone(error, takes_part))
        });
        self.check_work(game.runs(self.sampling))?;
        let attribution = game.attribute(self.sampling)?;
        Ok(self.tell(attribution, explained))
    }

    fn tell(&self, attribution: Attribution, explained: Vec<Explained>) -> Split {
        let bands = |all: Vec<Series>| all.into_iter().map(|series| series.band(self.quantiles)).collect();
        let interaction = bands(attribution.interaction());
        let sampled_orders = attribution.standard_errors.as_ref().map(|_| 2 * self.sampling.pairs);
        let errors = attribution.standard_errors.unwrap_or_else(|| vec![Vec::new(); self.names.len()]);
        let players = attribution.shapley.into_iter().zip(errors).zip(attribution.alone).zip(attribution.last);
        let contribution = |(((shapley, standard_error), alone), last)| Contribution {
            shapley: bands(shapley),
            standard_error,
            alone: bands(alone),
            last: bands(last),
        };
        Split {
            players: self.names.clone(),
            contributions: players.map(contribution).collect(),
            total: bands(attribution.total),
            interaction,
            explained,
            sampled_orders,
        }
    }

    fn check_count(&self) -> Result<(), Violations> {
        let count = self.names.len();
        if count > MAX_PLAYERS {
            let rule = format!("splits an effect over at most {MAX_PLAYERS} parts; the scenario has {count}");
            return Err(Violation::new(self.field, rule, "").into());
        }
        Ok(())
    }

    fn check_work(&self, runs: u64) -> Result<(), Error> {
        let draws = if self.draws == Draws::All { self.study.request.draws as u64 } else { 0 };
        let needed = runs.saturating_mul(draws + 1);
        if needed > MAX_FUTURES {
            let what = "the explanation";
            return Err(Error::Limit { what, needed, limit: MAX_FUTURES, unit: "simulated futures" });
        }
        Ok(())
    }

    /// Says with whom alone the scenario could not be run.
    fn stands_not_alone(&self, error: Error, takes_part: &[bool]) -> Error {
        let Error::Invalid(found) = error else { return error };
        let members = self.names.iter().zip(takes_part).filter(|(_, is_in)| **is_in);
        let members: Vec<&str> = members.map(|(player, _)| player.name.as_str()).collect();
        let mut violations = Violations::default();
        for violation in found.told() {
            let rule = format!("splits off {} alone, which {}", members.join(", "), violation.rule);
            violations.push(Violation::new(self.field, rule, &violation.value));
        }
        violations.into()
    }
}

impl By {
    /// The word for it in requests and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Driver => "driver",
            Self::Margin => "margin",
        }
    }
}
