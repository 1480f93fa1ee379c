//! The location quotient: an industry's share of a region over its share of the nation.

use super::counts::inferred;
use super::economy::{Economy, REFERENCE};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{Slice, Value, ratio};

/// `(x_ri/x_r) / (x_i/x)`.
#[derive(Debug)]
pub(super) struct LocationQuotient;

impl Index for LocationQuotient {
    fn card(&self) -> &'static Card {
        &Card {
            id: "location_quotient",
            aliases: &["lq", "rca"],
            title: "Location quotient: an industry's share of the region over its share of the nation",
            kind: Kind::Index,
            formula: "LQ_ri = (x_ri/x_r) / (x_i/x), with x_ri the value of industry i in region r, x_r and x_i the sums \
                      over industries and over regions, x the sum of all; 1 where the shares are equal. Analytic \
                      inference is for counts: the delta method for the interval, Pearson's test of LQ = 1 for p",
            reference: "Hoover (1936), Review of Economics and Statistics 18, 162–171; as revealed comparative \
                        advantage Balassa (1965), The Manchester School 33, 99–123; interval: Moineddin, Beyene and \
                        Boyle (2003), Geographical Analysis 35, 249–256",
            params: &[REFERENCE],
            inference: &[Infer::Analytic, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Cell, quotients_to(&input.measure, &Economy::of(input)))
    }

    fn infer(&self, input: &Input<'_>, _params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        inferred(input, ask, |quotient, se| Ok((quotient, se)))
    }
}

/// What the location quotient and the indices made of it state.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let economy = params.text(REFERENCE.name).map_or_else(
        || "the nation includes the region itself".to_owned(),
        |name| format!("reference: {name}, all of its industries; an industry it lacks has no quotient"),
    );
    vec![format!("{economy}; empty regions and industries have no quotient")]
}

/// The location quotient of every listed cell.
pub(in crate::indices) fn quotients(slice: &Slice<'_>) -> Vec<Value> {
    quotients_to(slice, &Economy::nation(slice))
}

/// The location quotient of every listed cell, compared with an economy.
pub(super) fn quotients_to(slice: &Slice<'_>, economy: &Economy) -> Vec<Value> {
    let (regions, shares) = (slice.region_totals(), economy.shares());
    slice.cells().map(|(region, industry, x)| ratio(ratio(x?, regions[region]?)?, shares[industry]?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Absent;

    #[test]
    fn a_missing_cell_is_no_zero() {
        let missing = Err(Absent::Missing);
        let grid = Slice::dense(2, vec![Ok(2.0), Ok(2.0), Ok(4.0), missing]);
        assert_eq!(quotients(&grid), vec![Ok(0.5 / 0.75), Ok(0.5 / 0.25), Ok(1.0 / 0.75), missing]);
    }

    #[test]
    fn equal_structures_have_quotients_of_exactly_one() {
        let values = [1.0, 2.0, 7.0, 3.0, 6.0, 21.0].map(Ok).to_vec();
        assert_eq!(quotients(&Slice::dense(3, values)), vec![Ok(1.0); 6]);
    }
}
