//! A forecast made ready: any scenario can be run on its draws.

use super::answer::{Area, Row};
use super::area::{self, Levels};
use super::coherent::Coherent;
use super::future::{Future, Step};
use super::inequality::NAMES;
use super::plan::{Plan, Scenario};
use super::request::{Request, Source, Uncertainty};
use super::series::Series;
use super::shock::{Noise, Shocks, salt};
use super::simulate::{Engine, Equation};
use super::unequal::Unequal;
use super::walk::{Mixture, View, Walk};
use super::warning::Warning;
use super::{Model, check_formula, memory, path};
use crate::error::{Error, Violation, Violations};
use crate::formula::{History, Link, Program};
use crate::numeric::Stop;
use crate::numeric::random::stream;
use crate::panel::{Absent, Panel, Period, Value, finite, ratio};
use rand_distr::{Distribution, StandardUniform};
use std::sync::Arc;

/// No draws.
static NONE: Noise = Noise::NONE;
/// Number of the first equation of a driver among all equations.
const DRIVERS: usize = 1 << 16;

/// Everything of a forecast but its scenarios; the baseline and every scenario run on the same draws.
#[derive(Debug)]
pub struct Study<'a> {
    /// One a model of the outcome.
    pub(super) members: Vec<Member<'a>>,
    pub(super) mixture: Mixture,
    /// One a member.
    pub(super) baseline: Vec<Future>,
    pub(super) rows: Vec<Row>,
    pub(super) areas: Vec<Area>,
    pub(super) request: Request,
    /// How levels are reconciled, where the request asks for it.
    pub(super) coherent: Option<Coherent>,
    pub(super) stop: &'a Stop,
    /// What projecting the drivers leaves to tell.
    pub(super) warnings: Vec<Warning>,
}

/// A model of the outcome with the random numbers of its draws.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) engine: Engine<'a>,
    pub(super) noise: Noise,
}

/// The models that a forecast runs.
#[derive(Debug, Clone)]
pub struct Models<'a> {
    /// Rival models of the outcome, each with its weight; at least one.
    pub outcome: Vec<(&'a Program, &'a Model, f64)>,
    /// Equations that project drivers, in the order in which they are run within a period.
    pub drivers: Vec<(&'a Program, &'a Model)>,
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
    /// Gini coefficient of the regions.
    Gini,
    /// Level (per head) of the richest group over that of the poorest.
    Gap,
    /// Slope of growth since the last observed period on the level then.
    Beta,
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
        let models = Models { outcome: vec![(program, model, 1.0)], drivers: Vec::new() };
        Self::of(&models, panel, request, stop)
    }

    /// [`Study::new`] of several models of the outcome, and of equations that project drivers.
    ///
    /// # Errors
    /// As [`super::forecast`]; at `models` and `equations`: models that do not go together.
    pub fn of(models: &Models<'a>, panel: &'a Panel, request: &Request, stop: &'a Stop) -> Result<Self, Error> {
        let (outcome, drivers) = equations(models)?;
        let mut warnings = Vec::new();
        let read = |equations: &[Equation<'a>]| equations.iter().map(|e| (e.program, e.link)).collect::<Vec<_>>();
        let plan = Arc::new(Plan::read(request, panel, &read(&outcome), &read(&drivers))?);
        let programs = outcome.iter().chain(&drivers).map(|equation| equation.program);
        memory::check(request, programs, panel)?;
        let draws = if request.uncertainty.drivers { request.draws } else { 0 };
        let projected = Arc::new(path::baseline(&plan, panel, &mut warnings, stop)?.keep(draws));
        path::check(&plan, panel, &projected.steps)?;
        let history = Arc::new(History::new(panel));
        let mut members = Vec::with_capacity(outcome.len());
        for (number, main) in outcome.into_iter().enumerate() {
            let (history, plan, projected) = (history.clone(), plan.clone(), projected.clone());
            let engine = Engine { panel, history, main, drivers: drivers.clone(), plan, projected };
            let noise = noise(&engine, request, (request.uncertainty, number), stop)?;
            members.push(Member { engine, noise });
        }
        let total: f64 = models.outcome.iter().map(|(_, _, weight)| weight).sum();
        let weights = models.outcome.iter().map(|(_, _, weight)| weight / total).collect();
        let mixture = mixture(weights, request, request.uncertainty);
        let baseline = run_all(&members, None, &projected.steps, None, stop)?;
        let points: Vec<Value> = mixture.points(&baseline, |run| &run.level);
        let rows = area::rows(&members[0].engine, &points, &projected.steps);
        let areas = area::areas(&members[0].engine, &rows);
        let request = request.clone();
        let study = Self { members, mixture, baseline, rows, areas, request, coherent: None, stop, warnings };
        study.reconciled()
    }

    /// What all members share.
    pub(super) fn engine(&self) -> &Engine<'a> {
        &self.members[0].engine
    }

    /// The places it answers for: rows first, then regions of a model of cells, groups, nation.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The forecast periods.
    pub fn periods(&self) -> &[Period] {
        &self.engine().plan.periods
    }

    /// The scenarios of the request, in its order.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.engine().plan.scenarios
    }

    /// Runs a scenario in every model, on the draws of the members.
    ///
    /// # Errors
    /// At `changes`: what takes more than there is; at `closure`: one that finds nobody to take from;
    /// [`Error::Cancelled`].
    pub(super) fn run(&self, scenario: &Scenario, draws: Draws) -> Result<Vec<Future>, Error> {
        let engine = self.engine();
        let steps = path::scenario(scenario, &engine.plan, engine.panel, &engine.projected.steps)?;
        match draws {
            Draws::All => run_all(&self.members, Some(scenario), &steps, Some(&self.baseline), self.stop),
            Draws::Point => {
                let point = |(member, baseline): (&Member<'_>, &Future)| {
                    Future::run(&member.engine, &NONE, Some(scenario), &steps, Some(baseline), self.stop)
                };
                self.members.iter().zip(&self.baseline).map(point).collect()
            }
        }
    }

    /// A walk through a future that each member has.
    pub(super) fn walk<'b>(&'b self, futures: &'b [Future], draws: Draws) -> Walk<'b> {
        let noise = |member: &'b Member<'a>| if draws == Draws::All { &member.noise } else { &NONE };
        let models = self.members.iter().zip(futures).map(|(member, future)| (&member.engine, noise(member), future));
        Walk::new(models, &self.mixture, self.coherent.as_ref())
    }

    /// Numbers of a future on the study's draws, in the order of the targets; without a scenario those of the baseline.
    ///
    /// # Errors
    /// As a scenario's run: changes that take more than there is, at `changes` and `closure`; [`Error::Cancelled`].
    pub fn values(&self, scenario: Option<&Scenario>, targets: &[Target], draws: Draws) -> Result<Vec<Series>, Error> {
        let run = scenario.map(|scenario| self.run(scenario, draws)).transpose()?;
        let futures = run.as_ref().unwrap_or(&self.baseline);
        let side = Side::new(self.engine(), &futures[0].point.drivers);
        let mut walk = self.walk(futures, draws);
        let count = if draws == Draws::All { self.request.draws } else { 0 };
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
        let absent = || Series::constant(Err(Absent::NoPeriod), count);
        Ok(values.into_iter().map(|value| value.unwrap_or_else(absent)).collect())
    }

    fn value(&self, target: Target, side: &Side, view: &View<'_>, inequality: Option<&Unequal>) -> Series {
        let (area, h) = (&self.areas[target.area.min(self.areas.len() - 1)], target.step);
        let level = |h: usize, section| side.levels.level(area, h, section);
        let absent = || Series::constant(Err(Absent::Missing), view.level.count);
        let of_inequality = |i: usize| inequality.map_or_else(absent, |all| all.measures[i].clone());
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
            unequal => unequal.measure().map_or_else(absent, of_inequality),
        }
    }

    /// Whether draws differ by a source.
    pub(super) fn varies(&self, source: Source) -> bool {
        self.request.draws > 0
            && self.request.uncertainty.has(source)
            && match source {
                Source::Coefficients | Source::Residuals => true,
                Source::Drivers => !self.engine().projected.simulators.is_empty(),
                Source::Models => self.members.len() > 1,
            }
    }

    /// The same study with one source of uncertainty alone.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn only(&self, source: Source) -> Result<Self, Error> {
        let on = Uncertainty::only(source);
        let member = |(number, member): (usize, &Member<'a>)| {
            let engine = member.engine.clone();
            let noise = noise(&engine, &self.request, (on, number), self.stop)?;
            Ok(Member { engine, noise })
        };
        let members = self.members.iter().enumerate().map(member).collect::<Result<Vec<_>, Error>>()?;
        let baseline = run_all(&members, None, &self.engine().projected.steps, None, self.stop)?;
        let study = Self {
            coherent: None,
            mixture: mixture(self.mixture.weights.clone(), &self.request, on),
            members,
            baseline,
            rows: self.rows.clone(),
            areas: self.areas.clone(),
            request: Request { uncertainty: on, ..self.request.clone() },
            stop: self.stop,
            warnings: Vec::new(),
        };
        study.reconciled()
    }

    /// The study with its levels reconciled, where the request asks for it.
    fn reconciled(mut self) -> Result<Self, Error> {
        let coherent = Coherent::of(&self)?;
        self.coherent = coherent;
        Ok(self)
    }

    /// The terms of all models, each once: regressors, then varying slopes.
    pub(super) fn terms(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for member in &self.members {
            all.extend(columns(&member.engine).into_iter().filter(|term| !all.contains(term)).collect::<Vec<_>>());
        }
        all
    }

    /// The number of each of a model's terms among those of all.
    pub(super) fn places(&self, model: usize) -> Vec<usize> {
        let all = self.terms();
        let of = columns(&self.members[model].engine).into_iter();
        of.map(|term| all.iter().position(|other| *other == term).unwrap_or(0)).collect()
    }

    pub(super) fn horizon(&self) -> usize {
        self.engine().plan.periods.len()
    }
}

impl Quantity {
    /// Its number among [`NAMES`] when it compares the regions.
    fn measure(self) -> Option<usize> {
        let name = match self {
            Self::Outcome | Self::Level | Self::Growth | Self::AverageGrowth => return None,
            Self::Theil => "theil",
            Self::TheilBetween => "between",
            Self::TheilWithin => "within",
            Self::Sigma => "sigma",
            Self::Gini => "gini",
            Self::Gap => "gap",
            Self::Beta => "beta",
        };
        NAMES.iter().position(|known| *known == name)
    }

    /// Whether it compares the regions.
    pub fn is_inequality(self) -> bool {
        self.measure().is_some()
    }
}

impl Side {
    /// The rules for a future with these drivers.
    pub(super) fn new(engine: &Engine<'_>, drivers: &[Step]) -> Self {
        let heads = |measure: usize| drivers.iter().map(|step| step[&measure].region_totals()).collect();
        Self { levels: Levels::new(engine, drivers), population: engine.plan.population.map(heads) }
    }

    /// Whether heads are counted.
    pub(super) fn has_population(&self) -> bool {
        self.population.is_some()
    }

    /// Heads of a region after `h` steps, from 1; one when nobody counts them.
    pub(super) fn heads(&self, region: usize, h: usize) -> Value {
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

/// Names of a model's terms: regressors, then varying slopes.
fn columns(engine: &Engine<'_>) -> Vec<String> {
    let slopes = (0..engine.main.model.rest.anchor.slopes.len()).filter_map(|j| {
        engine.main.program.effects().iter().find(|effect| effect.slope == Some(j)).map(|effect| &effect.name)
    });
    engine.main.program.regressors().iter().chain(slopes).cloned().collect()
}

/// The equations of the models, checked among each other.
fn equations<'a>(models: &Models<'a>) -> Result<(Vec<Equation<'a>>, Vec<Equation<'a>>), Violations> {
    let mut violations = Violations::default();
    for (i, (_, _, weight)) in models.outcome.iter().enumerate().filter(|(_, (_, _, w))| !(w.is_finite() && *w > 0.0)) {
        violations.push(Violation::new(format!("models[{i}].weight"), "must be a positive number", weight));
    }
    let outcome: Vec<&Program> = models.outcome.iter().map(|(program, _, _)| *program).collect();
    let drivers: Vec<&Program> = models.drivers.iter().map(|(program, _)| *program).collect();
    let linked = violations.keep("", linked(&outcome, &drivers)).unwrap_or_default();
    let equation = |((program, link), model): ((&'a Program, Link), &'a Model)| Equation { program, model, link };
    let outcome = linked.0.into_iter().zip(models.outcome.iter().map(|(_, model, _)| *model)).map(equation).collect();
    let drivers = linked.1.into_iter().zip(models.drivers.iter().map(|(_, model)| *model)).map(equation).collect();
    violations.into_result((outcome, drivers))
}

/// Programs with the levels that their outcomes give back.
type Linked<'a> = Vec<(&'a Program, Link)>;

/// The links of models of the outcome, which must be alike, and of equations of drivers.
///
/// # Errors
/// At `formula` of a single model, `models[i].formula` and `equations[i].formula`.
pub(super) fn linked<'a>(
    outcome: &[&'a Program],
    drivers: &[&'a Program],
) -> Result<(Linked<'a>, Linked<'a>), Violations> {
    let mut violations = Violations::default();
    let mut link =
        |field: String, program: &'a Program| Some((program, violations.keep(&field, check_formula(program))?));
    let place = |i: usize| if outcome.len() > 1 { format!("models[{i}]") } else { String::new() };
    let of_outcome: Linked<'a> = outcome.iter().enumerate().filter_map(|(i, p)| link(place(i), p)).collect();
    let of_drivers: Linked<'a> =
        drivers.iter().enumerate().filter_map(|(i, p)| link(format!("equations[{i}]"), p)).collect();
    for (i, (program, link)) in of_outcome.iter().enumerate().skip(1) {
        let first = &of_outcome[0];
        let same = (link.measure, link.divisor, program.unit()) == (first.1.measure, first.1.divisor, first.0.unit());
        if !same {
            let rule = "models that are weighted together must forecast the same level in the same rows";
            violations.push(Violation::new(format!("models[{i}].formula"), rule, program.formula()));
        }
    }
    violations.into_result((of_outcome, of_drivers))
}

/// How models of these weights come together: draw by draw where the choice is uncertain.
fn mixture(weights: Vec<f64>, request: &Request, on: Uncertainty) -> Mixture {
    let choose = |d: usize| {
        let mut left: f64 = StandardUniform.sample(&mut stream(request.seed ^ salt::MODELS, d as u64 + 1));
        let chosen = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        chosen.unwrap_or(weights.len() - 1)
    };
    let choice = if on.models && weights.len() > 1 { (0..request.draws).map(choose).collect() } else { Vec::new() };
    Mixture { choice, weights }
}

/// Runs a future in every member.
///
/// # Errors
/// [`Error::Cancelled`].
fn run_all(
    members: &[Member<'_>],
    scenario: Option<&Scenario>,
    steps: &[Step],
    baseline: Option<&[Future]>,
    stop: &Stop,
) -> Result<Vec<Future>, Error> {
    let run = |(i, member): (usize, &Member<'_>)| {
        let baseline = baseline.map(|baseline| &baseline[i]);
        Future::run(&member.engine, &member.noise, scenario, steps, baseline, stop)
    };
    members.iter().enumerate().map(run).collect()
}

/// The random numbers of the sources that are on, for the model of this number.
///
/// # Errors
/// [`Error::Cancelled`].
fn noise(
    engine: &Engine<'_>,
    request: &Request,
    (on, number): (Uncertainty, usize),
    stop: &Stop,
) -> Result<Noise, Error> {
    let shape = (engine.plan.periods.len(), request.draws);
    // Equations of drivers are numbered apart from the models, which share them.
    let shocks = |(number, equation): (usize, &Equation<'_>)| {
        Shocks::draw(equation.model, on, shape, (request.seed, number as u64), stop)
    };
    let drivers = engine.drivers.iter().enumerate().map(|(i, equation)| shocks((DRIVERS + i, equation)));
    Ok(Noise {
        count: request.draws,
        seed: request.seed,
        main: shocks((number, &engine.main))?,
        drivers: drivers.collect::<Result<_, _>>()?,
        paths: on.drivers && request.draws > 0 && !engine.projected.simulators.is_empty(),
    })
}
