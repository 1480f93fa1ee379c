//! Short forms that stand for several terms or several formulas.

use super::ast::{Argument, Expr, Term};
use super::caret::{At, Text};
use crate::error::Violation;

/// The functions whose second argument counts periods and may be a range.
const COUNTING_PERIODS: [&str; 6] = ["l", "f", "d", "growth", "dln", "ma"];
/// Lags that one range may ask for.
const MOST_LAGS: usize = 100;

/// `sw`, `csw`, `mvsw`: one formula for each choice, for each number of leading choices, or for each set of choices;
/// with a `0`, one without any of them before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    way: Way,
    from_none: bool,
}

/// How choices become formulas.
#[derive(Debug, Clone, Copy)]
enum Way {
    Each,
    Leading,
    Sets,
}

impl Step {
    /// The stepwise function called `name`.
    pub(super) fn find(name: &str) -> Option<Self> {
        let (way, from_none) = match name {
            "sw" => (Way::Each, false),
            "sw0" => (Way::Each, true),
            "csw" => (Way::Leading, false),
            "csw0" => (Way::Leading, true),
            "mvsw" => (Way::Sets, true),
            _ => return None,
        };
        Some(Self { way, from_none })
    }

    /// How many formulas so many choices make.
    pub(super) fn count(self, choices: usize) -> usize {
        match self.way {
            Way::Each | Way::Leading => choices + usize::from(self.from_none),
            Way::Sets => 1_usize.checked_shl(choices as u32).unwrap_or(usize::MAX),
        }
    }

    /// What each formula gets of the options.
    pub(super) fn variants<T: Clone>(self, options: Vec<Vec<T>>) -> Vec<Vec<T>> {
        let mut variants = if self.from_none { vec![Vec::new()] } else { Vec::new() };
        match self.way {
            Way::Each => variants.extend(options),
            Way::Leading => variants.extend((1..=options.len()).map(|count| options[..count].concat())),
            Way::Sets => variants.extend((1..1_usize << options.len()).map(|set| {
                let chosen = options.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1);
                chosen.flat_map(|(_, option)| option.iter().cloned()).collect()
            })),
        }
        variants
    }
}

/// The outcomes of `c(a, b)` or `sw(a, b)`; any other expression is one outcome.
pub(super) fn outcomes(source: &Text, outcome: Expr) -> Result<Vec<Expr>, Violation> {
    no_ranges(source, &outcome)?;
    match outcome {
        Expr::Call(call) if call.name == "c" || call.name == "sw" => {
            if call.args.is_empty() || call.args.iter().any(|arg| arg.name.is_some()) {
                let rule = format!("several outcomes are written {}(a, b)", call.name);
                return Err(source.refuse(call.at, &rule));
            }
            Ok(call.args.into_iter().map(|arg| arg.value).collect())
        }
        other => Ok(vec![other]),
    }
}

/// `a*b` is `a + b + a:b`, for lists of terms.
pub(super) fn cross(left: &[Term], right: &[Term]) -> Vec<Term> {
    left.iter().chain(right).cloned().chain(interact(left, right)).collect()
}

/// Every term of the left with every term of the right; a factor they share counts once, as in R.
pub(super) fn interact(left: &[Term], right: &[Term]) -> Vec<Term> {
    let product = |a: &Term, b: &Term| {
        let new = b.0.iter().filter(|factor| !a.0.contains(factor));
        Term(a.0.iter().chain(new).cloned().collect())
    };
    left.iter().flat_map(|a| right.iter().map(move |b| product(a, b))).collect()
}

/// `l(x, 1:3)` and `l(x, c(1, 4))` as one expression a lag; any other expression alone.
pub(super) fn lags(source: &Text, factor: Expr) -> Result<Vec<Expr>, Violation> {
    if let Expr::Call(call) = &factor
        && COUNTING_PERIODS.contains(&call.name.as_str())
        && let [_, lag @ Argument { name: None, .. }] = call.args.as_slice()
        && let Some(lags) = numbers(source, lag)?
    {
        let expand = |k| {
            let mut call = call.clone();
            let size = Expr::Number(f64::from(k).abs());
            call.args[1].value = if k < 0 { Expr::Negate(Box::new(size)) } else { size };
            no_ranges(source, &Expr::Call(call.clone()))?;
            Ok(Expr::Call(call))
        };
        return lags.into_iter().map(expand).collect();
    }
    no_ranges(source, &factor)?;
    Ok(vec![factor])
}

/// The numbers of a range or of `c(1, 4)`.
fn numbers(source: &Text, arg: &Argument) -> Result<Option<Vec<i32>>, Violation> {
    let (first, last) = match &arg.value {
        Expr::Range(first, last) => (*first, *last),
        Expr::Call(call) if call.name == "c" => {
            return Ok(call.args.iter().map(|a| whole(&a.value).filter(|_| a.name.is_none())).collect());
        }
        _ => return Ok(None),
    };
    if first.abs_diff(last) as usize >= MOST_LAGS {
        let rule = format!("a range has at most {MOST_LAGS} numbers");
        return Err(source.refuse(arg.at, &rule));
    }
    Ok(Some(if first <= last { (first..=last).collect() } else { (last..=first).rev().collect() }))
}

/// A whole number, perhaps with a minus sign.
pub(super) fn whole(expr: &Expr) -> Option<i32> {
    match expr {
        Expr::Number(x) if x.fract() == 0.0 && *x <= f64::from(i32::MAX) => Some(*x as i32),
        Expr::Negate(inner) => whole(inner).map(|x| -x),
        _ => None,
    }
}

/// Refuses ranges where they do not expand.
pub(super) fn no_ranges(source: &Text, expr: &Expr) -> Result<(), Violation> {
    match expr {
        Expr::Negate(inner) => no_ranges(source, inner),
        Expr::Binary(_, left, right) => no_ranges(source, left).and_then(|()| no_ranges(source, right)),
        Expr::Call(call) => call.args.iter().try_for_each(|arg| match arg.value {
            Expr::Range(..) => Err(stray(source, arg.at)),
            _ => no_ranges(source, &arg.value),
        }),
        Expr::Number(_) | Expr::Text(_) | Expr::Name(..) | Expr::Range(..) => Ok(()),
    }
}

fn stray(source: &Text, at: At) -> Violation {
    let rule = "a range of lags expands into terms, so l(x, 1:3) stands alone as a term or in a product of terms";
    source.refuse(at, rule)
}
