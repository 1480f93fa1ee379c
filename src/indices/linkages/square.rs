//! Square matrices from sector to sector.

use crate::numeric::Stop;
use crate::panel::Absent;
use rayon::prelude::*;

/// Rows that are worth a thread of their own.
const ROWS: usize = 32;

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Square {
    n: usize,
    values: Vec<f64>,
}

impl Square {
    /// The matrix of these entries.
    pub(super) fn of(n: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
        Self { n, values }
    }

    /// One entry.
    pub(super) fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.n + j]
    }

    /// Adds to one entry.
    pub(super) fn add(&mut self, i: usize, j: usize, x: f64) {
        self.values[i * self.n + j] += x;
    }

    /// One row.
    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.n..(i + 1) * self.n]
    }

    /// One column.
    pub(super) fn column(&self, j: usize) -> Vec<f64> {
        (0..self.n).map(|i| self.at(i, j)).collect()
    }

    /// The sum of each row.
    pub(super) fn row_sums(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.row(i).iter().sum()).collect()
    }

    /// The sum of each column.
    pub(super) fn column_sums(&self) -> Vec<f64> {
        self.weighted(&vec![1.0; self.n])
    }

    /// Σ_i w_i m_ij, one a column.
    pub(super) fn weighted(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.n];
        for (i, weight) in weights.iter().enumerate() {
            add_scaled(&mut sums, *weight, self.row(i));
        }
        sums
    }

    /// Σ_j m_ij v_j, one a row.
    pub(super) fn times_vector(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.n).map(|i| self.row(i).iter().zip(vector).map(|(m, v)| m * v).sum()).collect()
    }

    /// Rows for columns.
    pub(super) fn transposed(&self) -> Self {
        Self::of(self.n, |i, j| self.at(j, i))
    }

    /// The product of two matrices.
    pub(super) fn times(&self, other: &Self, stop: Option<&Stop>) -> Result<Self, Absent> {
        let mut values = vec![0.0; self.n * self.n];
        let rows = values.par_chunks_mut(self.n.max(1)).with_min_len(ROWS).enumerate();
        rows.try_for_each(|(i, row)| {
            going_on(stop)?;
            for (k, factor) in self.row(i).iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
                add_scaled(row, *factor, other.row(k));
            }
            Ok(())
        })?;
        Ok(Self { n: self.n, values })
    }

    /// The inverse of the identity less this matrix, by elimination of one sector after the other.
    ///
    /// Without exchanges of rows: coefficients that are not negative make the pivots positive where the table is
    /// productive (Hawkins and Simon 1949, Econometrica 17, 245–248) and keep the zeros between sectors that no chain
    /// joins exactly zero.
    ///
    /// # Errors
    /// `OutsideDomain` where a pivot is not positive; `Missing` when asked to stop.
    pub(super) fn inverse_of_complement(&self, stop: Option<&Stop>) -> Result<Self, Absent> {
        let n = self.n;
        let mut values: Vec<f64> = self.values.iter().map(|x| -x).collect();
        (0..n).for_each(|k| values[k * n + k] += 1.0);
        for k in 0..n {
            going_on(stop)?;
            let row = &mut values[k * n..(k + 1) * n];
            let pivot = std::mem::replace(&mut row[k], 1.0);
            if pivot <= 0.0 || !pivot.is_finite() {
                return Err(Absent::OutsideDomain);
            }
            row.iter_mut().for_each(|x| *x /= pivot);
            let eliminated = row.to_vec();
            let rows = values.par_chunks_mut(n).with_min_len(ROWS).enumerate();
            rows.filter(|(i, row)| *i != k && row[k] != 0.0).for_each(|(_, row)| {
                let factor = std::mem::replace(&mut row[k], 0.0);
                add_scaled(row, -factor, &eliminated);
            });
        }
        Ok(Self { n, values })
    }
}

/// Adds `factor` times `other` to `row`.
fn add_scaled(row: &mut [f64], factor: f64, other: &[f64]) {
    row.iter_mut().zip(other).for_each(|(x, y)| *x += factor * y);
}

fn going_on(stop: Option<&Stop>) -> Result<(), Absent> {
    if stop.is_some_and(Stop::raised) { Err(Absent::Missing) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_solves() {
        let a = Square::of(3, |i, j| [[0.1, 0.4, 0.0], [0.3, 0.2, 0.0], [0.2, 0.1, 0.5]][i][j]);
        let inverse = a.inverse_of_complement(None).unwrap();
        let complement = Square::of(3, |i, j| f64::from(u8::from(i == j)) - a.at(i, j));
        let product = complement.times(&inverse, None).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                assert!((product.at(i, j) - f64::from(u8::from(i == j))).abs() < 1e-15);
            }
        }
        assert_eq!((inverse.at(0, 2), inverse.at(1, 2)), (0.0, 0.0), "no chain leads to the third sector");
    }

    #[test]
    fn a_table_that_eats_itself_has_no_inverse() {
        assert_eq!(Square::of(1, |_, _| 1.0).inverse_of_complement(None), Err(Absent::OutsideDomain));
    }
}
