//! Targets of a share of the nation.

use super::change::{Act, Change};
use crate::panel::{Absent, Grid, Value, ratio};
use std::collections::BTreeMap;

/// Brings the regions of each share target, together, to their share of the nation's total of the same industries; the
/// cells of a target keep their proportions.
///
/// With s₀ = S/T the share before, s the target and f the part of it in force, the aim is s_f = s₀ + f (s − s₀).
/// Where the national total stays as in `nation`, S is multiplied by s_f/s₀ and the closure takes the rest from others.
/// Where others keep their levels, all targets k of the same industries are met at once by
///
/// S_k ← S_k · (s_fk / s₀k) · (1 − Σ s₀) / (1 − Σ s_f),
///
/// which is no change at all, to the bit, where all have the share already.
pub(super) fn apply_shares(grid: &mut Grid, active: &[&Change], step: usize, nation: Option<&Grid>) {
    let mut markets: BTreeMap<&[usize], Vec<&Change>> = BTreeMap::new();
    for change in active.iter().filter(|change| change.act == Act::Share) {
        markets.entry(&change.industries).or_default().push(change);
    }
    for (industries, changes) in markets {
        let regions: Vec<usize> = (0..grid.regions()).collect();
        let total = stock(nation.unwrap_or(grid), &regions, industries);
        let before: Vec<f64> = changes.iter().map(|change| stock(grid, &change.regions, industries) / total).collect();
        let aim = |(change, share): (&&Change, &f64)| share + change.timing.force(step) * (change.amounts[0] - share);
        let aims: Vec<f64> = changes.iter().zip(&before).map(aim).collect();
        let others = match nation {
            Some(_) => Ok(1.0),
            None => ratio(1.0 - before.iter().sum::<f64>(), 1.0 - aims.iter().sum::<f64>()),
        };
        for ((change, aim), before) in changes.iter().zip(aims).zip(before) {
            multiply(grid, change, others.and_then(|others| Ok(ratio(aim, before)? * others)));
        }
    }
}

/// The sum of the cells that have a value.
fn stock(grid: &Grid, regions: &[usize], industries: &[usize]) -> f64 {
    let cells = regions.iter().flat_map(|r| industries.iter().map(move |i| r * grid.width + i));
    cells.filter_map(|cell| grid.values[cell].ok()).sum()
}

/// Multiplies the cells of a change; a share of nothing has no value.
fn multiply(grid: &mut Grid, change: &Change, factor: Value) {
    for region in &change.regions {
        for industry in &change.industries {
            let value = &mut grid.values[region * grid.width + industry];
            *value = value.and_then(|x| Ok(x * factor.map_err(|_| Absent::OutsideDomain)?));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::change::{Margin, Timing};
    use super::*;

    fn share(amount: f64, region: usize, industries: &[usize]) -> Change {
        let timing = Timing { first: 0, last: 9, phase: 4, fade: 1 };
        let (act, margin, industries) = (Act::Share, Margin::Other, industries.to_vec());
        let (regions, amounts) = (vec![region], vec![amount]);
        Change { measure: 0, act, amounts, pace: 1.0, regions, industries, timing, margin, policy: 0, number: 0 }
    }

    fn grid() -> Grid {
        Grid { width: 2, values: [10.0, 20.0, 5.0, 25.0, 30.0, 10.0].map(Ok).into() }
    }

    fn shared(changes: &[Change], step: usize, fixed: bool) -> Vec<f64> {
        let (mut grid, before) = (grid(), grid());
        apply_shares(&mut grid, &changes.iter().collect::<Vec<_>>(), step, fixed.then_some(&before));
        grid.values.into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn others_keep_their_levels_unless_the_total_stays() {
        let close = |ours: Vec<f64>, expected: [f64; 6]| {
            assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{ours:?}");
        };
        let all = [share(0.5, 0, &[0, 1])];
        close(shared(&all, 3, false), [70.0 / 3.0, 140.0 / 3.0, 5.0, 25.0, 30.0, 10.0]);
        close(shared(&all, 3, true), [50.0 / 3.0, 100.0 / 3.0, 5.0, 25.0, 30.0, 10.0]);
        close(shared(&all, 1, true), [40.0 / 3.0, 80.0 / 3.0, 5.0, 25.0, 30.0, 10.0]);
        close(shared(&[share(0.4, 0, &[0])], 3, false), [70.0 / 3.0, 20.0, 5.0, 25.0, 30.0, 10.0]);
    }

    #[test]
    fn targets_of_one_market_are_met_at_once() {
        let both = [share(0.2, 0, &[0, 1]), share(0.4, 1, &[0, 1])];
        let values = shared(&both, 3, false);
        let total: f64 = values.iter().sum();
        assert!((values[0] + values[1] - 0.2 * total).abs() < 1e-12);
        assert!((values[2] + values[3] - 0.4 * total).abs() < 1e-12);
        assert_eq!(values[4..], [30.0, 10.0]);
    }

    #[test]
    fn a_share_that_is_there_already_changes_no_bit() {
        for fixed in [false, true] {
            let same = [share(30.0 / 100.0, 0, &[0, 1]), share(30.0 / 100.0, 1, &[0, 1])];
            let unchanged = shared(&same, 2, fixed).into_iter().map(Ok).collect::<Vec<_>>();
            assert_eq!(unchanged, grid().values);
        }
    }
}
