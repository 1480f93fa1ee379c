//! A request checked against the data: every name a number, every rule tested, all violations told at once.

mod action;
mod change;
mod contradiction;
mod lever;
mod rules;
mod scenario;
mod syntax;

pub use scenario::Scenario;
pub use syntax::check_scenario;

use super::driver::{self, Driver};
use super::feedback::Response;
use super::names::find;
use super::reconcile;
use super::request::{self, DriverPath, Request};
use crate::card::{Params, Raw};
use crate::error::{Violation, Violations};
use crate::formula::{Link, Program};
use crate::panel::{Attribute, AttributeData, Panel, Period};
use std::collections::{BTreeMap, BTreeSet};

/// Longest horizon.
pub const MAX_HORIZON: usize = 200;
/// Most draws.
pub const MAX_DRAWS: usize = 100_000;

/// A request ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    /// The forecast periods.
    pub(super) periods: Vec<Period>,
    /// How each measure that is projected goes on, by number of the measure.
    pub(super) drivers: BTreeMap<usize, Projection>,
    /// How the measures that feed back respond.
    pub(super) feedback: BTreeMap<usize, Response>,
    /// The scenarios, in the order of the request.
    pub(super) scenarios: Vec<Scenario>,
    /// How levels are reconciled.
    pub(super) reconcile: Option<Reconcile>,
    /// The classes to report by.
    pub(super) groups: Groups,
    /// Number of the population measure.
    pub(super) population: Option<usize>,
}

/// How one measure is projected.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) driver: &'static dyn Driver,
    pub(super) params: Params,
    /// Known levels by cell number.
    pub(super) given: BTreeMap<usize, Vec<f64>>,
}

/// A reconciliation that passed its checks.
#[derive(Debug)]
pub(super) struct Reconcile {
    pub(super) method: &'static dyn reconcile::Reconciliation,
    pub(super) allow_negative: bool,
    /// One level a period; empty where the nation is forecast.
    pub(super) nation: Vec<f64>,
}

/// The classes of the regions by the attribute of the request.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) names: Vec<String>,
    /// Class of each region; empty when the request names no attribute.
    pub(super) of: Vec<Option<usize>>,
}

/// What the checks read.
struct Reader<'a> {
    panel: &'a Panel,
    periods: &'a [Period],
    /// Measures a scenario may change.
    movable: BTreeSet<usize>,
    link: Link,
    violations: Violations,
}

impl Plan {
    /// Checks `request` against the panel, and what the models of the outcome and the equations of drivers read.
    ///
    /// # Errors
    /// Every violation, with field paths into the request.
    pub(super) fn read(
        request: &Request,
        panel: &Panel,
        models: &[(&Program, Link)],
        equations: &[(&Program, Link)],
    ) -> Result<Self, Violations> {
        let (plan, violations) = Self::partial(request, panel, models, equations);
        violations.into_result(plan)
    }

    /// What of `request` passes the checks, and everything that does not.
    pub(super) fn partial(
        request: &Request,
        panel: &Panel,
        models: &[(&Program, Link)],
        equations: &[(&Program, Link)],
    ) -> (Self, Violations) {
        let link = models[0].1;
        let last = panel.periods()[panel.periods().len() - 1];
        let periods: Vec<Period> = (1..=request.horizon.min(MAX_HORIZON) as i32).map(|h| last.plus(h)).collect();
        let all = || models.iter().chain(equations);
        let reads = all().flat_map(|(program, _)| program.drivers());
        let mut movable: BTreeSet<usize> = reads.chain(all().filter_map(|(_, link)| link.divisor)).collect();
        movable.remove(&link.measure);
        let mut reader = Reader { panel, periods: &periods, movable, link, violations: Violations::default() };
        reader.numbers(request);
        reader.equations(equations);
        let population = reader.population(request);
        let drivers = reader.drivers(&request.drivers, population);
        let feedback = reader.feedback(request, population);
        let groups = reader.groups(request);
        let reconcile = reader.reconcile(request);
        let scenarios = reader.scenarios(&request.scenarios);
        let violations = reader.violations;
        (Self { drivers, reconcile, feedback, scenarios, groups, population, periods }, violations)
    }
}

impl Reader<'_> {
    fn refuse(&mut self, field: impl Into<String>, rule: impl Into<String>, value: impl std::fmt::Display) {
        self.violations.push(Violation::new(field, rule, value));
    }

    /// Each equation has a measure of its own, which is not the outcome's.
    fn equations(&mut self, equations: &[(&Program, Link)]) {
        let mut seen = BTreeSet::from([self.link.measure]);
        for (i, (_, link)) in equations.iter().enumerate() {
            let name = &self.panel.measures()[link.measure].name;
            if !seen.insert(link.measure) {
                self.refuse(format!("equations[{i}]"), "forecasts a measure that another model forecasts", name);
            }
            if !self.movable.contains(&link.measure) {
                self.refuse(format!("equations[{i}]"), "forecasts a measure that no formula reads", name);
            }
        }
    }

    fn numbers(&mut self, request: &Request) {
        if !(1..=MAX_HORIZON).contains(&request.horizon) {
            self.refuse("horizon", format!("must be a whole number in [1, {MAX_HORIZON}]"), request.horizon);
        }
        if request.draws > MAX_DRAWS {
            self.refuse("draws", format!("must be a whole number in [0, {MAX_DRAWS}]"), request.draws);
        }
        for (i, p) in request.quantiles.iter().enumerate() {
            if !(*p > 0.0 && *p < 1.0) {
                self.refuse(format!("quantiles[{i}]"), "must be a probability in (0, 1)", p);
            }
        }
        if !request.quantiles.is_sorted() {
            self.refuse("quantiles", "must be ascending", format!("{:?}", request.quantiles));
        }
    }

    /// The number of a measure, or a violation.
    fn measure(&mut self, field: &str, name: &str) -> Option<usize> {
        let names = self.panel.measures().iter().map(|m| m.name.as_str());
        self.violations.keep("", find("measure", names, name, field))
    }

    fn population(&mut self, request: &Request) -> Option<usize> {
        let name = request.population.as_deref()?;
        let measure = self.measure("population", name)?;
        if measure == self.link.measure {
            self.refuse("population", "the outcome's own measure cannot be its population", name);
        }
        if !self.panel.measures()[measure].adds_up() {
            self.refuse("population", "must be a measure that adds up, not a rate", name);
        }
        Some(measure)
    }

    /// The projections asked for, and the default for the other measures that are read.
    fn drivers(&mut self, paths: &[DriverPath], population: Option<usize>) -> BTreeMap<usize, Projection> {
        let mut drivers = BTreeMap::new();
        for (i, path) in paths.iter().enumerate() {
            let field = format!("drivers[{i}]");
            let Some(measure) = self.measure(&format!("{field}.measure"), &path.measure) else { continue };
            if measure == self.link.measure {
                self.refuse(
                    format!("{field}.measure"),
                    "is the outcome's measure, which the model forecasts",
                    &path.measure,
                );
            }
            let Some(projection) = self.projection(&field, path, measure) else { continue };
            if drivers.insert(measure, projection).is_some() {
                self.refuse(format!("{field}.measure"), "has a driver already", &path.measure);
            }
        }
        for measure in self.movable.iter().copied().chain(population) {
            drivers.entry(measure).or_insert_with(|| default_projection(self.panel, measure));
        }
        drivers
    }

    fn projection(&mut self, field: &str, path: &DriverPath, measure: usize) -> Option<Projection> {
        let Some(driver) = driver::find(&path.method) else {
            let names = driver::ALL.iter().map(|d| d.card().id);
            self.violations.keep("", find("driver method", names, &path.method, &format!("{field}.method")));
            return None;
        };
        let params = self.violations.keep("", Params::parse(driver.card(), &path.params, &format!("{field}.params")));
        if let Some(params) = &params {
            self.violations.keep(field, driver.check(self.panel, measure, params));
        }
        let adds_up = self.panel.measures()[measure].adds_up();
        let mut given = BTreeMap::new();
        for (j, known) in path.given.iter().enumerate() {
            let field = format!("{field}.given[{j}]");
            let Some(cell) = self.given_cell(&field, known) else { continue };
            if known.values.len() != self.periods.len() {
                self.refuse(
                    format!("{field}.values"),
                    "must have one level a period of the horizon",
                    known.values.len(),
                );
            }
            if let Some(bad) = known.values.iter().find(|x| !x.is_finite()) {
                self.refuse(format!("{field}.values"), "must be finite numbers", bad);
            }
            if let Some(bad) = known.values.iter().find(|x| **x < 0.0 && adds_up) {
                self.refuse(format!("{field}.values"), "must not be negative", bad);
            }
            if given.insert(cell, known.values.clone()).is_some() {
                self.refuse(field, "names the same cell twice", &known.region);
            }
        }
        if driver.reads_given_levels() == given.is_empty() && path.given.is_empty() == given.is_empty() {
            self.refuse(
                format!("{field}.given"),
                "levels are given with the method given_path, and only with it",
                &path.method,
            );
        }
        Some(Projection { driver, params: params?, given })
    }

    fn given_cell(&mut self, field: &str, known: &request::GivenPath) -> Option<usize> {
        let region = find(
            "region",
            self.panel.regions().names().iter().map(String::as_str),
            &known.region,
            &format!("{field}.region"),
        );
        let region = self.violations.keep("", region);
        let industry = match (self.panel.industries(), known.industry.as_deref()) {
            (None, None) => Some(0),
            (Some(labels), Some(name)) => {
                let industry =
                    find("industry", labels.names().iter().map(String::as_str), name, &format!("{field}.industry"));
                self.violations.keep("", industry)
            }
            (Some(_), None) => {
                self.refuse(format!("{field}.industry"), "must be given: the data have industries", "");
                None
            }
            (None, Some(name)) => {
                self.refuse(format!("{field}.industry"), "the data have no industries", name);
                None
            }
        };
        Some(region? * self.panel.width() + industry?)
    }

    fn feedback(&mut self, request: &Request, population: Option<usize>) -> BTreeMap<usize, Response> {
        let mut responses = BTreeMap::new();
        for (i, feedback) in request.feedback.iter().enumerate() {
            let field = format!("feedback[{i}].measure");
            if !feedback.elasticity.is_finite() {
                self.refuse(format!("feedback[{i}].elasticity"), "must be a finite number", feedback.elasticity);
            }
            let Some(measure) = self.driver_measure(&field, &feedback.measure) else { continue };
            if Some(measure) == self.link.divisor || Some(measure) == population {
                self.refuse(&field, "what levels are divided by cannot feed back", &feedback.measure);
            }
            if feedback.migrates && !self.panel.measures()[measure].adds_up() {
                self.refuse(format!("feedback[{i}].migrates"), "a rate cannot migrate", &feedback.measure);
            }
            let response = Response { elasticity: feedback.elasticity, migrates: feedback.migrates };
            if responses.insert(measure, response).is_some() {
                self.refuse(&field, "has an elasticity already", &feedback.measure);
            }
        }
        responses
    }

    /// The number of a measure that moves the forecast, or a violation.
    fn driver_measure(&mut self, field: &str, name: &str) -> Option<usize> {
        let measure = self.measure(field, name)?;
        if self.movable.contains(&measure) {
            return Some(measure);
        }
        let drivers: Vec<_> = self.movable.iter().map(|m| self.panel.measures()[*m].name.as_str()).collect();
        let rule = if measure == self.link.measure {
            format!("is the outcome's measure; what can change is what the formula reads: {}", drivers.join(", "))
        } else {
            format!("is not read by the formula, so nothing would follow; it reads {}", drivers.join(", "))
        };
        self.refuse(field, rule, name);
        None
    }

    fn reconcile(&mut self, request: &Request) -> Option<Reconcile> {
        let asked = request.reconciliation.as_ref()?;
        let ids = reconcile::ALL.iter().map(|method| method.card().id);
        let found = reconcile::find(&asked.method);
        if found.is_none() {
            self.violations.keep("", find("reconciliation method", ids, &asked.method, "reconciliation.method"));
        }
        if !asked.nation.is_empty() && asked.nation.len() != self.periods.len() {
            let rule = "must have one level a period of the horizon, or none";
            self.refuse("reconciliation.nation_levels", rule, asked.nation.len());
        }
        if let Some(bad) = asked.nation.iter().find(|x| !(x.is_finite() && **x > 0.0)) {
            self.refuse("reconciliation.nation_levels", "must be positive numbers", bad);
        }
        let (allow_negative, nation) = (asked.allow_negative, asked.nation.clone());
        found.map(|method| Reconcile { method, allow_negative, nation })
    }

    fn groups(&mut self, request: &Request) -> Groups {
        let Some(name) = request.groups.as_deref() else { return Groups::default() };
        let Some(entries) = self.text_attribute("groups", name) else { return Groups::default() };
        let names: BTreeSet<String> = entries.iter().flatten().cloned().collect();
        let names: Vec<String> = names.into_iter().collect();
        let of = entries.iter().map(|e| e.as_ref().and_then(|e| names.binary_search(e).ok())).collect();
        Groups { names, of }
    }

    /// The entries of a text attribute of the regions, or a violation.
    fn text_attribute(&mut self, field: &str, name: &str) -> Option<Vec<Option<String>>> {
        self.text_entries(self.panel.attributes(), ("text attribute", name), field)
    }

    fn text_entries(
        &mut self,
        attributes: &[Attribute],
        (kind, name): (&str, &str),
        field: &str,
    ) -> Option<Vec<Option<String>>> {
        let texts = attributes.iter().filter_map(|a| match &a.data {
            AttributeData::Text(entries) => Some((a.name.as_str(), entries)),
            AttributeData::Numeric(_) => None,
        });
        let texts: Vec<_> = texts.collect();
        let found = find(kind, texts.iter().map(|t| t.0), name, field);
        self.violations.keep("", found).map(|i| texts[i].1.clone())
    }
}

fn default_projection(panel: &Panel, measure: usize) -> Projection {
    let adds_up = panel.measures()[measure].adds_up();
    let driver = if adds_up { driver::DEFAULT } else { driver::DEFAULT_RATE };
    // No parameter of a card is out of its own range, so nothing can be refused.
    let params = Params::parse(driver.card(), &BTreeMap::<String, Raw>::new(), "params").unwrap_or_default();
    Projection { driver, params, given: BTreeMap::new() }
}
