//! Names of a request looked up in the data, with a suggestion where there is none.

use crate::error::{Violation, Violations};
use crate::panel::Labels;
use crate::suggest::nearest;

/// Names told in an error text when none is near.
const TOLD: usize = 12;

/// The position of `name` among `names`.
///
/// # Errors
/// A violation at `field` that says what kind of name it should be, and the nearest or the first ones there are.
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
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => "there is none at all".to_owned(),
        None => {
            let more = if names.len() > TOLD { ", …" } else { "" };
            format!("known are {}{more}", names[..names.len().min(TOLD)].join(", "))
        }
    };
    Err(Violation::new(field, format!("there is no {kind} of this name; {hint}"), name).into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_meets_its_nearest_or_all() {
        let told = |name| find("region", ["Ohio", "Iowa"], name, "regions[0]").unwrap_err().to_string();
        assert!(told("ohoi").contains("did you mean Ohio?"), "{}", told("ohoi"));
        assert!(told("Texas").contains("known are Ohio, Iowa"), "{}", told("Texas"));
        assert_eq!(find("region", ["Ohio", "Iowa"], "Iowa", ""), Ok(1));
    }
}
