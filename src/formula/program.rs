//! A formula whose names are resolved, ready to run on any source.

use super::ast::Formula;
use super::basis::Basis;
use super::classes::Classes;
use super::column::Size;
use super::compile;
use super::link::Link;
use super::node::{Context, Node, Unary};
use super::source::Source;
use super::stock::Cache;
use crate::error::{Violation, Violations};
use crate::indices::Shape;
use crate::panel::{Absent, Panel, Period, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What one row of a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A region in a period. Measures are summed over industries: a total with a suppressed cell is suppressed, a
    /// missing cell is left out of it.
    Region,
    /// A region and an industry in a period.
    Cell,
}

/// What a program may be given beside its formula.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// What a row is; when `None`, cells where the formula speaks of industries, else regions.
    pub unit: Option<Unit>,
    /// An expression whose value weighs each row.
    pub weights: Option<&'a str>,
    /// Whether only the right-hand side is wanted; the panel then need not have what the outcome names.
    pub predicts: bool,
    /// The levels of factors that another program took from its data; when `None`, they are taken from the panel.
    pub basis: Option<&'a Basis>,
}

/// One fixed effect of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectTerm {
    /// Canonical text, such as `region`, `division^year` or `region[trend]`.
    pub name: String,
    /// Which class a row belongs to.
    pub classes: Classes,
    /// Number of the slope among [`Predictors::slopes`] for varying slopes.
    pub slope: Option<usize>,
    /// Whether each class has an intercept; `false` for a slope alone, as in `region[[x]]`.
    pub intercept: bool,
}

/// A compiled formula: the same for the fit and for the forecast.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) formula: String,
    pub(super) outcome_text: String,
    pub(super) unit: Unit,
    pub(super) size: Size,
    /// `None` in a program that only predicts.
    pub(super) outcome: Option<Node>,
    pub(super) names: Vec<String>,
    pub(super) regressors: Vec<Node>,
    /// How many regressors at the end are endogenous.
    pub(super) endogenous: usize,
    pub(super) instrument_names: Vec<String>,
    pub(super) instruments: Vec<Node>,
    pub(super) slopes: Vec<Node>,
    pub(super) effects: Vec<EffectTerm>,
    pub(super) weights: Option<Node>,
    pub(super) no_link: Violation,
    pub(super) basis: Basis,
}

/// The right-hand side in one period: a row a region, or region × industry (region by region).
#[derive(Debug, Clone, PartialEq)]
pub struct Predictors {
    /// One column a regressor, in the order of [`Program::regressors`].
    pub regressors: Vec<Vec<Value>>,
    /// One column a varying slope, numbered by [`EffectTerm::slope`].
    pub slopes: Vec<Vec<Value>>,
}

/// All variables of a program in one period, with rows as in [`Predictors`].
#[derive(Debug, Clone, PartialEq)]
pub struct CrossSection {
    /// The outcome; missing throughout in a program that only predicts.
    pub outcome: Vec<Value>,
    /// One column a regressor, in the order of [`Program::regressors`].
    pub regressors: Vec<Vec<Value>>,
    /// One column an instrument, in the order of [`Program::instruments`].
    pub instruments: Vec<Vec<Value>>,
    /// One column a varying slope, numbered by [`EffectTerm::slope`].
    pub slopes: Vec<Vec<Value>>,
    /// The weights, when the program was given any.
    pub weights: Option<Vec<Value>>,
}

impl Program {
    /// Resolves the names of a formula in a panel; rows are cells where the formula speaks of
    /// industries (a fixed effect or factor of industries, an index by industry), else regions.
    ///
    /// # Errors
    /// Every name and argument that is wrong, at the field `formula`.
    pub fn compile(formula: &Formula, panel: &Panel) -> Result<Self, Violations> {
        Self::compile_with(formula, panel, Options::default())
    }

    /// Like [`Program::compile`], with weights and a unit of the caller's choice.
    ///
    /// # Errors
    /// Every name and argument that is wrong, at the fields `formula` and `weights`.
    pub fn compile_with(formula: &Formula, panel: &Panel, options: Options<'_>) -> Result<Self, Violations> {
        compile::program(formula, panel, options)
    }

    /// What a row is.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The formula's canonical text.
    pub fn formula(&self) -> &str {
        &self.formula
    }

    /// The outcome's canonical text.
    pub fn outcome(&self) -> &str {
        &self.outcome_text
    }

    /// Whether the outcome is the logarithm of something.
    pub fn outcome_is_log(&self) -> bool {
        matches!(self.outcome, Some(Node::Unary(Unary::Ln, _)))
    }

    /// Names of the regressors: `(Intercept)` first when there is one, then the canonical text of the terms, the
    /// endogenous ones last.
    pub fn regressors(&self) -> &[String] {
        &self.names
    }

    /// Numbers of the regressors that instruments explain.
    pub fn endogenous(&self) -> std::ops::Range<usize> {
        self.names.len() - self.endogenous..self.names.len()
    }

    /// What each regressor is made of, in words: measures with their units, indices with their titles.
    pub fn definitions(&self, panel: &Panel) -> Vec<String> {
        self.regressors.iter().map(|node| definition(node, panel)).collect()
    }

    /// Names of the instruments that are no regressors.
    pub fn instruments(&self) -> &[String] {
        &self.instrument_names
    }

    /// The fixed effects.
    pub fn effects(&self) -> &[EffectTerm] {
        &self.effects
    }

    /// Whether rows have weights.
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// What the formula took from the panel or was given in [`Options::basis`].
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Rows of a cross-section: regions, or regions × industries.
    pub fn rows(&self) -> usize {
        self.size.of(self.shape())
    }

    /// The measures that the right-hand side reads, ascending.
    pub fn drivers(&self) -> Vec<usize> {
        measures(self.regressors.iter().chain(&self.slopes), |node| match node {
            Node::Cells(measure) | Node::Totals(measure) | Node::Present(measure) => Some(*measure),
            _ => None,
        })
    }

    /// The measures that outcome, right-hand side or weights read summed over industries, ascending.
    pub fn totals(&self) -> Vec<usize> {
        let right = self.regressors.iter().chain(&self.instruments).chain(&self.slopes);
        let sides = self.outcome.iter().chain(right).chain(&self.weights);
        measures(sides, |node| match node {
            Node::Totals(measure) | Node::Present(measure) => Some(*measure),
            _ => None,
        })
    }

    /// Whether the right-hand side reads later periods, which a forecast does not have.
    pub fn looks_ahead(&self) -> bool {
        self.regressors.iter().chain(&self.slopes).any(|node| node.ahead() > 0)
    }

    /// How the outcome gives back the level of a measure.
    ///
    /// # Errors
    /// A violation when the outcome has none of the forms `m`, `ln(m)`, `growth(m)`, `dln(m)`
    /// or `d(m)`, with `m` a measure or a ratio of two.
    pub fn link(&self) -> Result<Link, Violation> {
        self.outcome.as_ref().and_then(Link::of).ok_or_else(|| self.no_link.clone())
    }

    /// All variables in one period.
    pub fn evaluate(&self, source: &dyn Source, period: Period) -> CrossSection {
        let cache = &mut Cache::default();
        let Predictors { regressors, slopes } = self.predictors(source, period, cache);
        CrossSection {
            outcome: match &self.outcome {
                Some(node) => self.values(node, source, period, cache),
                None => vec![Err(Absent::Missing); self.rows()],
            },
            weights: self.weights.as_ref().map(|node| self.values(node, source, period, cache)),
            instruments: self.instruments.iter().map(|node| self.values(node, source, period, cache)).collect(),
            regressors,
            slopes,
        }
    }

    /// Every variable in one period, with rows as in [`Predictors`]: the outcome, the regressors, the instruments, the
    /// slopes' variables and the weights, if there are any. `cache` as for [`Program::predictors`].
    pub fn variables<'a>(&'a self, source: &'a dyn Source, period: Period, cache: &mut Cache) -> Vec<Cow<'a, [Value]>> {
        let others = self.regressors.iter().chain(&self.instruments).chain(&self.slopes).chain(&self.weights);
        let context = Context { source, size: self.size };
        let mut values = |node: Option<&'a Node>| match node {
            Some(node) => node.run(context, period, cache).stretched(self.shape(), self.size),
            None => vec![Err(Absent::Missing); self.rows()].into(),
        };
        std::iter::once(values(self.outcome.as_ref())).chain(others.map(|node| values(Some(node)))).collect()
    }

    /// The right-hand side in one period; `cache` keeps what later periods of the same source build on.
    pub fn predictors(&self, source: &dyn Source, period: Period, cache: &mut Cache) -> Predictors {
        let mut all = |nodes: &[Node]| nodes.iter().map(|node| self.values(node, source, period, cache)).collect();
        Predictors { regressors: all(&self.regressors), slopes: all(&self.slopes) }
    }

    fn values(&self, node: &Node, source: &dyn Source, period: Period, cache: &mut Cache) -> Vec<Value> {
        node.run(Context { source, size: self.size }, period, cache).spread(self.shape(), self.size)
    }

    fn shape(&self) -> Shape {
        match self.unit {
            Unit::Region => Shape::Region,
            Unit::Cell => Shape::Cell,
        }
    }
}

/// The measures and indices in an expression, each once, in the order of the text.
fn definition(node: &Node, panel: &Panel) -> String {
    let mut parts: Vec<String> = Vec::new();
    node.visit(&mut |part| {
        let told = match part {
            Node::Cells(measure) | Node::Totals(measure) | Node::Present(measure) => {
                let measure = &panel.measures()[*measure];
                match measure.unit.as_str() {
                    "" => measure.name.clone(),
                    unit => format!("{} in {unit}", measure.name),
                }
            }
            Node::Index(call) => format!("{}: {}", call.index.card().id, call.index.card().title),
            _ => return,
        };
        if !parts.contains(&told) {
            parts.push(told);
        }
    });
    parts.join("; ")
}

/// The measures that `pick` finds in expressions and their parts, ascending.
fn measures<'a>(nodes: impl Iterator<Item = &'a Node>, pick: impl Fn(&Node) -> Option<usize>) -> Vec<usize> {
    let mut found = BTreeSet::new();
    nodes.for_each(|node| node.visit(&mut |part| found.extend(pick(part))));
    found.into_iter().collect()
}
