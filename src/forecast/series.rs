//! One number's point forecast and its draws.

use super::answer::Band;
use crate::panel::{Absent, Value, finite};

/// A point forecast and the draws around it; absent as a whole when one draw is.
#[derive(Debug, Clone)]
pub struct Series {
    /// At the estimated coefficients, without disturbances.
    pub point: Value,
    /// One number a draw; empty when only the point was asked for.
    pub draws: Result<Vec<f64>, Absent>,
}

impl Series {
    /// The same number in every draw.
    pub(super) fn constant(value: Value, draws: usize) -> Self {
        Self { point: value, draws: value.map(|x| vec![x; draws]) }
    }

    /// Combines two numbers draw by draw.
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> Value) -> Self {
        self.draws().zip(other.draws(), f)
    }

    /// The same numbers without taking them.
    pub fn draws(&self) -> Draws<'_> {
        Draws { point: self.point, draws: self.draws.as_deref().map_err(|reason| *reason) }
    }

    /// This minus another, draw by draw.
    pub fn minus(&self, other: &Self) -> Self {
        self.zip(other, difference)
    }

    /// This times a factor.
    pub fn times(&self, factor: Value) -> Self {
        let times = |x: f64| factor.and_then(|factor| finite(factor * x));
        let draws = self.draws.as_ref().map_err(|reason| *reason);
        Self { point: self.point.and_then(times), draws: draws.and_then(|d| d.iter().map(|x| times(*x)).collect()) }
    }

    /// Adds `factor` times another.
    pub(super) fn add(&mut self, factor: Value, other: Draws<'_>) {
        self.point = self.point.and_then(|sum| finite(sum + factor? * other.point?));
        let draws = std::mem::replace(&mut self.draws, Ok(Vec::new()));
        self.draws = draws.and_then(|mut sums| {
            let (factor, draws) = (factor?, other.draws?);
            sums.iter_mut().zip(draws).for_each(|(sum, draw)| *sum += factor * draw);
            Ok(sums)
        });
    }

    /// Mean of the draws; the point without draws.
    pub fn mean(&self) -> Value {
        match &self.draws {
            Ok(draws) if draws.is_empty() => self.point,
            Ok(draws) => finite(draws.iter().sum::<f64>() / draws.len() as f64),
            Err(reason) => Err(*reason),
        }
    }

    /// Variance of the draws (divisor n); zero without draws.
    pub fn variance(&self) -> Value {
        let (mean, draws) = (self.mean()?, self.draws.as_ref().map_err(|reason| *reason)?);
        finite(draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len().max(1) as f64)
    }

    /// Mean and quantiles of the draws around the point.
    ///
    /// Quantile p lies at position p(n+1) of the ordered draws, linearly between neighbours and never
    /// outside them (Hyndman and Fan 1996, type 6): the interval between quantiles p and 1−p of n
    /// exchangeable draws then holds the next one with probability 1−2p even when n is small.
    pub fn band(self, probabilities: &[f64]) -> Band {
        let (point, mean) = (self.point, self.mean());
        let quantiles = match &self.draws {
            Ok(draws) if draws.is_empty() => Vec::new(),
            Ok(draws) => quantiles(draws, probabilities),
            Err(reason) => vec![Err(*reason); probabilities.len()],
        };
        Band { point, mean, quantiles }
    }
}

/// Quantiles of ascending probabilities, by selection: the draws are not sorted beyond what these ask.
fn quantiles(draws: &[f64], probabilities: &[f64]) -> Vec<Value> {
    let mut keys: Vec<i64> = draws.iter().map(|x| key(*x)).collect();
    let last = keys.len() - 1;
    let position = |probability: &f64| (probability * (keys.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
    let positions: Vec<f64> = probabilities.iter().map(position).collect();
    let neighbours = positions.iter().flat_map(|position| [*position as usize, (*position as usize + 1).min(last)]);
    let mut places: Vec<usize> = neighbours.collect();
    places.sort_unstable();
    places.dedup();
    select(&mut keys, &places, 0);
    let quantile = |position: f64| {
        let below = position as usize;
        let (low, high) = (number(keys[below]), number(keys[(below + 1).min(last)]));
        finite(low + (position - below as f64) * (high - low))
    };
    positions.into_iter().map(quantile).collect()
}

/// Brings to each of the ascending `places` what would stand there if all were sorted; the first key has the place `first`.
fn select(keys: &mut [i64], places: &[usize], first: usize) {
    let Some(middle) = places.get(places.len() / 2) else { return };
    let (left, _, right) = keys.select_nth_unstable(middle - first);
    let (below, above) = places.split_at(places.partition_point(|place| place < middle));
    select(left, below, first);
    select(right, &above[above.partition_point(|place| place == middle)..], middle + 1);
}

/// An integer that stands to others as the numbers do: integers are selected faster.
fn key(x: f64) -> i64 {
    let bits = x.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The number of a key; the mapping is its own inverse.
fn number(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

/// The draws of one row in one step.
#[derive(Debug, Clone, Copy)]
pub struct Draws<'a> {
    /// The point forecast.
    pub point: Value,
    /// One number a draw.
    pub draws: Result<&'a [f64], Absent>,
}

impl Draws<'_> {
    /// A copy to calculate with.
    pub(super) fn series(self) -> Series {
        Series { point: self.point, draws: self.draws.map(<[f64]>::to_vec) }
    }

    /// Combines two numbers draw by draw.
    pub(super) fn zip(self, other: Draws<'_>, f: impl Fn(f64, f64) -> Value) -> Series {
        let pairs = |a: &[f64], b: &[f64]| {
            let mut all = Vec::with_capacity(a.len());
            for (a, b) in a.iter().zip(b) {
                all.push(f(*a, *b)?);
            }
            Ok(all)
        };
        let draws = match (self.draws, other.draws) {
            (Ok(a), Ok(b)) => pairs(a, b),
            (Err(reason), _) | (_, Err(reason)) => Err(reason),
        };
        Series { point: self.point.and_then(|a| f(a, other.point?)), draws }
    }

    /// This minus another, draw by draw.
    pub(super) fn minus(self, other: Draws<'_>) -> Series {
        self.zip(other, difference)
    }
}

/// Difference, relative to the larger of the two, that is rounding.
const ROUNDING: f64 = 1e-13;

/// `a` less `b`; zero where rounding explains it, so that who is not touched has no effect.
pub(super) fn difference(a: f64, b: f64) -> Value {
    let difference = a - b;
    if difference.abs() <= ROUNDING * a.abs().max(b.abs()) { Ok(0.0) } else { finite(difference) }
}

/// One variable of all rows in one step: the point forecast, and each row's draws together.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) count: usize,
    /// One a row.
    pub(super) point: Vec<Value>,
    /// One a row: why some draw has no value.
    pub(super) absent: Vec<Option<Absent>>,
    /// row × draw.
    pub(super) values: Vec<f64>,
}

impl Section {
    /// The draws of a row.
    pub(super) fn at(&self, row: usize) -> Draws<'_> {
        let values = &self.values[row * self.count..(row + 1) * self.count];
        Draws { point: self.point[row], draws: self.absent[row].map_or(Ok(values), Err) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_stand_at_p_times_n_plus_one() {
        let series = Series { point: Ok(3.5), draws: Ok(vec![5.0, 1.0, 3.0, 2.0, 4.0]) };
        let band = series.band(&[0.01, 0.25, 0.5, 0.99]);
        assert_eq!(band.mean, Ok(3.0));
        assert_eq!(band.quantiles, [Ok(1.0), Ok(1.5), Ok(3.0), Ok(5.0)]);
    }

    #[test]
    fn keys_stand_to_one_another_as_numbers_do() {
        let numbers = [f64::MIN, -2.5, -1e-300, -0.0, 0.0, 1e-300, 1.0, 7.25, f64::MAX];
        assert!(numbers.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert!(numbers.iter().all(|x| number(key(*x)).to_bits() == x.to_bits()));
    }

    #[test]
    fn one_absent_draw_makes_the_distribution_absent_and_leaves_the_point() {
        let absent = vec![Some(Absent::OutsideDomain)];
        let section = Section { count: 2, point: vec![Ok(1.0)], absent, values: vec![2.0, 0.0] };
        let band = section.at(0).series().band(&[0.5]);
        assert_eq!((band.point, band.quantiles), (Ok(1.0), vec![Err(Absent::OutsideDomain)]));
    }
}
