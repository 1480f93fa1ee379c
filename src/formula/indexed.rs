//! Indices of the catalogue as functions of a formula.

use super::ast::{Argument, Call, Expr};
use super::caret::At;
use super::classes;
use super::compile::{Compiler, Grain};
use super::hint;
use super::node::{IndexCall, Node};
use super::program::Unit;
use crate::card::{Card, Domain, Params, Raw};
use crate::indices::{Index, Shape};
use crate::panel::{AttributeData, Panel};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The shape of a call's result, when the call is of an index and its parameters are in order.
pub(super) fn shape(panel: &Panel, call: &Call) -> Option<Shape> {
    let index = crate::indices::find(&call.name)?;
    let params = Params::parse(index.card(), &given(call)?, "").ok()?;
    Some(index.shape(&params, panel.width()))
}

/// `index(measure, parameter=value, …)` as a node.
pub(super) fn node(compiler: &mut Compiler<'_>, index: &'static dyn Index, call: &Call, grain: Grain) -> Option<Node> {
    let card = index.card();
    let params = params(compiler, card, call);
    let measure = match call.args.first() {
        Some(Argument { name: None, value, at }) => compiler.node(value, *at, Grain::Cells),
        _ => None,
    };
    if index.needs_industries() && compiler.panel.industries().is_none() {
        compiler.refuse(call.at, &format!("{} needs data with industries", call.name), &call.name);
        return None;
    }
    let params = params?;
    let by_industry = matches!(index.shape(&params, compiler.panel.width()), Shape::Cell | Shape::Industry);
    if by_industry && compiler.panel.width() > 1 && compiler.unit == Unit::Region && grain == Grain::Rows {
        let rule = format!("{} has one value an industry, and rows are regions here", call.name);
        compiler.refuse(call.at, &rule, &call.name);
        return None;
    }
    let mut made = IndexCall { index, params, measure: measure?, span: None, beside: None, groups: None };
    for param in card.params {
        let at = call.args.iter().find(|arg| arg.name.as_deref() == Some(param.name)).map_or(call.at, |arg| arg.at);
        let word = made.params.text(param.name).map(str::to_owned);
        match (param.domain, word) {
            (Domain::Integer { .. }, _) if param.name == "span" => made.span = Some(made.params.number("span") as i32),
            (Domain::Measure { .. }, Some(word)) => made.beside = Some(beside(compiler, &word, at)?),
            (Domain::Groups { .. }, Some(word)) => made.groups = Some(groups(compiler, &word, at)?),
            _ => {}
        }
    }
    Some(Node::Index(Box::new(made)))
}

/// The parameters of a call, checked by the card.
fn params(compiler: &mut Compiler<'_>, card: &'static Card, call: &Call) -> Option<Params> {
    let Some(given) = given(call) else {
        let params: String = card.params.iter().map(|p| format!(", {}=…", p.name)).collect();
        let rule = format!("{0} is written {0}(measure{params}), each parameter a number or a word", call.name);
        compiler.refuse(call.at, &rule, &call.to_string());
        return None;
    };
    let violations = match Params::parse(card, &given, "") {
        Ok(params) => return Some(params),
        Err(violations) => violations,
    };
    for violation in violations.told() {
        let name = violation.field.trim_start_matches('.');
        let at = call.args.iter().find(|arg| arg.name.as_deref() == Some(name)).map_or(call.at, |arg| arg.at);
        compiler.refuse(at, &violation.rule, &violation.value);
    }
    None
}

/// The named arguments as they were written; `None` when the call is not `name(measure, parameter=value, …)`.
fn given(call: &Call) -> Option<BTreeMap<String, Raw>> {
    let (first, rest) = call.args.split_first()?;
    if first.name.is_some() {
        return None;
    }
    let mut given = BTreeMap::new();
    for arg in rest {
        let raw = match &arg.value {
            Expr::Number(x) => Raw::Number(*x),
            Expr::Negate(inner) => match **inner {
                Expr::Number(x) => Raw::Number(-x),
                _ => return None,
            },
            Expr::Text(word) | Expr::Name(word, _) => Raw::Text(word.clone()),
            _ => return None,
        };
        if given.insert(arg.name.clone()?, raw).is_some() {
            return None;
        }
    }
    Some(given)
}

/// One value a region of a measure or a numeric attribute.
fn beside(compiler: &mut Compiler<'_>, name: &str, at: At) -> Option<Node> {
    if let Some(measure) = compiler.panel.find_measure(name) {
        return compiler.totals(measure, at);
    }
    if let Some(AttributeData::Numeric(values)) = compiler.panel.find_attribute(name).map(|a| &a.data) {
        return Some(Node::Fixed(Shape::Region, Arc::from(values.as_slice())));
    }
    let hint = hint(name, compiler.column_names());
    compiler.refuse(at, &format!("there is no measure or numeric attribute called {name}{hint}"), name);
    None
}

/// The class of each region by a text attribute.
fn groups(compiler: &mut Compiler<'_>, name: &str, at: At) -> Option<Arc<[Option<usize>]>> {
    let text = |data: &AttributeData| match data {
        AttributeData::Text(entries) => Some(classes::number(entries).1),
        AttributeData::Numeric(_) => None,
    };
    let attributes = compiler.panel.attributes();
    if let Some(codes) = attributes.iter().find(|a| a.name == name).and_then(|a| text(&a.data)) {
        return Some(Arc::from(codes));
    }
    let known = attributes.iter().filter(|a| text(&a.data).is_some()).map(|a| a.name.as_str());
    let rule = format!("there is no text attribute called {name}{}", hint(name, known));
    compiler.refuse(at, &rule, name);
    None
}
