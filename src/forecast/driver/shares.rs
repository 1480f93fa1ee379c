//! Growth of the nation shared out: the projection behind constant shares and shift-share.
//!
//! An industry grows with the nation by R, a region's part of it by R + k s, s its past growth less the nation's;
//! the regions are then scaled to the nation's total (1 + R)^h X_T. With k = 0 every region keeps its share.
//!
//! Errors of a cell are its log growth less its projected log growth, so that regions fall together when the nation
//! does. The drift errs as the nation's mean growth does (weight 1 − k) and as the region's own (weight k).

use super::noise::{Noise, Pattern, Shocks, Spread, spreads};
use super::past::{Past, Scale, Series};
use super::{Fitted, Simulator};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::random::Random;
use crate::panel::{Grid, Value, finite, sum_present};

/// A series with its errors around a drift.
#[derive(Debug)]
struct Growth {
    /// Periods from its first to its last observation.
    span: usize,
    errors: Vec<(usize, f64)>,
}

/// Projects a measure: `window` periods back (0: all), the part `k` of the competitive shift in [0, 1].
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn project(past: &Past<'_>, window: usize, k: f64, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
    let (last, start) = (past.last(), past.start(window));
    let nations: Vec<Option<Series>> = (0..last.width).map(|industry| nation(past, industry, start)).collect();
    stop.check()?;
    let cells: Vec<Option<Series>> =
        (0..last.values.len()).map(|cell| past.series(cell, Scale::Logarithm, start)).collect();
    stop.check()?;
    let of_nation = |cell: usize| nations[cell % last.width].as_ref().and_then(drift);
    let log_factor = |cell: usize| {
        let (nation, own) = (of_nation(cell)?, cells[cell].as_ref().and_then(drift));
        let shift = own.map_or(0.0, |own| own.exp() - nation.exp());
        Some((nation.exp() + k * shift).ln())
    };
    let factors: Vec<Option<f64>> = (0..last.values.len()).map(log_factor).collect();
    let control: Vec<Option<f64>> = (0..last.width).map(of_nation).collect();
    let path: Vec<Grid> = (1..=horizon).map(|h| scaled(last, &factors, &control, h as f64)).collect();
    let held = (0..last.values.len()).filter(|cell| last.values[*cell].is_ok() && factors[*cell].is_none());
    let growths =
        (0..last.values.len()).map(|cell| growth(cells[cell].as_ref()?, factors[cell]?, usize::from(k == 0.0)));
    let nations = nations.iter().map(|nation| growth(nation.as_ref()?, drift(nation.as_ref()?)?, 0));
    let parts = (Part::new(past.dates(), growths.collect()), Part::new(past.dates(), nations.collect()));
    let simulator = Shares { k, width: last.width, path: path.clone(), cells: parts.0, nations: parts.1 };
    let uncertain = simulator.cells.members.iter().any(Option::is_some);
    let held = held.collect();
    Ok(Fitted { held, ..Fitted::new(path, uncertain.then(|| Box::new(simulator) as Box<dyn Simulator>)) })
}

/// ln of the national total of an industry relative to the last one, over the regions present at both dates.
fn nation(past: &Past<'_>, industry: usize, start: usize) -> Option<Series> {
    let last = past.last();
    let mut series = Series::default();
    for date in start..past.dates() {
        let Some(grid) = past.grid(date) else { continue };
        let cells = (industry..last.values.len()).step_by(last.width);
        let both = cells.filter(|c| grid.values[*c].is_ok() && last.values[*c].is_ok());
        let (then, now): (Vec<Value>, Vec<Value>) = both.map(|c| (grid.values[c], last.values[c])).unzip();
        let totals = sum_present(&then).and_then(|then| Ok((then, sum_present(&now)?)));
        if let Ok(Some(value)) = totals.map(|(then, now)| Scale::Logarithm.of(then, now)) {
            series.dates.push(date);
            series.values.push(value);
        }
    }
    (series.dates.len() > 1).then_some(series)
}

/// Mean log growth a period.
fn drift(series: &Series) -> Option<f64> {
    let change = series.values.last()? - series.values.first()?;
    Some(change / series.span() as f64).filter(|drift| drift.is_finite())
}

/// Deviations of growth from `drift`; of `spare` more degrees of freedom than changes less one.
fn growth(series: &Series, drift: f64, spare: usize) -> Option<(Growth, usize)> {
    let errors: Vec<(usize, f64)> =
        series.changes().map(|(date, n, change)| (date, (change - n as f64 * drift) / (n as f64).sqrt())).collect();
    let freedom = (errors.len() + spare).checked_sub(1)?;
    Some((Growth { span: series.span(), errors }, freedom))
}

/// Levels after `h` periods: each cell by its factor, scaled to the total of its industry.
fn scaled(last: &Grid, factors: &[Option<f64>], control: &[Option<f64>], h: f64) -> Grid {
    let grown = |(level, factor): (&Value, &Option<f64>)| match factor {
        Some(factor) => level.and_then(|level| finite(level * (h * factor).exp())),
        None => *level,
    };
    let mut grid = Grid { width: last.width, values: last.values.iter().zip(factors).map(grown).collect() };
    let (now, then) = (last.industry_totals(), grid.industry_totals());
    for (cell, value) in grid.values.iter_mut().enumerate() {
        let industry = cell % last.width;
        if let (Some(control), Ok(now), Ok(then)) = (control[industry], now[industry], then[industry])
            && then != 0.0
        {
            *value = value.and_then(|x| finite(x * (now * (h * control).exp() / then)));
        }
    }
    grid
}

/// Draws shares and the nation together.
#[derive(Debug)]
struct Shares {
    k: f64,
    width: usize,
    path: Vec<Grid>,
    cells: Part,
    nations: Part,
}

/// Cells, or nations, with their errors.
#[derive(Debug)]
struct Part {
    dates: usize,
    /// One pattern a member, one after the other.
    patterns: Vec<f64>,
    /// Spread and span; `None` where nothing is uncertain.
    members: Vec<Option<(Spread, usize)>>,
}

impl Part {
    fn new(dates: usize, growths: Vec<Option<(Growth, usize)>>) -> Self {
        let squares =
            |(growth, freedom): &(Growth, usize)| (growth.errors.iter().map(|(_, e)| e * e).sum::<f64>(), *freedom);
        let spreads = spreads(&growths.iter().map(|g| g.as_ref().map(squares)).collect::<Vec<_>>());
        let patterns = growths.iter().flat_map(|growth| {
            let errors = growth.as_ref().map_or(&[][..], |(growth, _)| &growth.errors);
            Pattern::new(errors, dates).0
        });
        let patterns = patterns.collect();
        let uncertain = |(growth, spread): (Option<(Growth, usize)>, Option<Spread>)| {
            let (spread, (growth, _)) = (spread?, growth?);
            (spread.sigma > 0.0 && spread.sigma.is_finite()).then_some((spread, growth.span.max(1)))
        };
        Self { dates, patterns, members: growths.into_iter().zip(spreads).map(uncertain).collect() }
    }

    /// The shocks of a member; `None` where nothing is uncertain.
    fn shocks<'a>(&self, member: usize, noise: &Noise, into: &'a mut [f64]) -> Option<(Shocks<'a>, f64)> {
        let (spread, span) = self.members[member]?;
        noise.shocks(&self.patterns[member * self.dates..(member + 1) * self.dates], into);
        let (steps, extra) = into.split_at(into.len() - 1);
        let sigma = spread.sigma * noise.scale(spread.freedom);
        let drift = sigma * extra[0] / (span as f64).sqrt();
        Some((Shocks { steps, extra, sigma, uniform: noise.uniform }, drift))
    }
}

impl Simulator for Shares {
    fn draw(&self, random: &mut Random) -> Vec<Grid> {
        let noise = Noise::draw(random, self.cells.dates, self.path.len(), 1);
        let mut path = self.path.clone();
        let mut buffer = vec![0.0; path.len() + 1];
        let nation =
            |industry: usize, buffer: &mut [f64]| self.nations.shocks(industry, &noise, buffer).map_or(0.0, |s| s.1);
        let nations: Vec<f64> = (0..self.width).map(|industry| nation(industry, &mut buffer)).collect();
        for cell in 0..self.cells.members.len() {
            let Some((shocks, own)) = self.cells.shocks(cell, &noise, &mut buffer) else { continue };
            let drift = (1.0 - self.k) * nations[cell % self.width] + self.k * own;
            let mut walk = 0.0;
            for (grid, shock) in path.iter_mut().zip(shocks.steps) {
                walk += drift + shocks.sigma * shock;
                grid.values[cell] = grid.values[cell].and_then(|x| finite(x * walk.exp()));
            }
        }
        path
    }
}
