//! The weight of the penalty: as given, or by cross-validation.

use super::Within;
use super::minimum::{Minimum, Penalty};
use super::moments::Moments;
use crate::card::Params;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::random::stream;
use crate::panel::finite;
use crate::regression::Part;
use crate::regression::design::Design;
use rand::seq::SliceRandom;
use std::collections::BTreeMap;

/// Weights that cross-validation compares.
const STEPS: usize = 100;
/// The smallest of them over the largest.
const REACH: f64 = 1e-4;
/// What the largest weight of a penalty without absolute values, which never leaves a term out, is set by.
const LEAST_MIXING: f64 = 1e-3;

/// A minimum with the weight of its penalty, and how that was chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) penalty: Penalty,
    pub(super) minimum: Minimum,
    pub(super) part: Option<Part>,
}

/// Errors of cross-validation at one weight.
struct Step {
    lambda: f64,
    error: f64,
    standard_error: f64,
    b: Vec<f64>,
}

/// The minimum at the weight given, or at that which cross-validation chooses.
pub(super) fn choose(
    design: &Design,
    within: &Within,
    mixing: f64,
    params: &Params,
    stop: &Stop,
) -> Result<Chosen, Error> {
    let ones = vec![1.0; within.y.len()];
    let weights = design.weights.as_deref().unwrap_or(&ones);
    let moments = |fold: Option<(&[usize], usize)>| {
        Moments::of(&within.y, &within.x, weights, |i| fold.is_none_or(|(codes, f)| codes[i] == f))
    };
    let all = moments(None);
    let zeros = vec![0.0; within.x.len()];
    let at = |lambda: f64, start: &[f64]| {
        let penalty = Penalty { lambda, mixing };
        Ok::<_, Error>((penalty, penalty.minimise(&all, start, stop)?))
    };
    let given = params.number("lambda");
    if given > 0.0 {
        let (penalty, minimum) = at(given, &zeros)?;
        return Ok(Chosen { penalty, minimum, part: None });
    }
    let (codes, count) = folds(design, params)?;
    let parts: Vec<Moments> = (0..count).map(|f| moments(Some((&codes, f)))).collect();
    let steps = validate(&all, &parts, mixing, stop)?;
    let chosen = pick(&steps, params);
    let (penalty, minimum) = at(chosen.lambda, &chosen.b)?;
    Ok(Chosen { penalty, minimum, part: Some(table(&steps, within, design)) })
}

/// The fold of each row, and their number; the rows of a unit are in one fold.
fn folds(design: &Design, params: &Params) -> Result<(Vec<usize>, usize), Violation> {
    let count = params.number("folds") as usize;
    let mut units: Vec<(u32, u32)> = design.rows.iter().map(|row| (row.region, row.industry)).collect();
    units.sort_unstable();
    units.dedup();
    if units.len() < count {
        let rule = format!("must not exceed the number of regions, or of regions and industries: {}", units.len());
        return Err(Violation::new("estimator_parameters.folds", rule, count));
    }
    units.shuffle(&mut stream(params.number("seed") as u64, 0));
    let fold: BTreeMap<_, _> = units.into_iter().enumerate().map(|(i, unit)| (unit, i % count)).collect();
    Ok((design.rows.iter().map(|row| fold[&(row.region, row.industry)]).collect(), count))
}

/// Mean squared errors of each fold by coefficients from the others, along weights from the largest down.
fn validate(all: &Moments, parts: &[Moments], mixing: f64, stop: &Stop) -> Result<Vec<Step>, Error> {
    let largest = Penalty::largest(all, mixing.max(LEAST_MIXING));
    let rest: Vec<Moments> = parts.iter().map(|part| all.plus(-1.0, part)).collect();
    let mut b = vec![0.0; all.xy.len()];
    let mut by_fold = vec![b.clone(); parts.len()];
    let mut steps = Vec::with_capacity(STEPS);
    for step in 0..STEPS {
        let lambda = largest * REACH.powf(step as f64 / (STEPS - 1) as f64);
        let penalty = Penalty { lambda, mixing };
        b = penalty.minimise(all, &b, stop)?.b;
        let mut errors = Vec::with_capacity(parts.len());
        for ((part, rest), own) in parts.iter().zip(&rest).zip(&mut by_fold) {
            *own = penalty.minimise(rest, own, stop)?.b;
            errors.push(part.squares(own) / part.weight);
        }
        let mean =
            |of: &dyn Fn(usize) -> f64| (0..parts.len()).map(|f| parts[f].weight * of(f)).sum::<f64>() / all.weight;
        let error = mean(&|f| errors[f]);
        let variance = mean(&|f| (errors[f] - error).powi(2)) / (parts.len() - 1) as f64;
        steps.push(Step { lambda, error, standard_error: variance.sqrt(), b: b.clone() });
    }
    Ok(steps)
}

fn pick<'a>(steps: &'a [Step], params: &Params) -> &'a Step {
    let least = steps.iter().fold(&steps[0], |least, step| if step.error < least.error { step } else { least });
    if params.chooses("choice", "min") {
        return least;
    }
    let enough = least.error + least.standard_error;
    steps.iter().find(|step| step.error <= enough).unwrap_or(least)
}

fn table(steps: &[Step], within: &Within, design: &Design) -> Part {
    let column = |of: &dyn Fn(&Step) -> f64| steps.iter().map(|step| finite(of(step))).collect();
    let mut columns = vec![
        ("lambda".to_owned(), column(&|step| step.lambda)),
        ("error".to_owned(), column(&|step| step.error)),
        ("standard_error".to_owned(), column(&|step| step.standard_error)),
    ];
    for (j, name) in within.names(design).into_iter().enumerate() {
        columns.push((name, column(&|step| step.b[j] / within.scales[j])));
    }
    Part {
        name: "path".to_owned(),
        title: "Mean squared error of cross-validation and coefficients by the weight of the penalty".to_owned(),
        keys: vec![("step".to_owned(), (1..=steps.len()).map(|step| step.to_string()).collect())],
        columns,
    }
}
