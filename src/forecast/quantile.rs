//! Summaries of draws.

use super::answer::Band;
use crate::panel::Value;

/// Sums up `draws` (sorted in place) around the point forecast.
///
/// Quantile p lies at position p(n+1) of the ordered draws, linearly between neighbours and never
/// outside them (Hyndman and Fan 1996, type 6): the interval between quantiles p and 1−p of n
/// exchangeable draws then holds the next one with probability 1−2p even when n is small.
pub(super) fn band(point: Value, draws: &mut [f64], probabilities: &[f64]) -> Band {
    let Ok(_) = point else {
        let quantiles = if draws.is_empty() { Vec::new() } else { vec![point; probabilities.len()] };
        return Band { point, mean: point, quantiles };
    };
    if draws.is_empty() {
        return Band { point, mean: point, quantiles: Vec::new() };
    }
    let mean = crate::panel::finite(draws.iter().sum::<f64>() / draws.len() as f64);
    draws.sort_unstable_by(f64::total_cmp);
    Band { point, mean, quantiles: probabilities.iter().map(|p| Ok(quantile(draws, *p))).collect() }
}

fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let last = sorted.len() - 1;
    let position = (probability * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
    let below = position.floor();
    let (low, high) = (sorted[below as usize], sorted[(below as usize + 1).min(last)]);
    low + (position - below) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Absent;

    #[test]
    fn quantiles_stand_at_p_times_n_plus_one() {
        let mut draws = [5.0, 1.0, 3.0, 2.0, 4.0];
        let band = band(Ok(3.5), &mut draws, &[0.01, 0.25, 0.5, 0.99]);
        assert_eq!(band.mean, Ok(3.0));
        assert_eq!(band.quantiles, [Ok(1.0), Ok(1.5), Ok(3.0), Ok(5.0)]);
    }

    #[test]
    fn what_is_absent_stays_absent_and_no_draws_give_no_quantiles() {
        let absent = band(Err(Absent::Missing), &mut [1.0], &[0.5]);
        assert_eq!(absent.quantiles, [Err(Absent::Missing)]);
        assert!(band(Ok(1.0), &mut [], &[0.5]).quantiles.is_empty());
    }
}
