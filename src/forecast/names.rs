//! Names of a request looked up in the data, with a suggestion where there is none.

use crate::error::{Violation, Violations};
use crate::panel::Labels;

/// The position of `name` among `names`.
///
/// # Errors
/// A violation at `field` that says what kind of name it should be and the nearest one there is.
pub(super) fn find<'a>(
    kind: &str,
    names: impl IntoIterator<Item = &'a str>,
    name: &str,
    field: &str,
) -> Result<usize, Violations> {
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(found) = names.iter().position(|n| *n == name) {
        return Ok(found);
    }
    let nearest = names.iter().min_by_key(|n| distance(&n.to_lowercase(), &name.to_lowercase()));
    let hint = nearest.map_or_else(String::new, |n| format!("; did you mean {n}?"));
    Err(Violation::new(field, format!("there is no {kind} of this name{hint}"), name).into())
}

/// The positions of `names` among `labels`, ascending and each once.
///
/// # Errors
/// A violation at `field[i]` for each name that is unknown or repeated.
pub(super) fn find_all(kind: &str, labels: &Labels, names: &[String], field: &str) -> Result<Vec<usize>, Violations> {
    let mut violations = Violations::default();
    let mut found = std::collections::BTreeSet::new();
    for (i, name) in names.iter().enumerate() {
        let field = format!("{field}[{i}]");
        let all = labels.names().iter().map(String::as_str);
        if let Some(number) = violations.keep("", find(kind, all, name, &field))
            && !found.insert(number)
        {
            violations.push(Violation::new(field, "is named twice", name));
        }
    }
    violations.into_result(found.into_iter().collect())
}

/// Insertions, deletions and replacements that turn one word into the other (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_meets_its_nearest() {
        let error = find("region", ["Ohio", "Iowa"], "ohoi", "regions[0]").unwrap_err();
        assert!(error.to_string().contains("did you mean Ohio?"), "{error}");
        assert_eq!(find("region", ["Ohio", "Iowa"], "Iowa", ""), Ok(1));
    }

    #[test]
    fn words_apart() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
