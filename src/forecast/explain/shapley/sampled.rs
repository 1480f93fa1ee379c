//! Values from orders of the players drawn at random, each taken forwards and backwards.
//!
//! A player that comes early in an order comes late in its reverse: where a contribution depends on how many came
//! before, the two errors cancel (antithetic sampling; Mitchell, Cooper, Frank and Holmes 2022, Journal of Machine
//! Learning Research 23). Pairs are independent of each other, so that the standard error is that of their mean. Every
//! order adds up to the total, and so do the values.

use super::{Attribution, BLOCK, Coalition, Game, Payoffs, Sampling, add, bits, minus, zeros};
use crate::error::Error;
use crate::numeric::random::stream;
use crate::panel::{Value, finite};
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// The runs of `pairs` pairs of orders: coalitions of none, one, all but one and all are run once.
pub(super) fn runs(players: usize, pairs: usize) -> u64 {
    (2 + 2 * players + 2 * pairs * (players - 3)) as u64
}

/// The coalitions that every order passes near its ends.
struct Ends {
    none: Payoffs,
    all: Payoffs,
    /// Each player alone.
    one: Vec<Payoffs>,
    /// All but each player.
    rest: Vec<Payoffs>,
}

/// Mean and sum of squared deviations of point values, brought up to date pair by pair (Welford 1962).
#[derive(Clone)]
struct Spread {
    mean: Value,
    squares: f64,
}

impl<V: Fn(&[bool]) -> Result<Payoffs, Error> + Sync> Game<V> {
    pub(super) fn sampled(&self, sampling: Sampling) -> Result<Attribution, Error> {
        let ends = self.ends()?;
        let mut shapley = vec![zeros(&ends.none); self.players];
        let mut spreads = vec![vec![Spread { mean: Ok(0.0), squares: 0.0 }; ends.none.len()]; self.players];
        let pairs: Vec<usize> = (0..sampling.pairs).collect();
        for block in pairs.chunks(BLOCK) {
            let pair = |pair: &usize| self.pair(sampling.seed, *pair as u64, &ends);
            let means = block.par_iter().map(pair).collect::<Result<Vec<_>, Error>>()?;
            for (pair, means) in block.iter().zip(means) {
                for (player, mean) in means.iter().enumerate() {
                    add(&mut shapley[player], 1.0 / sampling.pairs as f64, mean);
                    let points = spreads[player].iter_mut().zip(mean);
                    points.for_each(|(spread, mean)| spread.add(mean.point, pair + 1));
                }
            }
        }
        let errors = |spreads: &Vec<Spread>| spreads.iter().map(|s| s.standard_error(sampling.pairs)).collect();
        Ok(Attribution {
            total: minus(&ends.all, &ends.none),
            shapley,
            standard_errors: Some(spreads.iter().map(errors).collect()),
            alone: ends.one.iter().map(|one| minus(one, &ends.none)).collect(),
            last: ends.rest.iter().map(|rest| minus(&ends.all, rest)).collect(),
        })
    }

    fn ends(&self) -> Result<Ends, Error> {
        let each = |coalition: &(dyn Fn(usize) -> Coalition + Sync)| {
            (0..self.players).into_par_iter().map(|i| self.run(coalition(i))).collect::<Result<Vec<_>, Error>>()
        };
        let (one, rest) = (each(&|i| 1 << i)?, each(&|i| self.grand() & !(1 << i))?);
        Ok(Ends { none: self.run(0)?, all: self.run(self.grand())?, one, rest })
    }

    /// The contributions in one order and in its reverse, averaged.
    fn pair(&self, seed: u64, number: u64, ends: &Ends) -> Result<Vec<Payoffs>, Error> {
        let mut means = vec![zeros(&ends.none); self.players];
        let mut order = self.order(seed, number);
        self.walk(&order, ends, &mut means)?;
        order.reverse();
        self.walk(&order, ends, &mut means)?;
        Ok(means)
    }

    /// An order of the players that interrupts no union.
    pub(super) fn order(&self, seed: u64, number: u64) -> Vec<usize> {
        let mut random = stream(seed, number);
        let mut unions = self.unions.clone();
        unions.shuffle(&mut random);
        unions.iter_mut().for_each(|union| union.shuffle(&mut random));
        unions.concat()
    }

    /// Adds half the contribution that each player makes to those before it.
    fn walk(&self, order: &[usize], ends: &Ends, means: &mut [Payoffs]) -> Result<(), Error> {
        let mut before = ends.none.clone();
        for (place, player) in order.iter().enumerate() {
            let after = match self.players - 1 - place {
                0 => ends.all.clone(),
                1 => ends.rest[order[self.players - 1]].clone(),
                _ if place == 0 => ends.one[*player].clone(),
                _ => self.run(bits(&order[..=place]))?,
            };
            add(&mut means[*player], 0.5, &minus(&after, &before));
            before = after;
        }
        Ok(())
    }
}

impl Spread {
    /// Takes in the point of pair number `count`, from 1.
    fn add(&mut self, point: Value, count: usize) {
        self.mean = self.mean.and_then(|mean| {
            let point = point?;
            let moved = mean + (point - mean) / count as f64;
            self.squares += (point - mean) * (point - moved);
            finite(moved)
        });
    }

    fn standard_error(&self, count: usize) -> Value {
        self.mean?;
        finite((self.squares / (count as f64 * (count as f64 - 1.0))).sqrt())
    }
}
