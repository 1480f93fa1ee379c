//! Products of tall columns with each other: X'X at the speed at which memory is read.
//!
//! A chunk of rows stays in the first-level cache while tiles of 3 × 3 columns go over it, so that six loads feed nine
//! multiplications. Sums of fixed blocks of rows are added in their order: any number of threads gives the same bits.

use super::vector::blocks;
use nalgebra::DMatrix;

/// Rows that stay in the cache.
const CHUNK: usize = 128;
/// Rows that one instruction works on.
const LANES: usize = 4;
/// Columns on a side of a tile.
const TILE: usize = 3;

/// A column's rows of one chunk.
type Strip = [[f64; LANES]; CHUNK / LANES];
/// The sums of a tile.
type Sums = [[f64; LANES]; TILE * TILE];

/// Σᵢ fᵢ²·xᵢxᵢ' over the rows of k columns; factors of one when there are none.
pub fn gram(columns: &[&[f64]], factor: Option<&[f64]>) -> DMatrix<f64> {
    let k = columns.len();
    let rows = columns.first().map_or(0, |column| column.len());
    let parts = blocks(rows, |rows| {
        let columns: Vec<&[f64]> = columns.iter().map(|column| &column[rows.clone()]).collect();
        of_block(&columns, factor.map(|factor| &factor[rows]))
    });
    let mut sum = DMatrix::zeros(k, k);
    parts.iter().for_each(|part| sum += part);
    sum
}

/// The same of one block.
fn of_block(columns: &[&[f64]], factor: Option<&[f64]>) -> DMatrix<f64> {
    let (k, rows) = (columns.len(), columns.first().map_or(0, |column| column.len()));
    let sides = k.div_ceil(TILE);
    let tile = fastest();
    let mut strips = vec![[[0.0; LANES]; CHUNK / LANES]; sides * TILE];
    let mut sums = vec![[[0.0; LANES]; TILE * TILE]; sides * sides];
    for start in (0..rows).step_by(CHUNK) {
        let span = start..(start + CHUNK).min(rows);
        for (strip, column) in strips.iter_mut().zip(columns) {
            fill(strip, &column[span.clone()], factor.map(|factor| &factor[span.clone()]));
        }
        let (tiles, _) = strips.as_chunks::<TILE>();
        for (i, left) in tiles.iter().enumerate() {
            for (j, right) in tiles.iter().enumerate().skip(i) {
                tile(left, right, &mut sums[i * sides + j]);
            }
        }
    }
    let entry = |i: usize, j: usize| {
        let (i, j) = (i.min(j), i.max(j));
        let lanes: [f64; LANES] = sums[i / TILE * sides + j / TILE][i % TILE * TILE + j % TILE];
        lanes.iter().sum::<f64>()
    };
    DMatrix::from_fn(k, k, entry)
}

/// Copies rows, times their factors, and fills up with zeros.
fn fill(strip: &mut Strip, column: &[f64], factor: Option<&[f64]>) {
    let flat = strip.as_flattened_mut();
    match factor {
        None => flat[..column.len()].copy_from_slice(column),
        Some(factor) => {
            flat.iter_mut().zip(column).zip(factor).for_each(|((to, x), f)| *to = x * f);
        }
    }
    flat[column.len()..].fill(0.0);
}

/// Adds the products of three columns with three others.
type Tile = fn(&[Strip; TILE], &[Strip; TILE], &mut Sums);

/// The tile for this processor.
fn fastest() -> Tile {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        return x86::tile;
    }
    portable
}

fn portable(left: &[Strip; TILE], right: &[Strip; TILE], sums: &mut Sums) {
    for i in 0..TILE {
        for j in 0..TILE {
            let sum = &mut sums[i * TILE + j];
            for (a, b) in left[i].iter().zip(&right[j]) {
                (0..LANES).for_each(|l| sum[l] += a[l] * b[l]);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHUNK, LANES, Strip, Sums, TILE};
    use std::arch::x86_64::{__m256d, _mm256_add_pd, _mm256_fmadd_pd, _mm256_setr_pd};

    /// The tile with fused multiplication and addition of four numbers at a time.
    #[allow(unsafe_code, reason = "the compiler cannot see that `fastest` has asked the processor for avx2 and fma")]
    pub(super) fn tile(left: &[Strip; TILE], right: &[Strip; TILE], sums: &mut Sums) {
        // SAFETY: `fastest` gives this function only where avx2 and fma are there.
        unsafe { fused(left, right, sums) }
    }

    #[target_feature(enable = "avx2,fma")]
    fn fused(left: &[Strip; TILE], right: &[Strip; TILE], sums: &mut Sums) {
        let mut totals = [load(&[0.0; LANES]); TILE * TILE];
        for row in 0..CHUNK / LANES {
            let a = [load(&left[0][row]), load(&left[1][row]), load(&left[2][row])];
            let b = [load(&right[0][row]), load(&right[1][row]), load(&right[2][row])];
            for i in 0..TILE {
                for j in 0..TILE {
                    totals[i * TILE + j] = _mm256_fmadd_pd(a[i], b[j], totals[i * TILE + j]);
                }
            }
        }
        for (sum, total) in sums.iter_mut().zip(totals) {
            *sum = store(_mm256_add_pd(load(sum), total));
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn load(lanes: &[f64; LANES]) -> __m256d {
        _mm256_setr_pd(lanes[0], lanes[1], lanes[2], lanes[3])
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn store(lanes: __m256d) -> [f64; LANES] {
        use std::arch::x86_64::{_mm_cvtsd_f64, _mm_unpackhi_pd, _mm256_castpd256_pd128, _mm256_extractf128_pd};
        let halves = [_mm256_castpd256_pd128(lanes), _mm256_extractf128_pd::<1>(lanes)];
        let [a, b] = halves.map(|half| [_mm_cvtsd_f64(half), _mm_cvtsd_f64(_mm_unpackhi_pd(half, half))]);
        [a[0], a[1], b[0], b[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::{normals, stream};
    use crate::numeric::vector::dot;

    #[test]
    fn products_are_those_of_pairs_of_columns() {
        for (rows, k) in [(1, 1), (7, 2), (128, 3), (1000, 5), (20_000, 10)] {
            let mut random = stream(1, rows as u64);
            let columns: Vec<Vec<f64>> = (0..k).map(|_| normals(&mut random, rows)).collect();
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let factor = normals(&mut random, rows);
            for factor in [None, Some(factor.as_slice())] {
                let got = gram(&columns, factor);
                let times = |c: &[f64]| match factor {
                    None => c.to_vec(),
                    Some(f) => c.iter().zip(f).map(|(c, f)| c * f).collect(),
                };
                for (i, a) in columns.iter().enumerate() {
                    for (j, b) in columns.iter().enumerate() {
                        let expected = dot(&times(a), &times(b));
                        assert!((got[(i, j)] - expected).abs() < 1e-11 * rows as f64, "{i} {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_portable_tile_adds_the_same_products() {
        let mut random = stream(2, 0);
        let mut strips = || -> [Strip; TILE] {
            std::array::from_fn(|_| std::array::from_fn(|_| normals(&mut random, 4).try_into().unwrap()))
        };
        let (left, right) = (strips(), strips());
        let (mut one, mut other) = ([[0.5; LANES]; TILE * TILE], [[0.5; LANES]; TILE * TILE]);
        portable(&left, &right, &mut one);
        fastest()(&left, &right, &mut other);
        for (one, other) in one.as_flattened().iter().zip(other.as_flattened()) {
            assert!((one - other).abs() < 1e-13);
        }
    }
}
