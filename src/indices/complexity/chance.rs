//! How many regions two industries share by chance.

use super::network::{Lists, Network};
use super::pairs;
use super::relation::Bits;
use crate::indices::{Alternative, Ask};
use crate::numeric::random::{Random, stream};
use crate::panel::{Absent, Value};
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use statrs::distribution::{DiscreteCDF, Hypergeometric};

/// Trades a region in one draw of the null model, enough to forget the data: Strona et al. (2014).
const TRADES: usize = 5;

/// p-values of the number of shared regions of every pair, when specialisations fall on regions at random.
pub(super) fn hypergeometric(
    network: &Network,
    both: &[Value],
    ask: &Ask,
    stopped: impl Fn() -> bool + Sync,
) -> Vec<Value> {
    let (width, n) = (network.regions.len(), network.active_regions() as u64);
    let ubiquity = |industry: usize| network.regions.row(industry).len() as u64;
    let p = |i: usize, j: usize, both: Value| {
        let of = Hypergeometric::new(n, ubiquity(i), ubiquity(j)).map_err(|_| Absent::OutsideDomain)?;
        let both = both? as u64;
        let greater = if both == 0 { 1.0 } else { of.sf(both - 1) };
        Ok(one_or_both_sides(greater, of.cdf(both), ask.alternative))
    };
    let row = |i: usize| -> Vec<Value> {
        if stopped() {
            return vec![Err(Absent::Undetermined); width - i - 1];
        }
        let first = pairs::count(width) - pairs::count(width - i);
        (i + 1..width).zip(&both[first..]).map(|(j, both)| p(i, j, *both)).collect()
    };
    let rows: Vec<Vec<Value>> = (0..width).into_par_iter().map(row).collect();
    rows.into_iter().flatten().collect()
}

fn one_or_both_sides(greater: f64, less: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::Greater => greater.min(1.0),
        Alternative::Less => less.min(1.0),
        Alternative::TwoSided => (2.0 * greater.min(less)).min(1.0),
    }
}

/// p-values of the number of shared regions of every pair among random matrices with the same sums of rows and of
/// columns: (count + 1)/(draws + 1), the count being of matrices in which it is at least as extreme.
pub(super) fn permutation(
    network: &Network,
    both: &[Value],
    ask: &Ask,
    stopped: impl Fn() -> bool + Sync,
) -> Vec<Value> {
    let observed: Vec<u32> = both.iter().map(|both| both.map_or(0, |both| both as u32)).collect();
    let none = || vec![[0_u32; 2]; pairs::count(network.regions.len())];
    let tally = |mut tally: Vec<[u32; 2]>, draw: usize| {
        if stopped() {
            return tally;
        }
        let rows = shuffled(&network.industries, &mut stream(ask.seed, draw as u64));
        let bits = Bits::of(rows.iter().map(Vec::as_slice), network.regions.len());
        let drawn = (0..bits.width()).flat_map(|i| bits.shared(i));
        for ((counts, drawn), observed) in tally.iter_mut().zip(drawn).zip(&observed) {
            counts[0] += u32::from(drawn >= *observed);
            counts[1] += u32::from(drawn <= *observed);
        }
        tally
    };
    let add = |mut a: Vec<[u32; 2]>, b: Vec<[u32; 2]>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a = [a[0] + b[0], a[1] + b[1]];
        }
        a
    };
    let counts = (0..ask.draws).into_par_iter().fold(none, tally).reduce(none, add);
    let share = |count: u32| f64::from(count + 1) / (ask.draws + 1) as f64;
    let p = |([greater, less], both): ([u32; 2], &Value)| {
        both.map(|_| one_or_both_sides(share(greater), share(less), ask.alternative))
    };
    counts.into_iter().zip(both).map(p).collect()
}

/// A random matrix with the rows' and columns' sums of this one: two rows at a time deal out anew what only one of them
/// has (the curveball algorithm).
fn shuffled(lists: &Lists, random: &mut Random) -> Vec<Vec<u32>> {
    let mut rows: Vec<Vec<u32>> = lists.rows().map(<[u32]>::to_vec).collect();
    if rows.len() < 2 {
        return rows;
    }
    for _ in 0..TRADES * rows.len() {
        let a = random.random_range(0..rows.len());
        let b = (a + random.random_range(1..rows.len())) % rows.len();
        let [a, b] = [a.min(b), a.max(b)];
        let (before, after) = rows.split_at_mut(b);
        trade(&mut before[a], &mut after[0], random);
    }
    rows
}

/// Deals out anew what only one of two ascending rows has; their lengths stay.
fn trade(a: &mut Vec<u32>, b: &mut Vec<u32>, random: &mut Random) {
    let only = |own: &[u32], other: &[u32]| -> Vec<u32> {
        own.iter().copied().filter(|item| other.binary_search(item).is_err()).collect()
    };
    let (mut pool, from_b) = (only(a, b), only(b, a));
    let own = pool.len();
    pool.extend(from_b);
    let shared: Vec<u32> = a.iter().copied().filter(|item| b.binary_search(item).is_ok()).collect();
    pool.shuffle(random);
    for (row, dealt) in [(a, &pool[..own]), (b, &pool[own..])] {
        row.clear();
        row.extend(shared.iter().chain(dealt));
        row.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::complexity::network::tests::network;

    #[test]
    fn a_shuffled_matrix_keeps_its_margins() {
        let network = network(&[&[1, 1, 1, 1], &[0, 1, 0, 0], &[0, 0, 1, 1], &[0, 0, 0, 1], &[0, 0, 0, 0]]);
        let mut seen = Vec::new();
        for draw in 0..50 {
            let rows = shuffled(&network.industries, &mut stream(7, draw));
            let lists = Lists::new(rows.iter().map(|row| row.iter().copied()));
            for region in 0..5 {
                assert_eq!(lists.row(region).len(), network.industries.row(region).len());
            }
            for (now, before) in lists.transposed(4).rows().zip(network.regions.rows()) {
                assert_eq!(now.len(), before.len());
            }
            if !seen.contains(&lists) {
                seen.push(lists);
            }
        }
        assert!(seen.len() > 3, "{} matrices", seen.len());
    }
}
