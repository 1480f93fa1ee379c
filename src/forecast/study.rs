//! A forecast made ready: any scenario can be run on its draws.

use super::answer::{Area, AreaKind, Row};
use super::area::{self, Levels, region_of};
use super::future::{Future, Step, View, Walk};
use super::inequality::Regions;
use super::plan::{Plan, Scenario};
use super::request::{Request, Uncertainty};
use super::series::Series;
use super::shock::{Noise, Shocks};
use super::simulate::{Engine, Equation};
use super::warning::Warning;
use super::{Model, check_formula, memory, path};
use crate::error::Error;
use crate::formula::{History, Program};
use crate::numeric::Stop;
use crate::panel::{Absent, Panel, Period, Value, finite, ratio};
use rayon::prelude::*;

/// Everything of a forecast but its scenarios; the baseline and every scenario run on the same draws.
#[derive(Debug)]
pub struct Study<'a> {
    pub(super) engine: Engine<'a>,
    pub(super) noise: Noise,
    pub(super) baseline: Future,
    pub(super) rows: Vec<Row>,
    pub(super) areas: Vec<Area>,
    pub(super) stop: &'a Stop,
    /// What projecting the drivers leaves to tell.
    pub(super) warnings: Vec<Warning>,
}

/// Which draws of a future are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draws {
    /// The point forecast alone.
    Point,
    /// The point forecast and every draw.
    All,
}

/// A number of a future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// What it measures.
    pub quantity: Quantity,
    /// Number of the area in [`Study::areas`]; not read for inequality.
    pub area: usize,
    /// Step of the horizon, from 1.
    pub step: usize,
}

/// What a number of a future measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// The left-hand side of the formula; of an area of one row.
    Outcome,
    /// The level.
    Level,
    /// Percent growth of the level on the period before.
    Growth,
    /// Average percent growth a period of the level since the last observed period.
    AverageGrowth,
    /// Theil T of the regions.
    Theil,
    /// Its part between the groups.
    TheilBetween,
    /// Its part within the groups.
    TheilWithin,
    /// Standard deviation of the logarithms between the regions.
    Sigma,
}

/// One future with the rules that make areas of its rows.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) levels: Levels,
    /// Heads by step, one a region; `None` when nobody counts them.
    population: Option<Vec<Vec<Value>>>,
}

impl<'a> Study<'a> {
    /// Checks the request against formula and data, draws the random numbers and runs the baseline.
    ///
    /// # Errors
    /// As [`super::forecast`].
    pub fn new(
        program: &'a Program,
        panel: &'a Panel,
        model: &'a Model,
        request: &Request,
        stop: &'a Stop,
    ) -> Result<Self, Error> {
        let link = check_formula(program)?;
        let plan = Plan::read(request, panel, &program.drivers(), link)?;
        memory::check(request, program, panel)?;
        let mut warnings = Vec::new();
        let projected = path::baseline(&plan, panel, &mut warnings);
        let main = Equation { program, model, link };
        let engine = Engine { panel, history: History::new(panel), main, drivers: Vec::new(), plan, projected };
        let noise = noise(&engine, request, request.uncertainty, stop)?;
        let baseline = Future::run(&engine, &noise, None, &engine.projected, None, stop)?;
        let rows = area::rows(&engine, &baseline.point, &engine.projected);
        let areas = area::areas(&engine, &rows);
        Ok(Self { engine, noise, baseline, rows, areas, stop, warnings })
    }

    /// The places it answers for: rows first, then regions of a model of cells, groups, nation.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The forecast periods.
    pub fn periods(&self) -> &[Period] {
        &self.engine.plan.periods
    }

    /// The scenarios of the request, in its order.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.engine.plan.scenarios
    }

    /// Runs a scenario.
    ///
    /// # Errors
    /// At `changes`: what takes more than there is; at `closure`: one that finds nobody to take from;
    /// [`Error::Cancelled`].
    pub(super) fn run(&self, scenario: &Scenario, draws: Draws) -> Result<Future, Error> {
        let steps = path::scenario(scenario, &self.engine.plan, self.engine.panel, &self.engine.projected)?;
        let none = Noise::none();
        let noise = if draws == Draws::All { &self.noise } else { &none };
        Future::run(&self.engine, noise, Some(scenario), &steps, Some(&self.baseline), self.stop)
    }

    /// Numbers of a future on the study's draws, in the order of the targets; without a scenario those of the baseline.
    ///
    /// # Errors
    /// As a scenario's run: changes that take more than there is, at `changes` and `closure`; [`Error::Cancelled`].
    pub fn values(&self, scenario: Option<&Scenario>, targets: &[Target], draws: Draws) -> Result<Vec<Series>, Error> {
        let run = scenario.map(|scenario| self.run(scenario, draws)).transpose()?;
        let future = run.as_ref().unwrap_or(&self.baseline);
        let none = Noise::none();
        let noise = if draws == Draws::All { &self.noise } else { &none };
        let side = Side::new(&self.engine, &future.point.drivers);
        let mut walk = Walk::new(&self.engine, noise, future);
        let mut values: Vec<Option<Series>> = vec![None; targets.len()];
        for h in 1..=targets.iter().map(|target| target.step).max().unwrap_or(0).min(self.horizon()) {
            self.stop.check()?;
            let view = walk.next();
            let here: Vec<usize> = (0..targets.len()).filter(|i| targets[*i].step == h).collect();
            let unequal = here.iter().any(|i| targets[*i].quantity.is_inequality());
            let inequality = unequal.then(|| self.inequality(&side, view.level, h));
            for i in here {
                values[i] = Some(self.value(targets[i], &side, &view, inequality.as_ref()));
            }
        }
        let absent = || Series::constant(Err(Absent::NoPeriod), noise.count);
        Ok(values.into_iter().map(|value| value.unwrap_or_else(absent)).collect())
    }

    fn value(&self, target: Target, side: &Side, view: &View<'_>, inequality: Option<&[Series; 4]>) -> Series {
        let (area, h) = (&self.areas[target.area.min(self.areas.len() - 1)], target.step);
        let level = |h: usize, section| side.levels.level(area, h, section);
        let absent = || Series::constant(Err(Absent::Missing), view.level.count);
        let of_inequality = |i: usize| inequality.map_or_else(absent, |all| all[i].clone());
        match target.quantity {
            Quantity::Outcome => match area.rows[..] {
                [row] => view.outcome.at(row).series(),
                _ => absent(),
            },
            Quantity::Level => level(h, view.level),
            Quantity::Growth => growth(&level(h, view.level), &level(h - 1, view.before)),
            Quantity::AverageGrowth => {
                let base = side.levels.observed(area);
                let average = |now: f64| average(base?, now, h);
                let now = level(h, view.level);
                Series {
                    point: now.point.and_then(average),
                    draws: now.draws.and_then(|draws| draws.into_iter().map(average).collect()),
                }
            }
            Quantity::Theil => of_inequality(0),
            Quantity::TheilBetween => of_inequality(1),
            Quantity::TheilWithin => of_inequality(2),
            Quantity::Sigma => of_inequality(3),
        }
    }

    pub(super) fn horizon(&self) -> usize {
        self.engine.plan.periods.len()
    }

    /// The regions whose inequality is measured: those with a baseline.
    pub(super) fn regions(&self) -> impl Iterator<Item = &Area> {
        let whole = |area: &&Area| area.rows.iter().all(|row| self.rows[*row].left_out.is_none());
        self.areas.iter().filter(|a| a.kind == AreaKind::Region && !a.rows.is_empty()).filter(whole)
    }

    /// Inequality after `h` steps: Theil T, its parts between and within groups, and sigma.
    pub(super) fn inequality(&self, side: &Side, level: &super::series::Section, h: usize) -> [Series; 4] {
        let count = level.count;
        let amount = |area: &Area| {
            let levels = side.levels.level(area, h, level);
            if side.population.is_some() { levels.times(side.levels.amount_factor(area, h)) } else { levels }
        };
        let amounts: Vec<Series> = self.regions().map(amount).collect();
        let heads: Numbers = self.regions().map(|area| side.heads(self.region(area), h)).collect();
        let heads = match heads {
            Ok(heads) => heads,
            Err(reason) => return std::array::from_fn(|_| Series::constant(Err(reason), count)),
        };
        let groups = &self.engine.plan.groups;
        let classes = self.regions().map(|area| groups.of.get(self.region(area)).copied().flatten()).collect();
        let regions = Regions::new(&heads, classes, groups.names.len());
        let of = |amounts: Numbers| amounts.map_or_else(|e| [Err(e); 4], |a| regions.measures(&a));
        let point = of(amounts.iter().map(|a| a.point).collect());
        let levels: Result<Vec<&[f64]>, Absent> = amounts.iter().map(|a| a.draws().draws).collect();
        let draw = |d: usize| of(levels.as_ref().map(|l| l.iter().map(|l| l[d]).collect()).map_err(|e| *e));
        let draws: Vec<[Value; 4]> = (0..count).into_par_iter().map(draw).collect();
        std::array::from_fn(|i| Series { point: point[i], draws: draws.iter().map(|m| m[i]).collect() })
    }

    /// The number of an area's region.
    fn region(&self, area: &Area) -> usize {
        region_of(&self.engine, area.rows[0])
    }
}

/// Numbers, or why there are none.
type Numbers = Result<Vec<f64>, Absent>;

impl Quantity {
    /// Whether it compares the regions.
    pub fn is_inequality(self) -> bool {
        matches!(self, Self::Theil | Self::TheilBetween | Self::TheilWithin | Self::Sigma)
    }
}

impl Side {
    /// The rules for a future with these drivers.
    pub(super) fn new(engine: &Engine<'_>, drivers: &[Step]) -> Self {
        let heads = |measure: usize| drivers.iter().map(|step| step[&measure].region_totals()).collect();
        Self { levels: Levels::new(engine, drivers), population: engine.plan.population.map(heads) }
    }

    /// Heads of a region after `h` steps, from 1; one when nobody counts them.
    fn heads(&self, region: usize, h: usize) -> Value {
        self.population.as_ref().map_or(Ok(1.0), |population| population[h - 1][region])
    }
}

/// Percent growth between two levels.
pub(super) fn growth(now: &Series, before: &Series) -> Series {
    now.zip(before, |now, before| finite(100.0 * (ratio(now, before)? - 1.0)))
}

/// Average percent growth over `h` periods between positive levels.
fn average(before: f64, now: f64, h: usize) -> Value {
    let ratio = ratio(now, before)?;
    if ratio > 0.0 { finite(100.0 * (ratio.powf(1.0 / h as f64) - 1.0)) } else { Err(Absent::OutsideDomain) }
}

/// The random numbers of the sources that are on.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn noise(engine: &Engine<'_>, request: &Request, on: Uncertainty, stop: &Stop) -> Result<Noise, Error> {
    let shape = (engine.plan.periods.len(), request.draws);
    let shocks =
        |(i, equation): (usize, &Equation<'_>)| Shocks::draw(equation.model, on, shape, (request.seed, i as u64), stop);
    Ok(Noise {
        count: request.draws,
        seed: request.seed,
        main: shocks((0, &engine.main))?,
        drivers: engine.drivers.iter().enumerate().map(|(i, e)| shocks((i + 1, e))).collect::<Result<_, _>>()?,
        paths: on.drivers && request.draws > 0 && !engine.plan.simulators.is_empty(),
    })
}
