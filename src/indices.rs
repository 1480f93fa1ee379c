//! The catalogue of indices: one file, one card and one formula each.
//!
//! An index reads one cross-section of one measure and answers with values of a fixed
//! [`Shape`]. What an index cannot say for a cell it leaves absent with the reason.
//! It is computed on the cells that are present; the caller counts the others.
//!
//! [`evaluate()`] computes any number of indices over the periods of a panel.

mod agglomeration;
mod bind;
mod density;
mod distribution;
mod dynamic_agglomeration;
mod entropy;
mod evaluate;
mod gini;
mod hhi;
mod hoover;
mod krugman;
mod location_quotient;
mod log_location_quotient;
mod per_head;
mod reference;
mod sigma;
mod spread;
mod standardized_location_quotient;
mod symmetric_location_quotient;
mod theil;
mod theil_l;
mod theil_t;

pub use evaluate::{IndexCall, IndexTable, evaluate};

use crate::card::{Card, Params};
use crate::panel::{Absent, Grid, Value};

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

impl Output {
    /// One result a value.
    fn of(shape: Shape, values: Vec<Value>) -> Self {
        Self { shape, parts: vec![("value", values)] }
    }

    /// Several named results a row; where a row has none, all its results carry the row's reason.
    fn of_rows<const N: usize>(shape: Shape, names: [&'static str; N], rows: &[Result<[Value; N], Absent>]) -> Self {
        let column = |part: usize| rows.iter().map(|row| row.and_then(|parts| parts[part])).collect();
        Self { shape, parts: names.into_iter().enumerate().map(|(part, name)| (name, column(part))).collect() }
    }
}

/// A demand of an index that the data or another parameter do not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The parameter at fault; empty when it is the call as a whole.
    pub param: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
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

    /// Whether it adds the measure up over regions or takes it per head, so that a rate is no input.
    fn needs_additive(&self, _params: &Params) -> bool {
        true
    }

    /// What the parameters demand beyond their own ranges: of the data, or of each other.
    ///
    /// # Errors
    /// The demand that is not met.
    fn check(&self, _params: &Params, has_industries: bool) -> Result<(), Refusal> {
        if self.needs_industries() && !has_industries {
            return Err(Refusal { param: "", rule: "needs data with industries" });
        }
        Ok(())
    }

    /// The conventions an answer must state: logarithm base, reference includes self, normalisation.
    fn conventions(&self, params: &Params) -> Vec<String>;

    /// The index of one period.
    fn compute(&self, input: &Input<'_>, params: &Params) -> Output;
}

/// Every index, in the order of the catalogue.
pub static ALL: &[&dyn Index] = &[
    &agglomeration::Agglomeration,
    &density::Density,
    &dynamic_agglomeration::DynamicAgglomeration,
    &location_quotient::LocationQuotient,
    &log_location_quotient::LogLocationQuotient,
    &symmetric_location_quotient::SymmetricLocationQuotient,
    &standardized_location_quotient::StandardizedLocationQuotient,
    &hhi::Hhi,
    &krugman::Krugman,
    &gini::Gini,
    &hoover::Hoover,
    &entropy::Entropy,
    &theil_t::TheilT,
    &theil_l::TheilL,
    &sigma::Sigma,
];

/// The index of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Index> {
    ALL.iter().copied().find(|index| index.card().answers_to(name))
}
