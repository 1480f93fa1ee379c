//! Rows by unit or by period.

use crate::numeric::least_squares::DEPENDENT;
use crate::numeric::vector::norm;
use crate::regression::design::{Effect, Groups, RowId};
use std::collections::BTreeSet;

/// The unit, or the period, of each row.
#[derive(Debug, Clone)]
pub(in crate::regression) struct Grouping {
    /// Group of each row.
    pub(in crate::regression) codes: Vec<u32>,
    /// Rows of each group.
    pub(in crate::regression) counts: Vec<usize>,
}

impl Grouping {
    /// Rows of the same region and industry.
    pub(in crate::regression) fn units(rows: &[RowId]) -> Self {
        Self::by(rows, |row| (row.region, row.industry))
    }

    /// Rows of the same period.
    pub(in crate::regression) fn periods(rows: &[RowId]) -> Self {
        Self::by(rows, |row| row.period)
    }

    /// Groups are numbered by the order of their keys, whatever the order of the rows.
    fn by<K: Ord>(rows: &[RowId], key: impl Fn(&RowId) -> K) -> Self {
        let keys: Vec<K> = rows.iter().map(&key).collect::<BTreeSet<_>>().into_iter().collect();
        let code = |row: &RowId| keys.partition_point(|k| *k < key(row)) as u32;
        let codes: Vec<u32> = rows.iter().map(code).collect();
        let mut counts = vec![0; keys.len()];
        codes.iter().for_each(|g| counts[*g as usize] += 1);
        Self { codes, counts }
    }

    /// The number of groups.
    pub(in crate::regression) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The sum of a column in each group.
    pub(in crate::regression) fn sums(&self, column: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.len()];
        column.iter().zip(&self.codes).for_each(|(x, g)| sums[*g as usize] += x);
        sums
    }

    /// The mean of a column in each group.
    pub(in crate::regression) fn means(&self, column: &[f64]) -> Vec<f64> {
        self.sums(column).iter().zip(&self.counts).map(|(sum, n)| sum / *n as f64).collect()
    }

    /// The value of its group for each row.
    pub(in crate::regression) fn spread(&self, values: &[f64]) -> Vec<f64> {
        self.codes.iter().map(|g| values[*g as usize]).collect()
    }

    /// A column less `share` times the mean of its group.
    pub(super) fn less_means(&self, column: &[f64], share: impl Fn(usize) -> f64) -> Vec<f64> {
        let means = self.means(column);
        let less = |(x, g): (&f64, &u32)| x - share(*g as usize) * means[*g as usize];
        column.iter().zip(&self.codes).map(less).collect()
    }

    /// Whether a column changes within some group.
    pub(super) fn varies(&self, column: &[f64]) -> bool {
        norm(&self.less_means(column, |_| 1.0)) > DEPENDENT * norm(column)
    }

    /// The positions of the rows of each group, in the order of the rows.
    pub(in crate::regression) fn members(&self) -> Vec<Vec<usize>> {
        let mut members: Vec<Vec<usize>> = self.counts.iter().map(|n| Vec::with_capacity(*n)).collect();
        self.codes.iter().enumerate().for_each(|(i, g)| members[*g as usize].push(i));
        members
    }

    /// The groups as a classification.
    pub(in crate::regression) fn groups(&self, name: &str) -> Groups {
        let levels = (0..self.len()).map(|g| g.to_string()).collect();
        Groups { name: name.to_owned(), codes: self.codes.clone(), levels }
    }

    /// The groups as a fixed effect.
    pub(in crate::regression) fn effect(&self, name: &str) -> Effect {
        Effect { name: name.to_owned(), groups: self.groups(name), intercept: true, slope: None }
    }
}
