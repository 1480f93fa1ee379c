//! A call of an index, checked against the panel it is to be computed on.

use super::gap::Sides;
use super::resample::counts_things;
use super::{Ask, Asked, Beside, Classes, Facts, Index, IndexCall, Refusal, Shape, Study, all, find};
use crate::card::{Domain, Infer, Params, Raw};
use crate::error::{Violation, Violations};
use crate::panel::{Attribute, AttributeData, Labels, Panel, Value};
use crate::suggest::nearest;

/// A call that passed its checks: nothing in it can fail any more.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    pub(super) index: &'static dyn Index,
    pub(super) params: Params,
    /// Position of the measure.
    pub(super) measure: usize,
    /// What the parameters name.
    pub(super) arguments: Vec<(&'static str, Argument<'a>)>,
    /// What is asked about its uncertainty.
    pub(super) ask: Option<Ask>,
    /// The groups of regions to compare.
    pub(super) sides: Option<Sides>,
}

/// What a parameter names.
#[derive(Debug)]
pub(super) enum Argument<'a> {
    /// Position of a measure; its sum over industries.
    Totals(usize),
    /// The values of an attribute, one a region.
    Attribute(&'a [Value]),
    /// Position of a measure, cell by cell.
    Cells(usize),
    /// Groups of the regions.
    Classes(Classes),
    /// Groups of the industries.
    IndustryClasses(Classes),
    /// Numbers of regions.
    Members(Vec<usize>),
    /// Numbers of industries.
    IndustryMembers(Vec<usize>),
    /// A dataset beside the panel and the position of a measure in it.
    Companion(&'a Panel, usize),
}

impl<'a> Bound<'a> {
    /// Checks `call`; `path` is where it stands in the request, as in `indices[2]`.
    ///
    /// # Errors
    /// Every rule the call breaks: unknown names with the nearest known one, parameters outside their domain, rates
    /// where sums are needed, industries that the data do not have.
    pub(super) fn of(panel: &'a Panel, study: &Study<'a>, call: &IndexCall, path: &str) -> Result<Self, Violations> {
        let beside = study.beside;
        let mut violations = Violations::default();
        let measure = violations.keep(path, find_measure(panel, &call.measure));
        let index = violations.keep(path, find_index(&call.index));
        let parameters = format!("{path}.parameters");
        let params = index.and_then(|i| violations.keep("", Params::parse(i.card(), &call.parameters, &parameters)));
        let Some(index) = index else { return Err(violations) };
        let mut arguments = Vec::new();
        for param in index.card().params {
            // As it was given, so that one wrong parameter does not hide another.
            let Some(given) = call.parameters.get(param.name) else { continue };
            let (field, name) = (format!("{parameters}.{}", param.name), given.to_string());
            let argument = match (param.domain, given) {
                (Domain::Regions { .. } | Domain::Industries { .. }, _) => argument(panel, beside, param.domain, &name),
                (_, Raw::Text(_)) => argument(panel, beside, param.domain, &name),
                _ => None,
            };
            let argument = argument.and_then(|argument| violations.keep(&field, argument));
            arguments.extend(argument.map(|argument| (param.name, argument)));
        }
        let sides = call.gap.as_ref().and_then(|gap| violations.keep(path, Sides::of(panel, gap)));
        let ask = study.inference.map(|asked| ask(panel, measure, index, asked));
        let ask = ask.and_then(|ask| violations.keep("", ask)).flatten();
        let Some(params) = params else { return Err(violations) };
        if let Err(refusal) = index.check(&params, &Facts::of(panel)) {
            let value = match refusal.param {
                "" => &call.index,
                param => params.text(param).unwrap_or_default(),
            };
            violations.push(at_fault(&refusal, index, value, path));
        }
        if call.gap.is_some() && index.shape(&params, panel.width()) == Shape::Listed {
            let rule = format!("{} has rows of its own, which two groups of regions do not share", index.card().id);
            violations.push(Violation::new(format!("{path}.gap"), rule, &call.index));
        }
        if let Some(refused) = measure.and_then(|m| refuse_rate(panel, m, index, &params)) {
            violations.absorb(path, refused.into());
        }
        violations.into_result(Self { index, params, measure: measure.unwrap_or_default(), arguments, ask, sides })
    }
}

impl Facts {
    /// What a panel offers.
    pub fn of(panel: &Panel) -> Self {
        Self { has_industries: panel.industries().is_some(), has_neighbours: panel.weights().is_some() }
    }
}

/// The question for one index; `None` when none is asked and the index offers no way.
fn ask(panel: &Panel, measure: Option<usize>, index: &dyn Index, asked: Asked) -> Result<Option<Ask>, Violations> {
    let card = index.card();
    let Some(infer) = asked.infer.or_else(|| card.inference.first().copied()) else { return Ok(None) };
    if !card.inference.contains(&infer) {
        let offered: Vec<_> = card.inference.iter().map(|way| way.name()).collect();
        let rule = match offered.is_empty() {
            true => format!("{} offers no inference", card.id),
            false => format!("{} offers {}", card.id, offered.join(", ")),
        };
        return Err(Violation::new("inference.method", rule, infer.name()).into());
    }
    if let (Infer::BootstrapUnits, Some(measure)) = (infer, measure)
        && !counts_things(panel.column(measure))
    {
        let name = &panel.measures()[measure].name;
        let rule =
            format!("bootstrap_units draws counted things again, and {name} is no whole number of them everywhere");
        return Err(Violation::new("inference.method", rule, infer.name()).into());
    }
    let Asked { draws, seed, level, alternative, .. } = asked;
    Ok(Some(Ask { infer, draws, seed, level, alternative }))
}

/// What a parameter of this domain names; `None` when its domain names nothing.
fn argument<'a>(
    panel: &'a Panel,
    beside: Beside<'a>,
    domain: Domain,
    name: &str,
) -> Option<Result<Argument<'a>, Violations>> {
    Some(match domain {
        Domain::Measure { .. } => find_regional(panel, name, false),
        Domain::Variable { .. } => find_regional(panel, name, panel.width() == 1),
        Domain::Cells { .. } => find_cells(panel, name),
        Domain::Groups { .. } => find_classes(panel.attributes(), "regions", name).map(Argument::Classes),
        Domain::IndustryGroups { .. } => {
            find_classes(panel.industry_attributes(), "industries", name).map(Argument::IndustryClasses)
        }
        Domain::Regions { .. } => find_members(Some(panel.regions()), "region", name).map(Argument::Members),
        Domain::Industries { .. } => find_members(panel.industries(), "industry", name).map(Argument::IndustryMembers),
        Domain::Dataset { .. } => find_companion(beside, name),
        Domain::Number { .. }
        | Domain::Integer { .. }
        | Domain::Lags { .. }
        | Domain::Choice(_)
        | Domain::Terms { .. } => return None,
    })
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
    let names = || all().map(|i| i.card()).flat_map(|card| [&card.id].into_iter().chain(card.aliases)).copied();
    find(name).ok_or_else(|| {
        let hint =
            nearest(name, names()).map_or("ListMethods tells all".to_owned(), |near| format!("did you mean {near}?"));
        Violation::new("index", format!("must be an index of the catalogue; {hint}"), name).into()
    })
}

fn find_regional<'a>(panel: &'a Panel, name: &str, takes_rates: bool) -> Result<Argument<'a>, Violations> {
    if let Some(measure) = panel.find_measure(name) {
        if panel.measures()[measure].adds_up() || takes_rates {
            return Ok(Argument::Totals(measure));
        }
        return Err(Violation::new("", "must be a measure that adds up or an attribute, not a rate", name).into());
    }
    match panel.find_attribute(name).map(|a| &a.data) {
        Some(AttributeData::Numeric(values)) => Ok(Argument::Attribute(values)),
        _ => {
            let numeric = |a: &&Attribute| matches!(a.data, AttributeData::Numeric(_));
            let attributes = panel.attributes().iter().filter(numeric).map(|a| a.name.as_str());
            let names = panel.measures().iter().map(|m| m.name.as_str()).chain(attributes);
            Err(unknown("", "a measure or numeric attribute of the dataset", name, names))
        }
    }
}

fn find_cells<'a>(panel: &Panel, name: &str) -> Result<Argument<'a>, Violations> {
    let names = || panel.measures().iter().filter(|m| m.adds_up()).map(|m| m.name.as_str());
    match panel.find_measure(name) {
        Some(measure) if panel.measures()[measure].adds_up() => Ok(Argument::Cells(measure)),
        _ => Err(unknown("", "a measure of the dataset that adds up", name, names())),
    }
}

/// The groups of a text attribute.
pub(super) fn find_classes(attributes: &[Attribute], of: &str, name: &str) -> Result<Classes, Violations> {
    match attributes.iter().find(|a| a.name == name).map(|a| &a.data) {
        Some(AttributeData::Text(entries)) => {
            let classes = Labels::new(entries.iter().flatten().cloned());
            let of = entries.iter().map(|entry| classes.find(entry.as_deref()?)).collect();
            Ok(Classes { of, names: classes.names().to_vec() })
        }
        _ => {
            let text = |a: &&Attribute| matches!(a.data, AttributeData::Text(_));
            let names = attributes.iter().filter(text).map(|a| a.name.as_str());
            Err(unknown("", &format!("a text attribute of the {of}"), name, names))
        }
    }
}

/// The numbers of names that are separated by semicolons.
fn find_members(labels: Option<&Labels>, of: &str, names: &str) -> Result<Vec<usize>, Violations> {
    let mut violations = Violations::default();
    let known = labels.map_or(&[][..], Labels::names);
    let mut members = Vec::new();
    for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
        match labels.and_then(|labels| labels.find(name)) {
            Some(number) => members.push(number),
            None => {
                let known = known.iter().map(String::as_str);
                violations.absorb("", unknown("", &format!("a name of the column {of}"), name, known));
            }
        }
    }
    members.sort_unstable();
    members.dedup();
    violations.into_result(members)
}

/// `name` or `name.measure` of a dataset that came with the request.
fn find_companion<'a>(beside: Beside<'a>, text: &str) -> Result<Argument<'a>, Violations> {
    let whole = beside.iter().find(|(name, _)| *name == text).map(|found| (found, None));
    let split = || {
        let (name, measure) = text.split_once('.')?;
        beside.iter().find(|(known, _)| *known == name).map(|found| (found, Some(measure)))
    };
    let Some(((_, panel), measure)) = whole.or_else(split) else {
        let names = beside.iter().map(|(name, _)| name.as_str());
        return Err(unknown("", "a dataset that comes with the request in beside", text, names));
    };
    let panel: &Panel = panel;
    match (measure, panel.measures()) {
        (Some(name), _) => find_measure(panel, name).map(|measure| Argument::Companion(panel, measure)),
        (None, [_]) => Ok(Argument::Companion(panel, 0)),
        (None, measures) => {
            let names: Vec<_> = measures.iter().map(|m| format!("{text}.{}", m.name)).collect();
            Err(Violation::new("", format!("must name one of its measures: {}", names.join(", ")), text).into())
        }
    }
}

/// A name that is not known: what it must be, and the nearest known name or else all of them.
fn unknown<'a>(field: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Violations {
    /// Names told when none is near.
    const TOLD: usize = 30;
    let known: Vec<_> = known.collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "there is none".to_owned(),
        None if known.len() > TOLD => format!("there are {}, … ({} in all)", known[..TOLD].join(", "), known.len()),
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
