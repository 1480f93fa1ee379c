//! The catalogue of indices: one file, one card and one formula each, in families.
//!
//! An index reads one cross-section of one measure, with what its parameters name beside it, and answers with values
//! of a fixed [`Shape`]. What an index cannot say for a cell it leaves absent with the reason. It is computed on the
//! cells that are present; the caller counts the others.
//!
//! [`evaluate()`] computes any number of indices over the periods of a panel.

mod ask;
mod bind;
mod bounds;
mod clusters;
mod complexity;
mod concentration;
mod distribution;
mod dynamics;
mod evaluate;
mod gap;
mod inequality;
mod input;
mod linkages;
mod location;
mod output;
mod reference;
mod resample;
mod space;
mod specialisation;
mod spread;

pub use ask::{Alternative, Ask, Asked, Extra, adjusted, interval, p_value, permuted};
pub use evaluate::{Beside, IndexCall, IndexTable, Study, evaluate};
pub use gap::{Gap, GapTable};
pub use inequality::{kendall, ranks};
pub use input::{Classes, Companion, Input, twins};
pub use output::{Key, Output, Shape};

use crate::card::{Card, Params};

/// A demand of an index that the data or another parameter do not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The parameter at fault; empty when it is the call as a whole.
    pub param: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
}

/// What data offer beside their measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Whether cells belong to industries.
    pub has_industries: bool,
    /// Whether it is known which regions are neighbours.
    pub has_neighbours: bool,
}

/// The earlier cross-sections that an index reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Now,
    /// Those of so many periods back, one by one.
    Back(usize),
    /// Those of all periods since the first.
    First,
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

    /// The earlier cross-sections it reads: those back to the parameter `span`, where its card has one; a span of 0
    /// reaches to the first period.
    fn reach(&self, params: &Params) -> Reach {
        if !self.card().params.iter().any(|param| param.name == "span") {
            return Reach::Now;
        }
        match params.number("span") as usize {
            0 => Reach::First,
            span => Reach::Back(span),
        }
    }

    /// What the parameters demand beyond their own ranges: of the data, or of each other.
    ///
    /// # Errors
    /// The demand that is not met.
    fn check(&self, _params: &Params, facts: &Facts) -> Result<(), Refusal> {
        if self.needs_industries() && !facts.has_industries {
            return Err(Refusal { param: "", rule: "needs data with industries" });
        }
        Ok(())
    }

    /// Rows of an output of the shape [`Shape::Listed`], at most, for data of so many regions and industries.
    fn listed_rows(&self, _params: &Params, _regions: usize, _width: usize) -> usize {
        0
    }

    /// Bytes that the calculation of one period holds at once beyond its input and output.
    fn scratch(&self, _params: &Params, _regions: usize, _width: usize) -> u64 {
        0
    }

    /// The conventions an answer must state: logarithm base, reference includes self, normalisation.
    fn conventions(&self, params: &Params) -> Vec<String>;

    /// The index of one period.
    fn compute(&self, input: &Input<'_>, params: &Params) -> Output;

    /// What the index itself knows of its uncertainty: columns of as many rows as its output has. `None` leaves the
    /// question to resampling, for the ways of [`Card::inference`] that any index can share.
    fn infer(&self, _input: &Input<'_>, _params: &Params, _ask: &Ask) -> Option<Vec<Extra>> {
        None
    }
}

/// The families of the catalogue, in its order.
static FAMILIES: &[(&str, &[&dyn Index])] = &[
    ("location", location::ALL),
    ("concentration", concentration::ALL),
    ("specialisation", specialisation::ALL),
    ("dynamics", dynamics::ALL),
    ("complexity", complexity::ALL),
    ("inequality", inequality::ALL),
    ("space", space::ALL),
    ("linkages", linkages::ALL),
    ("clusters", clusters::ALL),
];

/// Every index, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static dyn Index> {
    FAMILIES.iter().flat_map(|(_, family)| family.iter().copied())
}

/// The index of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Index> {
    all().find(|index| index.card().answers_to(name))
}

/// The family of the index of this id.
pub fn family(id: &str) -> Option<&'static str> {
    let has = |family: &[&dyn Index]| family.iter().any(|index| index.card().id == id);
    FAMILIES.iter().find(|(_, family)| has(family)).map(|(name, _)| *name)
}
