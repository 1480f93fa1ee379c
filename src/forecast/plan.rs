//! A request checked against the data: every name a number, every rule tested, all violations told at once.

use super::change::{Act, Change};
use super::closure::Closure;
use super::driver::{self, Driver};
use super::names::{find, find_all};
use super::request::{self, Action, DriverPath, Request};
use crate::card::{Params, Raw};
use crate::error::{Violation, Violations};
use crate::formula::Link;
use crate::panel::{AttributeData, Panel, Period};
use std::collections::{BTreeMap, BTreeSet};

/// Longest horizon.
const MAX_HORIZON: usize = 200;
/// Most draws.
const MAX_DRAWS: usize = 100_000;
/// Largest factor of a scale change.
const MAX_FACTOR: f64 = 1000.0;

/// A request ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    /// The forecast periods.
    pub(super) periods: Vec<Period>,
    /// How each measure that is projected goes on, by number of the measure.
    pub(super) drivers: BTreeMap<usize, Projection>,
    /// Elasticity of the measures that feed back.
    pub(super) feedback: BTreeMap<usize, f64>,
    /// The scenarios, in the order of the request.
    pub(super) scenarios: Vec<Scenario>,
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

/// A scenario with its changes in canonical order.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) changes: Vec<Change>,
    pub(super) closure: Closure,
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
    /// Checks `request` against the panel, the measures the formula reads and its outcome.
    ///
    /// # Errors
    /// Every violation, with field paths into the request.
    pub(super) fn read(request: &Request, panel: &Panel, reads: &[usize], link: Link) -> Result<Self, Violations> {
        let last = panel.periods()[panel.periods().len() - 1];
        let periods: Vec<Period> = (1..=request.horizon.min(MAX_HORIZON) as i32).map(|h| last.plus(h)).collect();
        let mut movable: BTreeSet<usize> = reads.iter().copied().chain(link.divisor).collect();
        movable.remove(&link.measure);
        let mut reader = Reader { panel, periods: &periods, movable, link, violations: Violations::default() };
        reader.numbers(request);
        let population = reader.population(request);
        let drivers = reader.drivers(&request.drivers, population);
        let feedback = reader.feedback(request, population);
        let groups = reader.groups(request);
        let scenarios = reader.scenarios(&request.scenarios);
        reader.violations.into_result(Self { drivers, feedback, scenarios, groups, population, periods: periods.clone() })
    }
}

impl Reader<'_> {
    fn refuse(&mut self, field: impl Into<String>, rule: impl Into<String>, value: impl std::fmt::Display) {
        self.violations.push(Violation::new(field, rule, value));
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
                self.refuse(format!("{field}.measure"), "is the outcome's measure, which the model forecasts", &path.measure);
            }
            let Some(projection) = self.projection(&field, path) else { continue };
            if drivers.insert(measure, projection).is_some() {
                self.refuse(format!("{field}.measure"), "has a driver already", &path.measure);
            }
        }
        for measure in self.movable.iter().copied().chain(population) {
            drivers.entry(measure).or_insert_with(|| default_projection(self.panel, measure));
        }
        drivers
    }

    fn projection(&mut self, field: &str, path: &DriverPath) -> Option<Projection> {
        let Some(driver) = driver::find(&path.method) else {
            let names = driver::ALL.iter().map(|d| d.card().id);
            self.violations.keep("", find("driver method", names, &path.method, &format!("{field}.method")));
            return None;
        };
        let params = self.violations.keep("", Params::parse(driver.card(), &path.params, &format!("{field}.params")));
        let mut given = BTreeMap::new();
        for (j, known) in path.given.iter().enumerate() {
            let field = format!("{field}.given[{j}]");
            let Some(cell) = self.given_cell(&field, known) else { continue };
            if known.values.len() != self.periods.len() {
                self.refuse(format!("{field}.values"), "must have one level a period of the horizon", known.values.len());
            }
            if let Some(bad) = known.values.iter().find(|x| !x.is_finite()) {
                self.refuse(format!("{field}.values"), "must be finite numbers", bad);
            }
            if given.insert(cell, known.values.clone()).is_some() {
                self.refuse(field, "names the same cell twice", &known.region);
            }
        }
        if driver.reads_given_levels() == given.is_empty() && path.given.is_empty() == given.is_empty() {
            self.refuse(format!("{field}.given"), "levels are given with the method given_path, and only with it", &path.method);
        }
        Some(Projection { driver, params: params?, given })
    }

    fn given_cell(&mut self, field: &str, known: &request::GivenPath) -> Option<usize> {
        let region = find("region", self.panel.regions().names().iter().map(String::as_str), &known.region, &format!("{field}.region"));
        let region = self.violations.keep("", region);
        let industry = match (self.panel.industries(), known.industry.as_deref()) {
            (None, None) => Some(0),
            (Some(labels), Some(name)) => {
                let industry = find("industry", labels.names().iter().map(String::as_str), name, &format!("{field}.industry"));
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

    fn feedback(&mut self, request: &Request, population: Option<usize>) -> BTreeMap<usize, f64> {
        let mut elasticities = BTreeMap::new();
        for (i, feedback) in request.feedback.iter().enumerate() {
            let field = format!("feedback[{i}].measure");
            if !feedback.elasticity.is_finite() {
                self.refuse(format!("feedback[{i}].elasticity"), "must be a finite number", feedback.elasticity);
            }
            let Some(measure) = self.driver_measure(&field, &feedback.measure) else { continue };
            if Some(measure) == self.link.divisor || Some(measure) == population {
                self.refuse(&field, "what levels are divided by cannot feed back", &feedback.measure);
            }
            if elasticities.insert(measure, feedback.elasticity).is_some() {
                self.refuse(&field, "has an elasticity already", &feedback.measure);
            }
        }
        elasticities
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

    fn groups(&mut self, request: &Request) -> Groups {
        let Some(name) = request.groups.as_deref() else { return Groups::default() };
        let Some(entries) = self.text_attribute("groups", name) else { return Groups::default() };
        let names: BTreeSet<String> = entries.iter().flatten().cloned().collect();
        let names: Vec<String> = names.into_iter().collect();
        let of = entries.iter().map(|e| e.as_ref().and_then(|e| names.binary_search(e).ok())).collect();
        Groups { names, of }
    }

    fn text_attribute(&mut self, field: &str, name: &str) -> Option<Vec<Option<String>>> {
        let texts = self.panel.attributes().iter().filter_map(|a| match &a.data {
            AttributeData::Text(entries) => Some((a.name.as_str(), entries)),
            AttributeData::Numeric(_) => None,
        });
        let texts: Vec<_> = texts.collect();
        let found = find("text attribute", texts.iter().map(|t| t.0), name, field);
        self.violations.keep("", found).map(|i| texts[i].1.clone())
    }

    fn scenarios(&mut self, scenarios: &[request::Scenario]) -> Vec<Scenario> {
        let mut names = BTreeSet::from(["baseline"]);
        let mut planned = Vec::new();
        for (i, scenario) in scenarios.iter().enumerate() {
            let field = format!("scenarios[{i}]");
            if scenario.name.is_empty() {
                self.refuse(format!("{field}.name"), "a scenario needs a name", "");
            } else if !names.insert(&scenario.name) {
                self.refuse(format!("{field}.name"), "must be distinct, and not baseline", &scenario.name);
            }
            let mut changes = Vec::new();
            for (j, change) in scenario.changes.iter().enumerate() {
                changes.extend(self.change(&format!("{field}.changes[{j}]"), change));
            }
            self.sets_are_distinct(&field, &changes);
            changes.sort_by(Change::canonical);
            let closure = self.closure(&field, &scenario.closure, &changes);
            planned.push(Scenario { name: scenario.name.clone(), changes, closure });
        }
        planned
    }

    fn change(&mut self, field: &str, change: &request::Change) -> Option<Change> {
        let measure = self.driver_measure(&format!("{field}.measure"), &change.measure);
        let regions = self.regions(field, change);
        let industries = match (self.panel.industries(), change.industries.as_slice()) {
            (_, []) => Some((0..self.panel.width()).collect()),
            (Some(labels), names) => {
                let found = find_all("industry", labels, names, &format!("{field}.industries"));
                self.violations.keep("", found)
            }
            (None, names) => {
                self.refuse(format!("{field}.industries"), "the data have no industries", names.join(", "));
                None
            }
        };
        let steps = self.steps(field, change);
        let act = self.act(field, change, measure, regions.as_deref());
        let (first, last) = steps?;
        let (amount, phase) = (change.amount, change.phase_periods.max(1));
        let change = Change { measure: measure?, act: act?, amount, regions: regions?, industries: industries?, first, last, phase };
        self.has_values(field, &change);
        Some(change)
    }

    /// The regions a change applies to.
    fn regions(&mut self, field: &str, change: &request::Change) -> Option<Vec<usize>> {
        match (&change.group, change.regions.as_slice()) {
            (None, []) => Some((0..self.panel.regions().len()).collect()),
            (None, names) => {
                let found = find_all("region", self.panel.regions(), names, &format!("{field}.regions"));
                self.violations.keep("", found)
            }
            (Some(group), []) => {
                let entries = self.text_attribute(&format!("{field}.group.attribute"), &group.attribute)?;
                let chosen = |e: &Option<String>| e.as_deref() == Some(group.value.as_str());
                let regions: Vec<usize> = (0..entries.len()).filter(|r| chosen(&entries[*r])).collect();
                if regions.is_empty() {
                    let values: BTreeSet<&str> = entries.iter().flatten().map(String::as_str).collect();
                    let found = find(&group.attribute, values, &group.value, &format!("{field}.group.value"));
                    self.violations.keep("", found);
                }
                (!regions.is_empty()).then_some(regions)
            }
            (Some(_), names) => {
                self.refuse(format!("{field}.regions"), "name regions or a group, not both", names.join(", "));
                None
            }
        }
    }

    /// First and last step of the horizon in which a change is in force.
    fn steps(&mut self, field: &str, change: &request::Change) -> Option<(usize, usize)> {
        let (first, last) = (*self.periods.first()?, *self.periods.last()?);
        let mut inside = |name: &str, period: Option<Period>, default: Period| {
            let period = period.unwrap_or(default);
            let step = self.periods.iter().position(|p| *p == period);
            if step.is_none() {
                let rule = format!("must be a period of the forecast, {first} to {last}");
                self.refuse(format!("{field}.{name}"), rule, period);
            }
            step
        };
        let (from, to) = (inside("first_period", change.first_period, first), inside("last_period", change.last_period, last));
        let (from, to) = (from?, to?);
        if to < from {
            self.refuse(format!("{field}.last_period"), "must not be before the first", self.periods[to]);
            return None;
        }
        Some((from, to))
    }

    fn act(
        &mut self,
        field: &str,
        change: &request::Change,
        measure: Option<usize>,
        from: Option<&[usize]>,
    ) -> Option<Act> {
        let adds_up = measure.is_none_or(|m| self.panel.measures()[m].adds_up());
        let (rule, holds) = match change.action {
            Action::Set if adds_up => ("the level must be a finite number, not negative", change.amount >= 0.0),
            Action::Set | Action::Add => ("must be a finite number", true),
            Action::Scale => ("the factor must be in [0, 1000]", (0.0..=MAX_FACTOR).contains(&change.amount)),
            Action::Move { .. } => ("the share must be in [0, 1]", (0.0..=1.0).contains(&change.amount)),
        };
        if !(holds && change.amount.is_finite()) {
            self.refuse(format!("{field}.amount"), rule, change.amount);
        }
        match &change.action {
            Action::Set => Some(Act::Set),
            Action::Scale => Some(Act::Scale),
            Action::Add => Some(Act::Add),
            Action::Move { to } => {
                if !adds_up {
                    self.refuse(format!("{field}.measure"), "a rate cannot be moved", &change.measure);
                }
                self.destinations(&format!("{field}.action.to"), to, from).map(Act::Move)
            }
        }
    }

    fn destinations(&mut self, field: &str, names: &[String], from: Option<&[usize]>) -> Option<Vec<usize>> {
        if names.is_empty() {
            self.refuse(field, "a move needs at least one region to go to", "");
            return None;
        }
        let to = self.violations.keep("", find_all("region", self.panel.regions(), names, field))?;
        let both = to.iter().find(|r| from.is_some_and(|from| from.contains(r)));
        if let Some(region) = both {
            self.refuse(field, "a region cannot move to itself", self.panel.regions().name(*region));
        }
        Some(to)
    }

    /// A change needs at least one value of the last observed period to act on.
    fn has_values(&mut self, field: &str, change: &Change) {
        let Some(grid) = self.panel.periods().last().and_then(|t| self.panel.grid(change.measure, *t)) else { return };
        let any = |regions: &[usize]| {
            let cells = regions.iter().flat_map(|r| change.industries.iter().map(move |i| r * grid.width + i));
            cells.into_iter().any(|cell| grid.values[cell].is_ok())
        };
        let measure = &self.panel.measures()[change.measure].name;
        let rule = format!("no value of {measure} in the last period of the data");
        let (here, there) = (any(&change.regions), !matches!(&change.act, Act::Move(to) if !any(to)));
        if !here && change.act != Act::Set {
            self.refuse(format!("{field}.regions"), rule.as_str(), "");
        }
        if !there {
            self.refuse(format!("{field}.action.to"), rule, "");
        }
    }

    /// Two sets of one cell in one period contradict each other.
    fn sets_are_distinct(&mut self, field: &str, changes: &[Change]) {
        let sets: Vec<&Change> = changes.iter().filter(|c| c.act == Act::Set).collect();
        for (i, a) in sets.iter().enumerate() {
            for b in &sets[..i] {
                let overlap = |a: &[usize], b: &[usize]| a.iter().any(|x| b.contains(x));
                let same = a.measure == b.measure && a.first <= b.last && b.first <= a.last;
                if same && overlap(&a.regions, &b.regions) && overlap(&a.industries, &b.industries) {
                    let measure = &self.panel.measures()[a.measure].name;
                    self.refuse(format!("{field}.changes"), "sets the same cell twice in one period", measure);
                }
            }
        }
    }

    fn closure(&mut self, field: &str, closure: &request::Closure, changes: &[Change]) -> Closure {
        match closure {
            request::Closure::NewActivity => Closure::NewActivity,
            request::Closure::RelocateProRata => Closure::RelocateProRata,
            request::Closure::FixedNationalTotal => Closure::FixedNationalTotal,
            request::Closure::RelocateFrom(names) => {
                let field = format!("{field}.closure.regions");
                if names.is_empty() {
                    self.refuse(&field, "name at least one region to relocate from", "");
                }
                let found = find_all("region", self.panel.regions(), names, &field);
                let from = self.violations.keep("", found).unwrap_or_default();
                let touched = |r: usize| changes.iter().any(|c| c.regions.contains(&r));
                for region in from.iter().copied().filter(|r| touched(*r)) {
                    let name = self.panel.regions().name(region);
                    self.refuse(&field, "a region with a change of its own cannot pay for the others", name);
                }
                Closure::RelocateFrom(from)
            }
        }
    }
}

fn default_projection(panel: &Panel, measure: usize) -> Projection {
    let adds_up = panel.measures()[measure].adds_up();
    let driver = if adds_up { driver::DEFAULT } else { driver::DEFAULT_RATE };
    // No parameter of a card is out of its own range, so nothing can be refused.
    let params = Params::parse(driver.card(), &BTreeMap::<String, Raw>::new(), "params").unwrap_or_default();
    Projection { driver, params, given: BTreeMap::new() }
}
