//! Least squares by orthogonalisation in the order of the columns.
//!
//! Gram–Schmidt with reorthogonalisation ("twice is enough", Giraud, Langou and Rozložník 2005) is as accurate as
//! Householder's QR and never squares the condition number. Taking the columns in order tells
//! which one depends on those before it, and how.

use super::Stop;
use super::vector::{add_scaled, dot, norm};
use crate::error::Error;
use nalgebra::DMatrix;

/// What is left of a column, relative to its length, below which it depends on the others.
pub const DEPENDENT: f64 = 1e-9;

/// X = Q·R over the independent columns.
#[derive(Debug, Clone)]
pub struct Orthogonal {
    /// The columns of Q, each of unit length.
    pub basis: Vec<Vec<f64>>,
    /// Numbers of the independent columns.
    pub kept: Vec<usize>,
    /// Each dependent column's number, with the numbers and coefficients of the columns it is made of.
    pub dependent: Vec<(usize, Vec<(usize, f64)>)>,
    /// Length of every column.
    lengths: Vec<f64>,
    /// Column j of R holds j + 1 entries.
    triangle: Vec<Vec<f64>>,
}

impl Orthogonal {
    /// Orthogonalises `columns` in order.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub fn new(columns: Vec<Vec<f64>>, stop: &Stop) -> Result<Self, Error> {
        let lengths = columns.iter().map(|column| norm(column)).collect();
        let mut qr = Self { basis: Vec::new(), kept: Vec::new(), dependent: Vec::new(), lengths, triangle: Vec::new() };
        for (j, mut column) in columns.into_iter().enumerate() {
            stop.check()?;
            let mut entries = qr.project(&mut column);
            let rest = norm(&column);
            if rest <= DEPENDENT * qr.lengths[j] {
                qr.dependent.push((j, qr.combination(j, entries)));
            } else {
                column.iter_mut().for_each(|x| *x /= rest);
                entries.push(rest);
                qr.triangle.push(entries);
                qr.basis.push(column);
                qr.kept.push(j);
            }
        }
        Ok(qr)
    }

    /// What column `j` with these coordinates is made of, without parts that rounding explains.
    fn combination(&self, j: usize, coordinates: Vec<f64>) -> Vec<(usize, f64)> {
        let parts = self.kept.iter().copied().zip(self.solve(coordinates));
        parts.filter(|(i, c)| c.abs() * self.lengths[*i] > 10.0 * DEPENDENT * self.lengths[j]).collect()
    }

    /// Takes the part explained by the basis out of `y` and returns its coordinates Q'y.
    pub fn project(&self, y: &mut [f64]) -> Vec<f64> {
        let mut coordinates = vec![0.0; self.basis.len()];
        for _ in 0..2 {
            for (q, coordinate) in self.basis.iter().zip(&mut coordinates) {
                let h = dot(q, y);
                add_scaled(y, -h, q);
                *coordinate += h;
            }
        }
        coordinates
    }

    /// R⁻¹·`coordinates`: the coefficients on the kept columns.
    pub fn solve(&self, mut coordinates: Vec<f64>) -> Vec<f64> {
        for j in (0..coordinates.len()).rev() {
            coordinates[j] /= self.triangle[j][j];
            let value = coordinates[j];
            add_scaled(&mut coordinates[..j], -value, &self.triangle[j][..j]);
        }
        coordinates
    }

    /// R⁻¹, so that (X'X)⁻¹ = R⁻¹·R⁻ᵀ.
    pub fn inverse_triangle(&self) -> DMatrix<f64> {
        let k = self.basis.len();
        let columns = (0..k).flat_map(|j| self.solve((0..k).map(|i| f64::from(u8::from(i == j))).collect()));
        DMatrix::from_iterator(k, k, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependent_columns_come_with_their_combination() {
        let a = vec![1.0, 2.0, 3.0, 4.0];
        let b = vec![1.0, 0.0, 2.0, 1.0];
        let sum = a.iter().zip(&b).map(|(a, b)| 2.0 * a - b).collect();
        let qr = Orthogonal::new(vec![a, b, sum, vec![0.0; 4]], &Stop::default()).unwrap();
        assert_eq!(qr.kept, [0, 1]);
        assert_eq!(qr.dependent[0].0, 2);
        let parts = &qr.dependent[0].1;
        assert!(parts[0].0 == 0 && (parts[0].1 - 2.0).abs() < 1e-14);
        assert!(parts[1].0 == 1 && (parts[1].1 + 1.0).abs() < 1e-14);
        assert_eq!(qr.dependent[1], (3, Vec::new()));
    }

    /// Certified values of NIST StRD, dataset Longley (1967).
    #[test]
    fn longley_comes_out_to_ten_digits() {
        let y = [
            60323.0, 61122.0, 60171.0, 61187.0, 63221.0, 63639.0, 64989.0, 63761.0, 66019.0, 67857.0, 68169.0, 66513.0,
            68655.0, 69564.0, 69331.0, 70551.0,
        ];
        let x: [[f64; 16]; 6] = [
            [83.0, 88.5, 88.2, 89.5, 96.2, 98.1, 99.0, 100.0, 101.2, 104.6, 108.4, 110.8, 112.6, 114.2, 115.7, 116.9],
            [
                234289.0, 259426.0, 258054.0, 284599.0, 328975.0, 346999.0, 365385.0, 363112.0, 397469.0, 419180.0,
                442769.0, 444546.0, 482704.0, 502601.0, 518173.0, 554894.0,
            ],
            [
                2356.0, 2325.0, 3682.0, 3351.0, 2099.0, 1932.0, 1870.0, 3578.0, 2904.0, 2822.0, 2936.0, 4681.0, 3813.0,
                3931.0, 4806.0, 4007.0,
            ],
            [
                1590.0, 1456.0, 1616.0, 1650.0, 3099.0, 3594.0, 3547.0, 3350.0, 3048.0, 2857.0, 2798.0, 2637.0, 2552.0,
                2514.0, 2572.0, 2827.0,
            ],
            [
                107608.0, 108632.0, 109773.0, 110929.0, 112075.0, 113270.0, 115094.0, 116219.0, 117388.0, 118734.0,
                120445.0, 121950.0, 123366.0, 125368.0, 127852.0, 130081.0,
            ],
            std::array::from_fn(|i| 1947.0 + i as f64),
        ];
        let mut columns = vec![vec![1.0; 16]];
        columns.extend(x.iter().map(|c| c.to_vec()));
        let qr = Orthogonal::new(columns, &Stop::default()).unwrap();
        let coordinates = qr.project(&mut y.to_vec());
        let certified = [
            -3482258.63459582,
            15.0618722713733,
            -0.358191792925910E-01,
            -2.02022980381683,
            -1.03322686717359,
            -0.511041056535807E-01,
            1829.15146461355,
        ];
        for (got, expected) in qr.solve(coordinates).iter().zip(certified) {
            assert!((got / expected - 1.0).abs() < 1e-10, "{got} is not {expected}");
        }
    }
}
