//! The noncentral chi-squared distribution.

use super::distributions::chi_squared_tail;
use statrs::function::gamma::ln_gamma;

/// The x with P(X > x) = `p` for a noncentral chi-squared X with `df` degrees of freedom, whole or not; `p` is strictly
/// between 0 and 1. By bisection.
pub fn noncentral_chi_squared_critical(p: f64, df: f64, noncentrality: f64) -> f64 {
    let (mut low, mut high) = (0.0, df + noncentrality);
    while tail(high, df, noncentrality) > p && high < 1e100 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if tail(middle, df, noncentrality) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(X > x), a Poisson mixture of central tails; terms more than nine standard deviations from the mean are nothing.
fn tail(x: f64, df: f64, noncentrality: f64) -> f64 {
    let mean = noncentrality / 2.0;
    let reach = 9.0 * mean.sqrt() + 40.0;
    let first = (mean - reach).max(0.0).floor() as u64;
    let last = (mean + reach).ceil() as u64;
    let weight = |j: f64| match mean > 0.0 {
        true => (j * mean.ln() - mean - ln_gamma(j + 1.0)).exp(),
        false => f64::from(u8::from(j < 0.5)),
    };
    (first..=last).map(|j| j as f64).map(|j| weight(j) * chi_squared_tail(x, df + 2.0 * j)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_scipy() {
        // scipy 1.17.1: ncx2.isf
        let cases = [
            (0.05, 1.0, 10.0, 23.108_511_211_606_64),
            (0.05, 2.7, 27.0, 48.751_425_838_821_97),
            (0.01, 30.0, 0.0, 50.892_181_311_517_085),
            (0.5, 4.0, 600.0, 603.000_832_085_279_7),
        ];
        for (p, df, noncentrality, expected) in cases {
            let got = noncentral_chi_squared_critical(p, df, noncentrality);
            assert!((got / expected - 1.0).abs() < 1e-9, "{got} is not {expected}");
        }
    }
}
