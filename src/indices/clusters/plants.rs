//! Plants in their regions, for data whose own regions are the plants.

use super::territories::Territories;
use crate::card::{Domain, Param};
use crate::indices::Input;

/// The parameter that says where plants lie.
pub(super) const REGION: Param = Param {
    name: "region",
    doc: "For data whose regions are the plants: the text attribute that says in which region a plant lies.",
    domain: Domain::Groups { required: true },
};

/// The parameter that says which plants are small.
pub(super) const SMALL: Param = Param {
    name: "small",
    doc: "Plants of less than this are small; 50 employees in Commission Recommendation 2003/361/EC.",
    domain: Domain::Number { min: 0.0, max: 1e12, default: 50.0 },
};

/// The sizes of the plants of each region, and of all plants.
pub(super) fn sizes(input: &Input<'_>, territories: &Territories<'_>) -> Vec<Vec<f64>> {
    let mut sizes = vec![Vec::new(); territories.rows()];
    for (plant, _, value) in input.measure.cells() {
        if let Some(size) = value.ok().filter(|size| *size > 0.0) {
            territories.rows_of(plant).for_each(|row| sizes[row].push(size));
        }
    }
    sizes
}

/// What answers about plants state.
pub(super) fn convention() -> String {
    "the regions of the data are the plants; a plant is a cell above zero".to_owned()
}
