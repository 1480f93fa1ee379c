//! Forecasts of the aggregates by themselves, which those of the regions are reconciled with.

use crate::numeric::random::{Random, normals};
use crate::panel::{Absent, Value, finite, ln};
use rand_distr::{ChiSquared, Distribution};

/// Errors this small relative to the level are rounding.
const ROUNDING: f64 = 1e-12;

/// Random walks with drift of the logarithms of some nodes: ln y_t = ln y_{t−1} + ln g + u_t.
#[derive(Debug, Clone)]
pub struct Own {
    /// Last level by node.
    last: Vec<f64>,
    /// ln g by node.
    drift: Vec<f64>,
    /// y_t − g y_{t−1}, node × date, from the second date on.
    errors: Vec<Vec<Value>>,
    /// u_t, node × date, from the second date on.
    logs: Vec<Vec<Value>>,
    /// What draws are made of: u_t by date that has any, node by node, scaled to the variance of u.
    shocks: Vec<Vec<f64>>,
}

impl Own {
    /// Nodes with these levels, node × consecutive period, that go on growing by these factors a period.
    ///
    /// The factors may be those of any driver; [`random_walk`] gives each node its mean growth.
    ///
    /// # Errors
    /// The first node without a positive level in the last period, or without a factor, and why.
    pub fn new(history: &[Vec<Value>], factors: &[Value]) -> Result<Self, (usize, Absent)> {
        let mut own =
            Self { last: Vec::new(), drift: Vec::new(), errors: Vec::new(), logs: Vec::new(), shocks: Vec::new() };
        for (node, (levels, factor)) in history.iter().zip(factors).enumerate() {
            let last = levels.last().copied().unwrap_or(Err(Absent::NoPeriod));
            let drift = last.and_then(ln).and(factor.and_then(ln)).map_err(|reason| (node, reason))?;
            own.last.extend(last);
            own.drift.push(drift);
            own.errors.push(levels.windows(2).map(|pair| error(pair[0], pair[1], drift)).collect());
            own.logs.push(levels.windows(2).map(|pair| log_error(pair[0], pair[1], drift)).collect());
        }
        let dates = own.logs.iter().map(Vec::len).min().unwrap_or(0);
        let has_any = |t: &usize| own.logs.iter().any(|node| node[*t].is_ok());
        own.shocks = own.shocks(&(0..dates).filter(has_any).collect::<Vec<_>>());
        Ok(own)
    }

    /// One-step errors in the unit of the levels, node × date, from the second period on.
    pub fn errors(&self) -> &[Vec<Value>] {
        &self.errors
    }

    /// What the errors would be at the last levels, node × date, from the second period on: u_t y_T.
    pub fn errors_today(&self) -> Vec<Vec<Value>> {
        let today = |(logs, last): (&Vec<Value>, &f64)| logs.iter().map(|u| u.map(|u| u * last)).collect();
        self.logs.iter().zip(&self.last).map(today).collect()
    }

    /// Levels `step` periods after the last.
    pub fn point(&self, step: usize) -> Vec<f64> {
        self.last.iter().zip(&self.drift).map(|(last, drift)| last * (drift * step as f64).exp()).collect()
    }

    /// Number of dates that draws are made from; without draws below 2.
    pub fn dates(&self) -> usize {
        self.shocks.len()
    }

    /// One draw of the levels, step × node: errors of the drift and shocks, with the covariance of the history.
    ///
    /// Nodes share the random numbers, so that they stay correlated; the t distribution with one degree of freedom
    /// less than dates, as the variance is estimated. The point forecast where fewer than two dates have errors.
    pub fn draw(&self, horizon: usize, random: &mut Random) -> Vec<Vec<f64>> {
        let dates = self.dates();
        let freedom = dates.saturating_sub(1) as f64;
        let scale = ChiSquared::new(freedom).map_or(0.0, |chi_squared| (freedom / chi_squared.sample(random)).sqrt());
        let mut random_sum = |scale: f64| {
            let numbers = normals(random, dates);
            let sum = |node: usize| self.shocks.iter().zip(&numbers).map(|(u, z)| u[node] * z).sum::<f64>();
            (0..self.last.len()).map(|node| scale * sum(node)).collect::<Vec<f64>>()
        };
        let drift = random_sum(scale / (dates.max(1) as f64).sqrt());
        let mut logs = vec![0.0; self.last.len()];
        let step = |_| {
            let shocks = random_sum(scale);
            let nodes = logs.iter_mut().zip(shocks).zip(&drift).zip(&self.drift).zip(&self.last);
            nodes
                .map(|((((log, shock), error), drift), last)| {
                    *log += drift + error + shock;
                    last * log.exp()
                })
                .collect()
        };
        (0..horizon).map(step).collect()
    }

    /// One draw of the levels, step × node, whose shocks are sums of `shocks` with the weights of each step, and whose drift
    /// errs by such a sum over T: what somebody else draws from the same dates with the same weights moves along.
    pub fn weighted(&self, shocks: &[Vec<f64>], steps: &[Vec<f64>], drift: &[f64]) -> Vec<Vec<f64>> {
        let root = (shocks.len() as f64).sqrt();
        let sum = |node: usize, weights: &[f64]| weights.iter().zip(shocks).map(|(w, u)| w * u[node]).sum::<f64>();
        let errors: Vec<f64> = (0..self.last.len()).map(|node| sum(node, drift) / root).collect();
        let mut logs = vec![0.0; self.last.len()];
        let step = |weights: &Vec<f64>| {
            let level = |(node, log): (usize, &mut f64)| {
                *log += self.drift[node] + errors[node] + root * sum(node, weights);
                self.last[node] * log.exp()
            };
            logs.iter_mut().enumerate().map(level).collect()
        };
        steps.iter().map(step).collect()
    }

    /// u_t/√(T − 1) of `dates` (counted from the second period), date × node; of a node that has but S of the T dates,
    /// times √(T/S).
    pub fn shocks(&self, dates: &[usize]) -> Vec<Vec<f64>> {
        let freedom = dates.len().saturating_sub(1).max(1) as f64;
        let of_node = |logs: &Vec<Value>| {
            let shocks: Vec<Option<f64>> = dates.iter().map(|t| logs.get(*t)?.ok()).collect();
            let seen = shocks.iter().flatten().count().max(1) as f64;
            let scale = (dates.len() as f64 / seen / freedom).sqrt();
            shocks.into_iter().map(move |u| scale * u.unwrap_or(0.0)).collect()
        };
        let nodes: Vec<Vec<f64>> = self.logs.iter().map(of_node).collect();
        (0..dates.len()).map(|t| nodes.iter().map(|node| node[t]).collect()).collect()
    }
}

/// y_t − g y_{t−1}; exactly zero where it is rounding.
fn error(before: Value, now: Value, drift: f64) -> Value {
    let (before, now) = (before?, now?);
    ln(before).and(ln(now))?;
    let error = now - before * drift.exp();
    if error.abs() <= ROUNDING * now { Ok(0.0) } else { finite(error) }
}

/// ln y_t − ln y_{t−1} − ln g; exactly zero where the error is rounding.
fn log_error(before: Value, now: Value, drift: f64) -> Value {
    let exact = error(before, now, drift)?;
    if exact == 0.0 { Ok(0.0) } else { finite(ln(now?)? - ln(before?)? - drift) }
}

/// Growth factor of each node of a history, node × period: the mean of its logarithmic growth between its first and
/// its last positive level.
pub fn random_walk(history: &[Vec<Value>]) -> Vec<Value> {
    let factor = |levels: &Vec<Value>| {
        let positive = || levels.iter().enumerate().filter_map(|(t, x)| Some((t, x.ok().filter(|x| *x > 0.0)?)));
        let ((first, from), (last, to)) = positive().next().zip(positive().next_back()).ok_or(Absent::OutsideDomain)?;
        if first == last { Err(Absent::NoPeriod) } else { finite((to / from).powf(1.0 / (last - first) as f64)) }
    };
    history.iter().map(factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::stream;

    #[test]
    fn steady_growth_goes_on_without_errors() {
        let levels: Vec<Value> = (0..8).map(|t| Ok(100.0 * 1.03_f64.powi(t))).collect();
        let history = [levels];
        let own = Own::new(&history, &random_walk(&history)).unwrap();
        assert!(own.errors()[0].iter().all(|error| *error == Ok(0.0)));
        let point = own.point(3)[0];
        assert!((point / (100.0 * 1.03_f64.powi(10)) - 1.0).abs() < 1e-13, "{point}");
        assert!((own.draw(3, &mut stream(1, 1))[2][0] / point - 1.0).abs() < 1e-13);
    }

    #[test]
    fn a_gap_leaves_out_the_errors_around_it() {
        let history = [vec![Ok(1.0), Err(Absent::Missing), Ok(4.0), Ok(8.0)], vec![Ok(1.0), Ok(2.0), Ok(3.0), Ok(8.0)]];
        let own = Own::new(&history, &random_walk(&history)).unwrap();
        assert_eq!(own.errors()[0], [Err(Absent::Missing), Err(Absent::Missing), Ok(0.0)]);
        assert_eq!((own.dates(), own.errors()[1][1].is_ok()), (3, true));
    }

    #[test]
    fn a_node_that_cannot_go_on_says_why() {
        let history = [vec![Ok(1.0), Ok(2.0)], vec![Ok(1.0), Ok(0.0)]];
        assert_eq!(Own::new(&history, &[Ok(2.0), Ok(1.0)]).unwrap_err(), (1, Absent::OutsideDomain));
        assert_eq!(random_walk(&[vec![Ok(0.0), Ok(2.0)], vec![]]), [Err(Absent::NoPeriod), Err(Absent::OutsideDomain)]);
    }
}
