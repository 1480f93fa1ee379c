//! Errors that point at the place in the text.

use super::lexer::continues_name;
use crate::error::Violation;

/// A place in the text of a formula, in bytes; places take no part in comparisons of syntax trees.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct At(pub(crate) usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The text of a request field that holds a formula or an expression.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// Path of the field.
    pub(crate) field: &'static str,
    /// What it contains.
    pub(crate) text: String,
}

impl PartialEq for Text {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Text {
    /// A violation of `rule` by what stands at the place, with the text and a caret under it.
    pub(crate) fn refuse(&self, at: At, rule: &str) -> Violation {
        let line: String = self.text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let column = self.text.char_indices().take_while(|(i, _)| *i < at.0).count();
        let rule = format!("{rule} (column {})\n  {line}\n  {:>width$}", column + 1, '^', width = column + 1);
        Violation::new(self.field, rule, self.word(at))
    }

    /// The word, quotation or sign at a place.
    fn word(&self, at: At) -> &str {
        let rest = &self.text[at.0..];
        let length = match rest.chars().next() {
            Some(quote @ ('`' | '"' | '\'')) => rest[1..].find(quote).map_or(1, |inner| inner + 2),
            Some(c) if continues_name(c) => rest.find(|c| !continues_name(c)).unwrap_or(rest.len()),
            Some(c) => c.len_utf8(),
            None => 0,
        };
        &rest[..length]
    }
}
