//! Draws become the numbers of the answer, step by step.

use super::answer::{AddingUp, Area, AreaEffect, AreaKind, AreaPath, Band, Effect, Inequality, Outlook};
use super::area::counted;
use super::future::Future;
use super::inequality::NAMES;
use super::negative::Below;
use super::plan::Scenario;
use super::series::{Section, Series, difference};
use super::study::{Draws, Side, Study, growth};
use super::unequal::Unequal;
use super::walk::View;
use crate::error::Error;
use crate::formula::{Form, Predictors};
use crate::panel::{Absent, Value, finite, ratio};
use rayon::prelude::*;
use std::collections::VecDeque;

/// Sum of effects, relative to the sum of their sizes, below which they are rounding.
const ROUNDING: f64 = 1e-9;

/// The measures of inequality that need groups.
const COMPARE_GROUPS: [&str; 3] = ["between", "within", "gap"];

/// What all summaries share.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) study: &'a Study<'a>,
    pub(super) quantiles: &'a [f64],
}

/// The numbers of one future that come step by step.
#[derive(Debug, Default)]
struct Told {
    /// By area.
    areas: Vec<AreaPath>,
    inequality: Vec<Inequality>,
    /// By area.
    effects: Vec<AreaEffect>,
    adding_up: Vec<AddingUp>,
    inequality_effects: Vec<Inequality>,
    below: Below,
}

/// Outcome, level and growth of an area in one step.
type Bands = (Option<Band>, Band, Band);
/// Effect on outcome, level, level in per cent and growth of an area in one step.
type Effects = (Option<Band>, Band, Band, Band);

impl Summary<'_> {
    /// The outlooks of the baseline and of the scenarios, whose runs come one after the other, and where each falls
    /// below zero.
    ///
    /// # Errors
    /// [`Error::Cancelled`], and those of the runs.
    pub(super) fn outlooks(
        &self,
        scenarios: &[Scenario],
        mut run: impl FnMut(&Scenario) -> Result<Vec<Future>, Error>,
    ) -> Result<Vec<(Outlook, Below)>, Error> {
        let mut told = self.told();
        if scenarios.is_empty() {
            self.walk(Some(&mut told), None, &mut VecDeque::new(), true)?;
        }
        let mut unequal = VecDeque::new();
        let mut outlooks = Vec::new();
        for (i, scenario) in scenarios.iter().enumerate() {
            let (futures, mut ours) = (run(scenario)?, self.told());
            let is_last = i + 1 == scenarios.len();
            self.walk((i == 0).then_some(&mut told), Some((&futures, &mut ours)), &mut unequal, is_last)?;
            let below = std::mem::take(&mut ours.below);
            outlooks.push((self.scenario(scenario, &futures, ours), below));
        }
        let baseline = Outlook {
            name: "baseline".into(),
            areas: told.areas,
            inequality: told.inequality,
            distances: Vec::new(),
            imposed: Vec::new(),
            drivers: Vec::new(),
            effect: None,
        };
        outlooks.insert(0, (baseline, told.below));
        Ok(outlooks)
    }

    fn told(&self) -> Told {
        let count = self.study.areas.len();
        Told { areas: vec![AreaPath::default(); count], effects: vec![AreaEffect::default(); count], ..Told::default() }
    }

    /// Walks the baseline and perhaps a scenario beside it; `unequal` keeps the baseline's inequality, step by step, until
    /// the last walk, which lets go of what it has read.
    fn walk(
        &self,
        mut told: Option<&mut Told>,
        mut scenario: Option<(&[Future], &mut Told)>,
        unequal: &mut VecDeque<Unequal>,
        is_last: bool,
    ) -> Result<(), Error> {
        let study = self.study;
        let side = |futures: &[Future]| Side::new(study.engine(), &futures[0].point.drivers);
        let theirs = side(&study.baseline);
        let mut base = study.walk(&study.baseline, Draws::All);
        let mut beside = scenario.as_ref().map(|(futures, _)| (study.walk(futures, Draws::All), side(futures)));
        for h in 1..=self.study.horizon() {
            study.stop.check()?;
            let view = base.next();
            let before = match told.as_deref_mut() {
                Some(told) => {
                    let before = study.inequality(&theirs, view.level, h);
                    self.tell(told, (&theirs, &view), &before, h)?;
                    before
                }
                None => unequal.pop_front().unwrap_or_else(|| study.inequality(&theirs, view.level, h)),
            };
            if let (Some((walk, side)), Some((futures, told))) = (&mut beside, &mut scenario) {
                let ours = walk.next();
                let inequality = study.inequality(side, ours.level, h);
                self.tell(told, (side, &ours), &inequality, h)?;
                let mut effects = self.inequality(inequality.minus(&before));
                let reordered = inequality.reordered(&before);
                effects.measures.extend(reordered.map(|(name, series)| (name, self.band(series))));
                told.inequality_effects.push(effects);
                let effect = |area| {
                    study.stop.check()?;
                    Ok(self.area_effect(area, (side, &ours), (&theirs, &view), h))
                };
                let effects: Vec<Effects> = study.areas.par_iter().map(effect).collect::<Result<_, Error>>()?;
                for (all, (outcome, level, percent, growth)) in told.effects.iter_mut().zip(effects) {
                    all.outcome.extend(outcome);
                    all.level.push(level);
                    all.level_percent.push(percent);
                    all.growth.push(growth);
                }
                let terms = self.term_sums(futures, h);
                told.adding_up.push(self.adding_up(&ours.outcome, &view.outcome, &theirs, terms));
            }
            if !is_last {
                unequal.push_back(before);
            }
        }
        Ok(())
    }

    fn band(&self, series: Series) -> Band {
        series.band(self.quantiles)
    }

    /// Adds the numbers of a step.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn tell(
        &self,
        told: &mut Told,
        (side, view): (&Side, &View<'_>),
        inequality: &Unequal,
        h: usize,
    ) -> Result<(), Error> {
        told.below.see(view.level, h);
        let bands = |area| {
            self.study.stop.check()?;
            Ok(self.bands(area, side, view, h))
        };
        let bands: Vec<Bands> = self.study.areas.par_iter().map(bands).collect::<Result<_, Error>>()?;
        for (path, (outcome, level, growth)) in told.areas.iter_mut().zip(bands) {
            path.outcome.extend(outcome);
            path.level.push(level);
            path.growth.push(growth);
        }
        told.inequality.push(self.inequality(inequality.measures.clone()));
        let ranks: Vec<Band> = inequality.ranks.par_iter().map(|ranks| self.band(ranks.clone())).collect();
        let mut ranks = ranks.into_iter();
        let absent = || self.band(Series::constant(Err(Absent::Missing), view.level.count));
        let mut measured = self.study.regions().peekable();
        for (area, path) in
            self.study.areas.iter().zip(&mut told.areas).filter(|(area, _)| area.kind == AreaKind::Region)
        {
            let known = measured.next_if(|next| std::ptr::eq(*next, area)).and_then(|_| ranks.next());
            path.rank.push(known.unwrap_or_else(absent));
        }
        Ok(())
    }

    fn bands(&self, area: &Area, side: &Side, view: &View<'_>, h: usize) -> Bands {
        let level = side.levels.level(area, h, view.level);
        let outcome = self.single(area).map(|row| self.band(view.outcome.at(row).series()));
        let growth = match &outcome {
            Some(outcome) if self.outcome_is_growth() => outcome.clone(),
            _ => self.band(growth(&level, &side.levels.level(area, h - 1, view.before))),
        };
        (outcome, self.band(level), growth)
    }

    fn area_effect(
        &self,
        area: &Area,
        (ours, view): (&Side, &View<'_>),
        (theirs, base): (&Side, &View<'_>),
        h: usize,
    ) -> Effects {
        let (our_level, their_level) =
            (ours.levels.level(area, h, view.level), theirs.levels.level(area, h, base.level));
        let outcome = self.single(area).map(|row| self.band(view.outcome.at(row).minus(base.outcome.at(row))));
        let percent =
            our_level.zip(&their_level, |ours, theirs| finite(100.0 * ratio(difference(ours, theirs)?, theirs)?));
        let growth = match &outcome {
            Some(outcome) if self.outcome_is_growth() => outcome.clone(),
            _ => {
                let ours = growth(&our_level, &ours.levels.level(area, h - 1, view.before));
                self.band(ours.minus(&growth(&their_level, &theirs.levels.level(area, h - 1, base.before))))
            }
        };
        (outcome, self.band(our_level.minus(&their_level)), self.band(percent), growth)
    }

    /// The row of an area that is one: a region of a model of cells has no outcome, even when it has a single cell.
    fn single(&self, area: &Area) -> Option<usize> {
        match (area.kind, &area.rows[..]) {
            (AreaKind::Cell, [row]) => Some(*row),
            (AreaKind::Region, [row]) if self.study.rows[*row].industry.is_none() => Some(*row),
            _ => None,
        }
    }

    /// Whether the outcome already is the growth of the level on the period before.
    fn outcome_is_growth(&self) -> bool {
        self.study.engine().main.link.form == Form::Growth(1)
    }

    fn inequality(&self, measures: [Series; NAMES.len()]) -> Inequality {
        let grouped = !self.study.engine().plan.groups.of.is_empty();
        let told = NAMES.into_iter().zip(measures).filter(|(name, _)| grouped || !COMPARE_GROUPS.contains(name));
        Inequality { measures: told.map(|(name, series)| (name, self.band(series))).collect() }
    }

    fn scenario(&self, scenario: &Scenario, futures: &[Future], told: Told) -> Outlook {
        Outlook {
            name: scenario.name.clone(),
            areas: told.areas,
            inequality: told.inequality,
            distances: Vec::new(),
            imposed: Vec::new(),
            drivers: Vec::new(),
            effect: Some(Effect {
                pure_reallocation: self.pure_reallocation(&told.effects),
                areas: told.effects,
                adding_up: told.adding_up,
                decomposition: self.decomposition(futures),
                inequality: told.inequality_effects,
            }),
        }
    }

    /// Numbers of the rows that count in sums; when none does, why.
    fn counted(&self) -> (Vec<usize>, Option<Absent>) {
        counted(&self.study.rows, 0..self.study.rows.len())
    }

    fn adding_up(&self, ours: &Section, theirs: &Section, side: &Side, terms: Vec<Value>) -> AddingUp {
        let (counted, reason) = self.counted();
        let shares = side.levels.observed_shares(&counted);
        let zero = || Series::constant(reason.map_or(Ok(0.0), Err), ours.count);
        let (mut unweighted, mut weighted) = (zero(), zero());
        for (row, share) in counted.iter().zip(shares) {
            let effect = ours.at(*row).minus(theirs.at(*row));
            unweighted.add(Ok(1.0), effect.draws());
            weighted.add(share, effect.draws());
        }
        AddingUp { unweighted: self.band(unweighted), weighted: self.band(weighted), terms }
    }

    /// The change of each term in step `h`, from 1, summed over the rows; of several models the one that comes first
    /// among those that have the term.
    fn term_sums(&self, futures: &[Future], h: usize) -> Vec<Value> {
        let (counted, reason) = self.counted();
        let mut sums = vec![Ok(0.0); self.study.terms().len()];
        for (number, (ours, theirs)) in futures.iter().zip(&self.study.baseline).enumerate().rev() {
            let (ours, theirs) = (&ours.point.predictors[h - 1], &theirs.point.predictors[h - 1]);
            let columns = columns(ours).zip(columns(theirs));
            for (place, (ours, theirs)) in self.study.places(number).into_iter().zip(columns) {
                let changes = counted.iter().map(|row| Ok(ours[*row]? - theirs[*row]?));
                sums[place] = reason.map_or(Ok(()), Err).and_then(|()| changes.sum::<Value>().and_then(finite));
            }
        }
        sums
    }

    /// Whether the effects on the outcome sum to zero in every period while some are not zero. Areas begin with the rows.
    fn pure_reallocation(&self, effects: &[AreaEffect]) -> bool {
        let (counted, _) = self.counted();
        let mut moved = false;
        for h in 0..self.study.horizon() {
            let effect = |row: &usize| effects[*row].outcome.get(h)?.point.ok();
            let Some(effects) = counted.iter().map(effect).collect::<Option<Vec<f64>>>() else { return false };
            let size: f64 = effects.iter().map(|e| e.abs()).sum();
            if effects.iter().sum::<f64>().abs() > ROUNDING * size {
                return false;
            }
            moved |= size > 0.0;
        }
        moved
    }

    /// Coefficient times the change of each term in the point forecast, weighted over the models: step × row × term.
    fn decomposition(&self, futures: &[Future]) -> Vec<Vec<Vec<Value>>> {
        let (rows, terms) = (self.study.rows.len(), self.study.terms().len());
        let mut all = vec![vec![vec![Ok(0.0); terms]; rows]; self.study.horizon()];
        for (number, (ours, theirs)) in futures.iter().zip(&self.study.baseline).enumerate() {
            let model = self.study.members[number].engine.main.model;
            let (places, weight) = (self.study.places(number), self.study.mixture.weights[number]);
            for (h, (ours, theirs)) in ours.point.predictors.iter().zip(&theirs.point.predictors).enumerate() {
                for (k, (ours, theirs)) in columns(ours).zip(columns(theirs)).enumerate() {
                    let part = |row: usize| finite(model.coefficient(k, row) * (ours[row]? - theirs[row]?));
                    let mut parts: Vec<Value> = (0..rows).map(part).collect();
                    if let Some(multiplier) = &model.multiplier {
                        parts = multiplier.apply(&parts, 0.0);
                    }
                    for (row, part) in parts.into_iter().enumerate() {
                        let sum: &mut Value = &mut all[h][row][places[k]];
                        *sum = sum.and_then(|sum| finite(sum + weight * part?));
                    }
                }
            }
        }
        all
    }
}

/// Regressors and varying slopes, as the decomposition lists them.
fn columns(predictors: &Predictors) -> impl Iterator<Item = &Vec<Value>> {
    predictors.regressors.iter().chain(&predictors.slopes)
}
