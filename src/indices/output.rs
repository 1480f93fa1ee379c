//! What an index answers for one period.

use crate::panel::{Absent, Value};

/// What one value of an index belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A region and an industry that the data list; one value a listed cell, in the order of the measure's cells.
    Cell,
    /// Any region and any industry; regions × industries values, region by region.
    Grid,
    /// A region.
    Region,
    /// An industry.
    Industry,
    /// The whole of the regions; one value.
    Nation,
    /// Rows of the index's own; its keys say what they belong to.
    Listed,
}

/// One key column of an output of the shape [`Shape::Listed`].
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// Numbers of regions.
    Regions(Vec<u32>),
    /// Numbers of industries.
    Industries(Vec<u32>),
    /// Names.
    Texts(Vec<String>),
    /// Numbers, such as a distance, in a unit that may be empty.
    Numbers(&'static str, Vec<f64>),
}

impl Key {
    /// Appends the rows of a key of the same kind.
    pub(super) fn extend(&mut self, more: Self) {
        match (self, more) {
            (Self::Regions(rows), Self::Regions(more)) | (Self::Industries(rows), Self::Industries(more)) => {
                rows.extend(more);
            }
            (Self::Texts(rows), Self::Texts(more)) => rows.extend(more),
            (Self::Numbers(_, rows), Self::Numbers(_, more)) => rows.extend(more),
            (key, more) => unreachable!("an index changes its keys from {key:?} to {more:?}"),
        }
    }
}

/// What an index answers for one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// What the values belong to.
    pub shape: Shape,
    /// Named keys of the rows, for [`Shape::Listed`] only, such as `("industry", …)` and `("distance", …)`.
    pub keys: Vec<(&'static str, Key)>,
    /// Named results, such as `total`, `between` and `within`; formulas use the first.
    pub parts: Vec<(&'static str, Vec<Value>)>,
}

impl Output {
    /// One result a value.
    pub(super) fn of(shape: Shape, values: Vec<Value>) -> Self {
        Self { shape, keys: Vec::new(), parts: vec![("value", values)] }
    }

    /// Several named results a row; where a row has none, all its results carry the row's reason.
    pub(super) fn of_rows<const N: usize>(
        shape: Shape,
        names: [&'static str; N],
        rows: &[Result<[Value; N], Absent>],
    ) -> Self {
        let column = |part: usize| rows.iter().map(|row| row.and_then(|parts| parts[part])).collect();
        let parts = names.into_iter().enumerate().map(|(part, name)| (name, column(part))).collect();
        Self { shape, keys: Vec::new(), parts }
    }

    /// Rows of the index's own, with their keys.
    pub(super) fn listed(keys: Vec<(&'static str, Key)>, parts: Vec<(&'static str, Vec<Value>)>) -> Self {
        Self { shape: Shape::Listed, keys, parts }
    }
}
