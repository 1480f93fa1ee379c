//! Errors that point at the place in the text.

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
    /// A violation of `rule` by `value`, with the text and a caret under the place.
    pub(crate) fn refuse(&self, at: At, rule: &str, value: &str) -> Violation {
        let line: String = self.text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let column = self.text.char_indices().take_while(|(i, _)| *i < at.0).count();
        let rule = format!("{rule} (column {})\n  {line}\n  {:>width$}", column + 1, '^', width = column + 1);
        Violation::new(self.field, rule, value)
    }
}
