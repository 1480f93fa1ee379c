//! Pieces of requests that several services read.

use crate::card::Raw;
use crate::error::{Error, Violation, Violations};
use crate::panel::Period;
use prost_types::value::Kind;
use std::collections::BTreeMap;

/// Characters of a caller's own id for a call.
const REQUEST_ID_CHARS: usize = 128;

/// Parameters by name. What is neither a number nor a text becomes a text that says so, for the card to refuse.
pub(super) fn parameters(given: &BTreeMap<String, prost_types::Value>) -> BTreeMap<String, Raw> {
    let raw = |value: &prost_types::Value| match &value.kind {
        Some(Kind::NumberValue(number)) => Raw::Number(*number),
        Some(Kind::StringValue(text)) => Raw::Text(text.clone()),
        Some(Kind::BoolValue(flag)) => Raw::Text(flag.to_string()),
        Some(Kind::ListValue(_)) => Raw::Text("a list".to_owned()),
        Some(Kind::StructValue(_)) => Raw::Text("an object".to_owned()),
        Some(Kind::NullValue(_)) | None => Raw::Text("null".to_owned()),
    };
    given.iter().map(|(name, value)| (name.clone(), raw(value))).collect()
}

/// A period; `None` when the text is empty or is none.
pub(super) fn period(text: &str, field: &str, violations: &mut Violations) -> Option<Period> {
    if text.is_empty() {
        return None;
    }
    let period = Period::parse(text);
    if period.is_none() {
        violations.push(Violation::new(field, "must be a period such as 1990, 1990Q3 or 1990-07", text));
    }
    period
}

/// The level of an interval; 0 stands for 0.95.
pub(super) fn interval_level(level: f64, field: &str, violations: &mut Violations) -> f64 {
    if level == 0.0 {
        return 0.95;
    }
    if !(level > 0.0 && level < 1.0) {
        violations.push(Violation::new(field, "must lie in (0, 1)", level));
    }
    level
}

/// Checks a caller's own id for a call.
pub(super) fn request_id(id: &str, violations: &mut Violations) {
    let length = id.chars().count();
    if length > REQUEST_ID_CHARS {
        violations.push(Violation::new("request_id", format!("has at most {REQUEST_ID_CHARS} characters"), length));
    }
}

/// A text, unless it is empty.
pub(super) fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Keeps the value of an `Ok` and collects the violations of an `Err`, so that those of other fields can be found too.
///
/// # Errors
/// Every other error, at once.
pub(super) fn keep<T>(violations: &mut Violations, result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(found)) => {
            violations.absorb("", found);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What was read, when nothing was violated; what could not be read has left a violation.
///
/// # Errors
/// The violations.
pub(super) fn all<T>(violations: Violations, read: Option<T>) -> Result<T, Violations> {
    match read {
        Some(value) => violations.into_result(value),
        None => Err(violations),
    }
}

/// The error with its violations at the fields within `path`.
pub(super) fn at(path: &str, error: Error) -> Error {
    match error {
        Error::Invalid(found) => {
            let mut violations = Violations::default();
            violations.absorb(path, found);
            Error::Invalid(violations)
        }
        other => other,
    }
}

/// The error with all its violations at the field that named what is wrong.
pub(super) fn all_at(field: &str, error: Error) -> Error {
    match error {
        Error::Invalid(found) => Error::Invalid(found.renamed(|_| field.to_owned())),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Frequency;

    #[test]
    fn parameters_are_numbers_or_words() {
        let value = |kind| prost_types::Value { kind: Some(kind) };
        let given = BTreeMap::from([
            ("base".to_owned(), value(Kind::StringValue("e".into()))),
            ("flag".to_owned(), value(Kind::BoolValue(true))),
            ("none".to_owned(), prost_types::Value { kind: None }),
            ("span".to_owned(), value(Kind::NumberValue(2.0))),
        ]);
        let read = parameters(&given);
        assert_eq!(read["span"], Raw::Number(2.0));
        let words: Vec<_> = ["base", "flag", "none"].iter().map(|name| read[*name].to_string()).collect();
        assert_eq!(words, ["e", "true", "null"]);
    }

    #[test]
    fn defaults_stand_for_what_is_not_set() {
        let mut violations = Violations::default();
        assert_eq!(period("", "first_period", &mut violations), None);
        assert_eq!(period("1990Q2", "first_period", &mut violations).unwrap().frequency, Frequency::Quarter);
        assert_eq!(interval_level(0.0, "interval_level", &mut violations).to_string(), "0.95");
        assert!(violations.is_empty());
        period("soon", "first_period", &mut violations);
        for wrong in [1.0, -0.5, f64::NAN, f64::INFINITY] {
            interval_level(wrong, "interval_level", &mut violations);
        }
        assert_eq!(violations.count(), 5);
    }
}
