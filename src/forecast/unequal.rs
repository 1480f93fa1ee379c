//! Inequality of the futures of a study, draw by draw.

use super::answer::{Area, AreaKind};
use super::area::region_of;
use super::inequality::{Inequality, NAMES, Regions, rank_change};
use super::series::{Section, Series};
use super::study::{Side, Study};
use crate::panel::{Absent, Value, ratio};
use rayon::prelude::*;

/// How unequal the regions of a future are in one step.
#[derive(Debug, Clone)]
pub(super) struct Unequal {
    /// The measures of [`NAMES`].
    pub(super) measures: [Series; NAMES.len()],
    /// Rank by level (per head) of each measured region, 1 the largest.
    pub(super) ranks: Vec<Series>,
}

/// Draws that are measured one after the other.
const TOGETHER: usize = 64;

/// Numbers by region or by draw, or why there are none.
type Numbers = Result<Vec<f64>, Absent>;

/// Measures and ranks of one draw.
type One = ([Value; NAMES.len()], Numbers);

impl Study<'_> {
    /// The regions whose inequality is measured: those with a baseline.
    pub(super) fn regions(&self) -> impl Iterator<Item = &Area> {
        let whole = |area: &&Area| area.rows.iter().all(|row| self.rows[*row].left_out.is_none());
        self.areas.iter().filter(|a| a.kind == AreaKind::Region && !a.rows.is_empty()).filter(whole)
    }

    /// Inequality after `h` steps.
    pub(super) fn inequality(&self, side: &Side, level: &Section, h: usize) -> Unequal {
        let count = level.count;
        let amount = |area: &Area| {
            let levels = side.levels.level(area, h, level);
            if side.has_population() { levels.times(side.levels.amount_factor(area, h)) } else { levels }
        };
        let amounts: Vec<Series> = self.regions().map(amount).collect();
        let regions = self.measured(side, h);
        let of = |amounts: Numbers| -> One {
            match (regions.as_ref().map_err(|reason| *reason), amounts) {
                (Ok(regions), Ok(amounts)) => {
                    let (inequality, ranks) = regions.inequality_and_ranks(&amounts);
                    (inequality.values(), Ok(ranks))
                }
                (Err(reason), _) | (_, Err(reason)) => (Inequality::absent(reason).values(), Err(reason)),
            }
        };
        let point = of(amounts.iter().map(|a| a.point).collect());
        let levels: Result<Vec<&[f64]>, Absent> = amounts.iter().map(|a| a.draws().draws).collect();
        let draw = |d: usize| of(levels.as_ref().map(|l| l.iter().map(|l| l[d]).collect()).map_err(|e| *e));
        let rank = |of: &One, region: usize| of.1.as_ref().map(|ranks| ranks[region]).map_err(|reason| *reason);
        let together = |first: usize| {
            let mut all = Unequal::empty(&point, amounts.len());
            for one in (first..(first + TOGETHER).min(count)).map(draw) {
                all.measures.iter_mut().zip(one.0).for_each(|(series, value)| push(&mut series.draws, value));
                let ranks = all.ranks.iter_mut().enumerate();
                ranks.for_each(|(region, series)| push(&mut series.draws, rank(&one, region)));
            }
            all
        };
        let firsts: Vec<usize> = (0..count).step_by(TOGETHER).collect();
        let parts: Vec<Unequal> = firsts.into_par_iter().map(together).collect();
        let mut all = Unequal::empty(&point, amounts.len());
        parts.into_iter().for_each(|part| all.append(part));
        all
    }

    /// The measured regions with their heads after `h` steps, and where they started from.
    fn measured(&self, side: &Side, h: usize) -> Result<Regions, Absent> {
        let heads = self.regions().map(|area| side.heads(self.region(area), h)).collect::<Numbers>()?;
        let groups = &self.engine().plan.groups;
        let classes = self.regions().map(|area| groups.of.get(self.region(area)).copied().flatten()).collect();
        let regions = Regions::new(&heads, classes, groups.names.len());
        let start: Numbers = self.regions().map(|area| self.start(side, area)).collect();
        Ok(match start {
            Ok(start) => regions.with_start(&start, h),
            Err(_) => regions,
        })
    }

    /// The level (per head) of a region in the last period of the data.
    fn start(&self, side: &Side, area: &Area) -> Value {
        let level = side.levels.observed(area)?;
        let Some(measure) = self.engine().plan.population else { return Ok(level) };
        let last = self.engine().start().plus(-1);
        let heads = self.engine().panel.grid(measure, last).ok_or(Absent::NoPeriod)?.region_totals();
        ratio(level * side.levels.amount_factor(area, 0)?, heads[self.region(area)]?)
    }

    /// The number of an area's region.
    fn region(&self, area: &Area) -> usize {
        region_of(self.engine(), area.rows[0])
    }
}

/// Adds the number of one more draw; one that is absent makes all absent.
fn push(all: &mut Numbers, value: Value) {
    match (&mut *all, value) {
        (Ok(numbers), Ok(x)) => numbers.push(x),
        (Ok(_), Err(reason)) => *all = Err(reason),
        (Err(_), _) => {}
    }
}

impl Unequal {
    /// The points, and no draws yet.
    fn empty(point: &One, regions: usize) -> Self {
        let series = |point: Value| Series { point, draws: Ok(Vec::new()) };
        let rank = |region: usize| point.1.as_ref().map(|ranks| ranks[region]).map_err(|reason| *reason);
        Self { measures: point.0.map(series), ranks: (0..regions).map(|region| series(rank(region))).collect() }
    }

    /// Adds further draws.
    fn append(&mut self, further: Self) {
        let series = self.measures.iter_mut().chain(&mut self.ranks);
        for (all, further) in series.zip(further.measures.into_iter().chain(further.ranks)) {
            match (&mut all.draws, further.draws) {
                (Ok(numbers), Ok(further)) => numbers.extend(further),
                (Ok(_), Err(reason)) => all.draws = Err(reason),
                (Err(_), _) => {}
            }
        }
    }

    /// The measures less those of another future of the same draws.
    pub(super) fn minus(&self, other: &Self) -> [Series; NAMES.len()] {
        std::array::from_fn(|i| self.measures[i].minus(&other.measures[i]))
    }

    /// What the order of the regions has in common with that of another future: the number of regions with another rank
    /// and Kendall's τ.
    pub(super) fn reordered(&self, other: &Self) -> [(&'static str, Series); 2] {
        let points = |of: &Self| of.ranks.iter().map(|series| series.point).collect::<Numbers>();
        let one = |ours: Numbers, theirs: Numbers| -> [Value; 2] {
            match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => {
                    let change = rank_change(&theirs, &ours);
                    [Ok(change.changes), change.tau]
                }
                (Err(reason), _) | (_, Err(reason)) => [Err(reason); 2],
            }
        };
        let point = one(points(self), points(other));
        let count = self.measures[0].draws.as_ref().map_or(0, Vec::len);
        let draw = |of: &Self, d: usize| {
            let ranks = of.ranks.iter().map(|series| series.draws.as_ref().map(|draws| draws[d]).map_err(|e| *e));
            ranks.collect::<Numbers>()
        };
        let draws: Vec<[Value; 2]> = (0..count).into_par_iter().map(|d| one(draw(self, d), draw(other, d))).collect();
        let series = |i: usize| Series { point: point[i], draws: draws.iter().map(|both| both[i]).collect() };
        [("rank_changes", series(0)), ("kendall_tau", series(1))]
    }
}
