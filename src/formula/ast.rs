//! The syntax tree of a formula, and its canonical text.
//!
//! Canonical text has spaces around `~`, `|`, `+` and `-` and after commas, none around `*`,
//! `/`, `^`, `:` and `=`. Reading it gives the same tree again.

use super::caret::{At, Text};
use super::lexer::{continues_name, starts_name};
use std::fmt::{self, Display, Formatter};

/// `outcome ~ terms | effects | endogenous ~ instruments`, after the expansion of `*`,
/// ranges, `sw()` and several outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    pub(super) source: Text,
    pub(super) outcome: Expr,
    pub(super) intercept: bool,
    pub(super) terms: Vec<Term>,
    pub(super) effects: Vec<Effect>,
    pub(super) instruments: Option<Instruments>,
}

impl Formula {
    /// Whether instruments explain some of the regressors.
    pub fn has_instruments(&self) -> bool {
        self.instruments.is_some()
    }
}

/// Regressors that are explained by instruments, and the instruments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Instruments {
    pub(super) endogenous: Vec<Term>,
    pub(super) excluded: Vec<Term>,
    pub(super) at: At,
}

/// One regressor: the product of its factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term(pub(super) Vec<Expr>);

/// One fixed effect: combined keys and perhaps a slope that varies with them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effect {
    pub(super) keys: Vec<(String, At)>,
    pub(super) slope: Option<Expr>,
    /// Whether each level has an intercept of its own; not so for `region[[x]]`.
    pub(super) intercept: bool,
}

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Number(f64),
    /// A word in quotes, for arguments such as `ref="Pacific"`.
    Text(String),
    Name(String, At),
    /// `1:3`, for the arguments that expand.
    Range(i32, i32),
    Negate(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Call(Call),
}

/// A function with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) args: Vec<Argument>,
    pub(super) at: At,
}

/// One argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    pub(super) name: Option<String>,
    pub(super) value: Expr,
    pub(super) at: At,
}

impl Op {
    const fn precedence(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 1,
            Self::Multiply | Self::Divide => 2,
            Self::Power => 4,
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Add => " + ",
            Self::Subtract => " - ",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }
}

impl Expr {
    const fn precedence(&self) -> u8 {
        match self {
            Self::Binary(op, ..) => op.precedence(),
            Self::Negate(_) => 3,
            _ => 5,
        }
    }

    /// Writes the expression, in parentheses when it binds weaker than `least`.
    fn write(&self, f: &mut Formatter<'_>, least: u8) -> fmt::Result {
        if self.precedence() < least {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match self {
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) if text.contains('"') => write!(f, "'{text}'"),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Name(name, _) => write_name(f, name),
            Self::Range(first, last) => write!(f, "{first}:{last}"),
            Self::Negate(inner) => {
                f.write_str("-")?;
                inner.write(f, 3)
            }
            Self::Binary(op, left, right) => {
                let own = op.precedence();
                let (least_left, least_right) = if *op == Op::Power { (5, 3) } else { (own, own + 1) };
                left.write(f, least_left)?;
                f.write_str(op.sign())?;
                right.write(f, least_right)
            }
            Self::Call(call) => write!(f, "{call}"),
        }
    }

    /// Writes the expression as a factor of a term, where only `/` and `^` are arithmetic.
    fn write_factor(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary(Op::Divide, left, right) => {
                left.write_factor(f)?;
                f.write_str("/")?;
                right.write(f, 4)
            }
            other => other.write(f, 4),
        }
    }
}

/// A name as it must be typed: in backticks unless it is made of letters, digits, `_` and `.`.
fn write_name(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    let mut rest = name.chars();
    let first = rest.next();
    let plain = first.is_some_and(starts_name)
        && rest.clone().all(continues_name)
        && !(first == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit()));
    if plain { f.write_str(name) } else { write!(f, "`{name}`") }
}

/// Writes `items` with `between` between them.
fn join<T: Display>(f: &mut Formatter<'_>, items: &[T], between: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        join(f, &self.args, ", ")?;
        f.write_str(")")
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}=")?;
        }
        write!(f, "{}", self.value)
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, factor) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(":")?;
            }
            factor.write_factor(f)?;
        }
        Ok(())
    }
}

impl Display for Effect {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, (key, _)) in self.keys.iter().enumerate() {
            if i > 0 {
                f.write_str("^")?;
            }
            write_name(f, key)?;
        }
        match &self.slope {
            None => Ok(()),
            Some(slope) if self.intercept => write!(f, "[{slope}]"),
            Some(slope) => write!(f, "[[{slope}]]"),
        }
    }
}

impl Display for Formula {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ~ ", self.outcome)?;
        match (self.intercept, self.terms.is_empty()) {
            (true, true) => f.write_str("1")?,
            (false, true) => f.write_str("0")?,
            (false, false) => f.write_str("0 + ")?,
            (true, false) => {}
        }
        join(f, &self.terms, " + ")?;
        if !self.effects.is_empty() {
            f.write_str(" | ")?;
            join(f, &self.effects, " + ")?;
        }
        if let Some(instruments) = &self.instruments {
            f.write_str(" | ")?;
            join(f, &instruments.endogenous, " + ")?;
            f.write_str(" ~ ")?;
            join(f, &instruments.excluded, " + ")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::parse;
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["x", "ln", "gross product", "a.b", ".5", "_1", "é", "0", "企业", "1:2", "sw"])
            .prop_map(str::to_owned)
    }

    fn expression() -> impl Strategy<Value = Expr> {
        let number = prop_oneof![(0..100_u32).prop_map(f64::from), 0.0..1e9, Just(1e300), Just(1e-300)];
        let leaf = prop_oneof![
            number.prop_map(Expr::Number),
            name().prop_map(|name| Expr::Name(name, At(0))),
            prop::sample::select(vec!["East", "it's", "a \"b\"", ""]).prop_map(|text| Expr::Text(text.into())),
        ];
        let op = prop::sample::select(vec![Op::Add, Op::Subtract, Op::Multiply, Op::Divide, Op::Power]);
        leaf.prop_recursive(5, 40, 3, move |inner| {
            let arg = (prop::option::of(Just("k".to_owned())), inner.clone()).prop_map(|(name, value)| Argument {
                name,
                value,
                at: At(0),
            });
            let call = (prop::sample::select(vec!["ln", "I", "a.b"]), prop::collection::vec(arg, 0..3))
                .prop_map(|(name, args)| Expr::Call(Call { name: name.into(), args, at: At(0) }));
            prop_oneof![
                inner.clone().prop_map(|x| Expr::Negate(Box::new(x))),
                (op.clone(), inner.clone(), inner).prop_map(|(op, a, b)| Expr::Binary(op, Box::new(a), Box::new(b))),
                call,
            ]
        })
    }

    /// Expressions that may stand in a term without `I()`.
    fn factor() -> impl Strategy<Value = Expr> {
        expression().prop_filter("arithmetic among terms", |x| {
            matches!(x, Expr::Name(..) | Expr::Call(_) | Expr::Binary(Op::Power | Op::Divide, ..))
        })
    }

    fn terms() -> impl Strategy<Value = Vec<Term>> {
        let term = prop::collection::vec(factor(), 1..3).prop_map(|mut factors| {
            factors.dedup();
            Term(factors)
        });
        prop::collection::vec(term, 1..4)
    }

    fn effect() -> impl Strategy<Value = Effect> {
        let keys = prop::collection::vec(name().prop_map(|name| (name, At(0))), 1..3);
        (keys, prop::option::of(expression()), any::<bool>()).prop_map(|(keys, slope, wanted)| Effect {
            keys,
            intercept: slope.is_none() || wanted,
            slope,
        })
    }

    fn formula() -> impl Strategy<Value = Formula> {
        let instruments =
            (terms(), terms()).prop_map(|(endogenous, excluded)| Instruments { endogenous, excluded, at: At(0) });
        let effects = prop::collection::vec(effect(), 0..3);
        (expression(), any::<bool>(), terms(), effects, prop::option::of(instruments)).prop_map(
            |(outcome, intercept, all, effects, instruments)| {
                let mut terms: Vec<Term> = Vec::new();
                for term in all {
                    if !terms.contains(&term) {
                        terms.push(term);
                    }
                }
                let source = Text { field: "formula", text: String::new() };
                Formula { source, outcome, intercept, terms, effects, instruments }
            },
        )
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_tree(formula in formula()) {
            let text = formula.to_string();
            let read = parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            prop_assert_eq!(&read, &vec![formula]);
            prop_assert_eq!(read[0].to_string(), text);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z0-9 .()+*/^:~|,=\\[\\]`\"é企\n-]{0,60}") {
            let _ = parse(&text);
        }
    }
}
