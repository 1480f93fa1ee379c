//! Methods that look at each cell by itself: fitted cell by cell, drawn with common shocks.

use super::noise::{Noise, Pattern, Shocks, Spread, spreads};
use super::past::{Past, Scale, Series};
use super::{Fitted, Simulator};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::random::Random;
use crate::panel::{Grid, Value};
use rayon::prelude::*;
use std::fmt::Debug;

/// What a method makes of one series.
#[derive(Debug)]
pub(super) struct Cell<F> {
    /// The point path on the scale, one value a step.
    pub(super) path: Vec<f64>,
    /// One-step errors by date, each divided by the standard deviation it has in units of σ.
    pub(super) errors: Vec<(usize, f64)>,
    /// Degrees of freedom of σ² = Σ e²/ν.
    pub(super) freedom: usize,
    /// How it goes on.
    pub(super) future: F,
}

/// How a cell goes on under shocks.
pub(super) trait Future: Debug + Send + Sync {
    /// Standard normal shocks it needs for errors of its parameters.
    const EXTRA: usize;

    /// Writes the simulated values, on the scale, into `into`, one a step.
    fn simulate(&self, shocks: &Shocks<'_>, into: &mut [f64]);
}

/// Fits `fit` to the series of every cell, from a calendar period on.
///
/// A cell that has no series, or of which `fit` makes nothing, keeps its last level.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn fit_cells<F: Future + 'static>(
    past: &Past<'_>,
    (scale, start): (Scale, usize),
    horizon: usize,
    fit: impl Fn(&Series) -> Option<Cell<F>> + Sync,
    stop: &Stop,
) -> Result<Fitted, Error> {
    let last = past.last();
    let of_cell = |cell: usize| {
        stop.check()?;
        Ok(past.series(cell, scale, start).and_then(|series| fit(&series)))
    };
    let cells: Vec<Option<Cell<F>>> =
        (0..last.values.len()).into_par_iter().map(of_cell).collect::<Result<_, Error>>()?;
    let path = (0..horizon).map(|h| {
        let level = |(cell, last): (&Option<Cell<F>>, &Value)| match cell {
            Some(cell) => last.and_then(|last| scale.level(cell.path[h], last)),
            None => *last,
        };
        Grid { width: last.width, values: cells.iter().zip(&last.values).map(level).collect() }
    });
    let path: Vec<Grid> = path.collect();
    let held = (0..cells.len()).filter(|cell| cells[*cell].is_none() && last.values[*cell].is_ok()).collect();
    let squares = |cell: &Cell<F>| (cell.errors.iter().map(|(_, e)| e * e).sum::<f64>(), cell.freedom);
    let spreads = spreads(&cells.iter().map(|cell| cell.as_ref().map(squares)).collect::<Vec<_>>());
    let simulator = Cells::new(past, scale, &path, cells, &spreads);
    Ok(Fitted { held, ..Fitted::new(path, simulator.map(|cells| Box::new(cells) as Box<dyn Simulator>)) })
}

/// Draws every cell by its own future.
#[derive(Debug)]
struct Cells<F> {
    scale: Scale,
    dates: usize,
    last: Grid,
    /// The point path; simulated where a future is known.
    path: Vec<Grid>,
    futures: Vec<Moving<F>>,
    /// Patterns of the futures, one after the other.
    patterns: Vec<f64>,
}

/// A cell whose future is uncertain.
#[derive(Debug)]
struct Moving<F> {
    cell: usize,
    spread: Spread,
    future: F,
}

impl<F: Future> Cells<F> {
    /// `None` where no cell has an error.
    fn new(
        past: &Past<'_>,
        scale: Scale,
        path: &[Grid],
        cells: Vec<Option<Cell<F>>>,
        spreads: &[Option<Spread>],
    ) -> Option<Self> {
        let dates = past.dates();
        let (mut futures, mut patterns) = (Vec::new(), Vec::new());
        for (number, (cell, spread)) in cells.into_iter().zip(spreads).enumerate() {
            let (Some(cell), Some(spread)) = (cell, spread) else { continue };
            if spread.sigma > 0.0 && spread.sigma.is_finite() {
                patterns.extend(Pattern::new(&cell.errors, dates).0);
                futures.push(Moving { cell: number, spread: *spread, future: cell.future });
            }
        }
        let known = Self { scale, dates, last: past.last().clone(), path: path.to_vec(), futures, patterns };
        (!known.futures.is_empty()).then_some(known)
    }
}

impl<F: Future> Simulator for Cells<F> {
    fn draw(&self, random: &mut Random) -> Vec<Grid> {
        let steps = self.path.len();
        let noise = Noise::draw(random, self.dates, steps, F::EXTRA);
        let mut path = self.path.clone();
        let (mut shocks, mut values) = (vec![0.0; steps + F::EXTRA], vec![0.0; steps]);
        for (moving, pattern) in self.futures.iter().zip(self.patterns.chunks(self.dates)) {
            noise.shocks(pattern, &mut shocks);
            let (of_steps, extra) = shocks.split_at(steps);
            let sigma = moving.spread.sigma * noise.scale(moving.spread.freedom);
            let shocks = Shocks { steps: of_steps, extra, sigma, uniform: noise.uniform };
            moving.future.simulate(&shocks, &mut values);
            let last = self.last.values[moving.cell].unwrap_or(0.0);
            for (grid, value) in path.iter_mut().zip(&values) {
                grid.values[moving.cell] = self.scale.level(*value, last);
            }
        }
        path
    }
}
