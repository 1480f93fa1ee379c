//! Runs the equations forward: the point forecast, and each draw that has a right-hand side of its own.

use super::feedback::Response;
use super::future::{Layer, Step};
use super::model::Model;
use super::path::{self, Projected};
use super::plan::{Plan, Scenario};
use super::shock::{Noise, Shock, salt};
use crate::formula::{Cache, History, Link, Predictors, Program, Source, Unit};
use crate::numeric::random::stream;
use crate::panel::{Absent, Grid, Panel, Period, Value, finite, ratio};
use std::borrow::Cow;
use std::sync::Arc;

/// Rounds of a system of equations until its levels stand still, at most.
const MAX_ROUNDS: usize = 200;
/// Largest relative change of a level between rounds that counts as standing still.
const STILL: f64 = 1e-10;

/// One equation: a formula with its coefficients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Equation<'a> {
    pub(super) program: &'a Program,
    pub(super) model: &'a Model,
    pub(super) link: Link,
}

/// What stays the same for every future.
#[derive(Debug, Clone)]
pub(super) struct Engine<'a> {
    pub(super) panel: &'a Panel,
    pub(super) history: Arc<History<'a>>,
    /// The growth equation.
    pub(super) main: Equation<'a>,
    /// Equations that project drivers, in the order in which they are run within a period.
    pub(super) drivers: Vec<Equation<'a>>,
    pub(super) plan: Arc<Plan>,
    /// The drivers without any scenario, in the point forecast.
    pub(super) projected: Arc<Projected>,
}

/// One run of all equations, step × row.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) outcome: Vec<Value>,
    /// The quantity of the outcome: a measure, or a ratio of two.
    pub(super) level: Vec<Value>,
    /// The right-hand side of the growth equation, by step.
    pub(super) predictors: Vec<Predictors>,
    /// The drivers that are read, by step, with the scenario's changes.
    pub(super) drivers: Vec<Step>,
    /// Most rounds that a step of a system took; 0 for a single equation.
    pub(super) rounds: usize,
    /// Whether every step of a system came to stand still.
    pub(super) converged: bool,
}

/// A future in one draw: the paths that the run starts from.
struct Paths<'a> {
    scenario: Option<&'a Scenario>,
    /// The drivers without the scenario's changes.
    projected: Cow<'a, [Step]>,
    /// The drivers with them.
    changed: Cow<'a, [Step]>,
}

/// The levels of the baseline in the same draw, step × row.
pub(super) type Levels<'a> = &'a [Value];

impl<'a> Engine<'a> {
    /// Whether each draw of a future has a right-hand side of its own.
    pub(super) fn draws_differ(&self, noise: &Noise, scenario: Option<&Scenario>) -> bool {
        let feeds_back = scenario.is_some() && !self.plan.feedback.is_empty();
        feeds_back || noise.paths || !self.drivers.is_empty() || self.reads_outcome()
    }

    /// Whether the growth equation reads the measure that is forecast.
    fn reads_outcome(&self) -> bool {
        self.main.program.drivers().contains(&self.main.link.measure)
    }

    /// The point forecast of a future whose drivers are given.
    pub(super) fn point(&self, scenario: Option<&Scenario>, changed: &[Step], baseline: Option<Levels<'_>>) -> Run {
        let projected = Cow::Borrowed(&self.projected.steps[..]);
        self.run(
            &Paths { scenario, projected, changed: Cow::Borrowed(changed) },
            &Shock::none(self.drivers.len()),
            baseline,
        )
    }

    /// Draw `d`, from 0, of a future whose drivers are given as far as they do not vary.
    pub(super) fn draw(
        &self,
        (noise, d): (&Noise, usize),
        scenario: Option<&Scenario>,
        changed: &[Step],
        baseline: Option<Levels<'_>>,
    ) -> Run {
        let (mut projected, mut changed) = (Cow::Borrowed(&self.projected.steps[..]), Cow::Borrowed(changed));
        if noise.paths {
            projected = match self.projected.drawn.get(d) {
                Some(kept) => Cow::Borrowed(kept.get_or_init(|| self.drawn_drivers(noise.seed, d))),
                None => Cow::Owned(self.drawn_drivers(noise.seed, d)),
            };
            changed = match scenario {
                Some(scenario) => Cow::Owned(path::changed(scenario, self.panel, &projected)),
                None => projected.clone(),
            };
        }
        self.run(&Paths { scenario, projected, changed }, &noise.one(d), baseline)
    }

    /// The drivers of one draw without a scenario. What levels are divided by keeps its point path.
    fn drawn_drivers(&self, seed: u64, d: usize) -> Vec<Step> {
        let mut steps = self.projected.steps.clone();
        for (measure, simulator) in &self.projected.simulators {
            let by_equation = self.drivers.iter().any(|equation| equation.link.measure == *measure);
            if by_equation || Some(*measure) == self.main.link.divisor || Some(*measure) == self.plan.population {
                continue;
            }
            let random = &mut stream(seed ^ salt::DRIVERS, d as u64 + 1);
            for (step, grid) in steps.iter_mut().zip(simulator.draw(random)) {
                step.insert(*measure, Arc::new(grid));
            }
        }
        steps
    }

    /// Runs the equations; the growth equation's shock comes first. Only the point forecast keeps its drivers.
    fn run(&self, paths: &Paths<'_>, shocks: &[Shock<'_>], baseline: Option<Levels<'_>>) -> Run {
        let mut run = Run { converged: true, ..Run::default() };
        let mut laid_over: Vec<Step> = Vec::new();
        let mut own: Vec<Vec<Value>> = vec![Vec::new(); self.drivers.len()];
        let mut cache = Cache::default();
        for h in 0..self.plan.periods.len() {
            laid_over.push(self.fed_back(paths, h, &run, baseline));
            if !self.drivers.is_empty() {
                let (rounds, converged) = self.settle(paths, (h, &run), shocks, (&mut laid_over, &mut own));
                run.rounds = run.rounds.max(rounds);
                run.converged &= converged;
            }
            let drivers = Layer { below: &*self.history, start: self.start(), steps: &paths.changed };
            let source = Layer { below: &drivers, start: self.start(), steps: &laid_over };
            let predictors = self.main.program.predictors(&source, self.plan.periods[h], &mut cache);
            let outcome = outcomes(&self.main, &predictors, &shocks[0], h);
            let level = self.levels(&self.main, &outcome, h, &run.level);
            run.outcome.extend(outcome);
            run.level.extend(level);
            if shocks[0].is_none() {
                run.predictors.push(predictors);
                run.drivers.push(paths.changed[h].iter().chain(&laid_over[h]).map(|(m, g)| (*m, g.clone())).collect());
            }
            if self.reads_outcome() || !self.drivers.is_empty() {
                let grid = self.outcome_grid(&self.main, &paths.changed[h], &run.level, h);
                laid_over[h].insert(self.main.link.measure, Arc::new(grid));
            }
        }
        run
    }

    /// The quantity of the outcome of step `h` in every row; `before` are those of the steps before.
    pub(super) fn levels(&self, equation: &Equation<'_>, outcome: &[Value], h: usize, before: &[Value]) -> Vec<Value> {
        let (rows, back) = (outcome.len(), equation.link.steps() as usize);
        let observed = (h < back).then(|| self.observed(equation, self.plan.periods[h].plus(-(back as i32))));
        let earlier = |row: usize| match &observed {
            // The link does not read it.
            _ if back == 0 => Ok(0.0),
            Some(observed) => observed[row],
            None => before[(h - back) * rows + row],
        };
        outcome.iter().enumerate().map(|(row, x)| equation.link.level((*x)?, earlier(row), Ok(1.0))).collect()
    }

    /// The quantity of an equation's outcome in a period of the history, one a row.
    pub(super) fn observed(&self, equation: &Equation<'_>, period: Period) -> Vec<Value> {
        let (link, program) = (equation.link, equation.program);
        let read = |measure: usize| self.history.grid(measure, period).map(|grid| rows_of(program, grid));
        let missing = || vec![Err(Absent::NoPeriod); program.rows()];
        let levels = read(link.measure).unwrap_or_else(missing);
        match link.divisor {
            None => levels,
            Some(divisor) => {
                let divisors = read(divisor).unwrap_or_else(missing);
                levels.iter().zip(divisors).map(|(level, divisor)| link.quantity(*level, divisor)).collect()
            }
        }
    }

    /// One value a row of the growth equation: the region's total or the cell.
    pub(super) fn rows_of(&self, grid: &Grid) -> Vec<Value> {
        rows_of(self.main.program, grid)
    }

    pub(super) fn start(&self) -> Period {
        self.plan.periods[0]
    }

    /// The measures that respond to the level of the step before, with the scenario's changes.
    fn fed_back(&self, paths: &Paths<'_>, h: usize, run: &Run, baseline: Option<Levels<'_>>) -> Step {
        let (Some(before), Some(scenario), Some(baseline)) = (h.checked_sub(1), paths.scenario, baseline) else {
            return Step::new();
        };
        let rows = self.main.program.rows();
        let per_row = self.panel.regions().len() * self.panel.width() / rows;
        let above = |cell: usize| {
            let place = before * rows + cell / per_row;
            let (level, baseline) = (run.level[place], baseline[place]);
            // Whoever stands where the baseline does has nothing to respond to, even where that is no number.
            if level == baseline { Ok(1.0) } else { ratio(level?, baseline?) }
        };
        let respond = |(measure, response): (&usize, &Response)| {
            let grid = Arc::new(response.of(&paths.projected[h][measure], above));
            let adds_up = self.panel.measures()[*measure].adds_up();
            (*measure, path::change(scenario, *measure, h, &grid, adds_up))
        };
        self.plan.feedback.iter().map(respond).collect()
    }

    /// Lays the levels of the drivers' equations over step `h`, round by round until they and the outcome stand still.
    ///
    /// A recursive system does after as many rounds as it has equations; a simultaneous one is a fixed point.
    fn settle(
        &self,
        paths: &Paths<'_>,
        (h, run): (usize, &Run),
        shocks: &[Shock<'_>],
        (laid_over, own): (&mut [Step], &mut [Vec<Value>]),
    ) -> (usize, bool) {
        let rows = self.main.program.rows();
        let mut outcome: Vec<Value> = match h {
            0 => self.observed(&self.main, self.start().plus(-1)),
            _ => run.level[(h - 1) * rows..].to_vec(),
        };
        for round in 1..=MAX_ROUNDS {
            let mut moved: f64 = 0.0;
            let all = [&run.level[..], &outcome].concat();
            let main = self.outcome_grid(&self.main, &paths.changed[h], &all, h);
            laid_over[h].insert(self.main.link.measure, Arc::new(main));
            for (e, equation) in self.drivers.iter().enumerate() {
                let predictors = self.right_hand_side(equation, paths, laid_over, h);
                let outcome = outcomes(equation, &predictors, &shocks[e + 1], h);
                let rows = outcome.len();
                own[e].truncate(h * rows);
                let level = self.levels(equation, &outcome, h, &own[e]);
                own[e].extend(level);
                let mut grid = Arc::new(self.outcome_grid(equation, &paths.changed[h], &own[e], h));
                if let Some(scenario) = paths.scenario {
                    let adds_up = self.panel.measures()[equation.link.measure].adds_up();
                    grid = path::change(scenario, equation.link.measure, h, &grid, adds_up);
                }
                let before = laid_over[h].insert(equation.link.measure, grid);
                moved = moved.max(distance(before.as_deref(), &laid_over[h][&equation.link.measure]));
            }
            let predictors = self.right_hand_side(&self.main, paths, laid_over, h);
            let now = outcomes(&self.main, &predictors, &shocks[0], h);
            let now = self.levels(&self.main, &now, h, &run.level);
            moved = now.iter().zip(&outcome).map(|(now, before)| apart(*before, *now)).fold(moved, f64::max);
            outcome = now;
            if moved <= STILL {
                return (round, true);
            }
        }
        (MAX_ROUNDS, false)
    }

    fn right_hand_side(&self, equation: &Equation<'_>, paths: &Paths<'_>, laid_over: &[Step], h: usize) -> Predictors {
        let drivers = Layer { below: &*self.history, start: self.start(), steps: &paths.changed };
        let source = Layer { below: &drivers, start: self.start(), steps: laid_over };
        equation.program.predictors(&source, self.plan.periods[h], &mut Cache::default())
    }

    /// The simulated levels of step `h`; a region's industries keep their shares of the last observed period.
    fn outcome_grid(&self, equation: &Equation<'_>, drivers: &Step, level: &[Value], h: usize) -> Grid {
        let (program, link) = (equation.program, equation.link);
        let (rows, width) = (program.rows(), self.panel.width());
        let mut levels = level[h * rows..(h + 1) * rows].to_vec();
        if let Some(divisors) = link.divisor.map(|divisor| rows_of(program, &drivers[&divisor])) {
            levels.iter_mut().zip(divisors).for_each(|(level, divisor)| *level = level.and_then(|x| Ok(x * divisor?)));
        }
        if rows == self.panel.regions().len() * width {
            return Grid { width, values: levels };
        }
        let mut grid = self.history.grid(link.measure, self.start().plus(-1)).cloned();
        let grid = grid.get_or_insert_with(|| Grid::missing(rows, width));
        let totals = grid.region_totals();
        for (cell, value) in grid.values.iter_mut().enumerate() {
            let region = cell / width;
            *value = value.and_then(|x| Ok(ratio(x, totals[region]?)? * levels[region]?));
        }
        grid.clone()
    }
}

/// One value a row of a program: the region's total or the cell.
pub(super) fn rows_of(program: &Program, grid: &Grid) -> Vec<Value> {
    match program.unit() {
        Unit::Region => grid.region_totals(),
        Unit::Cell => grid.values.clone(),
    }
}

/// The outcome of every row in step `h`.
pub(super) fn outcomes(equation: &Equation<'_>, predictors: &Predictors, shock: &Shock<'_>, h: usize) -> Vec<Value> {
    let (mut terms, mut slopes) = (Vec::new(), Vec::new());
    let mut outcome = |row: usize| {
        let sum = equation.model.predict(predictors, row, &mut terms, &mut slopes)?;
        finite(shock.add(equation.model, (row, h), &terms, &slopes, sum))
    };
    let own: Vec<Value> = (0..equation.program.rows()).map(&mut outcome).collect();
    match &equation.model.multiplier {
        Some(multiplier) => multiplier.apply(&own, shock.coefficient(multiplier.term)),
        None => own,
    }
}

/// The largest relative difference between two grids; infinite where one is new.
fn distance(before: Option<&Grid>, now: &Grid) -> f64 {
    let Some(before) = before else { return f64::INFINITY };
    before.values.iter().zip(&now.values).map(|(before, now)| apart(*before, *now)).fold(0.0, f64::max)
}

/// The relative difference of two values; absent ones stand still only together.
fn apart(before: Value, now: Value) -> f64 {
    match (before, now) {
        (Ok(before), Ok(now)) => (now - before).abs() / before.abs().max(now.abs()).max(f64::MIN_POSITIVE),
        (Err(_), Err(_)) => 0.0,
        _ => f64::INFINITY,
    }
}
