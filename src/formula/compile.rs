//! Names to numbers: a syntax tree and a panel become a program.

use super::ast::{Argument, Call, Effect, Expr, Formula, Op, Term};
use super::basis::Basis;
use super::caret::{At, Text};
use super::classes::{self, Classes, Key};
use super::column::Size;
use super::factor;
use super::functions::{Function, known_functions};
use super::node::{Change, Node, Pair, Unary};
use super::program::{EffectTerm, Options, Program, Unit};
use super::stock::Stock;
use super::{indexed, parse_expression};
use crate::error::{Violation, Violations};
use crate::indices::Shape;
use crate::panel::{AttributeData, Panel};
use crate::suggest::hint;
use std::sync::Arc;

/// Regressors that one formula may have after its factors are spread out.
const MOST_REGRESSORS: usize = 1_000;
/// Evaluations of sub-expressions that one cross-section may need.
const MOST_WORK: u64 = 1_000_000;

/// The program of a formula over a panel.
pub(super) fn program(formula: &Formula, panel: &Panel, options: Options<'_>) -> Result<Program, Violations> {
    let unit = unit(formula, panel, options.unit)?;
    let mut compiler = Compiler::new(panel, &formula.source, unit);
    compiler.basis = options.basis.cloned().unwrap_or_default();
    let outcome = if options.predicts { None } else { compiler.value(&formula.outcome) };
    let (mut names, mut regressors) = regressors(&mut compiler, formula);
    let (endogenous, instruments) = instruments(&mut compiler, formula, options.predicts);
    let (instrument_names, instruments): (Vec<_>, Vec<_>) = instruments.into_iter().unzip();
    let exogenous = names.len();
    if let (Some((name, _)), Some(roles)) =
        (endogenous.iter().find(|(name, _)| names.contains(name)), &formula.instruments)
    {
        compiler.refuse(roles.at, &format!("{name} stands among the exogenous terms too; it is one or the other"));
    }
    for (name, node) in endogenous {
        names.push(name);
        regressors.push(node);
    }
    let (effects, slopes) = effects(&mut compiler, formula);
    compiler.refuse_what_no_estimator_takes(formula);
    let (slots, basis, mut violations) = (compiler.slots, compiler.basis, compiler.violations);
    let weights = options.weights.map(|text| weights(panel, unit, slots, text));
    let weights = weights.and_then(|result| violations.keep("", result));
    violations.into_result(())?;
    let nodes = outcome.iter().chain(&regressors).chain(&instruments).chain(&slopes).chain(&weights);
    refuse_much_work(nodes, panel)?;
    let no_link = format!(
        "a forecast needs an outcome it can turn back into levels: m, ln(m), growth(m), dln(m) or d(m), where m is \
         a measure or a ratio of two; the outcome is {}",
        formula.outcome
    );
    Ok(Program {
        formula: formula.to_string(),
        outcome_text: formula.outcome.to_string(),
        unit,
        size: Size { regions: panel.regions().len(), width: panel.width() },
        outcome,
        endogenous: names.len() - exogenous,
        names,
        regressors,
        instrument_names,
        instruments,
        slopes,
        effects,
        weights,
        no_link: Violation::new("formula", no_link, &formula.outcome),
        basis,
    })
}

fn refuse_much_work<'a>(nodes: impl Iterator<Item = &'a Node>, panel: &Panel) -> Result<(), Violation> {
    let work = nodes.fold(0_u64, |sum, node| sum.saturating_add(node.work(panel.periods().len() as u64)));
    if work <= MOST_WORK {
        return Ok(());
    }
    let rule = format!("one period would need {work} evaluations of parts of the formula, the limit is {MOST_WORK}");
    Err(Violation::new("formula", rule, ""))
}

/// What a row is: as asked for, or as the formula speaks.
fn unit(formula: &Formula, panel: &Panel, wanted: Option<Unit>) -> Result<Unit, Violations> {
    if panel.industries().is_none() {
        return match wanted {
            Some(Unit::Cell) => Err(Violation::new("unit", "the data have no industries", "cell").into()),
            _ => Ok(Unit::Region),
        };
    }
    let keys = formula.effects.iter().flat_map(|effect| &effect.keys);
    let slopes = formula.effects.iter().filter_map(|effect| effect.slope.as_ref());
    let roles = formula.instruments.iter().flat_map(|roles| roles.endogenous.iter().chain(&roles.excluded));
    let expressions =
        formula.terms.iter().chain(roles).flat_map(|term| &term.0).chain([&formula.outcome]).chain(slopes);
    let by_industry = keys.into_iter().any(|(key, _)| Key::find(panel, key) == Some(Key::Industry))
        || expressions.into_iter().any(|expr| speaks_of_industries(panel, expr));
    Ok(wanted.unwrap_or(if by_industry { Unit::Cell } else { Unit::Region }))
}

fn speaks_of_industries(panel: &Panel, expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) | Expr::Text(_) | Expr::Range(..) => false,
        Expr::Name(name, _) => Key::find(panel, name) == Some(Key::Industry),
        Expr::Negate(inner) => speaks_of_industries(panel, inner),
        Expr::Binary(_, left, right) => speaks_of_industries(panel, left) || speaks_of_industries(panel, right),
        Expr::Call(call) if Function::find(&call.name).is_none() && call.name != "i" => {
            matches!(indexed::shape(panel, call), Some(Shape::Cell | Shape::Grid | Shape::Industry))
        }
        Expr::Call(call) => call.args.iter().any(|arg| speaks_of_industries(panel, &arg.value)),
    }
}

fn regressors(compiler: &mut Compiler<'_>, formula: &Formula) -> (Vec<String>, Vec<Node>) {
    let mut names = Vec::new();
    let mut nodes = Vec::new();
    let absorbed = formula.effects.iter().any(|effect| effect.intercept);
    if formula.intercept && !absorbed {
        names.push("(Intercept)".to_owned());
        nodes.push(Node::Constant(1.0));
    }
    let constant = formula.intercept || absorbed;
    for term in &formula.terms {
        let Some(columns) = compiler.term(term, constant) else { continue };
        if names.len() + columns.len() > MOST_REGRESSORS {
            let rule = format!(
                "a formula may have at most {MOST_REGRESSORS} regressors; use a fixed effect for a factor of many levels"
            );
            compiler.refuse(place(&term.0[0]).unwrap_or_default(), &rule);
            break;
        }
        for (name, node) in columns {
            names.push(name);
            nodes.push(node);
        }
    }
    (names, nodes)
}

/// Names and columns of terms.
type Columns = Vec<(String, Node)>;

/// The endogenous regressors and their instruments, which predictions do without.
fn instruments(compiler: &mut Compiler<'_>, formula: &Formula, predicts: bool) -> (Columns, Columns) {
    let Some(instruments) = &formula.instruments else { return (Vec::new(), Vec::new()) };
    let mut columns = |terms: &[Term]| terms.iter().filter_map(|term| compiler.term(term, true)).flatten().collect();
    let endogenous: Columns = columns(&instruments.endogenous);
    let excluded: Columns = if predicts { Vec::new() } else { columns(&instruments.excluded) };
    if !predicts && excluded.len() < endogenous.len() {
        let rule = format!(
            "as many instruments as endogenous terms are needed: {} endogenous, {} instruments",
            endogenous.len(),
            excluded.len()
        );
        compiler.refuse(instruments.at, &rule);
    }
    (endogenous, excluded)
}

fn effects(compiler: &mut Compiler<'_>, formula: &Formula) -> (Vec<EffectTerm>, Vec<Node>) {
    let (mut terms, mut slopes) = (Vec::new(), Vec::new());
    for effect in &formula.effects {
        let slope = effect.slope.as_ref().map(|slope| compiler.value(slope));
        let Some(classes) = compiler.classes(effect) else { continue };
        let slope = slope.flatten().map(|node| {
            slopes.push(node);
            slopes.len() - 1
        });
        terms.push(EffectTerm { name: effect.to_string(), classes, slope, intercept: effect.intercept });
    }
    (terms, slopes)
}

fn weights(panel: &Panel, unit: Unit, slots: usize, text: &str) -> Result<Node, Violations> {
    let (source, expression) = parse_expression(text, "weights")?;
    let mut compiler = Compiler { slots, ..Compiler::new(panel, &source, unit) };
    let node = compiler.value(&expression);
    compiler.violations.into_result(())?;
    Ok(node.unwrap_or(Node::Constant(1.0)))
}

/// The first place in an expression that is known.
pub(super) fn place(expr: &Expr) -> Option<At> {
    match expr {
        Expr::Name(_, at) => Some(*at),
        Expr::Call(call) => Some(call.at),
        Expr::Negate(inner) => place(inner),
        Expr::Binary(_, left, right) => place(left).or_else(|| place(right)),
        Expr::Number(_) | Expr::Text(_) | Expr::Range(..) => None,
    }
}

/// Compiles the expressions of one text; what is wrong is collected, and has no node.
pub(super) struct Compiler<'p> {
    pub(super) panel: &'p Panel,
    source: &'p Text,
    pub(super) unit: Unit,
    pub(super) violations: Violations,
    /// Stocks so far, each with a place of its own in the cache.
    slots: usize,
    pub(super) basis: Basis,
}

/// Whether measures stand by cell or as the rows of the program want them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// By cell: within an index.
    Cells,
    /// By row.
    Rows,
}

impl<'p> Compiler<'p> {
    pub(super) fn new(panel: &'p Panel, source: &'p Text, unit: Unit) -> Self {
        Self { panel, source, unit, violations: Violations::default(), slots: 0, basis: Basis::default() }
    }

    pub(super) fn refuse(&mut self, at: At, rule: &str) {
        self.violations.push(self.source.refuse(at, rule));
    }

    fn refuse_what_no_estimator_takes(&mut self, formula: &Formula) {
        let nothing = formula.terms.is_empty() && formula.effects.is_empty() && formula.instruments.is_none();
        if !formula.intercept && nothing {
            self.refuse(At(0), "there is nothing to estimate: no regressor, no intercept, no fixed effect");
        }
    }

    /// The classes of a fixed effect, once each of its keys is known to have some.
    fn classes(&mut self, effect: &Effect) -> Option<Classes> {
        let told = self.violations.count();
        for (key, at) in &effect.keys {
            match classes::combined(self.panel, key.clone(), &[key]) {
                Ok(found) if found.by_industry() && self.unit == Unit::Region => {
                    self.refuse(*at, "rows are regions here, so there is no effect of industries");
                }
                Ok(_) => {}
                Err(violation) => self.refuse(*at, &violation.rule),
            }
        }
        if self.violations.count() > told {
            return None;
        }
        let keys: Vec<&str> = effect.keys.iter().map(|(key, _)| key.as_str()).collect();
        match classes::combined(self.panel, effect.to_string(), &keys) {
            Ok(classes) => Some(classes),
            Err(violation) => {
                self.refuse(effect.keys[0].1, &violation.rule);
                None
            }
        }
    }

    /// Names and columns of one term.
    fn term(&mut self, term: &Term, constant: bool) -> Option<Vec<(String, Node)>> {
        let lone = term.0.len() == 1;
        let factors: Vec<_> = term.0.iter().map(|expr| self.factor(expr, constant && lone)).collect();
        let mut factors = factors.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
        let mut columns = factors.next()?;
        for factor in factors {
            if columns.len().saturating_mul(factor.len()) > MOST_REGRESSORS {
                let rule = format!("the term has more than {MOST_REGRESSORS} combinations of levels");
                self.refuse(place(&term.0[0]).unwrap_or_default(), &rule);
                return None;
            }
            columns = columns.iter().flat_map(|a| factor.iter().map(move |b| product(a, b))).collect();
        }
        Some(columns)
    }

    /// One factor of a term: a column, or one a level for `i()`.
    fn factor(&mut self, expr: &Expr, drop_first: bool) -> Option<Vec<(String, Node)>> {
        match expr {
            Expr::Call(call) if call.name == "i" => factor::columns(self, call, drop_first),
            _ => Some(vec![(Term(vec![expr.clone()]).to_string(), self.value(expr)?)]),
        }
    }

    /// An expression at the grain of the rows.
    pub(super) fn value(&mut self, expr: &Expr) -> Option<Node> {
        self.node(expr, At::default(), Grain::Rows)
    }

    /// An expression; `at` is where it stands if nothing in it knows.
    pub(super) fn node(&mut self, expr: &Expr, at: At, grain: Grain) -> Option<Node> {
        match expr {
            Expr::Number(x) => Some(Node::Constant(*x)),
            Expr::Name(name, at) => self.name(name, *at, grain),
            Expr::Negate(inner) => Some(Node::Unary(Unary::Negate, Box::new(self.node(inner, at, grain)?))),
            Expr::Binary(op, left, right) => {
                let (left, right) = (self.node(left, at, grain), self.node(right, at, grain));
                Some(Node::Pair(pair(*op), Box::new([left?, right?])))
            }
            Expr::Call(call) => self.call(call, grain),
            Expr::Text(_) => {
                self.refuse(at, "a word in quotes is no number; names of columns are written without quotes");
                None
            }
            Expr::Range(..) => unreachable!("the parser expands or refuses ranges"),
        }
    }

    fn name(&mut self, name: &str, at: At, grain: Grain) -> Option<Node> {
        match Key::find(self.panel, name) {
            Some(Key::Period) => return Some(Node::Time),
            Some(_) => {
                self.refuse(at, &format!("{name} is a key: write i({name}), or {name} as a fixed effect after |"));
                return None;
            }
            None => {}
        }
        if let Some(measure) = self.panel.find_measure(name) {
            return self.measure(measure, at, grain);
        }
        match self.panel.find_attribute(name).map(|attribute| &attribute.data) {
            Some(AttributeData::Numeric(values)) => Some(Node::Fixed(Shape::Region, Arc::from(values.as_slice()))),
            Some(AttributeData::Text(_)) => {
                self.refuse(at, &format!("{name} is text: write i({name}), or {name} as a fixed effect after |"));
                None
            }
            None if name == "trend" => Some(Node::Time),
            None => {
                let rule = format!("there is no measure or numeric attribute called {name}");
                let hint = hint(name, self.column_names());
                self.refuse(at, &(rule + &hint));
                None
            }
        }
    }

    /// The measures and numeric attributes.
    pub(super) fn column_names(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        let numeric = self.panel.attributes().iter().filter(|a| matches!(a.data, AttributeData::Numeric(_)));
        self.panel.measures().iter().map(|m| m.name.as_str()).chain(numeric.map(|a| a.name.as_str()))
    }

    fn measure(&mut self, measure: usize, at: At, grain: Grain) -> Option<Node> {
        if grain == Grain::Cells || self.unit == Unit::Cell {
            return Some(Node::Cells(measure));
        }
        self.totals(measure, at)
    }

    /// A measure by region.
    fn totals(&mut self, measure: usize, at: At) -> Option<Node> {
        let found = &self.panel.measures()[measure];
        if found.adds_up() || self.panel.width() == 1 {
            return Some(Node::Totals(measure));
        }
        let rule = format!(
            "{0} is a rate, so it cannot be summed over industries to one value a region; name {1} among the fixed \
             effects to keep industries apart",
            found.name,
            self.panel.key_names().industry.as_deref().unwrap_or("industry"),
        );
        self.refuse(at, &rule);
        None
    }

    fn call(&mut self, call: &Call, grain: Grain) -> Option<Node> {
        if let Some(function) = Function::find(&call.name) {
            return self.function(function, call, grain);
        }
        if let Some(index) = crate::indices::find(&call.name) {
            return indexed::node(self, index, call, grain);
        }
        let rule = match call.name.as_str() {
            "i" => "i() makes several regressors, so it stands alone as a term or in a product of terms".to_owned(),
            "sw" | "sw0" | "csw" | "csw0" => {
                format!("{}() makes several formulas, so it stands alone between plus signs", call.name)
            }
            name => format!("there is no function or index called {name}{}", hint(name, known_functions())),
        };
        self.refuse(call.at, &rule);
        None
    }

    fn function(&mut self, function: &'static Function, call: &Call, grain: Grain) -> Option<Node> {
        let (least, most) = function.operands;
        if !(least..=most).contains(&call.args.len()) || call.args.iter().any(|arg| arg.name.is_some()) {
            self.refuse(call.at, &format!("{} is written {}", call.name, function.usage));
            return None;
        }
        let first = self.node(&call.args[0].value, call.args[0].at, grain);
        let one = |kind| first.clone().map(|x| Node::Unary(kind, Box::new(x)));
        match function.name {
            "ln" | "log" => one(Unary::Ln),
            "exp" => one(Unary::Exp),
            "sqrt" => one(Unary::Sqrt),
            "abs" => one(Unary::Abs),
            "I" => first,
            "pow" => self.fold(Pair::Power, first, call, grain),
            "min" => self.fold(Pair::Min, first, call, grain),
            "max" => self.fold(Pair::Max, first, call, grain),
            "w" => self.spatial_lag(first, call),
            "stock" => self.stock(first, call, grain),
            _ => self.over_time(function, first, call),
        }
    }

    fn fold(&mut self, kind: Pair, first: Option<Node>, call: &Call, grain: Grain) -> Option<Node> {
        let rest: Vec<_> = call.args[1..].iter().map(|arg| self.node(&arg.value, arg.at, grain)).collect();
        rest.into_iter().try_fold(first?, |left, right| Some(Node::Pair(kind, Box::new([left, right?]))))
    }

    /// The functions that reach over periods.
    fn over_time(&mut self, function: &Function, first: Option<Node>, call: &Call) -> Option<Node> {
        let least = if matches!(function.name, "l" | "f") { -function.farthest } else { 1 };
        let steps = self.whole(call.args.get(1), function, least);
        let (x, k) = (Box::new(first?), steps?);
        Some(match function.name {
            "l" => Node::Shift(-k, x),
            "f" => Node::Shift(k, x),
            "d" => Node::Change(Change::Difference, k, x),
            "dln" => Node::Change(Change::LogDifference, k, x),
            "growth" => Node::Change(Change::Growth, k, x),
            _ => Node::MovingAverage(k, x),
        })
    }

    /// The number of periods in the second argument, 1 when left out.
    fn whole(&mut self, arg: Option<&Argument>, function: &Function, least: i32) -> Option<i32> {
        let Some(arg) = arg else { return Some(1) };
        let found = super::expand::whole(&arg.value).filter(|k| (least..=function.farthest).contains(k));
        if found.is_none() {
            let rule = format!(
                "the periods in {} are a whole number in [{least}, {}], not {}",
                function.usage, function.farthest, arg.value
            );
            self.refuse(arg.at, &rule);
        }
        found
    }

    fn stock(&mut self, first: Option<Node>, call: &Call, grain: Grain) -> Option<Node> {
        let arg = &call.args[1];
        let depreciation = match arg.value {
            Expr::Number(x) if x > 0.0 && x <= 1.0 => x,
            _ => {
                let value = &arg.value;
                let rule =
                    format!("the depreciation in stock(x, depreciation) is a number in (0, 1], a period, not {value}");
                self.refuse(arg.at, &rule);
                return None;
            }
        };
        let cells = (grain == Grain::Cells || self.unit == Unit::Cell) && self.panel.width() > 1;
        let shape = if cells { Shape::Cell } else { Shape::Region };
        self.slots += 1;
        Some(Node::Stock(Box::new(Stock { slot: self.slots - 1, depreciation, investment: first?, shape })))
    }

    fn spatial_lag(&mut self, first: Option<Node>, call: &Call) -> Option<Node> {
        let Some(weights) = self.panel.weights() else {
            self.refuse(call.at, "w() needs to know which regions are neighbours, and the data do not say");
            return None;
        };
        Some(Node::SpatialLag(Arc::new(weights.clone()), Box::new(first?)))
    }
}

const fn pair(op: Op) -> Pair {
    match op {
        Op::Add => Pair::Add,
        Op::Subtract => Pair::Subtract,
        Op::Multiply => Pair::Multiply,
        Op::Divide => Pair::Divide,
        Op::Power => Pair::Power,
    }
}

fn product(a: &(String, Node), b: &(String, Node)) -> (String, Node) {
    (format!("{}:{}", a.0, b.0), Node::Pair(Pair::Multiply, Box::new([a.1.clone(), b.1.clone()])))
}
