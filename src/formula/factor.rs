//! `i(x, z, ref=a)`: one regressor a level of a key, an attribute or a whole-numbered measure.

use super::ast::{Argument, Call, Expr};
use super::caret::At;
use super::classes::{self, Key};
use super::compile::{Compiler, Grain};
use super::node::{Node, Pair};
use super::program::Unit;
use crate::indices::Shape;
use crate::panel::{AttributeData, Period, Value};
use crate::suggest::hint;
use std::sync::Arc;

/// Levels that a factor may have.
const MOST_LEVELS: usize = 1_000;

/// A level's name and its dummy.
type Level = (String, Node);

/// Names and columns of the factor: `x::level`, or `x::level:z` for the slope of `z` in each level.
///
/// The level `ref` is left out. Without `ref`, the first level is left out when `drop_first`
/// says that a constant is in the model, unless there is a slope.
pub(super) fn columns(compiler: &mut Compiler<'_>, call: &Call, drop_first: bool) -> Option<Vec<Level>> {
    let mut positional = call.args.iter().filter(|arg| arg.name.is_none());
    let (first, slope, more) = (positional.next(), positional.next(), positional.next());
    let mut named = call.args.iter().filter(|arg| arg.name.is_some());
    let reference = named.next();
    let known = reference.is_none_or(|arg| arg.name.as_deref() == Some("ref")) && named.next().is_none();
    let (Some(Argument { value: Expr::Name(name, at), .. }), None, true) = (first, more, known) else {
        compiler.refuse(call.at, "a factor is written i(x), i(x, ref=level) or i(x, z), with x a name");
        return None;
    };
    let slope = slope.map(|arg| (arg.value.to_string(), compiler.node(&arg.value, arg.at, Grain::Rows)));
    let mut levels = levels(compiler, name, *at)?;
    match reference {
        Some(arg) => drop_level(compiler, &mut levels, arg)?,
        None if drop_first && slope.is_none() && !levels.is_empty() => drop(levels.remove(0)),
        None => {}
    }
    let factor = first.map(|arg| arg.value.to_string())?;
    let Some((text, slope)) = slope else {
        return Some(levels.into_iter().map(|(level, node)| (format!("{factor}::{level}"), node)).collect());
    };
    let slope = slope?;
    let column = |(level, node)| {
        let node = Node::Pair(Pair::Multiply, Box::new([node, slope.clone()]));
        (format!("{factor}::{level}:{text}"), node)
    };
    Some(levels.into_iter().map(column).collect())
}

fn drop_level(compiler: &mut Compiler<'_>, levels: &mut Vec<Level>, arg: &Argument) -> Option<()> {
    let wanted = match &arg.value {
        Expr::Text(word) | Expr::Name(word, _) => word.clone(),
        other => other.to_string(),
    };
    if let Some(found) = levels.iter().position(|(level, _)| *level == wanted) {
        levels.remove(found);
        return Some(());
    }
    let hint = hint(&wanted, levels.iter().map(|(level, _)| level.as_str()));
    compiler.refuse(arg.at, &format!("there is no level {wanted}{hint}"));
    None
}

/// The levels of a name with their dummies, in order.
fn levels(compiler: &mut Compiler<'_>, name: &str, at: At) -> Option<Vec<Level>> {
    let panel = compiler.panel;
    let count = panel.regions().len();
    let levels = match Key::find(panel, name) {
        Some(Key::Region) => {
            dummies(compiler, name, panel.regions().names().to_vec(), (0..count).map(Some), Shape::Region)
        }
        Some(Key::Period) => {
            let found = panel.periods().iter().map(ToString::to_string).collect();
            let (levels, _) = compiler.basis.classify(name, found, std::iter::empty());
            let periods: Arc<[_]> = levels.iter().filter_map(|level| Period::parse(level)).collect();
            periods.iter().map(|p| (p.to_string(), Node::InPeriod(*p, Arc::clone(&periods)))).collect()
        }
        Some(Key::Industry) => industries(compiler, name, at)?,
        None => match panel.find_attribute(name).map(|a| &a.data) {
            Some(AttributeData::Text(entries)) => {
                let (levels, codes) = classes::number(entries);
                dummies(compiler, name, levels, codes.into_iter(), Shape::Region)
            }
            Some(AttributeData::Numeric(values)) => whole_levels(compiler, name, at, values)?,
            None => match panel.find_measure(name) {
                Some(measure) => whole_levels(compiler, name, at, panel.column(measure))?,
                None => {
                    let rule = format!("there is no key, attribute or measure called {name}");
                    let hint = hint(name, compiler.column_names());
                    compiler.refuse(at, &(rule + &hint));
                    return None;
                }
            },
        },
    };
    few_enough(compiler, levels.len(), name, at)?;
    Some(levels)
}

fn few_enough(compiler: &mut Compiler<'_>, levels: usize, name: &str, at: At) -> Option<()> {
    if levels > MOST_LEVELS {
        let rule = format!("{name} has {levels} levels, the limit is {MOST_LEVELS}; use it as a fixed effect");
        compiler.refuse(at, &rule);
        return None;
    }
    Some(())
}

fn industries(compiler: &mut Compiler<'_>, name: &str, at: At) -> Option<Vec<Level>> {
    let rule = match compiler.panel.industries() {
        None => "the data have no industries",
        Some(_) if compiler.unit == Unit::Region => "rows are regions here, so there are no dummies of industries",
        Some(industries) => {
            let shape = if industries.len() == 1 { Shape::Region } else { Shape::Industry };
            let rows = if industries.len() == 1 { compiler.panel.regions().len() } else { industries.len() };
            let (names, codes) = (industries.names().to_vec(), (0..rows).map(|i| Some(i % industries.len())));
            return Some(dummies(compiler, name, names, codes, shape));
        }
    };
    compiler.refuse(at, rule);
    None
}

/// One dummy a level of the factor `name`.
fn dummies(
    compiler: &mut Compiler<'_>,
    name: &str,
    found: Vec<String>,
    codes: impl Iterator<Item = Option<usize>>,
    shape: Shape,
) -> Vec<Level> {
    let (levels, classes) = compiler.basis.classify(name, found, codes);
    let classes: Arc<[_]> = Arc::from(classes);
    levels.into_iter().enumerate().map(|(i, level)| (level, Node::Dummy(shape, Arc::clone(&classes), i))).collect()
}

/// The levels of whole numbers.
fn whole_levels(compiler: &mut Compiler<'_>, name: &str, at: At, values: &[Value]) -> Option<Vec<Level>> {
    let mut found: Vec<f64> = values.iter().flatten().copied().collect();
    found.sort_unstable_by(f64::total_cmp);
    found.dedup();
    if let Some(broken) = found.iter().find(|x| x.fract() != 0.0) {
        let rule = format!("a factor has whole numbers or words as its levels, and {name} has {broken}");
        compiler.refuse(at, &rule);
        return None;
    }
    few_enough(compiler, found.len(), name, at)?;
    let node = compiler.node(&Expr::Name(name.to_owned(), at), at, Grain::Rows)?;
    let found = found.iter().map(ToString::to_string).collect();
    let (levels, _) = compiler.basis.classify(name, found, std::iter::empty());
    let levels: Arc<[f64]> = levels.iter().filter_map(|level| level.parse().ok()).collect();
    let level = |i| Node::IsLevel(Box::new(node.clone()), i, Arc::clone(&levels));
    Some(levels.iter().enumerate().map(|(i, x)| (x.to_string(), level(i))).collect())
}
