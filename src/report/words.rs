//! Numbers as people read them: thousands grouped, a true minus sign, as many digits as say something.

/// `x` with `decimals` decimals, thousands grouped.
pub(super) fn fixed(x: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", x.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let is_zero = digits.bytes().all(|b| b == b'0' || b == b'.');
    let mut text = String::from(if x < 0.0 && !is_zero { "−" } else { "" });
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// `x` as [`fixed`], with a plus sign when it is positive.
pub(super) fn signed(x: f64, decimals: usize) -> String {
    let text = fixed(x, decimals);
    let is_positive = x > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if is_positive { format!("+{text}") } else { text }
}

/// Decimals that give the largest of `values` about `digits` significant digits.
pub(super) fn decimals(values: impl IntoIterator<Item = f64>, digits: i32) -> usize {
    let largest = values.into_iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if largest == 0.0 {
        return 0;
    }
    (digits - 1 - largest.log10().floor() as i32).clamp(0, 9) as usize
}

/// `x` with about four significant digits.
pub(super) fn number(x: f64) -> String {
    fixed(x, decimals([x], 4))
}

/// A p-value as journals print it.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// A level in (0, 1) or the ending of an interval's column, as in `95 %`.
pub(super) fn percent(level: f64) -> String {
    format!("{} %", (level * 1e6).round() / 1e4)
}

/// `name` as words: underscores become spaces. A term of a formula stays as it is.
pub(super) fn plain(name: &str) -> String {
    if name.contains('(') { name.to_owned() } else { name.replace('_', " ") }
}

/// The measure within an outcome such as `growth(gdp)` or `dln(gdp/population, 2)`; the outcome itself otherwise.
pub(super) fn measure_of(outcome: &str) -> &str {
    let inner = outcome.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(outcome);
    match inner.rsplit_once(',') {
        Some((measure, periods)) if periods.trim().parse::<u32>().is_ok() => measure,
        _ => inner,
    }
}

/// `text` cut to `most` characters, with an ellipsis where it was cut.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_minus_is_a_minus() {
        assert_eq!(fixed(1_234_567.891, 1), "1,234,567.9");
        assert_eq!(fixed(-1234.0, 0), "−1,234");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(signed(0.25, 1), "+0.2");
        assert_eq!(signed(0.0, 1), "0.0");
        assert_eq!(signed(0.001, 1), "0.0");
    }

    #[test]
    fn digits_follow_the_size() {
        assert_eq!(number(0.012_345), "0.01235");
        assert_eq!(number(12.345), "12.35");
        assert_eq!(number(123_456.7), "123,457");
        assert_eq!(number(0.0), "0");
        assert_eq!(percent(0.95), "95 %");
        assert_eq!(percent(0.975), "97.5 %");
    }

    #[test]
    fn outcomes_name_their_measure() {
        assert_eq!(measure_of("growth(gsp)"), "gsp");
        assert_eq!(measure_of("dln(gdp/population, 2)"), "gdp/population");
        assert_eq!(measure_of("gsp"), "gsp");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shorten("Mississippi", 20), "Mississippi");
        assert_eq!(shorten("Mississippi", 5), "Miss…");
    }
}
