//! The scores of an estimate: what each row contributes to the equations that its coefficients solve.

use crate::numeric::gram::gram;
use crate::numeric::vector::add_scaled;
use nalgebra::DMatrix;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// n scores of k coefficients, in the coordinates of the bread's root.
///
/// They are kept as k columns times a factor a row, and turned by a matrix when they are asked for, so that least squares
/// need no copy of its regressors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    columns: Vec<Vec<f64>>,
    factor: Option<Vec<f64>>,
    /// Lower triangular: the scores of a row are this times what the columns say of it.
    #[serde(default, with = "maybe_rows")]
    turn: Option<DMatrix<f64>>,
}

impl Scores {
    /// Scores as they are, k columns of n numbers.
    pub fn new(columns: Vec<Vec<f64>>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// The scores `columns[j][i]·errors[i]`.
    pub fn products(columns: Vec<Vec<f64>>, errors: Vec<f64>) -> Self {
        Self { columns, factor: Some(errors), turn: None }
    }

    /// The scores of each row times a lower triangular matrix.
    #[must_use]
    pub fn turned(self, turn: Option<DMatrix<f64>>) -> Self {
        Self { turn, ..self }
    }

    /// The number of coefficients k.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.columns.iter().chain(&self.factor).flatten().all(|x| x.is_finite())
    }

    /// Whether there are no coefficients.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The scores of one coefficient, one a row.
    pub fn column(&self, j: usize) -> Vec<f64> {
        let mut column = match &self.turn {
            None => self.columns[j].clone(),
            Some(turn) => combine(&self.columns, turn, j),
        };
        if let Some(factor) = &self.factor {
            column.iter_mut().zip(factor).for_each(|(x, e)| *x *= e);
        }
        column
    }

    /// The orthonormal columns that least squares' scores are made of; `None` for other scores.
    pub fn basis(&self) -> Option<Vec<Vec<f64>>> {
        self.factor.as_ref()?;
        let column = |j: usize| match &self.turn {
            None => self.columns[j].clone(),
            Some(turn) => combine(&self.columns, turn, j),
        };
        Some((0..self.len()).map(column).collect())
    }

    /// What the orthonormal columns are multiplied by, one a row; `None` for other scores.
    pub fn errors(&self) -> Option<&[f64]> {
        self.factor.as_deref()
    }

    /// All scores, k columns of n numbers.
    pub fn columns(&self) -> Vec<Vec<f64>> {
        (0..self.len()).into_par_iter().map(|j| self.column(j)).collect()
    }

    /// k columns of the scores summed in each of `count` groups; `codes` has the group of each row.
    pub fn sums(&self, codes: &[u32], count: usize) -> Vec<Vec<f64>> {
        let sum = |column: &Vec<f64>| {
            let mut sums = vec![0.0; count];
            match &self.factor {
                None => column.iter().zip(codes).for_each(|(x, g)| sums[*g as usize] += x),
                Some(factor) => {
                    column.iter().zip(factor).zip(codes).for_each(|((x, e), g)| sums[*g as usize] += x * e);
                }
            }
            sums
        };
        let sums: Vec<Vec<f64>> = self.columns.par_iter().map(sum).collect();
        match &self.turn {
            None => sums,
            Some(turn) => (0..sums.len()).map(|j| combine(&sums, turn, j)).collect(),
        }
    }

    /// Σ of the outer product of each row's scores.
    pub fn squares(&self) -> DMatrix<f64> {
        let columns: Vec<&[f64]> = self.columns.iter().map(Vec::as_slice).collect();
        let squares = gram(&columns, self.factor.as_deref());
        match &self.turn {
            None => squares,
            Some(turn) => turn * squares * turn.transpose(),
        }
    }

    /// Multiplies every score by a number.
    pub fn scale(&mut self, by: f64) {
        match &mut self.factor {
            Some(factor) => factor.iter_mut().for_each(|e| *e *= by),
            None => self.columns.iter_mut().flatten().for_each(|x| *x *= by),
        }
    }

    /// The scores with each row multiplied by a number.
    #[must_use]
    pub fn times(&self, by: impl Fn(usize) -> f64) -> Self {
        let scale = |(i, x): (usize, &f64)| x * by(i);
        match &self.factor {
            Some(factor) => Self { factor: Some(factor.iter().enumerate().map(scale).collect()), ..self.clone() },
            None => {
                let columns = self.columns.iter().map(|c| c.iter().enumerate().map(scale).collect()).collect();
                Self { columns, ..self.clone() }
            }
        }
    }
}

/// The `j`-th of the columns turned by a lower triangular matrix.
fn combine(columns: &[Vec<f64>], turn: &DMatrix<f64>, j: usize) -> Vec<f64> {
    let mut sum = vec![0.0; columns[j].len()];
    columns[..=j].iter().enumerate().for_each(|(i, column)| add_scaled(&mut sum, turn[(j, i)], column));
    sum
}

/// The ingredients of every sandwich covariance: bread, and scores by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sandwich {
    /// B (k × k) with bread B·B', so that the covariance is B · meat · B' with the meat of `scores`.
    #[serde(with = "rows")]
    pub bread_root: DMatrix<f64>,
    /// The scores in coordinates in which the bread is the identity.
    pub scores: Scores,
    /// What the regressors, after absorption, add to the leverage of each row; empty where there is no hat matrix.
    pub leverages: Vec<f64>,
}

impl Default for Sandwich {
    fn default() -> Self {
        Self { bread_root: DMatrix::zeros(0, 0), scores: Scores::default(), leverages: Vec::new() }
    }
}

/// A square matrix as its rows.
pub(super) mod rows {
    use nalgebra::DMatrix;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::regression) fn serialize<S: Serializer>(matrix: &DMatrix<f64>, to: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<Vec<f64>> = matrix.row_iter().map(|row| row.iter().copied().collect()).collect();
        rows.serialize(to)
    }

    pub(in crate::regression) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DMatrix<f64>, D::Error> {
        let rows = Vec::<Vec<f64>>::deserialize(from)?;
        Ok(DMatrix::from_row_iterator(rows.len(), rows.first().map_or(0, Vec::len), rows.into_iter().flatten()))
    }
}

/// The same of one that may not be there.
mod maybe_rows {
    use nalgebra::DMatrix;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Rows(#[serde(with = "super::rows")] DMatrix<f64>);

    pub(super) fn serialize<S: Serializer>(matrix: &Option<DMatrix<f64>>, to: S) -> Result<S::Ok, S::Error> {
        matrix.clone().map(Rows).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DMatrix<f64>>, D::Error> {
        Ok(Option::<Rows>::deserialize(from)?.map(|rows| rows.0))
    }
}
