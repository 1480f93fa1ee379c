//! The method that would have forecast the recent past best.

use super::past::Past;
use super::{Driver, Figure, Fitted, Simulator, find};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::forecast::names;
use crate::numeric::Stop;
use crate::numeric::random::Random;
use crate::panel::{Grid, Panel};
use std::collections::{BTreeMap, BTreeSet};

/// The candidates of a request that names none.
const CANDIDATES: &[&str] = &["constant_growth", "national_growth", "constant", "damped_trend"];

/// Choice by rolling origins.
#[derive(Debug)]
pub(super) struct Auto;

impl Driver for Auto {
    fn card(&self) -> &'static Card {
        &Card {
            id: "auto",
            aliases: &["rolling_origin"],
            title: "The best of several methods on the recent past",
            kind: Kind::Driver,
            formula: "the candidate of smallest mean absolute scaled error: each is fitted to the data up to each of the last origins and forecasts the periods after it that are known, at most the horizon; errors are divided by the mean absolute change of the cell up to the origin",
            reference: "Tashman (2000), International Journal of Forecasting 16, 437–450; Hyndman and Koehler (2006), ibid. 22, 679–688",
            params: &[
                Param {
                    name: "candidates",
                    doc: "ids of driver methods, tried with their defaults; left out: constant_growth;national_growth;constant;damped_trend; among equals the first wins",
                    domain: Domain::Terms { required: false },
                },
                Param {
                    name: "choose",
                    doc: "one method for the measure, by the mean over cells, or one for each cell",
                    domain: Domain::Choice(&["measure", "cell"]),
                },
                Param {
                    name: "origins",
                    doc: "number of origins: the last period but one and those before it",
                    domain: Domain::Integer { min: 1, max: 50, default: 5 },
                },
            ],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let candidates = candidates(params)?;
        let mut scores = vec![Scores::new(past.last().values.len()); candidates.len()];
        for back in 1..=params.number("origins") as usize {
            let Some(origin) = past.before(back) else { continue };
            let scales = scales(&origin);
            for ((driver, defaults), scores) in candidates.iter().zip(&mut scores) {
                let path = driver.fit(&origin, defaults, back.min(horizon), stop)?.path;
                for (grid, date) in path.iter().zip(origin.dates()..) {
                    past.grid(date).into_iter().for_each(|actual| scores.add(grid, actual, &scales));
                }
            }
        }
        let overall: Vec<Option<f64>> = scores.iter().map(Scores::mean).collect();
        let cells = past.last().values.len();
        let choice: Vec<usize> = if params.chooses("choose", "cell") {
            (0..cells).map(|cell| best(scores.iter().map(|scores| scores.of(cell)))).collect()
        } else {
            vec![best(overall.iter().copied()); cells]
        };
        let mut fitted = combine(past, &candidates, &choice, horizon, stop)?;
        let told = candidates.iter().zip(&overall).filter_map(|((driver, _), score)| {
            Some(Figure { name: format!("mase_{}", driver.card().id), value: (*score)? })
        });
        fitted.figures = told.collect();
        fitted.chosen = choice.iter().map(|method| candidates[*method].0.card().id).collect();
        if params.chooses("choose", "measure") {
            fitted.chosen.truncate(1);
        }
        Ok(fitted)
    }

    fn check(&self, _: &Panel, _: usize, params: &Params) -> Result<(), Violations> {
        candidates(params).map(drop)
    }
}

/// The candidates with their default parameters.
fn candidates(params: &Params) -> Result<Vec<(&'static dyn Driver, Params)>, Violations> {
    let (mut violations, mut found, mut ids) = (Violations::default(), Vec::new(), BTreeSet::new());
    let given = params.list("candidates");
    for name in if given.is_empty() { CANDIDATES } else { given.as_slice() } {
        let refuse = |rule: &str| Violation::new("params.candidates", rule, name);
        let Some(driver) = find(name) else {
            let known = super::ALL.iter().map(|driver| driver.card().id);
            violations.keep("", names::find("driver method", known, name, "params.candidates"));
            continue;
        };
        let id = driver.card().id;
        if id == "auto" || driver.reads_given_levels() {
            violations.push(refuse("must be methods that forecast by themselves"));
        } else if !ids.insert(id) {
            violations.push(refuse("names a method twice"));
        } else if let Some(defaults) = violations.keep("", Params::parse(driver.card(), &BTreeMap::new(), "params")) {
            found.push((driver, defaults));
        }
    }
    violations.into_result(found)
}

/// Scaled errors of one method, by cell.
#[derive(Debug, Clone)]
struct Scores {
    sums: Vec<f64>,
    counts: Vec<usize>,
}

impl Scores {
    fn new(cells: usize) -> Self {
        Self { sums: vec![0.0; cells], counts: vec![0; cells] }
    }

    /// Adds the errors of one forecast; a forecast that is not there where the truth is errs without bound.
    fn add(&mut self, forecast: &Grid, actual: &Grid, scales: &[Option<f64>]) {
        for (cell, scale) in scales.iter().enumerate() {
            if let (Some(scale), Ok(actual)) = (scale, actual.values[cell]) {
                let error = forecast.values[cell].map_or(f64::INFINITY, |forecast| (forecast - actual).abs());
                self.sums[cell] += error / scale;
                self.counts[cell] += 1;
            }
        }
    }

    fn of(&self, cell: usize) -> Option<f64> {
        (self.counts[cell] > 0).then(|| self.sums[cell] / self.counts[cell] as f64)
    }

    /// Mean over cells.
    fn mean(&self) -> Option<f64> {
        let scored: Vec<f64> = (0..self.sums.len()).filter_map(|cell| self.of(cell)).collect();
        (!scored.is_empty()).then(|| scored.iter().sum::<f64>() / scored.len() as f64)
    }
}

/// The position of the smallest score, the first among equals; the first where nothing is scored.
fn best(scores: impl Iterator<Item = Option<f64>>) -> usize {
    let scored = scores.enumerate().filter_map(|(i, score)| Some((i, score?)));
    scored.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(i, _)| i)
}

/// Mean absolute change a period of each cell up to the end of the history; `None` where it does not change or is
/// not there at the end.
fn scales(past: &Past<'_>) -> Vec<Option<f64>> {
    let scale = |cell: usize| {
        let level = |date: usize| past.grid(date).and_then(|grid| grid.values[cell].ok());
        past.last().values[cell].ok()?;
        let changes = (1..past.dates()).filter_map(|date| Some((level(date)? - level(date - 1)?).abs()));
        let (sum, count) = changes.fold((0.0, 0), |(sum, count), change| (sum + change, count + 1));
        (sum > 0.0).then(|| sum / f64::from(count))
    };
    (0..past.last().values.len()).map(scale).collect()
}

/// Fits the chosen methods and takes each cell from its own.
fn combine(
    past: &Past<'_>,
    candidates: &[(&'static dyn Driver, Params)],
    choice: &[usize],
    horizon: usize,
    stop: &Stop,
) -> Result<Fitted, Error> {
    let mut path = vec![past.last().clone(); horizon];
    let (mut held, mut parts) = (Vec::new(), Vec::new());
    for (method, (driver, defaults)) in candidates.iter().enumerate() {
        let cells: Vec<usize> = (0..choice.len()).filter(|cell| choice[*cell] == method).collect();
        if cells.is_empty() {
            continue;
        }
        let fitted = driver.fit(past, defaults, horizon, stop)?;
        copy(&cells, &fitted.path, &mut path);
        held.extend(fitted.held.iter().filter(|cell| choice[**cell] == method));
        parts.extend(fitted.simulator.map(|simulator| (cells, simulator)));
    }
    held.sort_unstable();
    let simulator = Parts { path: path.clone(), parts };
    let uncertain = !simulator.parts.is_empty();
    Ok(Fitted { held, ..Fitted::new(path, uncertain.then(|| Box::new(simulator) as Box<dyn Simulator>)) })
}

/// Copies some cells of one path to another.
fn copy(cells: &[usize], from: &[Grid], to: &mut [Grid]) {
    for (from, to) in from.iter().zip(to) {
        cells.iter().for_each(|cell| to.values[*cell] = from.values[*cell]);
    }
}

/// Draws each cell by the method chosen for it.
#[derive(Debug)]
struct Parts {
    path: Vec<Grid>,
    parts: Vec<(Vec<usize>, Box<dyn Simulator>)>,
}

impl Simulator for Parts {
    fn draw(&self, random: &mut Random) -> Vec<Grid> {
        let mut path = self.path.clone();
        for (cells, simulator) in &self.parts {
            copy(cells, &simulator.draw(&mut random.clone()), &mut path);
        }
        path
    }
}
