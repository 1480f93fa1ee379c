//! The search for the least change that reaches a target.

use super::super::range::amounts;
use super::super::reach::{Extreme, furthest, highest};
use super::super::response::{Response, gradient, largest};
use super::super::root;
use super::curve::Curve;
use super::{Goal, Instrument, Outcome, Sense, Sought};
use crate::error::Error;
use crate::numeric::Stop;

/// Most runs of the draws on one curve.
const DRAW_RUNS: usize = 30;
/// Most curves.
const CURVES: usize = 200;
/// Steps between the bounds at which it is looked whether a number only rises or only falls.
const SCAN: usize = 16;
/// A target is met when it is missed by no more than this, relative to it or to 1.
const MISS: f64 = 1e-9;
/// Amounts that move by less, in units of their ranges, have settled.
const SETTLED: f64 = 1e-9;
/// The same where slopes are those of a quantile, which the draws do not tell better.
const SETTLED_DRAWS: f64 = 1e-3;

/// A point of the box and what the forecast says there.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    y: Vec<f64>,
    point: f64,
    pub(super) draws: Vec<f64>,
    /// By how much the target is met, negative when it is missed.
    gap: f64,
}

/// Where a search ends, how, after how many curves and whether it converged.
type End = (Outcome, Trial, usize, bool);

#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) response: &'a dyn Response,
    pub(super) instruments: &'a [Instrument],
    pub(super) goal: &'a Goal,
    /// 1 when the number must rise, −1 when it must fall.
    pub(super) sign: f64,
    pub(super) stop: &'a Stop,
}

impl Search<'_> {
    fn amounts(&self, y: &[f64]) -> Vec<f64> {
        amounts(self.instruments.iter().map(|i| &i.range), y)
    }

    /// The point forecast; `None` where it is undefined.
    pub(super) fn point(&self, y: &[f64]) -> Result<Option<f64>, Error> {
        self.stop.check()?;
        Ok(self.response.point(&self.amounts(y))?.map(|numbers| numbers[0]))
    }

    /// The draws at `y`; `None` where they are undefined.
    fn draws(&self, amounts: &[f64]) -> Result<Option<Vec<f64>>, Error> {
        self.stop.check()?;
        Ok(self.response.draws(amounts)?.map(|mut numbers| numbers.swap_remove(0)))
    }

    /// By how much the target is met: by the point forecast or, with a probability, by so many of the draws.
    fn judge(&self, point: f64, draws: &[f64]) -> f64 {
        match self.rank(draws.len()) {
            Some(rank) => {
                let mut gaps: Vec<f64> = draws.iter().map(|x| self.sign * (x - self.goal.value)).collect();
                *gaps.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
            }
            None => self.sign * (point - self.goal.value),
        }
    }

    /// The place, from the best draw down, of the draw that must meet the target; `None` without a probability.
    fn rank(&self, draws: usize) -> Option<usize> {
        // A product such as 0.07 · 100 must not be rounded up to 8.
        let count = (self.goal.probability? * draws as f64 - 1e-9).ceil() as usize;
        (draws > 0).then(|| count.clamp(1, draws) - 1)
    }

    /// What the forecast says at `y`, with the draws where they decide.
    pub(super) fn trial(&self, y: &[f64]) -> Result<Option<Trial>, Error> {
        let Some(point) = self.point(y)? else { return Ok(None) };
        let draws = if self.goal.probability.is_some() { self.draws(&self.amounts(y))? } else { Some(Vec::new()) };
        let trial = |draws: Vec<f64>| Trial { gap: self.judge(point, &draws), y: y.to_vec(), point, draws };
        Ok(draws.map(trial))
    }

    fn tolerance(&self) -> f64 {
        MISS * self.goal.value.abs().max(1.0)
    }

    fn is_met(&self, gap: f64) -> bool {
        gap >= -self.tolerance() && (self.goal.sense != Sense::Equal || gap <= self.tolerance())
    }

    /// Searches from the start `first`, where the point forecast has these slopes.
    pub(super) fn run(&self, first: &Trial, slopes: &[f64]) -> Result<End, Error> {
        if self.is_met(first.gap) {
            return Ok((Outcome::Met, first.clone(), 0, true));
        }
        let direction = self.direction(&first.y, slopes.iter().map(|slope| self.sign * slope).collect());
        let mut found = self.along(first, &Curve::new(&first.y, direction))?;
        if found.is_none() {
            let (peak, converged) = self.nearest(first, slopes)?;
            if !self.is_met(peak.gap) && peak.gap < 0.0 {
                let beyond = self.beyond(&peak)?;
                let value = self.goal.value + self.sign * peak.gap;
                let within = Extreme { amounts: self.amounts(&peak.y), value, converged };
                return Ok((Outcome::OutOfReach { within, beyond }, peak, 1, converged));
            }
            let direction = peak.y.iter().zip(&first.y).map(|(to, from)| to - from).collect();
            found = self.along(first, &Curve::new(&first.y, direction))?.or(Some(peak));
        }
        let found = found.unwrap_or_else(|| first.clone());
        let (found, curves, has_settled) = self.improve(first, found)?;
        let converged = has_settled && self.is_met(found.gap);
        Ok((Outcome::Reached, found, curves, converged))
    }

    /// Slopes over weights, the largest 1; an amount that a step would carry out of its bounds stays.
    fn direction(&self, y: &[f64], slopes: Vec<f64>) -> Vec<f64> {
        let over_weight = |(i, slope): (usize, f64)| {
            let is_stuck = (y[i] <= 0.0 && slope < 0.0) || (y[i] >= 1.0 && slope > 0.0);
            if is_stuck || self.instruments[i].range.width() <= 0.0 { 0.0 } else { slope / self.instruments[i].weight }
        };
        let direction: Vec<f64> = slopes.into_iter().enumerate().map(over_weight).collect();
        let scale = largest(&direction);
        direction.iter().map(|d| if scale > 0.0 { d / scale } else { 0.0 }).collect()
    }

    /// The first trial on a curve that meets the target. The point forecast is the ruler: what the draws lack is added
    /// to what it must reach, corrected by the secant through the last two trials and, where that fails, by bisection.
    fn along(&self, first: &Trial, curve: &Curve<'_>) -> Result<Option<Trial>, Error> {
        let gap = |point: f64| self.sign * (point - self.goal.value);
        let reach =
            |aim: f64| root::first(&mut |lambda| Ok(self.point(&curve.at(lambda))?.map(|x| gap(x) - aim)), &curve.grid);
        let (mut below, mut above) = (0.0, None);
        let mut last = (gap(first.point), first.gap);
        let mut aim = last.0 - last.1;
        for _ in 0..DRAW_RUNS {
            let end = above.as_ref().map_or(curve.end(), |(lambda, _)| *lambda);
            let is_open = above.is_none();
            let inside = reach(aim)?.filter(|lambda| *lambda > below && *lambda < end);
            let lambda = inside.unwrap_or(if is_open { end } else { 0.5 * (below + end) });
            let Some(trial) = self.trial(&curve.at(lambda))? else { return Ok(above.map(|(_, trial)| trial)) };
            let here = (gap(trial.point), trial.gap);
            if self.goal.probability.is_none() || here.1.abs() <= self.tolerance() {
                return Ok((here.1 >= -self.tolerance()).then_some(trial));
            }
            if here.1 >= 0.0 {
                above = Some((lambda, trial));
            } else if lambda >= curve.end() {
                return Ok(None);
            } else {
                below = lambda;
            }
            let slope = (here.0 - last.0) / (here.1 - last.1);
            aim = here.0 - here.1 * if slope.is_finite() && slope > 0.0 { slope } else { 1.0 };
            last = here;
        }
        Ok(above.map(|(_, trial)| trial))
    }

    /// Lowers the cost of what reaches the target by slopes taken there; with the number of curves, and whether it has
    /// settled.
    fn improve(&self, first: &Trial, mut best: Trial) -> Result<(Trial, usize, bool), Error> {
        if self.instruments.len() == 1 {
            return Ok((best, 1, true));
        }
        let settled = if self.goal.probability.is_some() { SETTLED_DRAWS } else { SETTLED };
        let mut held: Vec<f64> = best.y.iter().zip(&first.y).map(|(to, from)| to - from).collect();
        let mut curves = 1;
        while curves < CURVES {
            let mut direction = self.direction(&first.y, self.slopes(&best)?);
            let mut better = None;
            while better.is_none() && curves < CURVES {
                curves += 1;
                let found = self.along(first, &Curve::new(&first.y, direction.clone()))?;
                let moved = found.as_ref().map_or(1.0, |found| {
                    found.y.iter().zip(&best.y).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()))
                });
                if moved <= settled {
                    return Ok((
                        found.filter(|found| self.cost(first, found) <= self.cost(first, &best)).unwrap_or(best),
                        curves,
                        true,
                    ));
                }
                better = found.filter(|found| self.cost(first, found) < self.cost(first, &best));
                if better.is_none() {
                    let scale = largest(&held);
                    for (d, held) in direction.iter_mut().zip(&held) {
                        *d = 0.5 * (*d + held / scale);
                    }
                }
            }
            let Some(better) = better else { break };
            (best, held) = (better, direction);
        }
        Ok((best, curves, false))
    }

    /// Weighted squared changes.
    fn cost(&self, first: &Trial, trial: &Trial) -> f64 {
        let changes = trial.y.iter().zip(&first.y).zip(self.instruments);
        changes.map(|((to, from), instrument)| instrument.weight * (to - from).powi(2)).sum()
    }

    /// Slopes of what is judged: of the point forecast or, with a probability, of the mean of the √n draws next to the
    /// one that decides.
    fn slopes(&self, at: &Trial) -> Result<Vec<f64>, Error> {
        let Some(rank) = self.rank(at.draws.len()) else {
            return gradient(&|y| Ok(self.point(y)?.map(|x| self.sign * x)), &at.y, self.sign * at.point);
        };
        let mut order: Vec<usize> = (0..at.draws.len()).collect();
        order.sort_by(|a, b| (self.sign * at.draws[*b]).total_cmp(&(self.sign * at.draws[*a])));
        let half = (order.len() as f64).sqrt() as usize / 2;
        let near = &order[rank.saturating_sub(half)..(rank + half + 1).min(order.len())];
        let mean = |draws: &[f64]| self.sign * near.iter().map(|d| draws[*d]).sum::<f64>() / near.len() as f64;
        gradient(&|y| Ok(self.draws(&self.amounts(y))?.map(|draws| mean(&draws))), &at.y, mean(&at.draws))
    }

    /// The trial within the bounds that comes nearest to the target, and whether none nearby comes nearer.
    fn nearest(&self, first: &Trial, slopes: &[f64]) -> Result<(Trial, bool), Error> {
        let uphill = slopes.iter().zip(&first.y).map(|(slope, y)| match self.sign * slope {
            x if x > 0.0 => 1.0,
            x if x < 0.0 => 0.0,
            _ => *y,
        });
        let count = first.y.len();
        let starts = [uphill.collect(), first.y.clone(), vec![0.0; count], vec![1.0; count]];
        let point = |y: &[f64]| Ok(self.point(y)?.map(|x| self.sign * x));
        let mut peak = highest(&point, &starts, self.stop)?;
        if let (Some(top), Some(_)) = (&peak, self.goal.probability) {
            let judged = |y: &[f64]| Ok(self.trial(y)?.map(|trial| trial.gap));
            peak = highest(&judged, std::slice::from_ref(&top.y), self.stop)?;
        }
        let Some(peak) = peak else { return Ok((first.clone(), false)) };
        let trial = self.trial(&peak.y)?.unwrap_or_else(|| first.clone());
        Ok((trial, peak.converged))
    }

    /// How far the instruments come when their bounds are let go.
    fn beyond(&self, peak: &Trial) -> Result<Extreme, Error> {
        let judged = |amounts: &[f64]| {
            let Some(numbers) = self.response.point(amounts)? else { return Ok(None) };
            let draws = if self.goal.probability.is_some() { self.draws(amounts)? } else { Some(Vec::new()) };
            Ok(draws.map(|draws| self.judge(numbers[0], &draws)))
        };
        let limits: Vec<(f64, f64)> = self.instruments.iter().map(|i| i.limits).collect();
        let (amounts, gap) = furthest(&judged, (self.amounts(&peak.y), peak.gap), &limits, self.stop)?;
        Ok(Extreme { amounts, value: self.goal.value + self.sign * gap, converged: true })
    }

    /// The answer.
    pub(super) fn tell(&self, slopes: &[f64], (outcome, found, iterations, converged): End) -> Result<Sought, Error> {
        let amounts = self.amounts(&found.y);
        let draws = if found.draws.is_empty() { self.draws(&amounts)?.unwrap_or_default() } else { found.draws };
        let meets = draws.iter().filter(|x| self.sign * (*x - self.goal.value) >= -self.tolerance()).count();
        let is_told = !draws.is_empty() && self.goal.sense != Sense::Equal;
        let ranges = self.instruments.iter().map(|i| i.range.width());
        let slopes: Vec<f64> =
            slopes.iter().zip(ranges).map(|(slope, width)| if width > 0.0 { slope / width } else { 0.0 }).collect();
        Ok(Sought {
            outcome,
            amounts,
            point: found.point,
            probability: is_told.then(|| meets as f64 / draws.len() as f64),
            draws,
            perverse: (0..slopes.len()).filter(|i| slopes[*i] * self.instruments[*i].promise < 0.0).collect(),
            slopes,
            monotone: self.monotone()?,
            iterations,
            converged,
        })
    }

    fn monotone(&self) -> Result<Option<bool>, Error> {
        if self.instruments.len() != 1 {
            return Ok(None);
        }
        let mut numbers = Vec::with_capacity(SCAN + 1);
        for i in 0..=SCAN {
            numbers.extend(self.point(&[i as f64 / SCAN as f64])?);
        }
        let rounding = 1e-12 * largest(&numbers);
        let steps: Vec<f64> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Ok(Some(steps.iter().all(|d| *d >= -rounding) || steps.iter().all(|d| *d <= rounding)))
    }
}
