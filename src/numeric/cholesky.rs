//! Sparse Cholesky decomposition, LDL' of a symmetric positive definite matrix.
//!
//! Rows are eliminated in the order of least degree (Tinney and Walker 1967, scheme 2), which keeps the triangle nearly
//! as sparse as the matrix where neighbours are few. The pattern of the triangle is found once and serves every matrix
//! of the same pattern.

use super::Stop;
use super::sparse::Sparse;
use crate::error::Error;
use std::collections::BTreeSet;

/// The order of elimination and the pattern of the triangle.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Number of the row eliminated at each step.
    order: Vec<u32>,
    /// The step at which each row is eliminated.
    step: Vec<u32>,
    /// Column j of the triangle has the entries `starts[j]..starts[j + 1]`, without the diagonal.
    starts: Vec<usize>,
    /// Rows of the entries, as steps, ascending within a column.
    rows: Vec<u32>,
}

/// A decomposition with the pattern it was made with.
#[derive(Debug, Clone)]
pub struct Cholesky<'a> {
    pattern: &'a Pattern,
    values: Vec<f64>,
    diagonal: Vec<f64>,
}

impl Pattern {
    /// Orders the rows of a matrix with a symmetric pattern.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub fn new(matrix: &Sparse, stop: &Stop) -> Result<Self, Error> {
        let n = matrix.size();
        let others = |i: usize| matrix.row(i).map(|(j, _)| j as u32).filter(|j| *j as usize != i).collect();
        let mut adjacent: Vec<Vec<u32>> = (0..n).map(others).collect();
        let mut queue: BTreeSet<(usize, u32)> = (0..n).map(|i| (adjacent[i].len(), i as u32)).collect();
        let (mut order, mut columns) = (Vec::with_capacity(n), Vec::with_capacity(n));
        while let Some((degree, least)) = queue.pop_first() {
            if order.len() % 64 == 0 {
                stop.check()?;
            }
            order.push(least);
            let clique = std::mem::take(&mut adjacent[least as usize]);
            if degree == queue.len() {
                // All that is left are neighbours of one another: any order will do.
                let rest: Vec<u32> = queue.iter().map(|(_, i)| *i).collect();
                columns.extend((0..=rest.len()).map(|from| rest[from..].to_vec()));
                order.extend(rest);
                break;
            }
            for i in &clique {
                let before = &mut adjacent[*i as usize];
                queue.remove(&(before.len(), *i));
                *before = union(before, &clique, [*i, least]);
                queue.insert((before.len(), *i));
            }
            columns.push(clique);
        }
        Ok(Self::of(order, &columns))
    }

    fn of(order: Vec<u32>, columns: &[Vec<u32>]) -> Self {
        let mut step = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, row)| step[*row as usize] = at as u32);
        let (mut starts, mut rows) = (vec![0], Vec::new());
        for column in columns {
            let start = rows.len();
            rows.extend(column.iter().map(|i| step[*i as usize]));
            rows[start..].sort_unstable();
            starts.push(rows.len());
        }
        Self { order, step, starts, rows }
    }

    /// Number of entries of the triangle below the diagonal.
    pub fn entries(&self) -> usize {
        self.rows.len()
    }

    /// Decomposes a matrix that has no entries outside the pattern; `None` where it is not positive definite.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub fn decompose(&self, matrix: &Sparse, stop: &Stop) -> Result<Option<Cholesky<'_>>, Error> {
        let n = self.order.len();
        let (mut values, mut diagonal) = (vec![0.0; self.rows.len()], vec![0.0; n]);
        let mut column = vec![0.0; n];
        // Columns that have their next entry in row j wait in a list that begins at waiting[j].
        let (mut waiting, mut next, mut at) = (vec![usize::MAX; n], vec![usize::MAX; n], self.starts.clone());
        for j in 0..n {
            if j % 256 == 0 {
                stop.check()?;
            }
            let range = self.starts[j]..self.starts[j + 1];
            for (i, value) in matrix.row(self.order[j] as usize) {
                column[self.step[i] as usize] = value;
            }
            let mut k = waiting[j];
            while k != usize::MAX {
                let following = next[k];
                let (place, end) = (at[k], self.starts[k + 1]);
                let factor = values[place] * diagonal[k];
                for (i, value) in self.rows[place..end].iter().zip(&values[place..end]) {
                    column[*i as usize] -= factor * value;
                }
                self.wait(k, place + 1, (&mut waiting, &mut next, &mut at));
                k = following;
            }
            let pivot = column[j];
            if pivot.is_nan() || pivot <= 0.0 {
                return Ok(None);
            }
            diagonal[j] = pivot;
            for (i, value) in self.rows[range.clone()].iter().zip(&mut values[range.clone()]) {
                *value = std::mem::take(&mut column[*i as usize]) / pivot;
            }
            self.clear(matrix, j, &mut column);
            self.wait(j, range.start, (&mut waiting, &mut next, &mut at));
        }
        Ok(Some(Cholesky { pattern: self, values, diagonal }))
    }

    /// Puts column `k` into the list of the row of its entry at `place`.
    fn wait(&self, k: usize, place: usize, (waiting, next, at): (&mut [usize], &mut [usize], &mut [usize])) {
        at[k] = place;
        if place < self.starts[k + 1] {
            let row = self.rows[place] as usize;
            next[k] = waiting[row];
            waiting[row] = k;
        }
    }

    /// Forgets what column `j` of the matrix has put above the diagonal and on it.
    fn clear(&self, matrix: &Sparse, j: usize, column: &mut [f64]) {
        matrix.row(self.order[j] as usize).for_each(|(i, _)| column[self.step[i] as usize] = 0.0);
        column[j] = 0.0;
    }
}

/// The members of two ascending lists, without two of them.
fn union(a: &[u32], b: &[u32], without: [u32; 2]) -> Vec<u32> {
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let (x, y) = (a.get(i).unwrap_or(&u32::MAX), b.get(j).unwrap_or(&u32::MAX));
        let least = *x.min(y);
        (i, j) = (i + usize::from(*x == least), j + usize::from(*y == least));
        if !without.contains(&least) {
            all.push(least);
        }
    }
    all
}

impl Cholesky<'_> {
    /// The logarithm of the determinant.
    pub fn log_determinant(&self) -> f64 {
        self.diagonal.iter().map(|d| d.ln()).sum()
    }

    /// Solves for one right-hand side.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let [x] = self.solve_all([b]);
        x
    }

    /// Solves for several right-hand sides at once, which costs little more than one.
    pub fn solve_all<const M: usize>(&self, b: [&[f64]; M]) -> [Vec<f64>; M] {
        let pattern = self.pattern;
        let mut x: Vec<[f64; M]> = pattern.order.iter().map(|i| b.map(|b| b[*i as usize])).collect();
        for j in 0..x.len() {
            let of_j = x[j];
            // Columns of the identity stay zero up to the first row that they reach.
            if of_j.iter().all(|x| *x == 0.0) {
                continue;
            }
            let range = pattern.starts[j]..pattern.starts[j + 1];
            for (i, value) in pattern.rows[range.clone()].iter().zip(&self.values[range]) {
                let x = &mut x[*i as usize];
                (0..M).for_each(|m| x[m] -= value * of_j[m]);
            }
        }
        for j in (0..x.len()).rev() {
            let mut of_j = x[j].map(|x| x / self.diagonal[j]);
            let range = pattern.starts[j]..pattern.starts[j + 1];
            for (i, value) in pattern.rows[range.clone()].iter().zip(&self.values[range]) {
                let x = &x[*i as usize];
                (0..M).for_each(|m| of_j[m] -= value * x[m]);
            }
            x[j] = of_j;
        }
        std::array::from_fn(|m| pattern.step.iter().map(|step| x[*step as usize][m]).collect())
    }

    /// The trace of the inverse times another symmetric matrix that has no entries outside the pattern, from the
    /// entries of the inverse within the pattern (Takahashi, Fagan and Chin 1973).
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub fn trace_of_inverse_times(&self, matrix: &Sparse, stop: &Stop) -> Result<f64, Error> {
        let pattern = self.pattern;
        let (inverse, diagonal) = self.inverse_within_pattern(stop)?;
        let mut trace = 0.0;
        let mut column = vec![0.0; diagonal.len()];
        for j in 0..diagonal.len() {
            let range = pattern.starts[j]..pattern.starts[j + 1];
            for (i, value) in pattern.rows[range.clone()].iter().zip(&inverse[range]) {
                column[*i as usize] = 2.0 * value;
            }
            column[j] = diagonal[j];
            for (i, value) in matrix.row(pattern.order[j] as usize) {
                let step = pattern.step[i] as usize;
                trace += if step >= j { value * column[step] } else { 0.0 };
            }
        }
        Ok(trace)
    }

    /// The inverse's entries on the triangle's pattern and on the diagonal, in the order of elimination.
    fn inverse_within_pattern(&self, stop: &Stop) -> Result<(Vec<f64>, Vec<f64>), Error> {
        let pattern = self.pattern;
        let n = self.diagonal.len();
        let (mut inverse, mut diagonal) = (vec![0.0; self.values.len()], vec![0.0; n]);
        let (mut triangle, mut sums) = (vec![0.0; n], vec![0.0; n]);
        for j in (0..n).rev() {
            if j % 256 == 0 {
                stop.check()?;
            }
            let range = pattern.starts[j]..pattern.starts[j + 1];
            let (rows, values) = (&pattern.rows[range.clone()], &self.values[range.clone()]);
            rows.iter().zip(values).for_each(|(i, value)| triangle[*i as usize] = *value);
            for k in rows.iter().map(|k| *k as usize) {
                let (of_k, mut sum) = (triangle[k], triangle[k] * diagonal[k]);
                let column = pattern.starts[k]..pattern.starts[k + 1];
                // Rows outside column j have zeros in `triangle`; what they add to `sums` is never read.
                for (i, value) in pattern.rows[column.clone()].iter().zip(&inverse[column]) {
                    let i = *i as usize;
                    sum += triangle[i] * value;
                    sums[i] += of_k * value;
                }
                sums[k] += sum;
            }
            let mut own = self.diagonal[j].recip();
            for ((i, value), to) in rows.iter().zip(values).zip(&mut inverse[range]) {
                *to = -sums[*i as usize];
                own -= value * *to;
            }
            diagonal[j] = own;
            for k in rows {
                let column = pattern.starts[*k as usize]..pattern.starts[*k as usize + 1];
                pattern.rows[column].iter().for_each(|i| sums[*i as usize] = 0.0);
                sums[*k as usize] = 0.0;
                triangle[*k as usize] = 0.0;
            }
        }
        Ok((inverse, diagonal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::{normals, stream};
    use nalgebra::DMatrix;

    /// A sparse positive definite matrix of random pattern, and the same as dense.
    fn random_matrix(seed: u64, n: usize, pairs: usize) -> (Sparse, DMatrix<f64>) {
        let mut random = stream(seed, 0);
        let mut dense = DMatrix::<f64>::zeros(n, n);
        for z in normals(&mut random, 3 * pairs).chunks(3) {
            let place = |z: f64| ((z.abs() * 1e6) as usize) % n;
            let (i, j) = (place(z[0]), place(z[1]));
            if i != j {
                dense[(i, j)] = z[2];
                dense[(j, i)] = z[2];
            }
        }
        for i in 0..n {
            dense[(i, i)] = 0.1 + dense.row(i).iter().map(|x| x.abs()).sum::<f64>();
        }
        let row = |i: usize| (0..n).filter(|j| dense[(i, *j)] != 0.0).map(|j| (j as u32, dense[(i, j)])).collect();
        (Sparse::from_rows((0..n).map(row)), dense)
    }

    #[test]
    fn solutions_determinants_and_traces_are_those_of_the_dense_matrix() {
        for (seed, n, pairs) in [(1, 1, 0), (2, 5, 0), (3, 12, 15), (4, 60, 90), (5, 25, 900)] {
            let (sparse, dense) = random_matrix(seed, n, pairs);
            let stop = Stop::default();
            let pattern = Pattern::new(&sparse, &stop).unwrap();
            let cholesky = pattern.decompose(&sparse, &stop).unwrap().unwrap();
            let inverse = dense.clone().try_inverse().unwrap();
            let log_determinant = dense.clone().cholesky().unwrap().l().diagonal().map(f64::ln).sum() * 2.0;
            assert!((cholesky.log_determinant() - log_determinant).abs() < 1e-12 * n as f64);
            let b = normals(&mut stream(seed, 1), n);
            let x = cholesky.solve(&b);
            let expected = &inverse * nalgebra::DVector::from_column_slice(&b);
            assert!(x.iter().zip(&expected).all(|(x, e)| (x - e).abs() < 1e-11));
            let other = sparse.map(|i, j, x| x * (1.0 + (i + j) as f64));
            let dense_other = dense.map_with_location(|i, j, x| x * (1.0 + (i + j) as f64));
            let trace = cholesky.trace_of_inverse_times(&other, &stop).unwrap();
            assert!((trace / (inverse * dense_other).trace() - 1.0).abs() < 1e-11, "{trace}");
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_none() {
        let matrix = Sparse::from_rows([vec![(0, 1.0), (1, 2.0)], vec![(0, 2.0), (1, 1.0)]]);
        let stop = Stop::default();
        assert!(Pattern::new(&matrix, &stop).unwrap().decompose(&matrix, &stop).unwrap().is_none());
    }
}
