//! Regression of the changes from one period to the next.

use super::INTERCEPT;
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::regression::design::{Design, Effect, LeftOut, RowId};
use crate::regression::ols::least_squares;
use crate::regression::{Estimated, Estimator, Response};
use std::collections::HashMap;

/// Least squares of differences.
#[derive(Debug)]
pub(in crate::regression) struct FirstDifferences;

static CARD: Card = Card {
    id: "first_differences",
    aliases: &["fd", "first_difference"],
    title: "First differences: least squares of the changes from one period to the next",
    kind: Kind::Estimator,
    formula: "b = argmin sum_it v_it (dy_it - dx_it'b)^2, dy_it = y_it - y_i(t-1) within a unit, v_it = 1/(1/w_it + 1/w_i(t-1)) \
              with weights. t-1 is the period before in the calendar: a row without it is left out as not_usable. The intercept \
              of the formula stays and is the drift, the mean change; effects of units vanish, and with them the intercept; \
              effects of periods (or of classes by period) stay; a slope by unit becomes the slope of the changes",
    reference: "Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, 2nd ed., 10.6; weights as in \
                linearmodels 7.1, FirstDifferenceOLS",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for FirstDifferences {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let design = differences(design)?;
        let mut estimate = least_squares(&design, stop)?;
        estimate.response = Response::Joint;
        Ok(Estimated { design, estimate })
    }
}

/// The positions of each row that has a row of the period before, and of that row.
fn pairs(design: &Design) -> Vec<(usize, usize)> {
    let place: HashMap<_, usize> = design.rows.iter().enumerate().map(|(i, row)| (*row, i)).collect();
    let before = |i: usize| {
        let row = design.rows[i];
        let period = row.period.checked_sub(1)?;
        Some((i, *place.get(&RowId { period, ..row })?))
    };
    (0..design.rows.len()).filter_map(before).collect()
}

fn differences(mut design: Design) -> Result<Design, Violations> {
    let pairs = pairs(&design);
    if pairs.is_empty() {
        return Err(
            Violation::new("formula", "no unit has two periods in a row, so there are no differences", "").into()
        );
    }
    design.effects = effects(&design.effects, &design.rows, &pairs)?;
    let change = |column: &[f64]| pairs.iter().map(|(i, before)| column[*i] - column[*before]).collect();
    let y = change(&design.y);
    let is_drift = |j: usize| design.names[j] == INTERCEPT;
    let x = design
        .x
        .iter()
        .enumerate()
        .map(|(j, x)| if is_drift(j) { vec![1.0; pairs.len()] } else { change(x) })
        .collect();
    let weights = design.weights.as_deref().map(|w| {
        let together = |(i, before): &(usize, usize)| 1.0 / (1.0 / w[*i] + 1.0 / w[*before]);
        pairs.iter().map(together).collect()
    });
    let lost = design.rows.len() - pairs.len();
    if lost > 0 {
        *design.left_out.entry(LeftOut::NotUsable).or_default() += lost;
    }
    design.keep(&pairs.iter().map(|(i, _)| *i).collect::<Vec<_>>());
    let mut design = Design { y, x, weights, ..design };
    design.drop_singletons();
    Ok(design)
}

/// What is left of the fixed effects.
fn effects(effects: &[Effect], rows: &[RowId], pairs: &[(usize, usize)]) -> Result<Vec<Effect>, Violations> {
    let mut violations = Violations::default();
    let mut left = Vec::new();
    for effect in effects {
        match difference(effect, rows, pairs) {
            Ok(effect) => left.extend(effect),
            Err(rule) => violations.push(Violation::new("formula", rule, &effect.name)),
        }
    }
    violations.into_result(left)
}

/// The effect in differences; `None` if it vanishes.
fn difference(effect: &Effect, rows: &[RowId], pairs: &[(usize, usize)]) -> Result<Option<Effect>, &'static str> {
    let codes = &effect.groups.codes;
    let constant = pairs.iter().all(|(i, before)| codes[*i] == codes[*before]);
    match &effect.slope {
        None if constant => Ok(None),
        Some(z) if constant => {
            let mut slope = vec![0.0; z.len()];
            pairs.iter().for_each(|(i, before)| slope[*i] = z[*i] - z[*before]);
            Ok(Some(Effect { intercept: false, slope: Some(slope), ..effect.clone() }))
        }
        None if follows(effect, rows, pairs) => Ok(Some(effect.clone())),
        _ => Err(
            "differences leave fixed effects only if they are the same for all periods of a unit or differ by period",
        ),
    }
}

/// Whether each level is of one period and follows on one other level, so that the differences of levels are as free as the
/// levels themselves.
fn follows(effect: &Effect, rows: &[RowId], pairs: &[(usize, usize)]) -> bool {
    let (codes, levels) = (&effect.groups.codes, effect.groups.levels.len());
    let (mut period, mut before) = (vec![None; levels], vec![None; levels]);
    let of_one_period =
        codes.iter().zip(rows).all(|(g, row)| *period[*g as usize].get_or_insert(row.period) == row.period);
    of_one_period
        && pairs
            .iter()
            .all(|(i, earlier)| *before[codes[*i] as usize].get_or_insert(codes[*earlier]) == codes[*earlier])
}
