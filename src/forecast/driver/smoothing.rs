//! Exponential smoothing in innovations form, the model of `ets`, `damped_trend` and `theta`.
//!
//! y_t = l_{t−1} + φ b_{t−1} + e_t, l_t = l_{t−1} + φ b_{t−1} + α e_t, b_t = φ b_{t−1} + β e_t (Hyndman, Koehler, Ord
//! and Snyder 2008, Forecasting with Exponential Smoothing, section 2.5: additive errors). The errors are linear in
//! the first level and growth, so for given gains (α, β, φ) these are a regression, and the likelihood is maximised
//! over the gains alone. A missing period is bridged by the forecast.
//!
//! Draws take the gains from their posterior on a grid (flat in α, β/α and φ, first states integrated out), with the
//! states and σ that belong to them: so short histories do not pass for certain.

use super::cells::{Cell, Future};
use super::noise::Shocks;
use super::past::Series;
use super::walk::Walk;
use crate::numeric::nelder_mead::minimise;

/// The usual bounds: smallest and largest α and smallest β.
const LOW: f64 = 1e-4;
const HIGH: f64 = 0.9999;
/// Points of the posterior that are kept, each as likely as the others.
const SUPPORT: usize = 16;

/// Which components move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A level: (A,N,N).
    Level,
    /// A level and its growth: (A,A,N).
    Trend,
    /// A level and growth that dies out: (A,Ad,N).
    Damped,
    /// A level, α in [0.1, 0.99]: the line of the theta method (Fiorucci et al. 2016).
    Theta,
}

/// How fast the states learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gains {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) phi: f64,
}

/// States after the last observation, and how much they err.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) gains: Gains,
    pub(super) level: f64,
    pub(super) growth: f64,
    /// σ of these gains in units of the cell's.
    pub(super) ratio: f64,
    /// Lower triangle of the Cholesky root of the variance of (level, growth) in units of σ²: 11, 21, 22.
    pub(super) root: [f64; 3],
}

/// States that are equally likely.
#[derive(Debug)]
pub(super) struct Smooth(Vec<State>);

/// A fitted cell and what it tells.
#[derive(Debug)]
pub(super) struct Fit {
    pub(super) cell: Cell<Smooth>,
    /// Corrected information criterion of Akaike.
    pub(super) aicc: f64,
    /// Whether the search for the gains ended.
    pub(super) converged: bool,
}

/// A history run through once with given gains.
struct Sweep {
    /// One-step errors, by period since the first observation.
    errors: Vec<(usize, f64)>,
    squares: f64,
    /// ln |C'C|, C the derivatives of the errors by the first states.
    log_determinant: f64,
    level: f64,
    growth: f64,
    root: [f64; 3],
}

impl Form {
    /// First states: level, and growth.
    fn states(self) -> usize {
        if matches!(self, Self::Level | Self::Theta) { 1 } else { 2 }
    }

    /// Everything that is estimated, σ included.
    fn parameters(self) -> usize {
        match self {
            Self::Level | Self::Theta => 3,
            Self::Trend => 5,
            Self::Damped => 6,
        }
    }

    /// The gains of a point of the unit cube: α, β as a part of α, φ in [0.8, 0.98].
    fn gains(self, at: &[f64; 3]) -> Gains {
        let alpha = LOW + at[0] * (HIGH - LOW);
        match self {
            Self::Level => Gains { alpha, beta: 0.0, phi: 0.0 },
            Self::Theta => Gains { alpha: 0.1 + 0.89 * at[0], beta: 0.0, phi: 0.0 },
            Self::Trend => Gains { alpha, beta: LOW + at[1] * (alpha - LOW), phi: 1.0 },
            Self::Damped => Gains { alpha, beta: LOW + at[1] * (alpha - LOW), phi: 0.8 + 0.18 * at[2] },
        }
    }

    /// Centres of the cells of a grid over the unit cube.
    fn grid(self) -> Vec<[f64; 3]> {
        let (a, b, c) = match self {
            Self::Level | Self::Theta => (24, 1, 1),
            Self::Trend => (10, 8, 1),
            Self::Damped => (8, 6, 4),
        };
        let centre = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
        let at = |i: usize| [centre(i / (b * c), a), centre(i / c % b, b), centre(i % c, c)];
        (0..a * b * c).map(at).collect()
    }
}

/// Fits a form to a series; `None` when it has fewer than two observations more than parameters.
pub(super) fn fit(series: &Series, form: Form, horizon: usize) -> Option<Fit> {
    let n = series.values.len();
    if n < form.parameters() + 2 {
        return None;
    }
    let dense = series.dense();
    let grid: Vec<([f64; 3], Sweep)> =
        form.grid().into_iter().map(|at| (at, sweep(&dense, form.gains(&at), form.states()))).collect();
    let (best, converged) = search(&dense, form, &grid);
    let gains = form.gains(&best);
    let found = sweep(&dense, gains, form.states());
    let freedom = n - form.states();
    let criterion = |sweep: &Sweep| -0.5 * (freedom as f64 * sweep.squares.ln() + sweep.log_determinant);
    let states = if found.squares > 0.0 {
        let weights: Vec<f64> = grid.iter().map(|(_, sweep)| criterion(sweep) - criterion(&found)).collect();
        let state = |i: usize| grid[i].1.state(form.gains(&grid[i].0), (grid[i].1.squares / found.squares).sqrt());
        systematic(&weights).into_iter().map(state).collect()
    } else {
        vec![found.state(gains, 1.0)]
    };
    let path = found.state(gains, 1.0).path(horizon);
    let (n, q) = (n as f64, form.parameters() as f64);
    let aicc = n * (found.squares / n).ln() + 2.0 * q * n / (n - q - 1.0);
    let errors = found.errors.into_iter().map(|(t, e)| (series.dates[0] + t, e)).collect();
    Some(Fit { cell: Cell { path, errors, freedom, future: Smooth(states) }, aicc, converged })
}

/// The point of the unit cube with the smallest sum of squares, and whether the search ended.
fn search(dense: &[Option<f64>], form: Form, grid: &[([f64; 3], Sweep)]) -> ([f64; 3], bool) {
    let squares = |at: &[f64; 3]| sweep(dense, form.gains(at), form.states()).squares;
    let start = grid.iter().min_by(|a, b| a.1.squares.total_cmp(&b.1.squares)).map_or([0.5; 3], |(at, _)| *at);
    let [a, b, _] = start;
    match form {
        Form::Level | Form::Theta => {
            let found = minimise(|x: &[f64; 1]| squares(&[x[0], 0.0, 0.0]), [a], 0.02);
            ([found.at[0], 0.0, 0.0], found.converged)
        }
        Form::Trend => {
            let found = minimise(|x: &[f64; 2]| squares(&[x[0], x[1], 0.0]), [a, b], 0.05);
            ([found.at[0], found.at[1], 0.0], found.converged)
        }
        Form::Damped => {
            let found = minimise(squares, start, 0.06);
            (found.at, found.converged)
        }
    }
}

/// [`SUPPORT`] positions drawn in proportion to exp(weight), evenly and in order (systematic resampling).
fn systematic(weights: &[f64]) -> Vec<usize> {
    let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = weights.iter().map(|w| (w - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    let (mut position, mut passed) = (0, weights[0]);
    let mut chosen = Vec::with_capacity(SUPPORT);
    for k in 0..SUPPORT {
        let mark = (k as f64 + 0.5) / SUPPORT as f64 * total;
        while passed < mark && position + 1 < weights.len() {
            position += 1;
            passed += weights[position];
        }
        chosen.push(position);
    }
    chosen
}

/// Runs the observed history, and the histories that the first level and the first growth alone would make, through
/// the recursion, and puts them together so that the errors are least.
fn sweep(dense: &[Option<f64>], gains: Gains, states: usize) -> Sweep {
    let Gains { alpha, beta, phi } = gains;
    let (mut level, mut growth) = ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
    let mut rows: Vec<(usize, [f64; 3])> = Vec::with_capacity(dense.len());
    for (t, y) in dense.iter().enumerate() {
        let mut error = [0.0; 3];
        for k in 0..=states {
            let ahead = level[k] + phi * growth[k];
            error[k] = match y {
                Some(y) if k == 0 => y - ahead,
                Some(_) => -ahead,
                None => 0.0,
            };
            level[k] = ahead + alpha * error[k];
            growth[k] = phi * growth[k] + beta * error[k];
        }
        if y.is_some() {
            rows.push((t, error));
        }
    }
    let product = |a: usize, b: usize| rows.iter().map(|(_, e)| e[a] * e[b]).sum::<f64>();
    let (c11, c12, c22) = (product(1, 1), product(1, 2), if states == 2 { product(2, 2) } else { 1.0 });
    let (r1, r2, determinant) = (product(0, 1), product(0, 2), c11 * c22 - c12 * c12);
    let first = [(c12 * r2 - c22 * r1) / determinant, (c12 * r1 - c11 * r2) / determinant];
    let first = if states == 2 { first } else { [first[0], 0.0] };
    let whole = |x: [f64; 3]| x[0] + first[0] * x[1] + first[1] * x[2];
    let errors: Vec<(usize, f64)> = rows.iter().map(|(t, e)| (*t, whole(*e))).collect();
    // Variance of the states after the last observation: what is left of the first ones'.
    let (v11, v12, v22) = (c22 / determinant, -c12 / determinant, if states == 2 { c11 / determinant } else { 0.0 });
    let left = |a: [f64; 3], b: [f64; 3]| a[1] * (v11 * b[1] + v12 * b[2]) + a[2] * (v12 * b[1] + v22 * b[2]);
    let top = left(level, level).max(0.0).sqrt();
    let across = if top > 0.0 { left(growth, level) / top } else { 0.0 };
    let bottom = (left(growth, growth) - across * across).max(0.0).sqrt();
    Sweep {
        squares: errors.iter().map(|(_, e)| e * e).sum(),
        errors,
        log_determinant: determinant.ln(),
        level: whole(level),
        growth: if states == 2 { whole(growth) } else { 0.0 },
        root: [top, across, if states == 2 { bottom } else { 0.0 }],
    }
}

impl Sweep {
    fn state(&self, gains: Gains, ratio: f64) -> State {
        State { gains, level: self.level, growth: self.growth, ratio, root: self.root }
    }
}

impl State {
    /// The path without shocks.
    pub(super) fn path(self, horizon: usize) -> Vec<f64> {
        let mut path = vec![0.0; horizon];
        let still = Shocks { steps: &vec![0.0; horizon], extra: &[0.0; 2], sigma: 0.0, uniform: 0.0 };
        Smooth(vec![self]).simulate(&still, &mut path);
        path
    }
}

impl Smooth {
    /// Every state as `change` makes it.
    pub(super) fn map(self, change: impl Fn(State) -> State) -> Self {
        Self(self.0.into_iter().map(change).collect())
    }

    /// The random walk that `still` or drifting series are, in smoothing's terms.
    pub(super) fn walk(cell: Cell<Walk>) -> Cell<Self> {
        let Cell { path, errors, freedom, future: Walk { drift, error } } = cell;
        let gains = Gains { alpha: 1.0, beta: 0.0, phi: 1.0 };
        let state = State { gains, level: 0.0, growth: drift, ratio: 1.0, root: [0.0, 0.0, error] };
        Cell { path, errors, freedom, future: Self(vec![state]) }
    }
}

impl Future for Smooth {
    const EXTRA: usize = 2;

    fn simulate(&self, shocks: &Shocks<'_>, into: &mut [f64]) {
        let state = self.0[(shocks.uniform * self.0.len() as f64) as usize];
        let (Gains { alpha, beta, phi }, sigma) = (state.gains, shocks.sigma * state.ratio);
        let [first, across, second] = state.root;
        let mut level = state.level + sigma * first * shocks.extra[0];
        let mut growth = state.growth + sigma * (across * shocks.extra[0] + second * shocks.extra[1]);
        for (into, shock) in into.iter_mut().zip(shocks.steps) {
            let (ahead, error) = (level + phi * growth, sigma * shock);
            *into = ahead + error;
            level = ahead + alpha * error;
            growth = phi * growth + beta * error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_states_make_the_errors_least() {
        let dense: Vec<Option<f64>> = [1.0, 3.0, 2.5, 4.0, 6.5, 6.0].map(Some).to_vec();
        let gains = Gains { alpha: 0.4, beta: 0.1, phi: 0.9 };
        let found = sweep(&dense, gains, 2);
        let run = |mut level: f64, mut growth: f64| {
            let mut squares = 0.0;
            for y in dense.iter().flatten() {
                let (ahead, before) = (level + 0.9 * growth, growth);
                let error = y - ahead;
                squares += error * error;
                (level, growth) = (ahead + 0.4 * error, 0.9 * before + 0.1 * error);
            }
            squares
        };
        let least = minimise(|x: &[f64; 2]| run(6.0 * x[0] - 3.0, 6.0 * x[1] - 3.0), [0.5, 0.6], 0.1);
        assert!((found.squares - least.value).abs() < 1e-9, "{} {}", found.squares, least.value);
    }

    #[test]
    fn systematic_draws_follow_the_weights() {
        let chosen = systematic(&[0.5_f64.ln(), 0.25_f64.ln(), 0.0_f64.ln(), 0.25_f64.ln()]);
        let count = |i: usize| chosen.iter().filter(|c| **c == i).count();
        assert_eq!([0, 1, 2, 3].map(count), [8, 4, 0, 4]);
    }
}
