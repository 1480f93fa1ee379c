//! Pages of lists.

use crate::error::{Violation, Violations};

const MOST: i32 = 1000;

/// How many items a page has at most and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked<T> {
    /// At least 1.
    pub(super) size: usize,
    /// The position that the page follows; `None` for the first page.
    pub(super) after: Option<T>,
}

/// Reads `page_size`, where 0 means `default`, and `page_token`, which `position` understands.
pub(super) fn asked<T>(
    page_size: i32,
    default: usize,
    page_token: &str,
    position: impl FnOnce(&str) -> Option<T>,
) -> Result<Asked<T>, Violations> {
    let mut violations = Violations::default();
    if !(0..=MOST).contains(&page_size) {
        violations.push(Violation::new("page_size", format!("must be in [0, {MOST}]"), page_size));
    }
    let after = if page_token.is_empty() { None } else { position(page_token) };
    if after.is_none() && !page_token.is_empty() {
        violations.push(Violation::new("page_token", "is the next_page_token of another page", page_token));
    }
    let size = usize::try_from(page_size).ok().filter(|size| *size > 0).unwrap_or(default);
    violations.into_result(Asked { size, after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_means_the_default_and_nonsense_is_refused_at_once() {
        let number = |token: &str| token.parse::<u64>().ok();
        assert_eq!(asked(0, 100, "", number).unwrap(), Asked { size: 100, after: None });
        assert_eq!(asked(7, 100, "12", number).unwrap(), Asked { size: 7, after: Some(12) });
        assert_eq!(asked(-1, 100, "x", number).unwrap_err().count(), 2);
        assert_eq!(asked(1001, 100, "", number).unwrap_err().count(), 1);
    }
}
