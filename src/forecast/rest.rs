//! What the regressors leave: fixed effects, and the disturbances of the future.
//!
//! Effects of the period have no value in the future. Their mean over the dates of the history joins the row's
//! **anchor**, the level it is forecast around; their deviation from it joins the row's residual. Both together
//! are the **disturbance** of a row at a date, and the rows of a date form its block.
//!
//! * Disturbances: deviations are scaled by √(T/(T−1)), residuals by √(n/(n−K)), K counting the fixed effects,
//!   so that their variance is that of the errors behind them. A future period draws a date and takes its whole
//!   block, so that regions stay correlated. T blocks are a coarse distribution whose largest value is too
//!   small, so the other blocks are mixed in with normal weights (the smoothed bootstrap of Silverman and Young
//!   1987, bandwidth 1.06 T^(−1/5), shrunk to keep the variance). T blocks tell the variance only roughly, so
//!   each draw scales its disturbances by √(ν/χ²_ν) with ν = T − 1, which gives normal errors the t distribution
//!   of a textbook prediction interval.
//! * Where disturbances are correlated from date to date, the future takes several dates in a row (see `stretch`), so
//!   that runs of good and bad periods stay runs.
//! * Anchors err in two ways. With the coefficients the anchor moves by −P x'(b^d − b), where P x is what the
//!   effects absorb of x (x̄_r in a balanced panel with region effects). With the errors it moves by P e: the
//!   blocks under independent normal weights by date, absorbed by the effects. That has variance σ²/T_r in that
//!   panel, keeps regions correlated, and carries the error of the mean period effect, too.

use crate::error::{Error, Violation};
use crate::formula::{Classes, Program, Unit};
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorber, Factor, LevelEffects};
use crate::panel::{Absent, Panel, Period};
use crate::regression::{Fit, FittedEffect};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Dates below which the history does not tell a distribution of disturbances.
const FEWEST_DATES: usize = 3;

/// Fixed effects and disturbances of each row of a program.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    /// Which rows the effects are known of; `Err` for a row of a level that the fit does not have.
    pub(super) known: Vec<Result<(), Absent>>,
    /// What the effects add up to.
    pub(super) anchor: Part,
    /// By term of the formula: what the effects absorb of it.
    pub(super) absorbed: Vec<Part>,
    /// Where disturbances come from.
    pub(super) disturbances: Disturbances,
    /// The dates of the blocks; empty without.
    pub(super) dates: Vec<i32>,
    /// Dates in a row that the future takes from the history at a time, at least 1.
    pub(super) stretch: usize,
    /// By effect that varies by period, the classes of the rows that share one: what a period adds to all of a class.
    pub(super) cohorts: Vec<Vec<Option<usize>>>,
}

/// A linear function of fixed effects in a future period: an intercept a row, and a coefficient a row and slope.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Part {
    /// One a row.
    pub(super) intercepts: Vec<f64>,
    /// By varying slope of the program, one a row.
    pub(super) slopes: Vec<Vec<f64>>,
}

/// Where the disturbances of the future come from.
#[derive(Debug, Clone)]
pub(super) enum Disturbances {
    /// There are none.
    None,
    /// Independent normal ones of this standard deviation.
    Normal(f64),
    /// The blocks of the history.
    Blocks(Vec<Block>),
}

/// The disturbances of one date of the history.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// One a row.
    pub(super) values: Vec<f64>,
    /// What the effects absorb of them.
    pub(super) absorbed: Part,
}

impl Part {
    /// Zeros for a program.
    pub(super) fn zero(program: &Program) -> Self {
        let slopes = program.effects().iter().filter_map(|e| e.slope).max().map_or(0, |last| last + 1);
        Self { intercepts: vec![0.0; program.rows()], slopes: vec![vec![0.0; program.rows()]; slopes] }
    }
}

impl Rest {
    /// No effects, and normal disturbances at most.
    pub(super) fn none(program: &Program, standard_deviation: Option<f64>) -> Self {
        Self {
            known: vec![Ok(()); program.rows()],
            anchor: Part::zero(program),
            absorbed: vec![Part::zero(program); program.regressors().len()],
            disturbances: standard_deviation.map_or(Disturbances::None, Disturbances::Normal),
            stretch: 1,
            dates: Vec::new(),
            cohorts: Vec::new(),
        }
    }

    /// Effects and disturbances of a fit, for the rows of the program on `panel`.
    ///
    /// # Errors
    /// At `formula`: a slope that varies by period; [`Error::Cancelled`].
    pub(super) fn recovered(program: &Program, panel: &Panel, fit: &Fit, stop: &Stop) -> Result<Self, Error> {
        let rows = Rows::new(program, panel, fit);
        if let Some(effect) = rows.levels.iter().zip(&fit.effects).find_map(|(levels, effect)| {
            let slope = levels.slope.is_some() && matches!(levels.of, Of::Dates(_));
            slope.then_some(effect)
        }) {
            let rule = "a slope that varies by period has no value in the future";
            return Err(Violation::new("formula", rule, &effect.name).into());
        }
        let of_outcome: Vec<&LevelEffects> = fit.effects.iter().map(|e| &e.values).collect();
        let mut absorbed = vec![Part::zero(program); program.regressors().len()];
        for (i, term) in kept(fit).iter().enumerate() {
            absorbed[*term] = rows.part(&fit.effects.iter().map(|e| &e.of_regressors[i]).collect::<Vec<_>>());
        }
        stop.check()?;
        let disturbances = rows.disturbances(&of_outcome, stop)?;
        Ok(Self {
            known: rows.known(),
            anchor: rows.part(&of_outcome),
            absorbed,
            stretch: stretch(&disturbances, &rows.dates),
            dates: rows.dates.clone(),
            disturbances,
            cohorts: rows.cohorts(),
        })
    }
}

/// Dates in a row that the future takes at a time: one where disturbances are as good as independent from date to date,
/// else ⌈T^(1/3)⌉ (Hall, Horowitz and Jing 1995).
///
/// They count as dependent when the mean over dates of Σ_r e_rt e_r,t−1 is positive by more than two of its standard
/// errors.
fn stretch(disturbances: &Disturbances, dates: &[i32]) -> usize {
    let Disturbances::Blocks(blocks) = disturbances else { return 1 };
    let pairs = dates.windows(2).zip(blocks.windows(2)).filter(|(dates, _)| dates[1] == dates[0] + 1);
    let product = |blocks: &[Block]| blocks[0].values.iter().zip(&blocks[1].values).map(|(a, b)| a * b).sum::<f64>();
    let products: Vec<f64> = pairs.map(|(_, blocks)| product(blocks)).collect();
    let n = products.len() as f64;
    let mean = products.iter().sum::<f64>() / n;
    let variance = products.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if n >= 3.0 && mean > 2.0 * (variance / n).sqrt() { (blocks.len() as f64).cbrt().ceil() as usize } else { 1 }
}

/// The rows of the program and the levels of the fit they belong to.
struct Rows<'a> {
    program: &'a Program,
    fit: &'a Fit,
    /// The dates of the fit, ascending.
    dates: Vec<i32>,
    /// One an effect.
    levels: Vec<Levels>,
    /// The program's row of each row of the fit; `None` for one the panel does not have.
    place: Vec<Option<usize>>,
}

/// The levels of one effect.
struct Levels {
    of: Of,
    /// Number of the program's varying slope.
    slope: Option<usize>,
}

/// Level of each row of the program: the same for ever, or one a date.
enum Of {
    Rows(Vec<Option<usize>>),
    Dates(Vec<Vec<Option<usize>>>),
}

impl<'a> Rows<'a> {
    fn new(program: &'a Program, panel: &'a Panel, fit: &'a Fit) -> Self {
        let dates: BTreeSet<i32> = fit.rows.iter().map(|row| row.period).collect();
        let dates: Vec<i32> = dates.into_iter().collect();
        let width = if program.unit() == Unit::Cell { panel.width() } else { 1 };
        let period = |ordinal| Period { frequency: panel.frequency(), ordinal };
        let future = panel.periods()[panel.periods().len() - 1].plus(1);
        let levels = program.effects().iter().zip(&fit.effects).map(|(term, effect)| {
            let numbers: BTreeMap<&str, usize> =
                effect.levels.iter().enumerate().map(|(i, l)| (l.as_str(), i)).collect();
            let level = |classes: &Classes, row: usize, period: Period| {
                let code = classes.code(row / width, row % width, period).ok()?;
                numbers.get(classes.level(code).as_str()).copied()
            };
            let all = |period: Period| (0..program.rows()).map(|row| level(&term.classes, row, period)).collect();
            let code = |row: usize| term.classes.code(row / width, row % width, future);
            let varies = (0..program.rows()).any(|row| code(row) == Err(Absent::UnknownLevel));
            let of =
                if varies { Of::Dates(dates.iter().map(|t| all(period(*t))).collect()) } else { Of::Rows(all(future)) };
            Levels { of, slope: term.slope }
        });
        Self { program, fit, levels: levels.collect(), place: places(program, panel, fit), dates }
    }

    fn cohorts(&self) -> Vec<Vec<Option<usize>>> {
        let last = |levels: &Levels| match &levels.of {
            Of::Dates(of) => of.last().cloned(),
            Of::Rows(_) => None,
        };
        self.levels.iter().filter_map(last).collect()
    }

    /// Which rows have a level of every effect.
    fn known(&self) -> Vec<Result<(), Absent>> {
        let has = |row: usize| {
            self.levels.iter().all(|levels| match &levels.of {
                Of::Rows(of) => of[row].is_some(),
                Of::Dates(of) => of.iter().any(|date| date[row].is_some()),
            })
        };
        (0..self.program.rows()).map(|row| if has(row) { Ok(()) } else { Err(Absent::UnknownLevel) }).collect()
    }

    /// What the effects of one column add up to in a future period; those of the period count with their mean.
    fn part(&self, effects: &[&LevelEffects]) -> Part {
        let mut part = Part::zero(self.program);
        for (levels, effect) in self.levels.iter().zip(effects) {
            for row in 0..self.program.rows() {
                match &levels.of {
                    Of::Rows(of) => {
                        let Some(level) = of[row] else { continue };
                        part.intercepts[row] += effect.intercepts[level];
                        if let Some((number, slopes)) = levels.slope.zip(effect.slopes.as_ref()) {
                            part.slopes[number][row] += slopes[level];
                        }
                    }
                    Of::Dates(of) => part.intercepts[row] += mean(of.iter().filter_map(|date| date[row]), effect),
                }
            }
        }
        part
    }

    /// The deviation of each row's period effects from their mean, by date.
    fn deviations(&self, effects: &[&LevelEffects]) -> Vec<Vec<f64>> {
        let mut deviations = vec![vec![0.0; self.program.rows()]; self.dates.len()];
        for (levels, effect) in self.levels.iter().zip(effects) {
            let Of::Dates(of) = &levels.of else { continue };
            for row in 0..self.program.rows() {
                let mean = mean(of.iter().filter_map(|date| date[row]), effect);
                for (deviations, date) in deviations.iter_mut().zip(of) {
                    deviations[row] += date[row].map_or(0.0, |level| effect.intercepts[level] - mean);
                }
            }
        }
        deviations
    }

    fn disturbances(&self, effects: &[&LevelEffects], stop: &Stop) -> Result<Disturbances, Error> {
        let dates = self.dates.len();
        if dates < FEWEST_DATES {
            return Ok(Disturbances::None);
        }
        let mut values = self.deviations(effects);
        let small_sample = (dates as f64 / (dates - 1) as f64).sqrt();
        values.iter_mut().flatten().for_each(|value| *value *= small_sample);
        let observed = self.add_residuals(&mut values);
        let factor = |e: &'a FittedEffect| {
            let (codes, levels, slope) = (&e.codes, e.levels.len(), e.slope_variable.as_deref());
            Factor { codes, levels, intercept: e.intercept, slope }
        };
        let factors: Vec<Factor<'a>> = self.fit.effects.iter().map(factor).collect();
        let absorber = Absorber::new(self.fit.rows.len(), &factors, self.fit.weights.as_deref(), stop);
        let absorbed: Result<Vec<_>, Error> = observed.par_iter().map(|column| absorber.absorb(column)).collect();
        let blocks = values.into_iter().zip(absorbed?).map(|(values, absorbed)| Block {
            values,
            absorbed: self.part(&absorbed.effects.iter().collect::<Vec<_>>()),
        });
        Ok(Disturbances::Blocks(blocks.collect()))
    }

    /// Adds the residuals to the deviations; gives back the sums as columns of the fit's rows, one a date.
    ///
    /// A row that some dates lack has its other residuals enlarged, so that its variance is kept.
    fn add_residuals(&self, values: &mut [Vec<f64>]) -> Vec<Vec<f64>> {
        let statistics = &self.fit.statistics;
        let scale = (statistics.observations as f64 / statistics.residual_df as f64).sqrt();
        let mut seen = vec![0_usize; self.program.rows()];
        self.place.iter().flatten().for_each(|row| seen[*row] += 1);
        let mut columns = vec![vec![0.0; self.fit.rows.len()]; self.dates.len()];
        for (i, row) in self.fit.rows.iter().enumerate() {
            let Ok(t) = self.dates.binary_search(&row.period) else { continue };
            let residual = scale * self.fit.residuals[i];
            columns[t][i] = residual;
            if let Some(place) = self.place[i] {
                columns[t][i] += values[t][place];
                values[t][place] += residual * (self.dates.len() as f64 / seen[place] as f64).sqrt();
            }
        }
        columns
    }
}

/// The mean of the intercepts of some levels; zero of none.
fn mean(levels: impl Iterator<Item = usize>, effect: &LevelEffects) -> f64 {
    let (sum, count) = levels.fold((0.0, 0_usize), |(sum, n), level| (sum + effect.intercepts[level], n + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

/// Numbers of the regressors that have a coefficient; parameters such as ρ multiply none.
pub(super) fn kept(fit: &Fit) -> &[usize] {
    &fit.kept[..fit.kept.partition_point(|term| *term < fit.regressors().len())]
}

/// The program's row of each row of a fit; `None` for a region or industry that the panel does not have.
pub(super) fn places(program: &Program, panel: &Panel, fit: &Fit) -> Vec<Option<usize>> {
    let region = fit.regions.iter().map(|name| panel.regions().find(name));
    let region: Vec<Option<usize>> = region.collect();
    let industry = fit.industries.iter().map(|name| panel.industries()?.find(name));
    let industry: Vec<Option<usize>> = industry.collect();
    let place = |row: &crate::regression::design::RowId| {
        let region = region[row.region as usize]?;
        match program.unit() {
            Unit::Cell if panel.industries().is_some() => {
                Some(region * panel.width() + industry[row.industry as usize]?)
            }
            _ => Some(region),
        }
    };
    fit.rows.iter().map(place).collect()
}
