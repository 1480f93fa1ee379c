//! Text to tokens.

use super::caret::{At, Text};
use crate::error::Violation;

/// The smallest piece of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A name; `plain` when it was written without backticks, so that it may be a function's.
    Name {
        name: String,
        plain: bool,
    },
    Text(String),
    Symbol(char),
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(x) => write!(f, "{x}"),
            Self::Name { name, .. } => f.write_str(name),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Symbol(c) => write!(f, "{c}"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// Whether a name can start with `c`.
pub(super) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '.'
}

/// Whether a name can go on with `c`.
pub(super) fn continues_name(c: char) -> bool {
    starts_name(c) || c.is_numeric()
}

const SYMBOLS: &str = "+-*/^:~|()[],=";

/// The tokens of a text with their places; the last is [`Token::End`].
pub(super) fn tokens(source: &Text) -> Result<Vec<(Token, At)>, Violation> {
    let text = source.text.as_str();
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let start = text.len() - rest.len();
        let (token, length) = next(source, rest, c, At(start))?;
        tokens.push((token, At(start)));
        rest = rest[length..].trim_start();
    }
    tokens.push((Token::End, At(text.trim_end().len())));
    Ok(tokens)
}

/// The token that `rest` begins with, and its length in bytes.
fn next(source: &Text, rest: &str, c: char, at: At) -> Result<(Token, usize), Violation> {
    let digit_follows = rest[c.len_utf8()..].starts_with(|d: char| d.is_ascii_digit());
    if c.is_ascii_digit() || (c == '.' && digit_follows) {
        let length = number_length(rest);
        let x: f64 = rest[..length].parse().map_err(|_| source.refuse(at, "this is not a number"))?;
        if x.is_infinite() {
            return Err(source.refuse(at, "the number is too large"));
        }
        return Ok((Token::Number(x), length));
    }
    if starts_name(c) {
        let length = rest.find(|d| !continues_name(d)).unwrap_or(rest.len());
        return Ok((Token::Name { name: rest[..length].to_owned(), plain: true }, length));
    }
    if matches!(c, '`' | '"' | '\'') {
        let Some(length) = rest[1..].find(c) else {
            return Err(source.refuse(at, &format!("the {c} that opens here is never closed")));
        };
        let inner = rest[1..=length].to_owned();
        if c == '`' && inner.is_empty() {
            return Err(source.refuse(at, "a name has at least one character"));
        }
        let token = if c == '`' { Token::Name { name: inner, plain: false } } else { Token::Text(inner) };
        return Ok((token, length + 2));
    }
    if SYMBOLS.contains(c) {
        return Ok((Token::Symbol(c), 1));
    }
    let rule = format!("{c} has no meaning in a formula; names with such characters go between backticks");
    Err(source.refuse(at, &rule))
}

/// Length of the number that `rest` begins with: digits, a point, digits, an exponent.
fn number_length(rest: &str) -> usize {
    let digits = |from: usize| from + rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
