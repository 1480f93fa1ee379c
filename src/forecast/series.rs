//! One number's point forecast and its draws.

use super::answer::Band;
use super::simulate::Run;
use crate::panel::{Absent, Value, finite};

/// A point forecast and the draws around it; absent as a whole when one draw is.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) point: Value,
    pub(super) draws: Result<Vec<f64>, Absent>,
}

impl Series {
    /// The same number in every draw.
    pub(super) fn constant(value: Value, draws: usize) -> Self {
        Self { point: value, draws: value.map(|x| vec![x; draws]) }
    }

    /// Combines two numbers draw by draw.
    pub(super) fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> Value) -> Self {
        let pairs = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect();
        let draws = match (&self.draws, &other.draws) {
            (Ok(a), Ok(b)) => pairs(a, b),
            (Err(reason), _) | (_, Err(reason)) => Err(*reason),
        };
        Self { point: self.point.and_then(|a| f(a, other.point?)), draws }
    }

    /// The same numbers without taking them.
    pub(super) fn draws(&self) -> Draws<'_> {
        Draws { point: self.point, draws: self.draws.as_deref().map_err(|reason| *reason) }
    }

    /// This minus another, draw by draw.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.zip(other, |a, b| finite(a - b))
    }

    /// This times a factor.
    pub(super) fn times(&self, factor: Value) -> Self {
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

    /// Mean and quantiles of the draws around the point.
    ///
    /// Quantile p lies at position p(n+1) of the ordered draws, linearly between neighbours and never
    /// outside them (Hyndman and Fan 1996, type 6): the interval between quantiles p and 1−p of n
    /// exchangeable draws then holds the next one with probability 1−2p even when n is small.
    pub(super) fn band(self, probabilities: &[f64]) -> Band {
        let Self { point, draws } = self;
        match draws {
            Ok(draws) if draws.is_empty() => Band { point, mean: point, quantiles: Vec::new() },
            Ok(mut draws) => {
                let mean = finite(draws.iter().sum::<f64>() / draws.len() as f64);
                Band { point, mean, quantiles: quantiles(&mut draws, probabilities) }
            }
            Err(reason) => Band { point, mean: Err(reason), quantiles: vec![Err(reason); probabilities.len()] },
        }
    }
}

/// Quantiles of ascending probabilities, by selection: the draws are not sorted beyond what these ask.
fn quantiles(draws: &mut [f64], probabilities: &[f64]) -> Vec<Value> {
    let last = draws.len() - 1;
    let mut smaller = 0;
    let quantile = |probability: &f64| {
        let position = (probability * (draws.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
        let below = position.floor() as usize;
        let (_, low, rest) = draws[smaller..].select_nth_unstable_by(below - smaller, f64::total_cmp);
        let high = rest.iter().copied().min_by(f64::total_cmp).unwrap_or(*low);
        smaller = below;
        finite(*low + (position - below as f64) * (high - *low))
    };
    probabilities.iter().map(quantile).collect()
}

/// The draws of one row in one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draws<'a> {
    pub(super) point: Value,
    pub(super) draws: Result<&'a [f64], Absent>,
}

impl Draws<'_> {
    /// A copy to calculate with.
    pub(super) fn series(self) -> Series {
        Series { point: self.point, draws: self.draws.map(<[f64]>::to_vec) }
    }
}

/// All draws of one variable, each number's draws together.
#[derive(Debug)]
pub(super) struct Cube {
    count: usize,
    /// step × row.
    point: Vec<Value>,
    /// step × row: why some draw has no value.
    absent: Vec<Option<Absent>>,
    /// step × row × draw.
    values: Vec<f64>,
}

impl Cube {
    /// Turns runs, the point forecast first, into a cube.
    pub(super) fn new(runs: &[Run], pick: fn(&Run) -> &[Value]) -> Self {
        let (point, draws) = runs.split_first().map_or((&[][..], runs), |(first, rest)| (pick(first), rest));
        let mut values = Vec::with_capacity(point.len() * draws.len());
        let mut absent = vec![None; point.len()];
        for (place, absent) in absent.iter_mut().enumerate() {
            values.extend(draws.iter().map(|run| match pick(run)[place] {
                Ok(value) => value,
                Err(reason) => {
                    absent.get_or_insert(reason);
                    0.0
                }
            }));
        }
        Self { count: draws.len(), point: point.to_vec(), absent, values }
    }

    /// The draws at a place, step × row.
    pub(super) fn at(&self, place: usize) -> Draws<'_> {
        let values = &self.values[place * self.count..(place + 1) * self.count];
        Draws { point: self.point[place], draws: self.absent[place].map_or(Ok(values), Err) }
    }

    /// Number of draws.
    pub(super) fn count(&self) -> usize {
        self.count
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
    fn one_absent_draw_makes_the_distribution_absent_and_leaves_the_point() {
        let run = |x: Value| {
            let mut run = Run::default();
            run.outcome.push(x);
            run
        };
        let runs = [run(Ok(1.0)), run(Ok(2.0)), run(Err(Absent::OutsideDomain))];
        let band = Cube::new(&runs, |run| &run.outcome).at(0).series().band(&[0.5]);
        assert_eq!((band.point, band.quantiles), (Ok(1.0), vec![Err(Absent::OutsideDomain)]));
    }
}
