//! Draws become the numbers of the answer.

use super::answer::{AddingUp, Area, AreaEffect, AreaKind, AreaPath, Band, Effect, Inequality, Row};
use super::area::{Levels, counted, region_of};
use super::future::Step;
use super::inequality::Regions;
use super::series::{Cube, Series};
use super::simulate::{Engine, Run};
use crate::error::Error;
use crate::formula::{Form, Predictors};
use crate::numeric::Stop;
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
    /// Heads by step, one a region; `None` when nobody counts them.
    population: Option<Vec<Vec<Value>>>,
}

impl Paths {
    /// Heads of a region after `h` steps, from 1; one when nobody counts them.
    fn heads(&self, region: usize, h: usize) -> Value {
        self.population.as_ref().map_or(Ok(1.0), |population| population[h - 1][region])
    }
}

/// What all summaries share.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) engine: &'a Engine<'a>,
    pub(super) rows: &'a [Row],
    pub(super) areas: &'a [Area],
    pub(super) quantiles: &'a [f64],
    pub(super) stop: &'a Stop,
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
        let heads = |measure: usize| drivers.iter().map(|step| step[&measure].region_totals()).collect();
        Paths {
            outcome,
            level,
            predictors: predictors.to_vec(),
            levels,
            population: self.engine.plan.population.map(heads),
        }
    }

    /// The regions whose inequality is measured: those with a baseline.
    fn regions(&self) -> impl Iterator<Item = &Area> {
        let whole = |area: &&Area| area.rows.iter().all(|row| self.rows[*row].left_out.is_none());
        self.areas.iter().filter(|a| a.kind == AreaKind::Region && !a.rows.is_empty()).filter(whole)
    }

    /// Outcome, level and growth by area.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn areas(&self, paths: &Paths) -> Result<Vec<AreaPath>, Error> {
        let area = |area: &Area| {
            self.stop.check()?;
            let steps = 1..=self.horizon();
            let outcome = self.outcomes(area, |place| paths.outcome.at(place).series());
            Ok(AreaPath {
                level: steps.clone().map(|h| self.band(paths.levels.level(area, h, &paths.level))).collect(),
                growth: match self.outcome_is_growth() && !outcome.is_empty() {
                    true => outcome.clone(),
                    false => steps.map(|h| self.band(paths.levels.growth(area, h, &paths.level))).collect(),
                },
                outcome,
            })
        };
        self.areas.par_iter().map(area).collect()
    }

    /// Whether the outcome already is the growth of the level on the period before.
    fn outcome_is_growth(&self) -> bool {
        self.engine.link.form == Form::Growth(1)
    }

    /// Bands of the outcome by step, for an area of one row.
    fn outcomes(&self, area: &Area, at: impl Fn(usize) -> Series) -> Vec<Band> {
        let rows = self.rows.len();
        let (AreaKind::Cell | AreaKind::Region, [row]) = (area.kind, &area.rows[..]) else { return Vec::new() };
        (0..self.horizon()).map(|h| self.band(at(h * rows + row))).collect()
    }

    /// The scenario less the baseline.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn effect(&self, scenario: &Paths, baseline: &Paths) -> Result<Effect, Error> {
        let decomposition = self.decomposition(scenario, baseline);
        let adding_up: Vec<_> = (0..self.horizon()).map(|h| self.adding_up(h, scenario, baseline)).collect();
        let (theirs, ours) = (self.inequalities(baseline)?, self.inequalities(scenario)?);
        let inequality = ours
            .iter()
            .zip(theirs)
            .map(|(ours, theirs)| self.inequality(std::array::from_fn(|i| ours[i].minus(&theirs[i]))));
        let area = |area: &Area| {
            self.stop.check()?;
            Ok(self.area_effect(area, scenario, baseline))
        };
        Ok(Effect {
            areas: self.areas.par_iter().map(area).collect::<Result<_, Error>>()?,
            pure_reallocation: self.pure_reallocation(scenario, baseline),
            adding_up,
            decomposition,
            inequality: inequality.collect(),
        })
    }

    fn area_effect(&self, area: &Area, scenario: &Paths, baseline: &Paths) -> AreaEffect {
        let less = |h: usize, f: &dyn Fn(f64, f64) -> Value| {
            let level = |paths: &Paths| paths.levels.level(area, h, &paths.level);
            self.band(level(scenario).zip(&level(baseline), f))
        };
        let growth = |h: usize| {
            let growth = |paths: &Paths| paths.levels.growth(area, h, &paths.level);
            self.band(growth(scenario).minus(&growth(baseline)))
        };
        let outcome = |place| scenario.outcome.at(place).series().minus(&baseline.outcome.at(place).series());
        let (steps, outcome) = (1..=self.horizon(), self.outcomes(area, outcome));
        let percent = |ours: f64, theirs: f64| finite(100.0 * (ratio(ours, theirs)? - 1.0));
        AreaEffect {
            level: steps.clone().map(|h| less(h, &|ours, theirs| finite(ours - theirs))).collect(),
            level_percent: steps.clone().map(|h| less(h, &percent)).collect(),
            growth: match self.outcome_is_growth() && !outcome.is_empty() {
                true => outcome.clone(),
                false => steps.map(growth).collect(),
            },
            outcome,
        }
    }

    /// Numbers of the rows that count in sums; when none does, why.
    fn counted(&self) -> (Vec<usize>, Option<Absent>) {
        counted(self.rows, 0..self.rows.len())
    }

    fn adding_up(&self, h: usize, scenario: &Paths, baseline: &Paths) -> AddingUp {
        let (counted, reason) = self.counted();
        let shares = baseline.levels.observed_shares(&counted);
        let nothing = reason.map_or(Ok(0.0), Err);
        let zero = || Series::constant(nothing, scenario.outcome.count());
        let (mut unweighted, mut weighted) = (zero(), zero());
        for (row, share) in counted.iter().zip(shares) {
            let place = h * self.rows.len() + row;
            let effect = scenario.outcome.at(place).series().minus(&baseline.outcome.at(place).series());
            unweighted.add(Ok(1.0), effect.draws());
            weighted.add(share, effect.draws());
        }
        let (ours, theirs) = (&scenario.predictors[h], &baseline.predictors[h]);
        let terms = columns(ours).zip(columns(theirs)).map(|(ours, theirs)| {
            nothing?;
            counted.iter().map(|row| Ok(ours[*row]? - theirs[*row]?)).sum::<Value>().and_then(finite)
        });
        AddingUp { unweighted: self.band(unweighted), weighted: self.band(weighted), terms: terms.collect() }
    }

    /// Whether effects sum to zero in every period while some are not zero.
    fn pure_reallocation(&self, scenario: &Paths, baseline: &Paths) -> bool {
        let (counted, _) = self.counted();
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
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn inequality_path(&self, paths: &Paths) -> Result<Vec<Inequality>, Error> {
        Ok(self.inequalities(paths)?.into_iter().map(|series| self.inequality(series)).collect())
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

    fn inequalities(&self, paths: &Paths) -> Result<Inequalities, Error> {
        let step = |h| {
            self.stop.check()?;
            Ok(self.inequality_of(paths, h))
        };
        (1..=self.horizon()).into_par_iter().map(step).collect()
    }

    fn inequality_of(&self, paths: &Paths, h: usize) -> [Series; 4] {
        let draws = paths.level.count();
        let amounts: Vec<Series> = self.regions().map(|area| self.amount(area, paths, h)).collect();
        let heads: Result<Vec<f64>, Absent> = self.regions().map(|area| paths.heads(self.region(area), h)).collect();
        let heads = match heads {
            Ok(heads) => heads,
            Err(reason) => return std::array::from_fn(|_| Series::constant(Err(reason), draws)),
        };
        let groups = &self.engine.plan.groups;
        let classes = self.regions().map(|area| groups.of.get(self.region(area)).copied().flatten()).collect();
        let regions = Regions::new(&heads, classes, groups.names.len());
        let of = |amounts: Result<Vec<f64>, Absent>| amounts.map_or_else(|e| [Err(e); 4], |a| regions.measures(&a));
        let point = of(amounts.iter().map(|a| a.point).collect());
        let levels: Result<Vec<&[f64]>, Absent> = amounts.iter().map(|a| a.draws().draws).collect();
        let draws: Vec<[Value; 4]> =
            (0..draws).map(|d| of(levels.as_ref().map(|l| l.iter().map(|l| l[d]).collect()).map_err(|e| *e))).collect();
        std::array::from_fn(|i| Series { point: point[i], draws: draws.iter().map(|m| m[i]).collect() })
    }

    /// The number of an area's region.
    fn region(&self, area: &Area) -> usize {
        region_of(self.engine, area.rows[0])
    }

    /// What is compared between regions: the level, or where heads are counted the amount that they share.
    fn amount(&self, area: &Area, paths: &Paths, h: usize) -> Series {
        let level = paths.levels.level(area, h, &paths.level);
        match &paths.population {
            Some(_) => level.times(paths.levels.amount_factor(area, h)),
            None => level,
        }
    }
}

/// Regressors and varying slopes, as the decomposition lists them.
fn columns(predictors: &Predictors) -> impl Iterator<Item = &Vec<Value>> {
    predictors.regressors.iter().chain(&predictors.slopes)
}
