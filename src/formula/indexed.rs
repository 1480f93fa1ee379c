//! Indices of the catalogue as functions of a formula.

use super::ast::{Argument, Call, Expr};
use super::caret::At;
use super::classes;
use super::compile::{Compiler, Grain};
use super::node::{IndexCall, Named, Node};
use super::program::Unit;
use crate::card::{Card, Domain, Params, Raw};
use crate::indices::{Classes, Facts, Index, Shape, twins};
use crate::panel::{Attribute, AttributeData, Labels, Panel};
use crate::suggest::hint;
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
    let params = params(compiler, index.card(), call);
    let measure = match call.args.first() {
        Some(Argument { name: None, value, at }) => compiler.node(value, *at, Grain::Cells),
        _ => None,
    };
    let params = params?;
    check(compiler, index, call, &params, grain)?;
    let mut arguments = Vec::new();
    for param in index.card().params {
        if let Some(name) = params.text(param.name) {
            arguments
                .extend(named(compiler, param.domain, name, place(call, param.name))?.map(|named| (param.name, named)));
        }
    }
    let neighbours = compiler.panel.weights().cloned().map(Arc::new);
    let twins = twins(compiler.panel).into();
    Some(Node::Index(Box::new(IndexCall { index, params, measure: measure?, arguments, neighbours, twins })))
}

/// What a parameter of this domain names; an inner `None` when its domain names nothing.
fn named(compiler: &mut Compiler<'_>, domain: Domain, name: &str, at: At) -> Option<Option<Named>> {
    let panel = compiler.panel;
    Some(Some(match domain {
        Domain::Measure { .. } => Named::Regional(beside(compiler, name, at, false)?),
        Domain::Variable { .. } => Named::Regional(beside(compiler, name, at, panel.width() == 1)?),
        Domain::Cells { .. } => Named::Cells(cells(compiler, name, at)?),
        Domain::Groups { .. } => Named::Classes(groups(compiler, (panel.attributes(), "regions"), name, at)?),
        Domain::IndustryGroups { .. } => {
            Named::IndustryClasses(groups(compiler, (panel.industry_attributes(), "industries"), name, at)?)
        }
        Domain::Regions { .. } => Named::Members(members(compiler, Some(panel.regions()), name, at)?),
        Domain::Industries { .. } => Named::IndustryMembers(members(compiler, panel.industries(), name, at)?),
        Domain::Dataset { .. } => {
            compiler.refuse(at, "a formula reads one dataset; another one cannot stand beside it here");
            return None;
        }
        Domain::Number { .. }
        | Domain::Integer { .. }
        | Domain::Lags { .. }
        | Domain::Choice(_)
        | Domain::Terms { .. } => return Some(None),
    }))
}

/// Where a call gives a parameter; the call itself when it does not.
fn place(call: &Call, param: &str) -> At {
    call.args.iter().find(|arg| arg.name.as_deref() == Some(param)).map_or(call.at, |arg| arg.at)
}

/// Refuses what the data, the rows or the measure do not allow.
fn check(compiler: &mut Compiler<'_>, index: &dyn Index, call: &Call, params: &Params, grain: Grain) -> Option<()> {
    let panel = compiler.panel;
    if index.shape(params, panel.width()) == Shape::Listed {
        let rule = format!("{} has rows of its own, not a value a region; formulas cannot use it", call.name);
        compiler.refuse(call.at, &rule);
        return None;
    }
    if let Err(refusal) = index.check(params, &Facts::of(panel)) {
        compiler.refuse(place(call, refusal.param), &format!("{}: {}", call.name, refusal.rule));
        return None;
    }
    let by_industry = matches!(index.shape(params, panel.width()), Shape::Cell | Shape::Grid | Shape::Industry);
    if by_industry && panel.width() > 1 && compiler.unit == Unit::Region && grain == Grain::Rows {
        let rule = format!("{} has one value an industry, and rows are regions here", call.name);
        compiler.refuse(call.at, &rule);
        return None;
    }
    if let Expr::Name(name, at) = &call.args[0].value
        && panel.find_measure(name).is_some_and(|measure| !panel.measures()[measure].adds_up())
        && (panel.width() > 1 || index.needs_additive(params))
    {
        let rule = format!("{name} is a rate, and {} adds its measure up or divides it", call.name);
        compiler.refuse(*at, &rule);
        return None;
    }
    Some(())
}

/// The parameters of a call, checked by the card.
fn params(compiler: &mut Compiler<'_>, card: &'static Card, call: &Call) -> Option<Params> {
    let Some(given) = given(call) else {
        let params: String = card.params.iter().map(|p| format!(", {}=…", p.name)).collect();
        let rule = format!("{0} is written {0}(measure{params}), each parameter a number or a word", call.name);
        compiler.refuse(call.at, &rule);
        return None;
    };
    let violations = match Params::parse(card, &given, "") {
        Ok(params) => return Some(params),
        Err(violations) => violations,
    };
    for violation in violations.told() {
        let name = violation.field.trim_start_matches('.');
        compiler.refuse(place(call, name), &violation.rule);
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
fn beside(compiler: &mut Compiler<'_>, name: &str, at: At, takes_rates: bool) -> Option<Node> {
    if let Some(measure) = compiler.panel.find_measure(name) {
        if takes_rates || compiler.panel.measures()[measure].adds_up() {
            return Some(Node::Present(measure));
        }
        compiler.refuse(at, &format!("{name} is a rate; here stands a measure that adds up, or an attribute"));
        return None;
    }
    if let Some(AttributeData::Numeric(values)) = compiler.panel.find_attribute(name).map(|a| &a.data) {
        return Some(Node::Fixed(Shape::Region, Arc::from(values.as_slice())));
    }
    let hint = hint(name, compiler.column_names());
    compiler.refuse(at, &format!("there is no measure or numeric attribute called {name}{hint}"));
    None
}

/// A measure that adds up, cell by cell.
fn cells(compiler: &mut Compiler<'_>, name: &str, at: At) -> Option<Node> {
    let found = compiler.panel.find_measure(name);
    match found.filter(|measure| compiler.panel.measures()[*measure].adds_up()) {
        Some(measure) => Some(Node::Cells(measure)),
        None => {
            let hint = hint(name, compiler.panel.measures().iter().map(|m| m.name.as_str()));
            compiler.refuse(at, &format!("there is no measure that adds up called {name}{hint}"));
            None
        }
    }
}

/// The groups of the regions or industries by a text attribute.
fn groups(
    compiler: &mut Compiler<'_>,
    (attributes, of): (&[Attribute], &str),
    name: &str,
    at: At,
) -> Option<Arc<Classes>> {
    let text = |data: &AttributeData| match data {
        AttributeData::Text(entries) => {
            let (names, of) = classes::number(entries);
            Some(Classes { of, names })
        }
        AttributeData::Numeric(_) => None,
    };
    if let Some(classes) = attributes.iter().find(|a| a.name == name).and_then(|a| text(&a.data)) {
        return Some(Arc::new(classes));
    }
    let known = attributes.iter().filter(|a| matches!(a.data, AttributeData::Text(_))).map(|a| a.name.as_str());
    let rule = format!("there is no text attribute of the {of} called {name}{}", hint(name, known));
    compiler.refuse(at, &rule);
    None
}

/// The numbers of names that are separated by semicolons.
fn members(compiler: &mut Compiler<'_>, labels: Option<&Labels>, names: &str, at: At) -> Option<Arc<[usize]>> {
    let names = || names.split(';').map(str::trim).filter(|name| !name.is_empty());
    let found: Option<Vec<usize>> = names().map(|name| labels.and_then(|labels| labels.find(name))).collect();
    if found.is_none() {
        compiler.refuse(at, &format!("{} are not all names of the data", names().collect::<Vec<_>>().join(", ")));
    }
    found.map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::super::column::{Column, Size};
    use super::super::node::Context;
    use super::super::{Cache, Formula, History, parse};
    use super::*;
    use crate::card::{Kind, Param};
    use crate::indices::{Input, Output, Refusal};
    use crate::panel::{Absent, KeyNames, Measure, MeasureKind, PanelBuilder, Period, RowKey, Value, sum_present};

    /// An index that answers with what it was given.
    #[derive(Debug)]
    struct Probe;

    static CARD: Card = Card {
        id: "probe",
        aliases: &[],
        title: "",
        kind: Kind::Index,
        formula: "",
        reference: "",
        params: &[
            Param { name: "of", doc: "", domain: Domain::Choice(&["cell", "region", "industry", "nation"]) },
            Param { name: "span", doc: "", domain: Domain::Integer { min: 1, max: 9, default: 1 } },
            Param { name: "per", doc: "", domain: Domain::Measure { required: false } },
            Param { name: "by", doc: "", domain: Domain::Groups { required: false } },
        ],
        inference: &[],
        laws: &[],
    };

    impl Index for Probe {
        fn card(&self) -> &'static Card {
            &CARD
        }

        fn shape(&self, params: &Params, _: usize) -> Shape {
            match params.text("of") {
                Some("region") => Shape::Region,
                Some("industry") => Shape::Industry,
                Some("nation") => Shape::Nation,
                _ => Shape::Cell,
            }
        }

        fn check(&self, params: &Params, _: &Facts) -> Result<(), Refusal> {
            let refused = params.chooses("of", "nation") && params.text("by").is_none();
            if refused { Err(Refusal { param: "of", rule: "nations are refused" }) } else { Ok(()) }
        }

        fn conventions(&self, _: &Params) -> Vec<String> {
            Vec::new()
        }

        fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
            let shape = self.shape(params, input.measure.width());
            let groups = || input.classes("by").map_or(0, |classes| classes.of.iter().flatten().count());
            let values = match shape {
                Shape::Cell => {
                    input.earlier(params.number("span") as usize).unwrap_or(&input.measure).values().to_vec()
                }
                Shape::Grid | Shape::Listed => unreachable!("the probe has no such shape"),
                Shape::Region => input.regional("per").map_or_else(|| input.measure.region_totals(), <[Value]>::to_vec),
                Shape::Industry => input.measure.industry_totals(),
                Shape::Nation => vec![sum_present(input.measure.values()).map(|x| x + groups() as f64)],
            };
            Output { shape, keys: Vec::new(), parts: vec![("value", values)] }
        }
    }

    /// Regions a, b and industries f, m in 2000 and 2001, valued 1 to 8 in that order.
    fn panel() -> Panel {
        let keys = KeyNames { region: "region".into(), period: "year".into(), industry: Some("industry".into()) };
        let measure = |name: &str, kind| Measure { name: name.into(), unit: String::new(), kind };
        let mut builder =
            PanelBuilder::new(keys, vec![measure("x", MeasureKind::Flow), measure("r", MeasureKind::Rate)]);
        for row in 0..8 {
            let (period, region) = (["2000", "2001"][row / 4], ["a", "b"][row / 2 % 2]);
            let key = RowKey { row, region, period, industry: Some(["f", "m"][row % 2]) };
            builder.push(key, &[Ok(1.0 + row as f64), Ok(0.5)]);
        }
        builder.text_attribute("side", [("a".to_owned(), "East".to_owned())].into());
        builder.numeric_attribute("area", "km2", [("b".to_owned(), Ok(9.0))].into());
        builder.finish().unwrap()
    }

    fn compiled(unit: Unit, text: &str) -> Result<Node, String> {
        let panel = panel();
        let formula: Formula = parse(&format!("x ~ {text}")).unwrap().remove(0);
        let Expr::Call(call) = &formula.terms[0].0[0] else { panic!("{text} is no call") };
        let mut compiler = Compiler::new(&panel, &formula.source, unit);
        let node = node(&mut compiler, &Probe, call, Grain::Rows);
        node.ok_or_else(|| compiler.violations.to_string())
    }

    fn run(unit: Unit, text: &str, year: &str) -> Vec<Value> {
        let (panel, node) = (panel(), compiled(unit, text).unwrap());
        let context = Context { source: &History::new(&panel), size: Size { regions: 2, width: 2 } };
        let column = node.run(context, Period::parse(year).unwrap(), &mut Cache::default());
        match column {
            Column::One(value) => vec![value],
            Column::Many(_, values) => values.into_owned(),
        }
    }

    #[test]
    fn an_index_gets_what_its_parameters_name() {
        let (cell, region) = (Unit::Cell, Unit::Region);
        let missing = Err(Absent::Missing);
        assert_eq!(run(cell, "probe(x)", "2000"), [Ok(1.0), Ok(2.0), Ok(3.0), Ok(4.0)]);
        assert_eq!(run(cell, "probe(x)", "2001"), [Ok(1.0), Ok(2.0), Ok(3.0), Ok(4.0)]);
        assert_eq!(run(cell, "probe(x, span=2)", "2001"), [Ok(5.0), Ok(6.0), Ok(7.0), Ok(8.0)]);
        assert_eq!(run(cell, "probe(x)", "2002"), [Err(Absent::NoPeriod)]);
        assert_eq!(run(region, "probe(x, of=region)", "2001"), [Ok(11.0), Ok(15.0)]);
        assert_eq!(run(region, "probe(2*r, of=region)", "2001"), [Ok(2.0), Ok(2.0)]);
        assert_eq!(run(region, "probe(l(x), of=region)", "2001"), [Ok(3.0), Ok(7.0)]);
        assert_eq!(run(region, "probe(l(x), of=region)", "2000"), [Err(Absent::NoPeriod)]);
        assert_eq!(run(region, "probe(x, of=region, per=area)", "2001"), [missing, Ok(9.0)]);
        assert_eq!(run(region, "probe(x, of=region, per=x)", "2001"), [Ok(11.0), Ok(15.0)]);
        assert_eq!(run(cell, "probe(x, of=industry)", "2000"), [Ok(4.0), Ok(6.0)]);
        assert_eq!(run(region, "probe(x, of=nation, by=side)", "2000"), [Ok(11.0)]);
    }

    #[test]
    fn wrong_parameters_are_pointed_at() {
        for (unit, text, rule, column) in [
            (Unit::Region, "probe(x)", "probe has one value an industry, and rows are regions here", 5),
            (Unit::Cell, "probe(r)", "r is a rate, and probe adds its measure up or divides it", 11),
            (Unit::Cell, "probe(x, per=r)", "r is a rate; here stands a measure that adds up, or an attribute", 18),
            (Unit::Cell, "probe(x, of=nation)", "probe: nations are refused", 17),
            (Unit::Cell, "probe(x, spam=1)", "probe knows only: of, span, per, by", 19),
            (Unit::Cell, "probe(x, span=0)", "span of probe must be a whole number in [1, 9]", 19),
            (Unit::Cell, "probe(x, of=town)", "of of probe must be one of cell, region, industry, nation", 17),
            (
                Unit::Cell,
                "probe(x, per=aria)",
                "there is no measure or numeric attribute called aria; did you mean area?",
                18,
            ),
            (
                Unit::Cell,
                "probe(x, by=sid)",
                "there is no text attribute of the regions called sid; did you mean side?",
                17,
            ),
            (
                Unit::Cell,
                "probe(x, by=area)",
                "there is no text attribute of the regions called area; known are side",
                17,
            ),
            (
                Unit::Cell,
                "probe(x, 2)",
                "probe is written probe(measure, of=…, span=…, per=…, by=…), each parameter a number or a word",
                5,
            ),
        ] {
            let told = compiled(unit, text).unwrap_err();
            assert!(told.contains(&format!("{rule} (column {column})")), "{text}: {told}");
        }
    }
}
