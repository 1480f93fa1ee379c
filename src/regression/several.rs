//! Several models of one call, which share the absorption of their columns.

use super::design::Design;
use super::{Fit, Spec, Subset, Wanted, build, find_estimator, fit_design};
use crate::error::Error;
use crate::formula::Program;
use crate::numeric::Stop;
use crate::numeric::absorb::Absorber;
use crate::panel::Panel;

/// Models whose designs stand in memory together.
pub const TOGETHER: usize = 8;

/// Fits programs to parts of a panel, at most [`TOGETHER`] of them. Least squares on the same rows with the same fixed effects
/// take them out of each column once; the numbers are those of fitting one by one.
///
/// # Errors
/// As [`fit`](super::fit()).
pub fn fit_several(
    models: &[(&Program, Option<&Subset>)],
    panel: &Panel,
    spec: &Spec,
    stop: &Stop,
) -> Result<Vec<Fit>, Error> {
    spec.check()?;
    let past = find_estimator(&spec.estimator).is_some_and(|estimator| estimator.takes().past);
    let design = |(program, subset): &(&Program, Option<&Subset>)| {
        build(program, panel, &Wanted { clusters: &spec.covariance.clusters, subset: *subset, past }, stop)
    };
    let mut designs = models.iter().map(design).collect::<Result<Vec<_>, _>>()?;
    let is_least_squares = find_estimator(&spec.estimator).is_some_and(|estimator| estimator.card().id == "ols");
    if is_least_squares {
        absorb_once(&mut designs, stop)?;
    }
    let fit = |(design, (program, subset)): (Design, &(&Program, Option<&Subset>))| {
        let mut fit = fit_design(design, &Spec { subset: subset.cloned(), ..spec.clone() }, stop)?;
        fit.describe(program, panel);
        Ok(fit)
    };
    designs.into_iter().zip(models).map(fit).collect()
}

/// Takes the fixed effects out of the distinct columns of designs that have the same rows, effects and weights.
fn absorb_once(designs: &mut [Design], stop: &Stop) -> Result<(), Error> {
    let mut rest: Vec<usize> = (0..designs.len()).filter(|i| !designs[*i].effects.is_empty()).collect();
    while let Some(first) = rest.first().copied() {
        let (alike, others): (Vec<usize>, Vec<usize>) =
            rest.into_iter().partition(|i| *i == first || is_alike(&designs[first], &designs[*i]));
        rest = others;
        if alike.len() < 2 {
            continue;
        }
        let mut distinct: Vec<&[f64]> = Vec::new();
        let place = |column: &[f64], distinct: &[&[f64]]| distinct.iter().position(|known| *known == column);
        for column in alike.iter().flat_map(|i| columns(&designs[*i])) {
            if place(column, &distinct).is_none() {
                distinct.push(column);
            }
        }
        let factors: Vec<_> = designs[first].effects.iter().map(|effect| effect.factor()).collect();
        let absorber = Absorber::new(designs[first].y.len(), &factors, designs[first].weights.as_deref(), stop);
        let absorbed = absorber.absorb_all(&distinct)?;
        let of_design = |i: &usize| {
            let places = columns(&designs[*i]).filter_map(|column| place(column, &distinct));
            (*i, places.map(|p| absorbed[p].clone()).collect())
        };
        let within: Vec<_> = alike.iter().map(of_design).collect();
        within.into_iter().for_each(|(i, within)| designs[i].within = Some(within));
    }
    Ok(())
}

/// The outcome, then the regressors.
fn columns(design: &Design) -> impl Iterator<Item = &[f64]> {
    std::iter::once(&design.y).chain(&design.x).map(Vec::as_slice)
}

fn is_alike(a: &Design, b: &Design) -> bool {
    a.rows == b.rows && a.effects == b.effects && a.weights == b.weights
}
