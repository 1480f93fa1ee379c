//! Sums over long vectors in a fixed order.

use rayon::prelude::*;
use std::ops::Range;

/// Rows summed before the partial sum is added to the total; keeps rounding errors small and their order fixed.
const CHUNK: usize = 512;
/// Sums that run side by side, so that one addition need not wait for the one before.
const LANES: usize = 8;
/// Rows that one thread works on at a time; fixed, so that sums do not depend on the number of threads.
pub const BLOCK: usize = 8_192;

/// Σ aᵢbᵢ.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.chunks(CHUNK).zip(b.chunks(CHUNK)).fold(0.0, |total, (a, b)| total + short_dot(a, b))
}

fn short_dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, rest_of_a), (b, rest_of_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            sums[l] += a[l] * b[l];
        }
    }
    let rest = rest_of_a.iter().zip(rest_of_b).fold(0.0, |sum, (a, b)| sum + a * b);
    sums.iter().sum::<f64>() + rest
}

/// What `work` makes of every block of `rows` rows, in their order.
pub fn blocks<T: Send>(rows: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let block = |b: usize| work(b * BLOCK..((b + 1) * BLOCK).min(rows));
    match rows.div_ceil(BLOCK) {
        1 => vec![block(0)],
        count => (0..count).into_par_iter().map(block).collect(),
    }
}

/// Σ aᵢ² of a long vector, by several threads.
pub fn squared_length(a: &[f64]) -> f64 {
    blocks(a.len(), |rows| dot(&a[rows.clone()], &a[rows])).iter().sum()
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
    let largest = blocks(a.len(), |rows| a[rows].iter().fold(0.0_f64, |m, x| if x.abs() > m { x.abs() } else { m }));
    let largest = largest.into_iter().fold(0.0_f64, f64::max);
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
