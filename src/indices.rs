//! The catalogue of indices: one file, one card and one formula each.
//!
//! An index reads one cross-section of one measure and answers with values of a fixed
//! [`Shape`]. What an index cannot say for a cell it leaves absent with the reason.
//! It is computed on the cells that are present; the caller counts the others.

use crate::card::{Card, Params};
use crate::panel::{Grid, Value};

/// What one value of an index belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A region and an industry; regions × industries values, region by region.
    Cell,
    /// A region.
    Region,
    /// An industry.
    Industry,
    /// The whole of the regions; one value.
    Nation,
}

/// What an index may read: one period of one measure, and what its parameters ask for beside it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The measure, regions × industries (width 1 without industries).
    pub measure: &'a Grid,
    /// The measure `span` periods earlier, for indices whose card has an integer parameter `span`;
    /// `None` when the panel lacks that period.
    pub earlier: Option<&'a Grid>,
    /// One value a region of the measure or attribute that the parameter `per` or `weights` names.
    pub beside: Option<&'a [Value]>,
    /// Class of each region by the attribute that the parameter `groups` names; `None` where unknown.
    pub groups: Option<&'a [Option<usize>]>,
}

/// What an index answers for one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// What the values belong to.
    pub shape: Shape,
    /// Named results, such as `total`, `between` and `within`; formulas use the first.
    pub parts: Vec<(&'static str, Vec<Value>)>,
}

/// A method that turns a cross-section into an index.
pub trait Index: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// What its values belong to under these parameters, for data of `width` industries.
    fn shape(&self, params: &Params, width: usize) -> Shape;

    /// Whether it needs data with industries.
    fn needs_industries(&self) -> bool {
        false
    }

    /// The conventions an answer must state: logarithm base, reference includes self, normalisation.
    fn conventions(&self, params: &Params) -> Vec<String>;

    /// The index of one period.
    fn compute(&self, input: &Input<'_>, params: &Params) -> Output;
}

/// Every index, in the order of the catalogue.
pub static ALL: &[&dyn Index] = &[];

/// The index of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Index> {
    ALL.iter().copied().find(|index| index.card().answers_to(name))
}
