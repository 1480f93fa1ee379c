//! A call of an index, checked against the panel it is to be computed on.

use super::{ALL, Index, IndexCall, Refusal, find};
use crate::card::{Domain, Params, Raw};
use crate::error::{Violation, Violations};
use crate::panel::{Attribute, AttributeData, Labels, Panel, Value};
use crate::suggest::nearest;

/// A call that passed its checks: nothing in it can fail any more.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) index: &'static dyn Index,
    pub(super) params: Params,
    /// Position of the measure.
    pub(super) measure: usize,
    /// Periods back to the earlier cross-section, for indices of change.
    pub(super) span: Option<i32>,
    /// What `per` or `weights` names.
    pub(super) beside: Option<Beside>,
    /// Class of each region by what `groups` names.
    pub(super) groups: Option<Vec<Option<usize>>>,
}

/// One value a region.
#[derive(Debug)]
pub(super) enum Beside {
    /// Position of a measure; its sum over industries.
    Measure(usize),
    /// The values of an attribute.
    Attribute(Vec<Value>),
}

impl Bound {
    /// Checks `call`; `path` is where it stands in the request, as in `indices[2]`.
    ///
    /// # Errors
    /// Every rule the call breaks: unknown names with the nearest known one, parameters outside their domain, rates
    /// where sums are needed, industries that the data do not have.
    pub(super) fn of(panel: &Panel, call: &IndexCall, path: &str) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let measure = violations.keep(path, find_measure(panel, &call.measure));
        let index = violations.keep(path, find_index(&call.index));
        let parameters = format!("{path}.parameters");
        let params = index.and_then(|i| violations.keep("", Params::parse(i.card(), &call.parameters, &parameters)));
        let Some(index) = index else { return Err(violations) };
        let (mut beside, mut groups) = (None, None);
        for param in index.card().params {
            let field = format!("{parameters}.{}", param.name);
            // As it was given, so that one wrong parameter does not hide another.
            let Some(Raw::Text(name)) = call.parameters.get(param.name) else { continue };
            match param.domain {
                Domain::Measure { .. } => beside = violations.keep(&field, find_beside(panel, name)),
                Domain::Groups { .. } => groups = violations.keep(&field, find_groups(panel, name)),
                _ => {}
            }
        }
        let Some(params) = params else { return Err(violations) };
        if let Err(refusal) = index.check(&params, panel.industries().is_some()) {
            let value = params.text(refusal.param).unwrap_or(&call.index);
            violations.push(at_fault(&refusal, index, value, path));
        }
        if let Some(refused) = measure.and_then(|m| refuse_rate(panel, m, index, &params)) {
            violations.absorb(path, refused.into());
        }
        let has_span = index.card().params.iter().any(|param| param.name == "span");
        let span = has_span.then(|| params.number("span") as i32);
        violations.into_result(Self { index, params, measure: measure.unwrap_or_default(), span, beside, groups })
    }
}

/// The parameter, or else the index, that a refusal is about.
fn at_fault(refusal: &Refusal, index: &dyn Index, value: &str, path: &str) -> Violation {
    let field = match refusal.param {
        "" => format!("{path}.index"),
        param => format!("{path}.parameters.{param}"),
    };
    Violation::new(field, format!("{}: {}", index.card().id, refusal.rule), value)
}

fn find_measure(panel: &Panel, name: &str) -> Result<usize, Violations> {
    let names = || panel.measures().iter().map(|m| m.name.as_str());
    panel.find_measure(name).ok_or_else(|| unknown("measure", "a measure of the dataset", name, names()))
}

fn find_index(name: &str) -> Result<&'static dyn Index, Violations> {
    let names = || ALL.iter().map(|i| i.card()).flat_map(|card| [&card.id].into_iter().chain(card.aliases)).copied();
    find(name).ok_or_else(|| unknown("index", "an index of the catalogue", name, names()))
}

fn find_beside(panel: &Panel, name: &str) -> Result<Beside, Violations> {
    if let Some(measure) = panel.find_measure(name) {
        if panel.measures()[measure].adds_up() {
            return Ok(Beside::Measure(measure));
        }
        return Err(Violation::new("", "must be a measure that adds up or an attribute, not a rate", name).into());
    }
    match panel.find_attribute(name).map(|a| &a.data) {
        Some(AttributeData::Numeric(values)) => Ok(Beside::Attribute(values.clone())),
        _ => {
            let numeric = |a: &&Attribute| matches!(a.data, AttributeData::Numeric(_));
            let attributes = panel.attributes().iter().filter(numeric).map(|a| a.name.as_str());
            let names = panel.measures().iter().map(|m| m.name.as_str()).chain(attributes);
            Err(unknown("", "a measure or numeric attribute of the dataset", name, names))
        }
    }
}

fn find_groups(panel: &Panel, name: &str) -> Result<Vec<Option<usize>>, Violations> {
    match panel.find_attribute(name).map(|a| &a.data) {
        Some(AttributeData::Text(entries)) => {
            let classes = Labels::new(entries.iter().flatten().cloned());
            Ok(entries.iter().map(|entry| classes.find(entry.as_deref()?)).collect())
        }
        _ => {
            let text = |a: &&Attribute| matches!(a.data, AttributeData::Text(_));
            let names = panel.attributes().iter().filter(text).map(|a| a.name.as_str());
            Err(unknown("", "a text attribute of the regions", name, names))
        }
    }
}

/// A name that is not known: what it must be, and the nearest known name or else all of them.
fn unknown<'a>(field: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Violations {
    let known: Vec<_> = known.collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    Violation::new(field, format!("must be {what}; {hint}"), name).into()
}

fn refuse_rate(panel: &Panel, measure: usize, index: &dyn Index, params: &Params) -> Option<Violation> {
    let name = &panel.measures()[measure].name;
    let rule = if panel.width() > 1 {
        "is a rate, and rates do not add up over industries"
    } else {
        "is a rate, and this index adds its measure up over regions or divides it"
    };
    let refused = !panel.measures()[measure].adds_up() && (panel.width() > 1 || index.needs_additive(params));
    refused.then(|| Violation::new("measure", format!("{name} {rule}"), name))
}
