//! What each player of a game contributes to what all of them achieve together.
//!
//! A game says what any coalition S of its players achieves, v(S), here many numbers at once. The Shapley value
//! (Shapley 1953) of a player is its marginal contribution averaged over all orders in which the players can come:
//!
//! φ_i = Σ_{S ⊆ N∖i} |S|! (m − |S| − 1)! / m! · [v(S ∪ i) − v(S)]
//!
//! Where the players form unions (the drivers of one policy), only orders count in which no union is interrupted by
//! another (Owen 1977): the values of a union's players then add up to the union's own Shapley value. A union of its
//! own for each player gives the Shapley value.
//!
//! Both are linear in v, so that the values of every draw come with those of the point forecast.

mod exact;
mod sampled;

use super::super::series::Series;
use crate::error::Error;

/// Most coalitions that are all run; with more, orders are sampled. Twelve players without unions have as many.
pub(super) const MAX_COALITIONS: u64 = 1 << 12;
/// Most players of a game.
pub(super) const MAX_PLAYERS: usize = 64;

/// Coalitions, or pairs of orders, that are run side by side before they are added up in order.
pub(super) const BLOCK: usize = 16;

/// Players by their bits.
type Coalition = u64;
/// One number a pay-off.
type Payoffs = Vec<Series>;

/// A game of at most [`MAX_PLAYERS`] players.
pub(super) struct Game<V> {
    /// Players of each union, by number; every player is in one.
    unions: Vec<Vec<usize>>,
    players: usize,
    /// What a coalition (who takes part, one a player) achieves.
    value: V,
}

/// How orders are sampled when there are too many coalitions to run them all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    pub(super) seed: u64,
    /// Orders drawn, each taken forwards and backwards; at least 2.
    pub(super) pairs: usize,
}

/// The contributions of the players, `[player][pay-off]`.
#[derive(Debug)]
pub(super) struct Attribution {
    /// v(N) − v(∅), by pay-off.
    pub(super) total: Payoffs,
    /// Shapley (Owen) values; they add up to the total.
    pub(super) shapley: Vec<Payoffs>,
    /// Standard errors of the point values that come from sampling orders; `None` when all coalitions were run.
    pub(super) standard_errors: Option<Vec<Vec<crate::panel::Value>>>,
    /// One at a time: v(i) − v(∅).
    pub(super) alone: Vec<Payoffs>,
    /// Leave one out: v(N) − v(N∖i).
    pub(super) last: Vec<Payoffs>,
}

impl Attribution {
    /// What the players achieve together beyond the sum of what each achieves alone, by pay-off.
    pub(super) fn interaction(&self) -> Payoffs {
        let mut rest = self.total.clone();
        for alone in &self.alone {
            add(&mut rest, -1.0, alone);
        }
        rest
    }
}

impl<V: Fn(&[bool]) -> Result<Payoffs, Error> + Sync> Game<V> {
    /// A game of `unions.len()` players; `unions` says of each player which union it is in, from 0 without gaps.
    pub(super) fn new(unions: &[usize], value: V) -> Self {
        let count = unions.iter().max().map_or(0, |last| last + 1);
        let members = |union: usize| (0..unions.len()).filter(|i| unions[*i] == union).collect();
        Self { unions: (0..count).map(members).collect(), players: unions.len(), value }
    }

    /// How many coalitions the exact values take; more than can be counted is [`u64::MAX`].
    fn coalitions(&self) -> u64 {
        let power = |n: usize| 1_u64.checked_shl(n as u32).filter(|_| n < 63).unwrap_or(u64::MAX);
        let whole = power(self.unions.len());
        let part = |union: &Vec<usize>| (whole / 2).saturating_mul(power(union.len()) - 2);
        self.unions.iter().map(part).fold(whole, u64::saturating_add)
    }

    /// Whether all coalitions are run.
    fn is_exact(&self) -> bool {
        self.coalitions() <= MAX_COALITIONS
    }

    /// How many runs the attribution takes.
    pub(super) fn runs(&self, sampling: Sampling) -> u64 {
        if self.is_exact() { self.coalitions() } else { sampled::runs(self.players, sampling.pairs) }
    }

    /// The contributions of all players.
    ///
    /// # Errors
    /// Those of the game's value.
    pub(super) fn attribute(&self, sampling: Sampling) -> Result<Attribution, Error> {
        if self.is_exact() { self.exact() } else { self.sampled(sampling) }
    }

    fn run(&self, coalition: Coalition) -> Result<Payoffs, Error> {
        (self.value)(&(0..self.players).map(|i| coalition >> i & 1 == 1).collect::<Vec<_>>())
    }

    /// Everyone.
    fn grand(&self) -> Coalition {
        bits(&(0..self.players).collect::<Vec<_>>())
    }
}

fn bits(players: &[usize]) -> Coalition {
    players.iter().fold(0, |coalition, i| coalition | 1 << i)
}

/// Adds `factor` times others, one by one.
fn add(sums: &mut [Series], factor: f64, others: &[Series]) {
    sums.iter_mut().zip(others).for_each(|(sum, other)| sum.add(Ok(factor), other.draws()));
}

fn minus(these: &[Series], those: &[Series]) -> Payoffs {
    these.iter().zip(those).map(|(this, that)| this.minus(that)).collect()
}

/// Zeros of the shape of `like`.
fn zeros(like: &[Series]) -> Payoffs {
    let zero = |series: &Series| Series::constant(Ok(0.0), series.draws.as_ref().map_or(0, Vec::len));
    like.iter().map(zero).collect()
}

#[cfg(test)]
mod tests;
