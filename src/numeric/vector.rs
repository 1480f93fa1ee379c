//! Sums over long vectors in a fixed order.

/// Rows summed before the partial sum is added to the total; keeps rounding errors small and their order fixed.
const CHUNK: usize = 512;

/// Σ aᵢbᵢ.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let chunk = |(a, b): (&[f64], &[f64])| a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b);
    a.chunks(CHUNK).zip(b.chunks(CHUNK)).map(chunk).fold(0.0, |total, sum| total + sum)
}

/// The Euclidean length.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// a += factor·b.
pub fn add_scaled(a: &mut [f64], factor: f64, b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += factor * b;
    }
}

/// The power of two next to the largest absolute value, 1 for zeros: dividing by it is exact and makes
/// squares of any data safe from overflow and underflow.
pub fn magnitude(a: &[f64]) -> f64 {
    let largest = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if largest == 0.0 { 1.0 } else { largest.log2().floor().clamp(-1000.0, 1000.0).exp2() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_powers_of_two() {
        let bits = [magnitude(&[0.3, -5.0, 2.0]), magnitude(&[0.0])].map(f64::to_bits);
        assert_eq!(bits, [4.0, 1.0].map(f64::to_bits));
        assert!(magnitude(&[1e-320]) > 0.0 && magnitude(&[f64::MAX]).is_finite());
    }
}
