//! Values from all coalitions.

use super::{Attribution, BLOCK, Coalition, Game, Payoffs, add, bits, minus, zeros};
use crate::error::Error;
use rayon::prelude::*;
use std::collections::BTreeMap;

impl<V: Fn(&[bool]) -> Result<Payoffs, Error> + Sync> Game<V> {
    /// Each coalition is run once and added to every value with its weight, so that memory does not grow with the
    /// number of coalitions.
    pub(super) fn exact(&self) -> Result<Attribution, Error> {
        let (none, all) = (self.run(0)?, self.run(self.grand())?);
        let mut shapley = vec![zeros(&none); self.players];
        let (mut alone, mut last) = (shapley.clone(), shapley.clone());
        let weights: Vec<_> = self.weights().into_iter().collect();
        for block in weights.chunks(BLOCK) {
            let run = |(coalition, _): &(Coalition, Vec<f64>)| self.gain(*coalition, &none, &all);
            let gains = block.par_iter().map(run).collect::<Result<Vec<_>, _>>()?;
            for ((coalition, weights), gain) in block.iter().zip(gains) {
                for player in 0..self.players {
                    if weights[player] != 0.0 {
                        add(&mut shapley[player], weights[player], &gain);
                    }
                    if *coalition == 1 << player {
                        alone[player].clone_from(&gain);
                    }
                    if *coalition == self.grand() & !(1 << player) {
                        last[player] = minus(&minus(&all, &none), &gain);
                    }
                }
            }
        }
        Ok(Attribution { total: minus(&all, &none), shapley, standard_errors: None, alone, last })
    }

    /// v(S) − v(∅).
    fn gain(&self, coalition: Coalition, none: &Payoffs, all: &Payoffs) -> Result<Payoffs, Error> {
        match coalition {
            0 => Ok(zeros(none)),
            grand if grand == self.grand() => Ok(minus(all, none)),
            other => Ok(minus(&self.run(other)?, none)),
        }
    }

    /// The weight of each coalition in the value of each player.
    fn weights(&self) -> BTreeMap<Coalition, Vec<f64>> {
        let mut weights = BTreeMap::new();
        for (number, union) in self.unions.iter().enumerate() {
            let others: Vec<Coalition> = without(&self.unions, number).map(|union| bits(union)).collect();
            for outside in subsets(others.len()) {
                let outer = weight(outside.count_ones(), self.unions.len());
                let before = chosen(&others, outside).fold(0, |all, union| all | union);
                for inside in subsets(union.len()) {
                    let coalition = before | chosen(union, inside).fold(0, |all, i| all | 1 << i);
                    let weights = weights.entry(coalition).or_insert_with(|| vec![0.0; self.players]);
                    for (place, player) in union.iter().enumerate() {
                        weights[*player] += outer * sign_and_weight(inside, place, union.len());
                    }
                }
            }
        }
        weights
    }
}

/// The weight within a union: positive for a coalition with the player, negative for one that it can join.
fn sign_and_weight(inside: Coalition, place: usize, size: usize) -> f64 {
    match inside >> place & 1 {
        1 => weight(inside.count_ones() - 1, size),
        _ => -weight(inside.count_ones(), size),
    }
}

/// The share of the orders of n players in which a player comes right after s given ones: s! (n − s − 1)! / n!.
fn weight(s: u32, n: usize) -> f64 {
    (1..=s).fold(1.0 / n as f64, |weight, k| weight * f64::from(k) / (n as f64 - f64::from(k)))
}

fn subsets(size: usize) -> std::ops::Range<Coalition> {
    0..1 << size
}

fn chosen<T: Copy>(all: &[T], subset: Coalition) -> impl Iterator<Item = T> {
    all.iter().enumerate().filter(move |(i, _)| subset >> i & 1 == 1).map(|(_, item)| *item)
}

fn without<T>(all: &[T], number: usize) -> impl Iterator<Item = &T> {
    all.iter().enumerate().filter(move |(i, _)| *i != number).map(|(_, item)| item)
}
