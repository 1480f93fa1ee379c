//! Draws become the numbers of the answer.

use super::answer::{AddingUp, Area, AreaEffect, AreaKind, AreaPath, Band, Effect, Inequality, Row};
use super::area::{Levels, region_of};
use super::future::Step;
use super::inequality::{Measures, measures};
use super::series::{Cube, Series};
use super::simulate::{Engine, Run};
use crate::formula::Predictors;
use crate::panel::{Absent, Value, finite, ratio};
use rayon::prelude::*;

/// Sum of effects, relative to the sum of their sizes, below which they are rounding.
const ROUNDING: f64 = 1e-9;

/// All draws of one future.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) outcome: Cube,
    pub(super) level: Cube,
    /// The right-hand side of the point forecast, by step.
    pub(super) predictors: Vec<Predictors>,
    pub(super) levels: Levels,
    /// One a region area and step: what turns its level into a level per head.
    per_head: Vec<Vec<Value>>,
}

/// What all summaries share.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) engine: &'a Engine<'a>,
    pub(super) rows: &'a [Row],
    pub(super) areas: &'a [Area],
    pub(super) quantiles: &'a [f64],
}

/// The draws of the four measures of inequality, by step.
type Inequalities = Vec<[Series; 4]>;

impl Summary<'_> {
    fn horizon(&self) -> usize {
        self.engine.plan.periods.len()
    }

    fn band(&self, series: Series) -> Band {
        series.band(self.quantiles)
    }

    /// Gathers the runs of a future, the point forecast first.
    pub(super) fn paths(&self, runs: &[Run], predictors: &[Predictors], drivers: &[Step]) -> Paths {
        let levels = Levels::new(self.engine, drivers);
        let (outcome, level) = rayon::join(|| Cube::new(runs, |r| &r.outcome), || Cube::new(runs, |r| &r.level));
        let per_head = self.regions().map(|area| self.per_head(area, &levels, drivers)).collect();
        Paths { outcome, level, predictors: predictors.to_vec(), levels, per_head }
    }

    /// The regions whose inequality is measured: those with a baseline.
    fn regions(&self) -> impl Iterator<Item = &Area> {
        let whole = |area: &&Area| area.rows.iter().all(|row| self.rows[*row].left_out.is_none());
        self.areas.iter().filter(|a| a.kind == AreaKind::Region && !a.rows.is_empty()).filter(whole)
    }

    fn per_head(&self, area: &Area, levels: &Levels, drivers: &[Step]) -> Vec<Value> {
        let Some(population) = self.engine.plan.population else { return vec![Ok(1.0); self.horizon()] };
        let region = region_of(self.engine, area.rows[0]);
        let factor = |(h, step): (usize, &Step)| {
            let heads = step[&population].region_totals()[region]?;
            ratio(levels.amount_factor(area, h + 1)?, heads)
        };
        drivers.iter().enumerate().map(factor).collect()
    }

    /// Outcome, level and growth by area.
    pub(super) fn areas(&self, paths: &Paths) -> Vec<AreaPath> {
        let area = |area: &Area| {
            let steps = 1..=self.horizon();
            AreaPath {
                outcome: self.outcomes(area, |place| paths.outcome.at(place).series()),
                level: steps.clone().map(|h| self.band(paths.levels.level(area, h, &paths.level))).collect(),
                growth: steps.map(|h| self.band(paths.levels.growth(area, h, &paths.level))).collect(),
            }
        };
        self.areas.par_iter().map(area).collect()
    }

    /// Bands of the outcome by step, for an area of one row.
    fn outcomes(&self, area: &Area, at: impl Fn(usize) -> Series) -> Vec<Band> {
        let rows = self.rows.len();
        let (AreaKind::Cell | AreaKind::Region, [row]) = (area.kind, &area.rows[..]) else { return Vec::new() };
        (0..self.horizon()).map(|h| self.band(at(h * rows + row))).collect()
    }

    /// The scenario less the baseline.
    pub(super) fn effect(&self, scenario: &Paths, baseline: &Paths) -> Effect {
        let decomposition = self.decomposition(scenario, baseline);
        let adding_up: Vec<_> = (0..self.horizon()).map(|h| self.adding_up(h, scenario, baseline)).collect();
        let (theirs, ours) = (self.inequalities(baseline), self.inequalities(scenario));
        let inequality = ours.iter().zip(theirs).map(|(ours, theirs)| {
            self.inequality(std::array::from_fn(|i| ours[i].minus(&theirs[i])))
        });
        Effect {
            areas: self.areas.par_iter().map(|area| self.area_effect(area, scenario, baseline)).collect(),
            pure_reallocation: self.pure_reallocation(scenario, baseline),
            adding_up,
            decomposition,
            inequality: inequality.collect(),
        }
    }

    fn area_effect(&self, area: &Area, scenario: &Paths, baseline: &Paths) -> AreaEffect {
        let outcome = |place| scenario.outcome.at(place).series().minus(&baseline.outcome.at(place).series());
        let mut effect =
            AreaEffect { outcome: self.outcomes(area, outcome), level: vec![], level_percent: vec![], growth: vec![] };
        for h in 1..=self.horizon() {
            let ours = scenario.levels.level(area, h, &scenario.level);
            let theirs = baseline.levels.level(area, h, &baseline.level);
            let percent = ours.zip(&theirs, |ours, theirs| finite(100.0 * (ratio(ours, theirs)? - 1.0)));
            let growth = |paths: &Paths| paths.levels.growth(area, h, &paths.level);
            effect.level.push(self.band(ours.minus(&theirs)));
            effect.level_percent.push(self.band(percent));
            effect.growth.push(self.band(growth(scenario).minus(&growth(baseline))));
        }
        effect
    }

    /// Numbers of the rows that count in sums.
    fn counted(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|row| self.rows[*row].left_out.is_none()).collect()
    }

    fn adding_up(&self, h: usize, scenario: &Paths, baseline: &Paths) -> AddingUp {
        let counted = self.counted();
        let shares = baseline.levels.observed_shares(&counted);
        let zero = || Series::constant(Ok(0.0), scenario.outcome.count());
        let (mut unweighted, mut weighted) = (zero(), zero());
        for (row, share) in counted.iter().zip(shares) {
            let place = h * self.rows.len() + row;
            let effect = scenario.outcome.at(place).series().minus(&baseline.outcome.at(place).series());
            unweighted.add(Ok(1.0), effect.draws());
            weighted.add(share, effect.draws());
        }
        let (ours, theirs) = (&scenario.predictors[h], &baseline.predictors[h]);
        let terms = columns(ours).zip(columns(theirs)).map(|(ours, theirs)| {
            counted.iter().map(|row| Ok(ours[*row]? - theirs[*row]?)).sum::<Value>().and_then(finite)
        });
        AddingUp { unweighted: self.band(unweighted), weighted: self.band(weighted), terms: terms.collect() }
    }

    /// Whether effects sum to zero in every period while some are not zero.
    fn pure_reallocation(&self, scenario: &Paths, baseline: &Paths) -> bool {
        let counted = self.counted();
        let mut moved = false;
        for h in 0..self.horizon() {
            let effect = |row: &usize| {
                let place = h * self.rows.len() + row;
                Some(scenario.outcome.at(place).point.ok()? - baseline.outcome.at(place).point.ok()?)
            };
            let Some(effects) = counted.iter().map(effect).collect::<Option<Vec<f64>>>() else { return false };
            let size: f64 = effects.iter().map(|e| e.abs()).sum();
            if effects.iter().sum::<f64>().abs() > ROUNDING * size {
                return false;
            }
            moved |= size > 0.0;
        }
        moved
    }

    /// Coefficient times the change of each term in the point forecast.
    fn decomposition(&self, scenario: &Paths, baseline: &Paths) -> Vec<Vec<Vec<Value>>> {
        let model = self.engine.model;
        let step = |(ours, theirs): (&Predictors, &Predictors)| {
            let row = |row: usize| {
                let slopes = model.rest.anchor.slopes.iter().map(|slope| slope[row]);
                let coefficients = model.coefficients.iter().copied().chain(slopes);
                let changes = columns(ours).zip(columns(theirs)).map(|(ours, theirs)| Ok(ours[row]? - theirs[row]?));
                coefficients.zip(changes).map(|(b, change): (f64, Value)| finite(b * change?)).collect()
            };
            (0..self.rows.len()).map(row).collect()
        };
        scenario.predictors.iter().zip(&baseline.predictors).map(step).collect()
    }

    /// Inequality of a future by step.
    pub(super) fn inequality_path(&self, paths: &Paths) -> Vec<Inequality> {
        self.inequalities(paths).into_iter().map(|series| self.inequality(series)).collect()
    }

    fn inequality(&self, [theil, between, within, sigma]: [Series; 4]) -> Inequality {
        let grouped = !self.engine.plan.groups.of.is_empty();
        Inequality {
            theil: self.band(theil),
            between: grouped.then(|| self.band(between)),
            within: grouped.then(|| self.band(within)),
            sigma: self.band(sigma),
        }
    }

    fn inequalities(&self, paths: &Paths) -> Inequalities {
        (1..=self.horizon()).into_par_iter().map(|h| self.inequality_of(paths, h)).collect()
    }

    fn inequality_of(&self, paths: &Paths, h: usize) -> [Series; 4] {
        let groups = &self.engine.plan.groups;
        let class = |area: &Area| {
            let region = region_of(self.engine, area.rows[0]);
            groups.of.get(region).map_or(0, |class| class.unwrap_or(groups.names.len()))
        };
        let classes: Vec<usize> = self.regions().map(class).collect();
        let zero = Series::constant(Ok(0.0), paths.level.count());
        let regions = self.regions().zip(&paths.per_head).map(|(area, per_head)| {
            let mut series = zero.clone();
            series.add(per_head[h - 1], paths.levels.level(area, h, &paths.level).draws());
            series
        });
        let regions: Vec<Series> = regions.collect();
        let of = |y: Result<Vec<f64>, Absent>| measures(&mut y?, &classes, groups.names.len() + 1);
        let point = of(regions.iter().map(|r| r.point).collect());
        let draws: Result<Vec<&Vec<f64>>, Absent> = regions.iter().map(|r| r.draws.as_ref().map_err(|e| *e)).collect();
        let draws: Result<Vec<Measures>, Absent> = draws.and_then(|levels| {
            (0..paths.level.count()).map(|d| of(Ok(levels.iter().map(|l| l[d]).collect()))).collect()
        });
        std::array::from_fn(|i| Series {
            point: point.map(|m| m[i]),
            draws: draws.as_ref().map(|draws| draws.iter().map(|m| m[i]).collect()).map_err(|e| *e),
        })
    }
}

/// Regressors and varying slopes, as the decomposition lists them.
fn columns(predictors: &Predictors) -> impl Iterator<Item = &Vec<Value>> {
    predictors.regressors.iter().chain(&predictors.slopes)
}
