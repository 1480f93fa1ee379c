//! Residuals of a model's terms in first differences, and about the means of the units.

use super::sample::INTERCEPT;
use super::series::{Series, earlier};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::regression::design::{Design, Effect, Groups, RowId};
use crate::regression::ols::least_squares;
use crate::regression::units::Units;

/// Residuals with a fixed effect of each unit beside those of the model, and their rows; weights take no part.
///
/// # Errors
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn about_means(design: &Design, stop: &Stop) -> Result<(Vec<RowId>, Vec<f64>), Error> {
    let mut within = Design { weights: None, ..design.clone() };
    let series = Series::new(&design.rows);
    let levels = vec![String::new(); series.units.len()];
    let groups = Groups { name: "unit".to_owned(), codes: series.codes(), levels };
    within.effects.push(Effect { name: "unit".to_owned(), groups, intercept: true, slope: None });
    Units::take(&mut within);
    let estimate = least_squares(&within, stop)?;
    Ok((within.rows, estimate.u_hat))
}

/// Residuals of first differences, and their rows; a row without one in the period before has none. Effects that a unit
/// keeps vanish, those of periods stay; weights take no part.
///
/// # Errors
/// At `id`: slopes that differ by periods. [`Error::Cancelled`] when `stop` is raised.
pub(super) fn differences(design: &Design, with_constant: bool, stop: &Stop) -> Result<(Vec<RowId>, Vec<f64>), Error> {
    let pairs: Vec<(usize, usize)> =
        earlier(&design.rows, 1).iter().enumerate().filter_map(|(i, before)| Some((i, (*before)?))).collect();
    let change = |column: &Vec<f64>| pairs.iter().map(|(i, before)| column[*i] - column[*before]).collect::<Vec<f64>>();
    let terms = design.x.iter().zip(&design.names).filter(|(_, name)| *name != INTERCEPT);
    let mut x: Vec<Vec<f64>> = terms.map(|(column, _)| change(column)).collect();
    if with_constant {
        x.push(vec![1.0; pairs.len()]);
    }
    let mut effects = Vec::new();
    for effect in &design.effects {
        effects.extend(changed(effect, &pairs, change)?);
    }
    let mut changes = Design {
        y: change(&design.y),
        names: (0..x.len()).map(|j| j.to_string()).collect(),
        x,
        effects,
        rows: pairs.iter().map(|(i, _)| design.rows[*i]).collect(),
        ..Design::default()
    };
    Units::take(&mut changes);
    let estimate = least_squares(&changes, stop)?;
    Ok((changes.rows, estimate.u_hat))
}

/// What differences leave of an effect.
fn changed(
    effect: &Effect,
    pairs: &[(usize, usize)],
    change: impl Fn(&Vec<f64>) -> Vec<f64>,
) -> Result<Option<Effect>, Violation> {
    let codes = &effect.groups.codes;
    let lasting = pairs.iter().all(|(i, before)| codes[*i] == codes[*before]);
    let slope = effect.slope.as_ref().map(change);
    if slope.is_some() && !lasting {
        let rule = "is not defined for slopes that differ by classes which a unit changes";
        return Err(Violation::new("id", rule, &effect.name));
    }
    let groups = Groups { codes: pairs.iter().map(|(i, _)| codes[*i]).collect(), ..effect.groups.clone() };
    let left = !lasting || slope.is_some();
    Ok(left.then(|| Effect { name: effect.name.clone(), groups, intercept: !lasting, slope }))
}
