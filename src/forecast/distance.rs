//! How far a future lies from the history the coefficients know, row by row.
//!
//! * **Leverage** of a row's regressors, relative to the largest of the history (`leverage.rs`).
//! * **Change**: how unusual it is that the regressors of a row change together as they do, as Mahalanobis distance √(c −
//!   m)'S⁻¹(c − m) from the changes of one period seen in any row of the history, and the share of those farther away.
//! * **Hull**: the distance of the regressors to the convex hull of all rows of the history, in their standard
//!   deviations; above zero the model extrapolates (King and Zeng 2006, Political Analysis 14(2), 131–159). It is
//!   asked for in the step in which the row is farthest from the centre of the history.
//!
//! Regressors that do not vary in the history (the intercept) are left out, as are combinations of them that do not.

use super::warning::{Code, Warning};
use crate::error::Error;
use crate::formula::Predictors;
use crate::numeric::Stop;
use crate::numeric::simplex::{Problem, REACHED};
use crate::numeric::vector::norm;
use crate::panel::Period;
use nalgebra::{DMatrix, SymmetricEigen};
use rayon::prelude::*;

/// Rows of the history whose hull is taken; beyond, those with the smallest or largest value of a term and others at equal
/// intervals.
pub const MAX_HULL_ROWS: usize = 2_000;
/// Variance, relative to the largest, below which a combination of terms does not vary.
const VARIES: f64 = 1e-10;

/// How far a row lies from the history in its worst steps; `None` for what the history or the row does not tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    /// Number of the row.
    pub row: usize,
    /// Leverage over the largest of the history.
    pub leverage: Option<At>,
    /// Mahalanobis distance of the change from the step before.
    pub change: Option<At>,
    /// Share of the changes of the history that were farther away.
    pub farther: Option<f64>,
    /// Distance from the convex hull of the history, in standard deviations; zero inside.
    pub hull: Option<At>,
    /// Number of the term that separates the row most from the hull.
    pub term: Option<usize>,
}

/// A value in a step of the horizon, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    /// The step.
    pub step: usize,
    /// The value.
    pub value: f64,
}

/// What the history has seen of the regressors.
#[derive(Debug, Clone)]
pub struct Seen {
    units: Units,
    /// The rows whose hull is taken.
    rows: Vec<Vec<f64>>,
    /// Complete rows of the history.
    count: usize,
    levels: Metric,
    /// `None` with too few changes.
    changes: Option<Metric>,
    /// The last levels of each row.
    last: Vec<Option<Vec<f64>>>,
}

/// A regressor that varies.
#[derive(Debug, Clone, Copy)]
struct Unit {
    /// Its number.
    term: usize,
    mean: f64,
    deviation: f64,
}

/// The regressors that vary.
#[derive(Debug, Clone)]
struct Units(Vec<Unit>);

impl Units {
    fn of(history: &[(Period, Predictors)]) -> Option<Self> {
        let all = |k: usize| history.iter().flat_map(move |(_, p)| p.regressors[k].iter().flatten().copied());
        let terms = 0..history.first()?.1.regressors.len();
        let terms: Vec<_> = terms.filter_map(|k| unit(k, &all(k).collect::<Vec<_>>())).collect();
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// The regressors of each row in standard deviations from their means; `None` for a row that lacks one.
    fn rows(&self, predictors: &Predictors) -> Vec<Option<Vec<f64>>> {
        let height = predictors.regressors[0].len();
        let value = |row: usize, u: &Unit| Some((predictors.regressors[u.term][row].ok()? - u.mean) / u.deviation);
        (0..height).map(|row| self.0.iter().map(|term| value(row, term)).collect()).collect()
    }
}

/// The place and shape of a cloud of points.
#[derive(Debug, Clone)]
struct Metric {
    mean: Vec<f64>,
    /// W with W'W = S⁻¹ where S has a variance.
    whitener: DMatrix<f64>,
    /// Distances of the cloud's own points, ascending.
    own: Vec<f64>,
}

impl Seen {
    /// What the right-hand sides of the history, periods ascending, have seen; `None` when no regressor varies or fewer
    /// rows are complete than there are regressors.
    pub fn of(history: &[(Period, Predictors)]) -> Option<Self> {
        let units = Units::of(history)?;
        let sections: Vec<(Period, Vec<Option<Vec<f64>>>)> =
            history.iter().map(|(period, predictors)| (*period, units.rows(predictors))).collect();
        let follow = sections.windows(2).filter(|pair| pair[1].0.ordinal == pair[0].0.ordinal + 1);
        let changes = follow.flat_map(|pair| pair[0].1.iter().zip(&pair[1].1));
        let changes: Vec<Vec<f64>> = changes.filter_map(|(a, b)| Some(change(a.as_ref()?, b.as_ref()?))).collect();
        let last = sections.last()?.1.clone();
        let rows: Vec<Vec<f64>> = sections.into_iter().flat_map(|(_, section)| section).flatten().collect();
        let (count, levels, changes) = (rows.len(), Metric::of(&rows)?, Metric::of(&changes));
        Some(Self { rows: sample(rows, units.0.len()), units, count, levels, changes, last })
    }

    /// Rows whose hull is taken, and complete rows of the history.
    pub fn sampled(&self) -> (usize, usize) {
        (self.rows.len(), self.count)
    }

    /// How far each row of the steps after the history lies from it. `leverage`, step × row, is relative to the largest of
    /// the history; empty where there is none.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once `stop` is raised.
    pub fn ahead(
        &self,
        steps: &[Predictors],
        leverage: &[Vec<Option<f64>>],
        stop: &Stop,
    ) -> Result<Vec<Distance>, Error> {
        let sections: Vec<_> = steps.iter().map(|predictors| self.units.rows(predictors)).collect();
        let row = |row: usize| {
            let path: Vec<Option<&[f64]>> = sections.iter().map(|section| section[row].as_deref()).collect();
            self.row((row, &path), leverage, stop)
        };
        (0..self.last.len()).into_par_iter().map(row).collect()
    }

    fn row(
        &self,
        (row, path): (usize, &[Option<&[f64]>]),
        leverage: &[Vec<Option<f64>>],
        stop: &Stop,
    ) -> Result<Distance, Error> {
        let last = self.last[row].as_deref();
        let before = std::iter::once(last).chain(path.iter().copied());
        let change = self.changes.as_ref().and_then(|metric| {
            let pairs = before.zip(path);
            worst(pairs.map(|(a, b)| Some(metric.distance(&change(a?, (*b)?)))))
        });
        let farthest = worst(path.iter().map(|x| Some(self.levels.distance((*x)?))));
        let hull = farthest.and_then(|at| Some((at.step, path[at.step]?)));
        let hull = match hull {
            Some((step, x)) => self.outside(x, stop)?.map(|(value, term)| (At { step, value }, term)),
            None => None,
        };
        Ok(Distance {
            row,
            leverage: worst(leverage.iter().map(|step| step[row])),
            change,
            farther: change.zip(self.changes.as_ref()).map(|(at, metric)| metric.farther(at.value)),
            hull: hull.map(|(at, _)| at),
            term: hull.and_then(|(_, term)| term),
        })
    }

    /// Distance from the hull, and the term that makes most of it; `None` where the search for it does not end.
    fn outside(&self, x: &[f64], stop: &Stop) -> Result<Option<(f64, Option<usize>)>, Error> {
        let points: Vec<&[f64]> = self.rows.iter().map(Vec::as_slice).collect();
        let problem = Problem { points: &points, target: x, importance: None, ridge: 0.0 };
        let (away, converged) = problem.difference(stop)?;
        let distance = norm(&away);
        let found = if distance <= REACHED * (1.0 + norm(x)) {
            (0.0, None)
        } else {
            let most = (0..away.len()).max_by(|a, b| away[*a].abs().total_cmp(&away[*b].abs()));
            (distance, most.map(|place| self.units.0[place].term))
        };
        Ok(converged.then_some(found))
    }
}

impl Metric {
    /// `None` of no more points than they have coordinates, of points without any, and of points that are all the same.
    fn of(points: &[Vec<f64>]) -> Option<Self> {
        let width = points.first()?.len();
        if width == 0 || points.len() <= width {
            return None;
        }
        let n = points.len() as f64;
        let mean: Vec<f64> = (0..width).map(|k| points.iter().map(|x| x[k]).sum::<f64>() / n).collect();
        let centred = DMatrix::from_fn(points.len(), width, |i, k| points[i][k] - mean[k]);
        let covariance = centred.tr_mul(&centred) / (n - 1.0);
        let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(covariance);
        let varies: Vec<usize> = (0..width).filter(|k| eigenvalues[*k] > VARIES * eigenvalues.amax()).collect();
        let whitener = |i: usize, k: usize| eigenvectors[(k, varies[i])] / eigenvalues[varies[i]].sqrt();
        let whitener = DMatrix::from_fn(varies.len(), width, whitener);
        let mut metric = Self { mean, whitener, own: Vec::new() };
        metric.own = points.iter().map(|x| metric.distance(x)).collect();
        metric.own.sort_unstable_by(f64::total_cmp);
        (!varies.is_empty()).then_some(metric)
    }

    /// The Mahalanobis distance of a point.
    fn distance(&self, x: &[f64]) -> f64 {
        let rows = self.whitener.row_iter();
        let along = rows.map(|w| w.iter().zip(x).zip(&self.mean).map(|((w, x), m)| w * (x - m)).sum::<f64>());
        along.map(|z| z * z).sum::<f64>().sqrt()
    }

    /// The share of the cloud's points farther away than this.
    fn farther(&self, distance: f64) -> f64 {
        let near = self.own.partition_point(|own| *own <= distance);
        (self.own.len() - near) as f64 / self.own.len() as f64
    }
}

/// The largest value and the first step that has it.
fn worst(values: impl Iterator<Item = Option<f64>>) -> Option<At> {
    let known = values.enumerate().filter_map(|(step, value)| Some(At { step, value: value? }));
    known.fold(None, |worst: Option<At>, at| worst.filter(|w| w.value >= at.value).or(Some(at)))
}

fn change(before: &[f64], after: &[f64]) -> Vec<f64> {
    before.iter().zip(after).map(|(a, b)| b - a).collect()
}

/// Mean and standard deviation of a regressor, when it has one.
fn unit(term: usize, x: &[f64]) -> Option<Unit> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let deviation = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    (deviation.is_finite() && deviation > VARIES * mean.abs()).then_some(Unit { term, mean, deviation })
}

/// At most [`MAX_HULL_ROWS`] rows, more by the extremes of each of `terms` coordinates.
fn sample(rows: Vec<Vec<f64>>, terms: usize) -> Vec<Vec<f64>> {
    if rows.len() <= MAX_HULL_ROWS {
        return rows;
    }
    let mut kept = vec![false; rows.len()];
    (0..MAX_HULL_ROWS).for_each(|i| kept[i * rows.len() / MAX_HULL_ROWS] = true);
    for k in 0..terms {
        let by = |a: &usize, b: &usize| rows[*a][k].total_cmp(&rows[*b][k]);
        let ends = [(0..rows.len()).min_by(by), (0..rows.len()).max_by(by)];
        ends.into_iter().flatten().for_each(|i| kept[i] = true);
    }
    rows.into_iter().zip(kept).filter_map(|(row, kept)| kept.then_some(row)).collect()
}

/// Warnings about the rows of a future, by name, farthest from the history, with what they doubt; `terms`, `row` and
/// `period` put numbers into words.
pub fn doubts(
    name: &str,
    terms: &[String],
    (row, period): (&dyn Fn(usize) -> String, &dyn Fn(usize) -> String),
    distances: &[Distance],
) -> Vec<((Code, usize), Warning)> {
    let farthest = |of: &dyn Fn(&Distance) -> Option<At>| {
        let found: Vec<_> = distances.iter().filter_map(|d| Some((of(d)?, d))).collect();
        let most = found.iter().copied().reduce(|a, b| if b.0.value > a.0.value { b } else { a });
        most.map(|(at, distance)| (at, distance, found.len()))
    };
    let all = distances.len();
    let outside = farthest(&|d| d.hull.filter(|at| at.value > 0.0)).map(|(at, distance, count)| {
        let message = format!(
            "the terms of {} in {} lie outside all combinations of the history, {:.4} standard deviations away, most of \
             it by {} ({count} of {all} regions or cells are outside where they are farthest): the model extrapolates",
            row(distance.row),
            period(at.step),
            at.value,
            distance.term.map_or("several", |term| terms[term].as_str()),
        );
        ((Code::OutsideHull, 0), Warning::new(Code::OutsideHull, name, message))
    });
    let unusual = farthest(&|d| d.change.filter(|_| d.farther == Some(0.0))).map(|(at, distance, count)| {
        let message = format!(
            "the terms of {} change in {} as no region's have before: Mahalanobis distance {:.4} from the changes of the \
             history ({count} of {all} regions or cells change so)",
            row(distance.row),
            period(at.step),
            at.value,
        );
        ((Code::UnusualChange, 0), Warning::new(Code::UnusualChange, name, message))
    });
    outside.into_iter().chain(unusual).collect()
}
