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
