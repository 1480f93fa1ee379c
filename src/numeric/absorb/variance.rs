//! How precisely a sample determines a sum of its fixed effects.

use super::{Absorber, Block};
use crate::numeric::vector::{dot, norm};
use std::collections::BTreeMap;

/// Coefficients besides the base up to which the Schur complement is decomposed once, rather than solved every time.
const DENSE: usize = 1_500;
/// A pivot, of columns of unit length, below which a column adds nothing.
const PIVOT: f64 = 1e-10;
/// What may be left of an identified sum, relative to its length.
const IDENTIFIED: f64 = 1e-6;

/// The variance d'(D'WD)⁻d of sums of effects, in units of the error variance.
#[derive(Debug)]
pub struct EffectVariance<'a> {
    absorber: &'a Absorber<'a>,
    schur: Option<Cholesky>,
}

/// Entries of a sparse vector over the coefficients besides the base.
type Sparse = BTreeMap<usize, f64>;

impl<'a> EffectVariance<'a> {
    /// Prepares the variances of a sample that has effects.
    pub fn new(absorber: &'a Absorber<'a>) -> Self {
        let others = absorber.others().map(Block::len).sum();
        let mut prepared = Self { absorber, schur: None };
        prepared.schur = (others <= DENSE).then(|| prepared.decompose(others));
        prepared
    }

    /// The variance of the sum of effects at a level and slope value of each factor.
    ///
    /// `None` when the sample does not identify that sum.
    pub fn at(&self, levels: &[u32], slopes: &[f64]) -> Option<f64> {
        let mut base = Vec::new();
        let mut right = Vec::new();
        for (q, block) in self.absorber.blocks.iter().enumerate() {
            let entries = block.row(levels[q], slopes[q])?;
            if q == self.absorber.base {
                base = entries;
            } else {
                let offset = right.len();
                right.resize(offset + block.len(), 0.0);
                entries.into_iter().for_each(|(j, value)| right[offset + j] = value);
            }
        }
        let length = norm(&right);
        for (column, value) in &base {
            self.coupling(*column).into_iter().for_each(|(j, c)| right[j] -= value * c);
        }
        // d_b'(d_b − B'WO c) + d_o'c = d_b'd_b + (d_o − O'WB d_b)'c, where Schur · c = d_o − O'WB d_b.
        let own: f64 = base.iter().map(|(_, value)| value * value).sum();
        Some(own + self.inverse_form(&right, IDENTIFIED * length)?)
    }

    /// right' · Schur⁻ · right, if what is left of `right` outside the range is below `rounding`.
    fn inverse_form(&self, right: &[f64], rounding: f64) -> Option<f64> {
        if let Some(schur) = &self.schur {
            return schur.inverse_form(right, rounding);
        }
        let (solution, left) = self.absorber.solve(right, 1e-3 * rounding);
        (norm(&left) <= rounding).then(|| dot(right, &solution))
    }

    /// O'W times one column of the base.
    fn coupling(&self, column: usize) -> Sparse {
        let base = &self.absorber.blocks[self.absorber.base];
        let level = column % base.levels();
        let mut sums = Sparse::new();
        let (rows, starts) = self.absorber.sorted.rows();
        for i in rows[starts[level]..starts[level + 1]].iter().map(|i| *i as usize) {
            let weight = self.absorber.weight(i) * base.entry(i, column);
            self.entries(i).for_each(|(j, value)| *sums.entry(j).or_default() += weight * value);
        }
        sums
    }

    /// The row `i` of the columns besides the base.
    fn entries(&self, i: usize) -> impl Iterator<Item = (usize, f64)> {
        let mut offset = 0;
        self.absorber.others().flat_map(move |block| {
            let start = offset;
            offset += block.len();
            block.columns_of(i).map(move |column| (start + column, block.entry(i, column)))
        })
    }

    /// O'WO − O'WB·B'WO, decomposed.
    fn decompose(&self, others: usize) -> Cholesky {
        let mut schur = vec![vec![0.0; others]; others];
        let mut add = |entries: &[(usize, f64)], factor: f64| {
            for (j, a) in entries {
                for (k, b) in entries.iter().filter(|(k, _)| k <= j) {
                    schur[*j][*k] += factor * a * b;
                }
            }
        };
        for i in 0..self.absorber.rows {
            add(&self.entries(i).collect::<Vec<_>>(), self.absorber.weight(i));
        }
        for column in 0..self.absorber.blocks.get(self.absorber.base).map_or(0, Block::len) {
            add(&self.coupling(column).into_iter().collect::<Vec<_>>(), -1.0);
        }
        Cholesky::new(schur)
    }
}

/// L·L' of a positive semidefinite matrix, with zeros for the columns that add nothing.
#[derive(Debug)]
struct Cholesky {
    /// Row j of L; its last entry, the pivot, is zero for a column that adds nothing.
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Decomposes a matrix whose lower triangle is given; columns have about unit length.
    fn new(mut rows: Vec<Vec<f64>>) -> Self {
        for j in 0..rows.len() {
            let (before, rest) = rows.split_at_mut(j);
            let row = &mut rest[0];
            row.truncate(j + 1);
            for k in 0..j {
                let pivot = before[k][k];
                let left = row[k] - dot(&row[..k], &before[k][..k]);
                row[k] = if pivot > 0.0 { left / pivot } else { 0.0 };
            }
            let left = row[j] - dot(&row[..j], &row[..j]);
            row[j] = if left > PIVOT { left.sqrt() } else { 0.0 };
        }
        Self { rows }
    }

    /// b'A⁻b; `None` when b is further than `rounding` from the range of A.
    fn inverse_form(&self, b: &[f64], rounding: f64) -> Option<f64> {
        let mut y: Vec<f64> = Vec::with_capacity(b.len());
        for (j, row) in self.rows.iter().enumerate() {
            let left = b[j] - dot(&row[..j], &y);
            if row[j] <= 0.0 && left.abs() > rounding {
                return None;
            }
            y.push(if row[j] > 0.0 { left / row[j] } else { 0.0 });
        }
        Some(dot(&y, &y))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Factor;
    use super::*;
    use crate::numeric::Stop;
    use crate::numeric::least_squares::Orthogonal;
    use crate::numeric::random::{normals, stream};

    fn plain(codes: &[u32], levels: usize) -> Factor<'_> {
        Factor { codes, levels, intercept: true, slope: None }
    }

    #[test]
    fn balanced_two_way_effects_have_the_textbook_variance() {
        // ȳ_g + ȳ_t − ȳ has variance σ²(1/T + 1/G − 1/(GT)).
        let (g, t) = (6, 4);
        let a: Vec<u32> = (0..g * t).map(|i| i / t).collect();
        let b: Vec<u32> = (0..g * t).map(|i| i % t).collect();
        let absorber = Absorber::new((g * t) as usize, &[plain(&a, 6), plain(&b, 4)], None, &Stop::default());
        let got = EffectVariance::new(&absorber).at(&[2, 3], &[0.0, 0.0]).unwrap();
        assert!((got - (1.0 / 4.0 + 1.0 / 6.0 - 1.0 / 24.0)).abs() < 1e-14);
    }

    #[test]
    fn effects_of_separate_components_do_not_add_up_to_anything() {
        let (a, b) = ([0, 0, 1, 1], [0, 1, 2, 3]);
        let absorber = Absorber::new(4, &[plain(&a, 2), plain(&b, 4)], None, &Stop::default());
        for variance in [EffectVariance::new(&absorber), iterative(&absorber)] {
            assert!(variance.at(&[0, 0], &[0.0, 0.0]).is_some());
            assert!(variance.at(&[0, 3], &[0.0, 0.0]).is_none());
        }
    }

    fn iterative<'a>(absorber: &'a Absorber<'a>) -> EffectVariance<'a> {
        EffectVariance { schur: None, ..EffectVariance::new(absorber) }
    }

    /// The variance at a row of the sample, times its weight, is the row's leverage among weighted dummies.
    #[test]
    fn variances_are_leverages_of_explicit_dummies() {
        for seed in 0..10 {
            let mut random = stream(seed, 0);
            let n = 90;
            let mut codes = |levels: usize| -> Vec<u32> {
                normals(&mut random, n).iter().map(|z| ((z.abs() * 1e6) as usize % levels) as u32).collect()
            };
            let (a, b, c) = (codes(8), codes(5), codes(3));
            let z: Vec<f64> = normals(&mut random, n).iter().map(|z| 3.0 + z).collect();
            let weights: Vec<f64> = normals(&mut random, n).iter().map(|z| z.exp()).collect();
            let sloped = Factor { slope: Some(&z), ..plain(&b, 5) };
            let absorber = Absorber::new(n, &[plain(&a, 8), sloped, plain(&c, 3)], Some(&weights), &Stop::default());
            let mut columns = Vec::new();
            for (codes, slope) in [(&a, false), (&b, false), (&b, true), (&c, false)] {
                for level in 0..8 {
                    let entry = |i: usize| if slope { z[i] } else { 1.0 } * weights[i].sqrt();
                    let column = (0..n).map(|i| if codes[i] == level { entry(i) } else { 0.0 });
                    columns.push(column.collect::<Vec<_>>());
                }
            }
            let qr = Orthogonal::new(columns, &Stop::default()).unwrap();
            let (direct, iterative) = (EffectVariance::new(&absorber), iterative(&absorber));
            for i in 0..n {
                let leverage: f64 = qr.basis.iter().map(|q| q[i] * q[i]).sum();
                let at = |variance: &EffectVariance<'_>| variance.at(&[a[i], b[i], c[i]], &[0.0, z[i], 0.0]).unwrap();
                assert!((at(&direct) * weights[i] - leverage).abs() < 1e-10);
                assert!((at(&iterative) * weights[i] - leverage).abs() < 1e-8);
            }
        }
    }
}
