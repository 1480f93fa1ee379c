//! How the order of the regions changes, and how sure it is.

use crate::indices::kendall;
use crate::panel::Value;

/// What two rankings of the same regions have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankChange {
    /// Number of regions with another rank.
    pub changes: f64,
    /// Kendall's τ_b: 1 for the same order, −1 for the reverse (Kendall 1945, Biometrika 33); absent where all regions
    /// are equal in one of the two.
    pub tau: Value,
}

impl RankChange {
    /// Both with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Value)> {
        [("rank_changes", Ok(self.changes)), ("kendall_tau", self.tau)].into_iter()
    }
}

/// Compares the ranks of the regions in two futures of one draw, or at two dates of one future.
pub fn rank_change(before: &[f64], after: &[f64]) -> RankChange {
    let pairs: Vec<(f64, f64)> = before.iter().copied().zip(after.iter().copied()).collect();
    let changes = pairs.iter().filter(|(before, after)| before.total_cmp(after).is_ne()).count();
    let differ = before.iter().any(|rank| rank.total_cmp(&before[0]).is_ne());
    // The same order, as of most draws, needs no sorting.
    let tau = if changes == 0 && differ { Ok(1.0) } else { kendall(pairs) };
    RankChange { changes: changes as f64, tau }
}

/// How often each region has each rank, region × rank, from the ranks of its draws, draw × region.
///
/// Regions that share the mean of some ranks have each of them in equal parts, so that rows and columns sum to 1.
pub fn rank_probabilities(draws: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let regions = draws.first().map_or(0, Vec::len);
    let mut probabilities = vec![vec![0.0; regions]; regions];
    for ranks in draws {
        let mut order: Vec<usize> = (0..regions).collect();
        order.sort_unstable_by(|a, b| ranks[*a].total_cmp(&ranks[*b]));
        let mut above = 0;
        for tied in order.chunk_by(|a, b| ranks[*a].total_cmp(&ranks[*b]).is_eq()) {
            let part = 1.0 / (tied.len() * draws.len()) as f64;
            let places = above..above + tied.len();
            tied.iter().for_each(|region| probabilities[*region][places.clone()].iter_mut().for_each(|p| *p += part));
            above += tied.len();
        }
    }
    probabilities
}

#[cfg(test)]
mod tests {
    use super::super::Regions;
    use super::*;
    use crate::numeric::random::{normals, stream};

    #[test]
    fn a_swap_of_neighbours_turns_one_pair() {
        let regions = Regions::new(&[2.0, 1.0, 1.0, 1.0], vec![None; 4], 0);
        let (before, after) = (regions.ranks(&[8.0, 3.0, 2.0, 1.0]), regions.ranks(&[8.0, 2.0, 3.0, 1.0]));
        assert_eq!(before, [1.0, 2.0, 3.0, 4.0]);
        let change = rank_change(&before, &after);
        // Five of six pairs keep their order.
        assert!((change.tau.unwrap() - 4.0 / 6.0).abs() < 1e-15 && (change.changes - 2.0).abs() < 1e-15, "{change:?}");
        assert_eq!(rank_change(&before, &before), RankChange { changes: 0.0, tau: Ok(1.0) });
        assert!(change.iter().map(|(name, _)| name).eq(["rank_changes", "kendall_tau"]));
    }

    #[test]
    fn every_region_has_a_rank_and_every_rank_a_region() {
        let regions = Regions::new(&[1.0; 6], vec![None; 6], 0);
        let draw = |d| regions.ranks(&normals(&mut stream(2, d), 6).iter().map(|z| z.round()).collect::<Vec<_>>());
        let probabilities = rank_probabilities(&(0..200).map(draw).collect::<Vec<_>>());
        for i in 0..6 {
            let (row, column): (f64, f64) =
                (probabilities[i].iter().sum(), probabilities.iter().map(|row| row[i]).sum());
            assert!((row - 1.0).abs() < 1e-12 && (column - 1.0).abs() < 1e-12, "{row} {column}");
        }
        assert_eq!(rank_probabilities(&[vec![1.5, 1.5, 3.0]])[0], [0.5, 0.5, 0.0]);
    }
}
