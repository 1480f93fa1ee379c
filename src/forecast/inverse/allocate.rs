//! A budget spent where it brings most.
//!
//! max Σ weightₖ mₖ(z) over low ≤ z ≤ high with Σ costᵢ (zᵢ − startᵢ) ≤ budget, mₖ the point forecasts: see
//! [`super::ascent`]. The search starts from no spending, an equal split, the best gain a unit of money and corners in
//! random orders; the highest peak is the answer, and it is told how many starts found it. The shadow price μ is the
//! multiplier of the budget: at the answer every item that is partly funded gains μ a unit of money, those left out gain
//! less, those fully funded more (Karush, Kuhn and Tucker; Nocedal and Wright 2006, theorem 12.1).

use super::ascent::{Peak, climb};
use super::projection::Affordable;
use super::range::{Range, amounts};
use super::response::Response;
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::random::stream;
use rand::seq::SliceRandom;

/// Corners in random orders from which a search starts.
const CORNERS: u64 = 4;
/// Peaks whose heights differ by less, relative to the height or to the gain over no spending, are the same.
const SAME: f64 = 1e-7;
/// An amount nearer to an end of its range, in units of it, is at the end.
const AT_END: f64 = 1e-7;

/// An amount that money can raise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// Its start, which costs nothing, and its bounds; less than the start saves money.
    pub range: Range,
    /// Money a unit of the amount.
    pub cost: f64,
}

/// The answer of [`allocate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// One amount an item.
    pub amounts: Vec<f64>,
    /// Money on each item.
    pub spending: Vec<f64>,
    /// The objective.
    pub value: f64,
    /// The point forecasts it weighs.
    pub numbers: Vec<f64>,
    /// Gain of the objective for one more unit of money; 0 where money is left.
    pub shadow_price: f64,
    /// Gain a unit of money on each item; `None` where it costs nothing.
    pub gains: Vec<Option<f64>>,
    /// Whether each amount is at its least.
    pub at_least: Vec<bool>,
    /// Whether each amount is at its most.
    pub at_most: Vec<bool>,
    /// What is left of the conditions of Karush, Kuhn and Tucker: the most that an amount would move, in units of its
    /// range, on a step along the slopes of which the steepest is 1.
    pub residual: f64,
    /// Whether the residual is as small as slopes by differences allow, 1e-6, or nothing higher can be told from rounding.
    pub converged: bool,
    /// Steps of the search that found it.
    pub iterations: usize,
    /// Searches made.
    pub starts: usize,
    /// How many of them ended at this height.
    pub agreeing: usize,
}

/// One point of [`frontier`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tradeoff {
    /// The weight of what is given up.
    pub gamma: f64,
    /// The best allocation for it.
    pub allocation: Allocation,
}

/// An allocation against another one, on the same draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The lead of the objective over that of the other: its point forecast.
    pub point: f64,
    /// Its draws.
    pub lead: Vec<f64>,
    /// Share of the draws in which it leads.
    pub probability: f64,
}

/// What is to be spent on what, for which aim.
#[derive(Clone, Copy)]
struct Problem<'a> {
    response: &'a dyn Response,
    items: &'a [Item],
    weights: &'a [f64],
    set: Affordable<'a>,
    stop: &'a Stop,
}

/// Spends at most `budget` on `items` so that the sum of the response's numbers times `weights` is largest.
///
/// # Errors
/// [`Error::Invalid`] at `items[i]…` and `budget`; those of the response; [`Error::Cancelled`].
pub fn allocate(
    response: &dyn Response,
    items: &[Item],
    budget: f64,
    weights: &[f64],
    seed: u64,
    stop: &Stop,
) -> Result<Allocation, Error> {
    let (costs, budget) = affordable(items, budget)?;
    let set = Affordable { costs: &costs, budget };
    Problem { response, items, weights, set, stop }.solve(seed, &[])
}

/// The allocations that are best for the first number of the response less γ times the second, for each of `gammas`
/// from the least up; those that another one beats in one number without losing in the other are left out.
///
/// # Errors
/// As [`allocate`], and at `gammas[i]`.
pub fn frontier(
    response: &dyn Response,
    items: &[Item],
    budget: f64,
    gammas: &[f64],
    seed: u64,
    stop: &Stop,
) -> Result<Vec<Tradeoff>, Error> {
    let mut violations = check_gammas(gammas);
    let affordable = violations.keep("", affordable(items, budget));
    let (costs, budget) = violations.into_result(affordable)?.unwrap_or_default();
    let mut gammas = gammas.to_vec();
    gammas.sort_by(f64::total_cmp);
    gammas.dedup();
    let mut points: Vec<Tradeoff> = Vec::with_capacity(gammas.len());
    for gamma in gammas {
        let (set, weights) = (Affordable { costs: &costs, budget }, &[1.0, -gamma]);
        let near: Vec<Vec<f64>> =
            points.last().map(|point| places(items, &point.allocation.amounts)).into_iter().collect();
        let allocation = Problem { response, items, weights, set, stop }.solve(seed, &near)?;
        points.push(Tradeoff { gamma, allocation });
    }
    Ok(efficient(points))
}

/// What is wrong with the weights, at `gammas[i]`.
pub(super) fn check_gammas(gammas: &[f64]) -> Violations {
    let mut violations = Violations::default();
    for (i, gamma) in gammas.iter().enumerate().filter(|(_, gamma)| !(gamma.is_finite() && **gamma >= 0.0)) {
        violations.push(Violation::new(format!("gammas[{i}]"), "must be a finite number, not negative", gamma));
    }
    violations
}

/// The amounts that the budget buys when every item gets the same money; where one cannot take its part the others
/// share it.
///
/// # Errors
/// As [`allocate`].
pub fn equal_split(items: &[Item], budget: f64) -> Result<Vec<f64>, Violations> {
    let (costs, budget) = affordable(items, budget)?;
    let split = Affordable { costs: &costs, budget }.equal_split();
    Ok(amounts(items.iter().map(|item| &item.range), &split))
}

/// The lead of the objective of `ours` over that of `theirs`; `None` without draws or where they are undefined.
///
/// # Errors
/// Those of the response.
pub fn compare(
    response: &dyn Response,
    weights: &[f64],
    ours: &[f64],
    theirs: &[f64],
) -> Result<Option<Comparison>, Error> {
    let point = |amounts: &[f64]| Ok::<_, Error>(response.point(amounts)?.map(|numbers| weigh(&numbers, weights)));
    let draws = |amounts: &[f64]| -> Result<Option<Vec<f64>>, Error> {
        let numbers = response.draws(amounts)?.filter(|numbers| numbers.iter().all(|draws| !draws.is_empty()));
        let one = |numbers: &[Vec<f64>], d: usize| numbers.iter().zip(weights).map(|(x, w)| w * x[d]).sum();
        Ok(numbers.map(|numbers| (0..numbers[0].len()).map(|d| one(&numbers, d)).collect()))
    };
    let (Some(point), Some(other)) = (point(ours)?, point(theirs)?) else { return Ok(None) };
    let (Some(draws), Some(others)) = (draws(ours)?, draws(theirs)?) else { return Ok(None) };
    let lead: Vec<f64> = draws.iter().zip(&others).map(|(ours, theirs)| ours - theirs).collect();
    let probability = lead.iter().filter(|lead| **lead > 0.0).count() as f64 / lead.len() as f64;
    Ok(Some(Comparison { point: point - other, lead, probability }))
}

fn weigh(numbers: &[f64], weights: &[f64]) -> f64 {
    numbers.iter().zip(weights).map(|(x, weight)| weight * x).sum()
}

/// Checks bounds, costs and budget.
///
/// # Errors
/// As [`allocate`].
pub(super) fn check(items: &[Item], budget: f64) -> Result<(), Violations> {
    affordable(items, budget).map(drop)
}

/// Costs of the whole ranges, and what the budget leaves once every amount is at its least.
fn affordable(items: &[Item], budget: f64) -> Result<(Vec<f64>, f64), Violations> {
    let mut violations = Violations::default();
    if items.is_empty() {
        violations.push(Violation::new("items", "needs at least one", ""));
    }
    if !(budget >= 0.0 && budget.is_finite()) {
        violations.push(Violation::new("budget", "must be a finite number, not negative", budget));
    }
    for (i, item) in items.iter().enumerate() {
        violations.keep(&format!("items[{i}]"), item.range.check());
        if !(item.cost >= 0.0 && item.cost.is_finite()) {
            let rule = "must be a finite number, not negative";
            violations.push(Violation::new(format!("items[{i}].cost"), rule, item.cost));
        }
    }
    let least: f64 = items.iter().map(|item| item.cost * (item.range.low - item.range.start)).sum();
    if violations.is_empty() && least > budget {
        let rule = format!("must pay for the least amounts, which cost {least}");
        violations.push(Violation::new("budget", rule, budget));
    }
    let costs = items.iter().map(|item| item.cost * item.range.width()).collect();
    violations.into_result((costs, budget - least))
}

fn places(items: &[Item], amounts: &[f64]) -> Vec<f64> {
    items.iter().zip(amounts).map(|(item, amount)| item.range.place(*amount)).collect()
}

impl Problem<'_> {
    fn amounts(&self, y: &[f64]) -> Vec<f64> {
        amounts(self.items.iter().map(|item| &item.range), y)
    }

    fn objective(&self, y: &[f64]) -> Result<Option<f64>, Error> {
        self.stop.check()?;
        let numbers = self.response.point(&self.amounts(y))?;
        Ok(numbers.map(|numbers| weigh(&numbers, self.weights)))
    }

    /// The highest peak of all starts, `near` among them.
    fn solve(&self, seed: u64, near: &[Vec<f64>]) -> Result<Allocation, Error> {
        let objective = |y: &[f64]| self.objective(y);
        let mut peaks = Vec::new();
        let least = vec![0.0; self.items.len()];
        let first = climb(&objective, self.set, &least, self.stop)?;
        let mut starts = near.to_vec();
        starts.push(self.set.equal_split());
        if let Some(first) = &first {
            starts.push(self.fill(&self.by_gain(&first.slopes)));
        }
        starts.extend((0..CORNERS).map(|number| self.fill(&self.shuffled(seed, number))));
        peaks.extend(first);
        for start in &starts {
            peaks.extend(climb(&objective, self.set, start, self.stop)?);
        }
        let best = peaks.iter().reduce(|best, peak| if peak.value > best.value { peak } else { best });
        let best =
            best.ok_or_else(|| Violation::new("items", "no amounts within the bounds can be carried out", ""))?;
        let floor = objective(&least)?.map_or(0.0, |value| best.value - value);
        let near = |peak: &&Peak| best.value - peak.value <= SAME * best.value.abs().max(floor);
        self.tell(best, starts.len() + 1, peaks.iter().filter(near).count())
    }

    /// Items from the largest gain a unit of money down.
    fn by_gain(&self, slopes: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..slopes.len()).filter(|i| slopes[*i] > 0.0).collect();
        order.sort_by(|a, b| (slopes[*b] * self.set.costs[*a]).total_cmp(&(slopes[*a] * self.set.costs[*b])));
        order
    }

    fn shuffled(&self, seed: u64, number: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.shuffle(&mut stream(seed, number));
        order
    }

    /// Funds the items in this order, each in full until the money is spent.
    fn fill(&self, order: &[usize]) -> Vec<f64> {
        let mut y = vec![0.0; self.items.len()];
        let mut money = self.set.budget;
        for i in order {
            let cost = self.set.costs[*i];
            y[*i] = if cost > 0.0 { (money / cost).min(1.0) } else { 1.0 };
            money -= y[*i] * cost;
        }
        y
    }

    fn tell(&self, peak: &Peak, starts: usize, agreeing: usize) -> Result<Allocation, Error> {
        let amounts = self.amounts(&peak.y);
        let spending = self.items.iter().zip(&amounts).map(|(item, z)| item.cost * (z - item.range.start)).collect();
        let gains: Vec<Option<f64>> =
            peak.slopes.iter().zip(self.set.costs).map(|(g, cost)| (*cost > 0.0).then(|| g / cost)).collect();
        Ok(Allocation {
            numbers: self.response.point(&amounts)?.unwrap_or_default(),
            spending,
            value: peak.value,
            shadow_price: self.shadow_price(peak, &gains),
            gains,
            at_least: peak.y.iter().map(|y| *y <= AT_END).collect(),
            at_most: peak.y.iter().map(|y| *y >= 1.0 - AT_END).collect(),
            residual: peak.residual,
            converged: peak.converged,
            iterations: peak.steps,
            starts,
            agreeing,
            amounts,
        })
    }

    /// The mean gain of the partly funded items, weighted by their costs; without one, the best gain of those that money
    /// could still raise.
    fn shadow_price(&self, peak: &Peak, gains: &[Option<f64>]) -> f64 {
        let left = self.set.budget - self.set.cost(&peak.y);
        if left > AT_END * self.set.budget.max(f64::MIN_POSITIVE) {
            return 0.0;
        }
        let priced: Vec<(f64, f64, f64)> =
            (0..gains.len()).filter_map(|i| Some((peak.y[i], gains[i]?, self.set.costs[i]))).collect();
        let (gain, cost) = priced
            .iter()
            .filter(|(y, ..)| *y > AT_END && *y < 1.0 - AT_END)
            .fold((0.0, 0.0), |(sum, weight), (_, gain, cost)| (sum + gain * cost * cost, weight + cost * cost));
        if cost > 0.0 {
            return (gain / cost).max(0.0);
        }
        priced.iter().filter(|(y, ..)| *y < 1.0 - AT_END).fold(0.0, |best, (_, gain, _)| gain.max(best))
    }
}

/// The points that no other one beats: more of the first number at no more of the second, or less of the second at no
/// less of the first. Of equal ones the first stays.
fn efficient(points: Vec<Tradeoff>) -> Vec<Tradeoff> {
    let numbers: Vec<(f64, f64)> =
        points.iter().map(|point| (point.allocation.numbers[0], point.allocation.numbers[1])).collect();
    let beats = |i: usize, j: usize| {
        let ((gain, loss), (other_gain, other_loss)) = (numbers[i], numbers[j]);
        let is_equal = gain.total_cmp(&other_gain).is_eq() && loss.total_cmp(&other_loss).is_eq();
        gain >= other_gain && loss <= other_loss && (!is_equal || i < j)
    };
    let stays = |j: &usize| !(0..numbers.len()).any(|i| i != *j && beats(i, *j));
    let kept: Vec<usize> = (0..numbers.len()).filter(stays).collect();
    points.into_iter().enumerate().filter(|(i, _)| kept.contains(i)).map(|(_, point)| point).collect()
}
