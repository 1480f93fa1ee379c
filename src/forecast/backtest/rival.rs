//! What a model must beat: forecasts that know past levels only.

use super::super::series::Series;
use crate::numeric::random::{normal, stream};
use crate::panel::{Absent, Value, finite};

/// First stream of the rivals' draws, above those of the model's.
const STREAM: u64 = 1 << 32;

/// A forecast of one series of levels. All start from the last level; their yearly (quarterly, monthly) growth differs.
///
/// A draw multiplies the growth factor of each step by the exponential of a past deviation of the log change from its
/// mean, drawn with replacement and enlarged by √(n/(n − 1)); all areas take the same dates, so that they move together
/// as they did (bootstrapped residuals: Hyndman and Athanasopoulos 2021, section 5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rival {
    /// The last level stays.
    Naive,
    /// The mean growth of the area's own past goes on; its draws carry the error of that mean.
    RandomWalkWithDrift,
    /// Every area keeps its share: all grow as the nation did on average.
    ConstantShare,
}

impl Rival {
    /// All rivals.
    pub const ALL: [Self; 3] = [Self::Naive, Self::RandomWalkWithDrift, Self::ConstantShare];

    /// The rival's name in requests and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::RandomWalkWithDrift => "random_walk_with_drift",
            Self::ConstantShare => "constant_share",
        }
    }

    /// Levels of the next steps after the history of an area, the nation's history beside it.
    ///
    /// # Errors
    /// Why there is no forecast: no last level, or no growth of positive levels to go by.
    pub(super) fn levels(self, own: &[Value], nation: &[Value], dice: &Dice) -> Result<Vec<Series>, Absent> {
        let last = own.last().copied().unwrap_or(Err(Absent::Missing))?;
        let changes = log_changes(own);
        let drift = match self {
            Self::Naive => 0.0,
            Self::RandomWalkWithDrift => mean_growth(own)?,
            Self::ConstantShare => mean_growth(nation)?,
        };
        let (residuals, error) = deviations(&changes);
        let error = if self == Self::RandomWalkWithDrift { error } else { 0.0 };
        let path = |h: usize, of_draw: &dyn Fn(usize) -> f64| {
            let draws = if residuals.is_empty() { 0 } else { dice.steps.len() };
            let draws = (0..draws).map(|d| finite(last * (drift * h as f64 + of_draw(d)).exp()));
            Series { point: finite(last * (drift * h as f64).exp()), draws: draws.collect() }
        };
        let mut sums = vec![0.0; dice.steps.len()];
        let step = |h: usize| {
            if !residuals.is_empty() {
                for (sum, (steps, drift)) in sums.iter_mut().zip(dice.steps.iter().zip(&dice.drift)) {
                    *sum += residuals[(steps[h - 1] * residuals.len() as f64) as usize] + error * drift;
                }
            }
            path(h, &|d| sums[d])
        };
        Ok((1..=dice.horizon).map(step).collect())
    }
}

/// The random numbers behind the rivals' draws, the same for all areas.
#[derive(Debug)]
pub(super) struct Dice {
    horizon: usize,
    /// By draw and step: where in the past, in [0, 1).
    steps: Vec<Vec<f64>>,
    /// By draw: standard normal error of the mean growth.
    drift: Vec<f64>,
}

impl Dice {
    /// The numbers of a seed.
    pub(super) fn new(seed: u64, draws: usize, horizon: usize) -> Self {
        let draw = |d: usize| {
            let mut random = stream(seed, STREAM + d as u64);
            let drift = normal(&mut random);
            let uniform = || rand_distr::Distribution::sample(&rand_distr::StandardUniform, &mut random);
            (std::iter::repeat_with(uniform).take(horizon).collect(), drift)
        };
        let (steps, drift) = (0..draws).map(draw).unzip();
        Self { horizon, steps, drift }
    }
}

/// Changes of the logarithm where both levels are positive.
fn log_changes(levels: &[Value]) -> Vec<f64> {
    let pairs = levels.iter().zip(levels.iter().skip(1));
    let change = |(before, now): (&Value, &Value)| match (before, now) {
        (Ok(before), Ok(now)) if *before > 0.0 && *now > 0.0 => Some((now / before).ln()),
        _ => None,
    };
    pairs.filter_map(change).collect()
}

/// Mean change of the logarithm a period, from the first positive level to the last level.
fn mean_growth(levels: &[Value]) -> Value {
    let positive = |level: &Value| level.is_ok_and(|x| x > 0.0);
    let first = levels.iter().position(positive).ok_or(Absent::OutsideDomain)?;
    let periods = levels.len() - 1 - first;
    match levels[levels.len() - 1]? {
        _ if periods == 0 => Err(Absent::NoPeriod),
        last if last > 0.0 => finite((last / levels[first]?).ln() / periods as f64),
        _ => Err(Absent::OutsideDomain),
    }
}

/// Deviations from the mean, of the variance of the changes, and the standard error of the mean; nothing of fewer than two.
fn deviations(changes: &[f64]) -> (Vec<f64>, f64) {
    let n = changes.len() as f64;
    if changes.len() < 2 {
        return (Vec::new(), 0.0);
    }
    let mean = changes.iter().sum::<f64>() / n;
    let enlarged = (n / (n - 1.0)).sqrt();
    let residuals: Vec<f64> = changes.iter().map(|change| enlarged * (change - mean)).collect();
    let variance = residuals.iter().map(|e| e * e).sum::<f64>() / n;
    (residuals, (variance / n).sqrt())
}
