//! How far a row lies from the history the coefficients were estimated on.

use super::rest::{Rest, kept, places};
use crate::formula::{Cache, History, Predictors, Program};
use crate::panel::{Panel, Period};
use crate::regression::Fit;
use nalgebra::{DMatrix, DVector};

/// The leverage h = x̃'(X̃'X̃)⁻¹x̃ of the regressors without their effects (Belsley, Kuh and Welsch 1980).
#[derive(Debug, Clone)]
pub(super) struct Leverage {
    /// (X̃'X̃)⁻¹ of the kept regressors.
    bread: DMatrix<f64>,
    kept: Vec<usize>,
    /// The largest leverage of the history.
    pub(super) largest: f64,
}

impl Leverage {
    /// The leverage of a fit on the history of `panel`; `None` when the regressors do not vary there.
    pub(super) fn of(program: &Program, panel: &Panel, fit: &Fit) -> Option<Self> {
        let rows = history(program, panel, fit);
        let k = kept(fit).len();
        let gram = rows.iter().fold(DMatrix::zeros(k, k), |gram, x| gram + x * x.transpose());
        let bread = gram.try_inverse().filter(|bread| k > 0 && bread.iter().all(|x| x.is_finite()))?;
        let leverage = Self { bread, kept: kept(fit).to_vec(), largest: 0.0 };
        let largest = rows.iter().map(|x| leverage.quadratic(x)).fold(0.0, f64::max);
        Some(Self { largest, ..leverage })
    }

    /// The leverage of each row in a future period; `None` for a row without a value.
    ///
    /// Effects of the period take up what its rows have in common, so the mean of each cohort is taken out.
    pub(super) fn ahead(&self, predictors: &Predictors, rest: &Rest) -> Vec<Option<f64>> {
        let mut columns: Vec<Vec<Option<f64>>> = self.kept.iter().map(|k| within(*k, predictors, rest)).collect();
        for cohort in &rest.cohorts {
            columns.iter_mut().for_each(|column| center(column, cohort));
        }
        let row = |row: usize| {
            let x: Option<Vec<f64>> = columns.iter().map(|column| column[row]).collect();
            x.map(|x| self.quadratic(&DVector::from_vec(x)))
        };
        (0..rest.known.len()).map(row).collect()
    }

    fn quadratic(&self, x: &DVector<f64>) -> f64 {
        x.dot(&(&self.bread * x))
    }
}

/// One regressor without what the effects absorb of it.
fn within(k: usize, predictors: &Predictors, rest: &Rest) -> Vec<Option<f64>> {
    let absorbed = &rest.absorbed[k];
    let row = |(row, x): (usize, &crate::panel::Value)| {
        let slopes = predictors.slopes.iter().zip(&absorbed.slopes);
        let slopes: f64 = slopes.map(|(slope, part)| Some(slope[row].ok()? * part[row])).sum::<Option<f64>>()?;
        Some(x.ok()? - absorbed.intercepts[row] - slopes)
    };
    predictors.regressors[k].iter().enumerate().map(row).collect()
}

/// Takes out the mean of each class of rows.
fn center(column: &mut [Option<f64>], classes: &[Option<usize>]) {
    let mut sums = std::collections::BTreeMap::<Option<usize>, (f64, f64)>::new();
    for (class, x) in classes.iter().zip(column.iter()) {
        let sum = sums.entry(*class).or_default();
        *sum = x.map_or(*sum, |x| (sum.0 + x, sum.1 + 1.0));
    }
    for (class, x) in classes.iter().zip(column) {
        let (sum, count) = sums[class];
        *x = x.map(|x| x - sum / count);
    }
}

/// The kept regressors of the fit's rows without their effects.
fn history(program: &Program, panel: &Panel, fit: &Fit) -> Vec<DVector<f64>> {
    let place = places(program, panel, fit);
    let history = History::new(panel);
    let mut cache = Cache::default();
    let mut rows = Vec::with_capacity(fit.rows.len());
    let mut section: Option<(i32, Predictors)> = None;
    for (i, row) in fit.rows.iter().enumerate() {
        let period = Period { frequency: panel.frequency(), ordinal: row.period };
        let known = section.take().filter(|(ordinal, _)| *ordinal == row.period);
        let (_, predictors) =
            section.insert(known.unwrap_or_else(|| (row.period, program.predictors(&history, period, &mut cache))));
        let Some(place) = place[i] else { continue };
        let value = |j: usize| Some(predictors.regressors[kept(fit)[j]][place].ok()? - absorbed(fit, i, j));
        if let Some(x) = (0..kept(fit).len()).map(value).collect::<Option<Vec<f64>>>() {
            rows.push(DVector::from_vec(x));
        }
    }
    rows
}

/// What the effects absorb of the j-th kept regressor in row `i` of the fit.
fn absorbed(fit: &Fit, i: usize, j: usize) -> f64 {
    let effect = |effect: &crate::regression::FittedEffect| {
        let (level, values) = (effect.codes[i] as usize, &effect.of_regressors[j]);
        let slope = effect.slope_variable.as_ref().zip(values.slopes.as_ref());
        values.intercepts[level] + slope.map_or(0.0, |(variable, slopes)| variable[i] * slopes[level])
    };
    fit.effects.iter().map(effect).sum()
}
