//! Inequality between regions as the indices of the catalogue define it, fast enough for every draw.

mod ranks;

pub use ranks::{RankChange, rank_change, rank_probabilities};

use crate::panel::{Absent, Value, finite, ratio};

/// The regions of one period, as far as they are the same in every draw.
#[derive(Debug, Clone)]
pub struct Regions {
    /// Each region's share of the heads; equal shares when nobody counts heads.
    heads: Vec<f64>,
    /// Class of each region.
    groups: Vec<Option<usize>>,
    /// Number of classes.
    classes: usize,
    gap: Gap,
    start: Option<Start>,
}

/// The two classes whose levels per head are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The richest and the poorest, whichever they are in a draw.
    Extremes,
    /// The first over the second, such as west over east.
    Between(usize, usize),
}

/// The regions before the horizon.
#[derive(Debug, Clone)]
struct Start {
    /// Logarithm of the level per head by region, less their mean.
    logs: Result<Vec<f64>, Absent>,
    /// Periods since.
    periods: f64,
}

/// What the measures of [`Inequality`] are called, in their order.
pub const NAMES: [&str; 7] = ["theil", "between", "within", "sigma", "gini", "gap", "beta"];

/// How unequal the amounts per head of the regions are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inequality {
    /// Theil T = Σ s ln(s/p), s the shares of the amounts and p of the heads (Theil 1967).
    pub theil: Value,
    /// The same of the sums of the classes.
    pub between: Value,
    /// Theil T less its part between the classes.
    pub within: Value,
    /// Standard deviation of the logarithm, regions alike, divisor R − 1 (Barro and Sala-i-Martin 1992).
    pub sigma: Value,
    /// Gini coefficient, regions weighted by heads: twice the area between diagonal and Lorenz curve.
    pub gini: Value,
    /// Level per head of one class over that of another (see [`Gap`]).
    pub gap: Value,
    /// Slope of the growth of the logarithm per period since the start on the logarithm at the start, by least squares,
    /// regions alike; below zero where they converge (Barro and Sala-i-Martin 1992, absolute beta convergence).
    pub beta: Value,
}

impl Inequality {
    /// All measures absent for one reason.
    pub fn absent(reason: Absent) -> Self {
        let none = Err(reason);
        Self { theil: none, between: none, within: none, sigma: none, gini: none, gap: none, beta: none }
    }

    /// The measures in the order of [`NAMES`].
    pub fn values(&self) -> [Value; NAMES.len()] {
        [self.theil, self.between, self.within, self.sigma, self.gini, self.gap, self.beta]
    }

    /// The measures with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Value)> {
        NAMES.into_iter().zip(self.values())
    }
}

impl Regions {
    /// Regions with so many heads each, in classes below `classes`; the gap is that of the extremes.
    pub fn new(heads: &[f64], groups: Vec<Option<usize>>, classes: usize) -> Self {
        let total: f64 = heads.iter().sum();
        let heads = heads.iter().map(|h| h / total).collect();
        Self { heads, groups, classes, gap: Gap::Extremes, start: None }
    }

    /// The same with a gap between these classes.
    #[must_use]
    pub fn with_gap(self, gap: Gap) -> Self {
        Self { gap, ..self }
    }

    /// The same with the levels per head that growth starts from, so many periods (1 or more) earlier.
    #[must_use]
    pub fn with_start(self, levels: &[f64], periods: usize) -> Self {
        let logs = levels.iter().map(|level| crate::panel::ln(*level)).collect::<Result<Vec<f64>, Absent>>();
        let logs = logs.map(|logs| less_mean(&logs));
        Self { start: Some(Start { logs, periods: periods as f64 }), ..self }
    }

    /// The inequality of the amounts per head.
    ///
    /// Absent below two regions, of a negative amount, and where logarithms are taken also of zero.
    pub fn inequality(&self, amounts: &[f64]) -> Inequality {
        self.of_ordered(amounts, &self.ascending(amounts))
    }

    /// [`Self::inequality`] and [`Self::ranks`] of the same amounts.
    pub fn inequality_and_ranks(&self, amounts: &[f64]) -> (Inequality, Vec<f64>) {
        let order = self.ascending(amounts);
        (self.of_ordered(amounts, &order), ranks(&order))
    }

    /// Amount per head and number of each region, the poorest first.
    fn ascending(&self, amounts: &[f64]) -> Vec<(f64, usize)> {
        let per_head = amounts.iter().zip(&self.heads).map(|(x, p)| x / p);
        let mut order: Vec<(f64, usize)> = per_head.zip(0..).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        order
    }

    fn of_ordered(&self, amounts: &[f64], order: &[(f64, usize)]) -> Inequality {
        if amounts.len() < 2 {
            return Inequality::absent(Absent::TooFewCategories);
        }
        let total: f64 = amounts.iter().sum();
        if amounts.iter().any(|x| *x < 0.0) || total <= 0.0 {
            return Inequality::absent(Absent::OutsideDomain);
        }
        let shares: Vec<f64> = amounts.iter().map(|x| x / total).collect();
        let (gini, gap) = (self.gini(&shares, order), self.gap(&shares));
        if amounts.contains(&0.0) {
            return Inequality { gini, gap, ..Inequality::absent(Absent::OutsideDomain) };
        }
        let logs: Vec<f64> = shares.iter().zip(&self.heads).map(|(s, p)| (s / p).ln()).collect();
        let theil = finite(shares.iter().zip(&logs).map(|(s, log)| s * log).sum());
        let between = self.between(&shares);
        let within = between.and_then(|between| Ok(theil? - between));
        Inequality { theil, between, within, sigma: sigma(&logs), gini, gap, beta: self.beta(&logs) }
    }

    /// The rank of each region by amount per head, 1 for the largest; equal regions share the mean of their ranks.
    pub fn ranks(&self, amounts: &[f64]) -> Vec<f64> {
        ranks(&self.ascending(amounts))
    }

    /// Shares of the amounts and of the heads by class; regions of no class are left out.
    fn sums(&self, shares: &[f64]) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); self.classes];
        for ((group, s), p) in self.groups.iter().zip(shares).zip(&self.heads) {
            if let Some(group) = group {
                sums[*group].0 += s;
                sums[*group].1 += p;
            }
        }
        sums
    }

    fn between(&self, shares: &[f64]) -> Value {
        if self.groups.contains(&None) {
            return Err(Absent::Missing);
        }
        let present = self.sums(shares).into_iter().filter(|(_, heads)| *heads > 0.0);
        finite(present.map(|(share, heads)| share * (share / heads).ln()).sum())
    }

    fn gap(&self, shares: &[f64]) -> Value {
        let levels: Vec<Value> = self.sums(shares).into_iter().map(|(share, heads)| ratio(share, heads)).collect();
        let present = || levels.iter().flatten().copied();
        match self.gap {
            Gap::Between(first, second) => ratio(levels[first]?, levels[second]?),
            Gap::Extremes if present().count() < 2 => Err(Absent::TooFewCategories),
            Gap::Extremes => ratio(present().fold(0.0, f64::max), present().fold(f64::INFINITY, f64::min)),
        }
    }

    fn gini(&self, shares: &[f64], order: &[(f64, usize)]) -> Value {
        let (mut amount, mut heads, mut area) = (0.0, 0.0, 0.0);
        for (s, p) in order.iter().map(|(_, region)| (shares[*region], self.heads[*region])) {
            area += heads * s - p * amount;
            amount += s;
            heads += p;
        }
        finite(area).map(|area| area.max(0.0))
    }

    fn beta(&self, logs: &[f64]) -> Value {
        let start = self.start.as_ref().ok_or(Absent::NoPeriod)?;
        let initial = start.logs.as_ref().map_err(|reason| *reason)?;
        let squares: f64 = initial.iter().map(|x| x * x).sum();
        let products = initial.iter().zip(less_mean(logs)).map(|(x, log)| x * (log - x)).sum();
        ratio(products, squares * start.periods)
    }
}

/// The rank of each region, 1 for the largest, from the poorest to the richest; equal ones share the mean of theirs.
fn ranks(ascending: &[(f64, usize)]) -> Vec<f64> {
    let mut ranks = vec![0.0; ascending.len()];
    let mut left = ascending.len();
    for tied in ascending.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        left -= tied.len();
        let rank = left as f64 + 0.5 * (tied.len() + 1) as f64;
        tied.iter().for_each(|(_, region)| ranks[*region] = rank);
    }
    ranks
}

fn less_mean(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|x| x - mean).collect()
}

fn sigma(logs: &[f64]) -> Value {
    let squares: f64 = less_mean(logs).iter().map(|log| log.powi(2)).sum();
    finite((squares / (logs.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Params;
    use crate::indices::{Classes, Input, find};
    use crate::panel::Grid;
    use std::borrow::Cow;

    const AMOUNTS: [f64; 5] = [3.0, 9.0, 2.0, 40.0, 7.0];
    const HEADS: [f64; 5] = [1.0, 2.0, 2.0, 5.0, 4.0];
    const GROUPS: [Option<usize>; 5] = [Some(0), Some(1), Some(0), Some(2), Some(1)];

    const START: [f64; 5] = [2.0, 9.5, 1.0, 30.0, 8.0];

    /// The parts of an index of the amounts per head, with the start one period earlier.
    fn index(name: &str) -> Vec<Value> {
        let index = find(name).unwrap();
        let params = Params::parse(index.card(), &Default::default(), "").unwrap();
        let grid = |values: [f64; 5]| Grid { width: 1, values: values.map(Ok).to_vec() };
        let (measure, earlier, heads) = (grid(AMOUNTS), grid(START), HEADS.map(Ok));
        let classes = Classes { of: GROUPS.to_vec(), names: Vec::new() };
        let input = Input::new(&measure).with_regional("weights", &heads[..]);
        let mut input = input.with_regional_past("weights", vec![Some(heads.to_vec())]);
        input.past = vec![Some((&earlier).into())];
        let input = if name == "theil_t" { input.with_classes("groups", Cow::Owned(classes)) } else { input };
        index.compute(&input, &params).parts.iter().map(|(_, values)| values[0]).collect()
    }

    fn close(ours: Value, theirs: Value) {
        assert!((ours.unwrap() - theirs.unwrap()).abs() < 1e-14, "{ours:?} {theirs:?}");
    }

    #[test]
    fn the_indices_of_the_catalogue_say_the_same() {
        let start: Vec<f64> = START.iter().zip(HEADS).map(|(x, heads)| x / heads).collect();
        let ours = Regions::new(&HEADS, GROUPS.to_vec(), 3).with_start(&start, 1).inequality(&AMOUNTS);
        let theil = index("theil_t");
        [ours.theil, ours.between, ours.within].into_iter().zip(theil).for_each(|(ours, theirs)| close(ours, theirs));
        close(ours.sigma, index("sigma")[0]);
        close(ours.gini, index("regional_gini")[0]);
        close(ours.beta, index("beta_convergence")[0]);
    }

    #[test]
    fn ranks_are_those_of_the_catalogue() {
        let regions = Regions::new(&[1.0; 6], vec![None; 6], 0);
        let amounts = [2.0, 5.0, 2.0, 7.0, 5.0, 2.0];
        assert_eq!(regions.ranks(&amounts), crate::indices::ranks(&amounts));
        assert_eq!(regions.inequality_and_ranks(&amounts), (regions.inequality(&amounts), regions.ranks(&amounts)));
    }

    #[test]
    fn a_gap_compares_levels_per_head_of_classes() {
        let regions = Regions::new(&HEADS, GROUPS.to_vec(), 4);
        // 5/3, 16/6, 40/5 and a class without regions.
        close(regions.inequality(&AMOUNTS).gap, Ok(8.0 / (5.0 / 3.0)));
        close(regions.clone().with_gap(Gap::Between(0, 1)).inequality(&AMOUNTS).gap, Ok(0.625));
        assert_eq!(regions.with_gap(Gap::Between(0, 3)).inequality(&AMOUNTS).gap, Err(Absent::ZeroDenominator));
        let one = Regions::new(&HEADS, vec![Some(0); 5], 1);
        assert_eq!(one.inequality(&AMOUNTS).gap, Err(Absent::TooFewCategories));
    }

    #[test]
    fn regions_that_halve_their_distance_converge() {
        let regions = Regions::new(&HEADS, vec![None; 5], 0);
        let start = [1.0, 2.0, 4.0, 8.0, 16.0];
        let heads = HEADS.iter().zip(start);
        let halved: Vec<f64> = heads.clone().map(|(p, y): (&f64, f64)| p * 3.0 * y.sqrt()).collect();
        let same: Vec<f64> = heads.map(|(p, y)| p * 3.0 * y).collect();
        let regions = regions.with_start(&start, 4);
        close(regions.inequality(&halved).beta, Ok(-0.5 / 4.0));
        close(regions.inequality(&same).beta, Ok(0.0));
        assert_eq!(Regions::new(&HEADS, vec![None; 5], 0).inequality(&same).beta, Err(Absent::NoPeriod));
    }

    #[test]
    fn what_is_undefined_says_why() {
        let of = |amounts: &[f64], groups: &[Option<usize>]| {
            Regions::new(&vec![1.0; amounts.len()], groups.to_vec(), 1).inequality(amounts)
        };
        assert_eq!(of(&[1.0], &[Some(0)]), Inequality::absent(Absent::TooFewCategories));
        assert_eq!(of(&[1.0, -1.0], &[Some(0); 2]), Inequality::absent(Absent::OutsideDomain));
        let zero = of(&[1.0, 0.0], &[Some(0); 2]);
        assert_eq!((zero.sigma, zero.gini), (Err(Absent::OutsideDomain), Ok(0.5)));
        assert!(of(&[1.0, 2.0], &[Some(0), None]).theil.is_ok());
        assert_eq!(of(&[1.0, 2.0], &[Some(0), None]).between, Err(Absent::Missing));
        assert!(NAMES.into_iter().eq(zero.iter().map(|(name, _)| name)));
    }
}
