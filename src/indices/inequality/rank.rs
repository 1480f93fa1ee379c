//! Ranks and their correlations.

use crate::panel::{Value, ratio};

/// The rank of each value, 1 for the largest; equal values share the mean of their ranks.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let mut ranks = vec![0.0; values.len()];
    let mut above = 0;
    for tied in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = above as f64 + 0.5 * (tied.len() + 1) as f64;
        tied.iter().for_each(|place| ranks[*place] = rank);
        above += tied.len();
    }
    ranks
}

/// Spearman's ρ: the correlation of two rankings.
pub(super) fn spearman(pairs: &[(f64, f64)]) -> Value {
    // Ranks of n things have the mean (n + 1)/2, tied or not.
    let mean = 0.5 * (pairs.len() + 1) as f64;
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in pairs.iter().map(|(a, b)| (a - mean, b - mean)) {
        (aa, bb, ab) = (aa + a * a, bb + b * b, ab + a * b);
    }
    ratio(ab, (aa * bb).sqrt()).map(|rho| rho.clamp(-1.0, 1.0))
}

/// Kendall's τ_b of two rankings, in n log n steps: Knight (1966), Journal of the American Statistical Association 61,
/// 436–439.
///
/// Absent where all of one ranking are equal.
pub fn kendall(mut pairs: Vec<(f64, f64)>) -> Value {
    pairs.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let tied_first = tied(&pairs, |x, y| x.0.total_cmp(&y.0).is_eq());
    let tied_both = tied(&pairs, |x, y| x.0.total_cmp(&y.0).is_eq() && x.1.total_cmp(&y.1).is_eq());
    let mut second: Vec<f64> = pairs.iter().map(|(_, b)| *b).collect();
    let mut spare = second.clone();
    let discordant = swaps(&mut second, &mut spare);
    let tied_second = tied(&second, |x, y| x.total_cmp(y).is_eq());
    let all = pairs_of(pairs.len());
    let concordant = all - tied_first - tied_second + tied_both - discordant;
    ratio(concordant - discordant, ((all - tied_first) * (all - tied_second)).sqrt())
}

fn pairs_of(n: usize) -> f64 {
    n as f64 * (n as f64 - 1.0) / 2.0
}

/// Pairs within the runs of equal neighbours.
fn tied<T>(sorted: &[T], equal: impl FnMut(&T, &T) -> bool) -> f64 {
    sorted.chunk_by(equal).map(|run| pairs_of(run.len())).sum()
}

/// Sorts `values` by merging; the number of pairs that stood in the wrong order.
fn swaps(values: &mut [f64], spare: &mut [f64]) -> f64 {
    let n = values.len();
    if n < 2 {
        return 0.0;
    }
    let middle = n / 2;
    let mut count = swaps(&mut values[..middle], &mut spare[..middle]);
    count += swaps(&mut values[middle..], &mut spare[middle..]);
    let (mut left, mut right) = (0, middle);
    for place in spare[..n].iter_mut() {
        if right == n || (left < middle && values[left] <= values[right]) {
            *place = values[left];
            left += 1;
        } else {
            *place = values[right];
            right += 1;
            count += (middle - left) as f64;
        }
    }
    values.copy_from_slice(&spare[..n]);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 9.0]), vec![2.5, 4.0, 2.5, 1.0]);
    }

    #[test]
    fn kendall_counts_every_pair() {
        // Christensen's example in giddy 2.3.8, rank.Tau: -0.47140
        let (x, y) = ([12.0, 2.0, 1.0, 12.0, 2.0], [1.0, 4.0, 7.0, 1.0, 0.0]);
        let tau = kendall(x.into_iter().zip(y).collect());
        assert!(tau.is_ok_and(|tau| (tau + 0.471_404_520_791_031_7).abs() < 1e-15), "{tau:?}");
    }
}
