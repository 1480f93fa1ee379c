//! Groups of the regions, where the regions are plants or the nodes of a network, and the rows of answers about them.

use crate::indices::{Classes, Key};

/// The name of the row of all together.
const ALL: &str = "all";

/// The groups that have a row: each territory by name, then all together.
#[derive(Debug)]
pub(super) struct Territories<'a> {
    classes: Option<&'a Classes>,
}

impl<'a> Territories<'a> {
    /// The territories that a parameter names; none when it was left out.
    pub(super) fn of(classes: Option<&'a Classes>) -> Self {
        Self { classes }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.classes.map_or(0, |classes| classes.names.len()) + 1
    }

    /// The rows that something of this region belongs to.
    pub(super) fn rows_of(&self, region: usize) -> impl Iterator<Item = usize> {
        let own = self.classes.and_then(|classes| *classes.of.get(region)?);
        own.into_iter().chain([self.rows() - 1])
    }

    /// The name of a row.
    pub(super) fn name(&self, row: usize) -> String {
        self.classes.and_then(|classes| classes.names.get(row)).map_or(ALL, String::as_str).to_owned()
    }

    /// The names of all rows.
    pub(super) fn key(&self) -> Key {
        Key::Texts((0..self.rows()).map(|row| self.name(row)).collect())
    }
}
