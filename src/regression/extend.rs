//! The fit of more rows from an earlier fit and the new rows, without the data of the earlier one.
//!
//! Least squares with at most one effect need of the earlier rows only the triangle R of their regressors, the
//! coefficients, the sum of squared residuals and, for each level, weight and means. New rows and the distances of the old and
//! new means of a level (Chan, Golub and LeVeque 1983, eq. 2.1) are stacked under R and orthogonalised again, so that no
//! condition number is squared. Residuals and scores of the earlier rows follow from those that are stored.

use super::build::{Wanted, gather};
use super::covariance::Choice;
use super::design::{Design, Effect, Groups, LeftOut};
use super::{CovarianceUsed, Estimate, Fit, FittedEffect, Sandwich, Scores};
use crate::error::Error;
use crate::formula::Program;
use crate::numeric::Stop;
use crate::numeric::absorb::LevelEffects;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::Panel;
use nalgebra::DMatrix;
use std::collections::HashMap;
use std::ops::Range;

/// Whether the rows that come later can be added to this fit: least squares with at most one effect, without slopes, with no
/// term left out as collinear and no row as alone in its level, which new rows could bring back.
pub fn extends(fit: &Fit) -> bool {
    let one_effect = match fit.effects.as_slice() {
        [] => true,
        [effect] => effect.intercept && effect.slope_variable.is_none(),
        _ => false,
    };
    let none_alone = fit.left_out.iter().all(|(reason, _)| *reason != LeftOut::Singleton);
    fit.estimator == "ols"
        && one_effect
        && none_alone
        && fit.collinear.is_empty()
        && fit.sandwich.scores.basis().is_some()
}

/// The fit with the rows of later periods added, `first` the first of them among the panel's, with the iid covariance; `None`
/// where it does not follow from the fit. What the panel says of earlier periods is what it said then.
///
/// # Errors
/// [`Error::Invalid`] where the panel does not serve the program; [`Error::Cancelled`] when `stop` is raised.
pub fn extend(fit: &Fit, program: &Program, panel: &Panel, first: usize, stop: &Stop) -> Result<Option<Fit>, Error> {
    let mut added = gather(program, panel, &Wanted { subset: fit.subset.as_ref(), ..Wanted::default() }, first, stop)?;
    drop_alone(&mut added, fit);
    let as_before = added.names == fit.regressors()
        && added.effects.len() == fit.effects.len()
        && added.weights.is_some() == fit.weights.is_some();
    if !extends(fit) || !as_before {
        return Ok(None);
    }
    let Some(triangle) = fit.sandwich.bread_root.clone().try_inverse() else { return Ok(None) };
    let old = fit.rows.len();
    let design = join(fit, &triangle, added);
    let (columns, mut errors) = stack(fit, &triangle, &design, old);
    let qr = Orthogonal::new(columns, stop)?;
    if !qr.dependent.is_empty() {
        return Ok(None);
    }
    let coefficients = qr.solve(qr.project(&mut errors));
    let estimate = estimate(&design, coefficients, qr.inverse_triangle());
    stop.check()?;
    let (choice, parameters, stop) = (Choice::read("iid").find()?, &fit.parameters, stop);
    let vcov = choice.0.vcov(&estimate, &design, &choice.1, stop)?;
    let deviations = design.deviations();
    let all = Fit::assemble(design, estimate, vcov);
    Ok(Some(Fit {
        formula: fit.formula.clone(),
        outcome: fit.outcome.clone(),
        log_outcome: fit.log_outcome,
        estimator: fit.estimator.clone(),
        parameters: parameters.clone(),
        definitions: fit.definitions.clone(),
        subset: fit.subset.clone(),
        regions: fit.regions.clone(),
        industries: fit.industries.clone(),
        covariance: CovarianceUsed { id: "iid".to_owned(), ..all.covariance },
        deviations,
        ..all
    }))
}

/// Leaves out new rows that are alone in a level that the fit does not have.
fn drop_alone(added: &mut Design, fit: &Fit) {
    let (Some(new), Some(old)) = (added.effects.first(), fit.effects.first()) else { return };
    let mut count = vec![0_usize; new.groups.levels.len()];
    new.groups.codes.iter().for_each(|level| count[*level as usize] += 1);
    let stays = |level: &u32| {
        let level = *level as usize;
        count[level] > 1 || old.levels.contains(&new.groups.levels[level])
    };
    let kept: Vec<usize> = (0..added.y.len()).filter(|i| stays(&new.groups.codes[*i])).collect();
    let dropped = added.y.len() - kept.len();
    if dropped > 0 {
        added.keep(&kept);
        *added.left_out.entry(LeftOut::Singleton).or_default() += dropped;
    }
}

/// The design of all rows, those of the fit from what is stored with it.
fn join(fit: &Fit, triangle: &DMatrix<f64>, added: Design) -> Design {
    let mut x = within(fit, triangle);
    if let Some(effect) = fit.effects.first() {
        for (x, means) in x.iter_mut().zip(&effect.of_regressors) {
            x.iter_mut().zip(&effect.codes).for_each(|(x, level)| *x += means.intercepts[*level as usize]);
        }
    }
    x.iter_mut().zip(&added.x).for_each(|(x, new)| x.extend(new));
    let observed = fit.fitted.iter().zip(&fit.residuals).map(|(fitted, u)| fitted + u);
    let weights = fit.weights.as_ref().map(|w| w.iter().chain(added.weights.iter().flatten()).copied().collect());
    let mut left_out = added.left_out;
    fit.left_out.iter().for_each(|(reason, count)| *left_out.entry(*reason).or_default() += count);
    let effects = fit.effects.iter().zip(added.effects).map(|(old, new)| joint_effect(old, new));
    Design {
        y: observed.chain(added.y).collect(),
        x,
        weights,
        effects: effects.collect(),
        rows: fit.rows.iter().chain(&added.rows).copied().collect(),
        left_out,
        names: added.names,
        facts: added.facts,
        ..Design::default()
    }
}

/// The regressors of a fit without the effects' part, one column a coefficient.
fn within(fit: &Fit, triangle: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let basis = fit.sandwich.scores.basis().unwrap_or_default();
    let column = |j: usize| {
        let mut column = vec![0.0; fit.rows.len()];
        basis.iter().enumerate().for_each(|(q, values)| add_scaled(&mut column, triangle[(q, j)], values));
        if let Some(weights) = &fit.weights {
            column.iter_mut().zip(weights).for_each(|(x, w)| *x /= w.sqrt());
        }
        column
    };
    (0..fit.coefficients.len()).map(column).collect()
}

/// The effect of all rows, its levels in the order of their names.
fn joint_effect(old: &FittedEffect, new: Effect) -> Effect {
    let mut names: Vec<&String> = old.levels.iter().chain(&new.groups.levels).collect();
    names.sort_unstable();
    names.dedup();
    let number: HashMap<&String, u32> = names.iter().copied().zip(0..).collect();
    let of_old = old.codes.iter().map(|code| number[&old.levels[*code as usize]]);
    let of_new = new.groups.codes.iter().map(|code| number[&new.groups.levels[*code as usize]]);
    let codes = of_old.chain(of_new).collect();
    let levels = names.into_iter().cloned().collect();
    Effect { groups: Groups { name: old.classes.clone(), codes, levels }, name: old.name.clone(), ..new }
}

/// Weight and weighted mean of some rows by level.
struct Means {
    weights: Vec<f64>,
    means: Vec<f64>,
}

impl Means {
    fn of(design: &Design, column: &[f64], rows: Range<usize>) -> Self {
        let Some(effect) = design.effects.first() else { return Self { weights: Vec::new(), means: Vec::new() } };
        let levels = effect.groups.levels.len();
        let (mut weights, mut means) = (vec![0.0; levels], vec![0.0; levels]);
        for i in rows {
            let (level, w) = (effect.groups.codes[i] as usize, design.weights.as_ref().map_or(1.0, |w| w[i]));
            weights[level] += w;
            means[level] += w * column[i];
        }
        means.iter_mut().zip(&weights).filter(|(_, w)| **w > 0.0).for_each(|(mean, w)| *mean /= w);
        Self { weights, means }
    }

    /// A row of a column less the mean of its level; as it is without an effect.
    fn deviation(&self, design: &Design, column: &[f64], i: usize) -> f64 {
        design.effects.first().map_or(column[i], |effect| column[i] - self.means[effect.groups.codes[i] as usize])
    }

    /// What the distance of two means of a level adds to the variation within it.
    fn distances<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = f64> + 'a {
        let both = self.weights.iter().zip(&other.weights).zip(self.means.iter().zip(&other.means));
        both.map(|((a, b), (x, y))| if *a > 0.0 && *b > 0.0 { (a * b / (a + b)).sqrt() * (x - y) } else { 0.0 })
    }
}

/// Columns and outcome that have the cross-products of all rows within levels: R with its right-hand side and the earlier
/// residuals' length, the levels' distances, the new rows.
fn stack(fit: &Fit, triangle: &DMatrix<f64>, design: &Design, old: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let n = design.y.len();
    let below = |column: &[f64]| {
        let (before, after) = (Means::of(design, column, 0..old), Means::of(design, column, old..n));
        let root = |i: usize| design.weights.as_ref().map_or(1.0, |w| w[i].sqrt());
        let new = (old..n).map(|i| root(i) * after.deviation(design, column, i));
        before.distances(&after).chain(new).collect::<Vec<f64>>()
    };
    let k = fit.coefficients.len();
    let column = |j: usize| (0..k).map(|q| triangle[(q, j)]).chain([0.0]).chain(below(&design.x[j])).collect();
    let right = |q: usize| (0..k).map(|j| triangle[(q, j)] * fit.coefficients[j]).sum();
    let outcome = (0..k).map(right).chain([fit.statistics.ssr.sqrt()]).chain(below(&design.y));
    ((0..k).map(column).collect(), outcome.collect())
}

/// The estimate of all rows with these coefficients.
fn estimate(design: &Design, coefficients: Vec<f64>, bread_root: DMatrix<f64>) -> Estimate {
    let n = design.y.len();
    let without = |column: &[f64]| {
        let means = Means::of(design, column, 0..n);
        let deviations: Vec<f64> = (0..n).map(|i| means.deviation(design, column, i)).collect();
        (deviations, LevelEffects { intercepts: means.means, slopes: None })
    };
    let (mut u_hat, of_outcome) = without(&design.y);
    let all = design.weighted(&u_hat);
    let (x, of_regressors): (Vec<_>, Vec<_>) = design.x.iter().map(|x| without(x)).unzip();
    x.iter().zip(&coefficients).for_each(|(x, b)| add_scaled(&mut u_hat, -b, x));
    let errors = design.weighted(&u_hat);
    let orthonormal = |j: usize| {
        let mut q = vec![0.0; n];
        x.iter().enumerate().for_each(|(i, x)| add_scaled(&mut q, bread_root[(i, j)], x));
        design.weighted(&q)
    };
    let basis: Vec<Vec<f64>> = (0..x.len()).map(orthonormal).collect();
    let leverages = (0..n).map(|i| basis.iter().map(|q| q[i] * q[i]).sum()).collect();
    let has_effect = !design.effects.is_empty();
    let of_level = |effects: LevelEffects| if has_effect { vec![effects] } else { Vec::new() };
    Estimate {
        kept: (0..coefficients.len()).collect(),
        coefficients,
        ssr: dot(&errors, &errors),
        ssr_effects: dot(&all, &all),
        outcome_effects: of_level(of_outcome),
        regressor_effects: of_regressors.into_iter().map(of_level).collect(),
        absorption: has_effect.then_some(super::Absorption { iterations: 0, relative_residual: 0.0, converged: true }),
        u_hat,
        sandwich: Sandwich { leverages, scores: Scores::products(basis, errors), bread_root },
        ..Estimate::default()
    }
}
