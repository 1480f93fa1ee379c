//! Sparse square matrices by rows.

/// A square matrix that keeps the entries that are not zero, row by row, columns ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sparse {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Sparse {
    /// The matrix with these rows of (column, value); entries of one column in a row add up.
    pub fn from_rows(rows: impl IntoIterator<Item = Vec<(u32, f64)>>) -> Self {
        let mut matrix = Self { starts: vec![0], ..Self::default() };
        for mut row in rows {
            row.sort_by_key(|(column, _)| *column);
            let start = matrix.columns.len();
            for (column, value) in row {
                match matrix.columns[start..].last() {
                    Some(last) if *last == column => *matrix.values.last_mut().unwrap_or(&mut 0.0) += value,
                    _ => {
                        matrix.columns.push(column);
                        matrix.values.push(value);
                    }
                }
            }
            matrix.starts.push(matrix.columns.len());
        }
        matrix
    }

    /// Number of rows.
    pub fn size(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Number of entries kept.
    pub fn entries(&self) -> usize {
        self.values.len()
    }

    /// The entries of a row, columns ascending.
    pub fn row(&self, i: usize) -> impl ExactSizeIterator<Item = (usize, f64)> + Clone + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.columns[range.clone()].iter().zip(&self.values[range]).map(|(column, value)| (*column as usize, *value))
    }

    /// The sum of each row.
    pub fn row_sums(&self) -> Vec<f64> {
        (0..self.size()).map(|i| self.row(i).map(|(_, value)| value).sum()).collect()
    }

    /// The entry (i, j).
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let range = self.starts[i]..self.starts[i + 1];
        match self.columns[range.clone()].binary_search(&(j as u32)) {
            Ok(place) => self.values[range.start + place],
            Err(_) => 0.0,
        }
    }

    /// The product with a vector.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        (0..self.size()).map(|i| self.row(i).fold(0.0, |sum, (j, value)| sum + value * x[j])).collect()
    }

    /// The matrix with each entry replaced by `value(row, column, entry)`.
    #[must_use]
    pub fn map(&self, value: impl Fn(usize, usize, f64) -> f64) -> Self {
        let values = (0..self.size()).flat_map(|i| self.row(i).map(move |(j, x)| (i, j, x)));
        Self { values: values.map(|(i, j, x)| value(i, j, x)).collect(), ..self.clone() }
    }

    /// The matrix with the same pattern and these entries, row by row.
    #[must_use]
    pub fn with_values(&self, values: Vec<f64>) -> Self {
        debug_assert_eq!(values.len(), self.values.len());
        Self { values, ..self.clone() }
    }

    /// The entries, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut rows = vec![Vec::new(); self.size()];
        for i in 0..self.size() {
            self.row(i).for_each(|(j, value)| rows[j].push((i as u32, value)));
        }
        Self::from_rows(rows)
    }

    /// The product with another matrix.
    #[must_use]
    pub fn product(&self, other: &Self) -> Self {
        let mut sums = vec![0.0; self.size()];
        let mut row_of = vec![usize::MAX; self.size()];
        Self::from_rows((0..self.size()).map(|i| {
            let mut columns = Vec::new();
            for (k, value) in self.row(i) {
                for (j, factor) in other.row(k) {
                    if row_of[j] != i {
                        row_of[j] = i;
                        sums[j] = 0.0;
                        columns.push(j as u32);
                    }
                    sums[j] += value * factor;
                }
            }
            columns.into_iter().map(|j| (j, sums[j as usize])).collect()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_dense_matrices() {
        let a = Sparse::from_rows([vec![(2, 3.0), (0, 1.0)], vec![(1, -1.0), (1, 3.0)], vec![(0, 4.0)]]);
        assert_eq!(a.times(&[1.0, 2.0, 3.0]), [10.0, 4.0, 4.0]);
        assert_eq!(a.transposed().times(&[1.0, 2.0, 3.0]), [13.0, 4.0, 3.0]);
        let squared = a.product(&a);
        assert_eq!(squared.times(&[1.0, 2.0, 3.0]), a.times(&a.times(&[1.0, 2.0, 3.0])));
        assert_eq!((squared.get(0, 0), squared.get(1, 0), squared.entries()), (13.0, 0.0, 5));
    }
}
