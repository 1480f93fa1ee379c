//! Where polynomials change their sign.

/// Halvings of an interval; more than any two numbers are apart.
const HALVINGS: usize = 2_200;

/// The value at `x` of the polynomial with these coefficients, the constant first.
pub fn value(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The positive numbers, ascending, at which the polynomial passes from at least zero to below it or back.
///
/// Between two such numbers of its derivative a polynomial is monotone, so each change lies in an interval of its own.
pub fn sign_changes(coefficients: &[f64]) -> Vec<f64> {
    let Some(degree) = coefficients.iter().rposition(|c| *c != 0.0).filter(|degree| *degree > 0) else {
        return Vec::new();
    };
    let largest = coefficients.iter().fold(0.0_f64, |m, c| m.max((c / coefficients[degree]).abs()));
    // No root lies beyond it (Cauchy), nor a root of the derivative.
    let bound = (1.0 + largest).min(1e300);
    let derivative: Vec<f64> = coefficients[1..=degree].iter().zip(1..).map(|(c, i)| c * f64::from(i)).collect();
    let turns = sign_changes(&derivative).into_iter().filter(|x| *x < bound);
    let points: Vec<f64> = std::iter::once(0.0).chain(turns).chain([bound]).collect();
    let is_low = |x: f64| value(coefficients, x) < 0.0;
    points.windows(2).filter(|p| is_low(p[0]) != is_low(p[1])).map(|p| bisect(is_low, p[0], p[1])).collect()
}

/// Where `is_low` changes between `low` and `high`.
fn bisect(is_low: impl Fn(f64) -> bool, mut low: f64, mut high: f64) -> f64 {
    let at_start = is_low(low);
    for _ in 0..HALVINGS {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if is_low(middle) == at_start { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_the_simple_roots() {
        // (x − 1)(x − 2)(x − 3)(x + 4), (x − 1)², 1 − x², and constants.
        let cases: [(&[f64], &[f64]); 5] = [
            (&[-24.0, 38.0, -13.0, -2.0, 1.0], &[1.0, 2.0, 3.0]),
            (&[1.0, -2.0, 1.0], &[]),
            (&[1.0, 0.0, -1.0, 0.0], &[1.0]),
            (&[5.0], &[]),
            (&[0.0, 0.0], &[]),
        ];
        for (coefficients, expected) in cases {
            let found = sign_changes(coefficients);
            assert_eq!(found.len(), expected.len(), "{coefficients:?}: {found:?}");
            found.iter().zip(expected).for_each(|(x, root)| assert!((x - root).abs() < 1e-13));
        }
    }
}
