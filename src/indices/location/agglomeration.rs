//! The agglomeration index: a region's share of the nation's total against an equal share.

use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{ratio, sum_present};

/// `R·x_r / X`: 1 for a region of average size, above 1 where the measure gathers.
#[derive(Debug)]
pub(super) struct Agglomeration;

impl Index for Agglomeration {
    fn card(&self) -> &'static Card {
        &Card {
            id: "agglomeration",
            aliases: &["relative_share"],
            title: "Agglomeration index: a region's share of the total times the number of regions",
            kind: Kind::Index,
            formula: "A_r = R x_r / X, with x_r the region's value, X the sum over regions and R the number of \
                      regions that have a value",
            reference: "The location quotient of Hoover (1936), Review of Economics and Statistics 18, 162–171, \
                        with the equal share 1/R as its reference",
            params: &[],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::SumsToRegions, Law::OneWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec!["R counts the regions that have a value; industries are summed".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let values = input.measure.region_totals();
        let regions = values.iter().flatten().count() as f64;
        let total = sum_present(&values);
        Output::of(Shape::Region, values.into_iter().map(|x| ratio(regions * x?, total?)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Absent, Grid};

    fn of(values: Vec<crate::panel::Value>) -> Vec<crate::panel::Value> {
        let grid = Grid { width: 1, values };
        let input = Input::new(&grid);
        Agglomeration.compute(&input, &Params::default()).parts.remove(0).1
    }

    #[test]
    fn a_suppressed_region_does_not_count() {
        let suppressed = Err(Absent::Suppressed);
        assert_eq!(of(vec![Ok(30.0), suppressed, Ok(10.0)]), vec![Ok(1.5), suppressed, Ok(0.5)]);
    }

    #[test]
    fn nothing_anywhere_has_no_shares() {
        assert_eq!(of(vec![Ok(0.0), Ok(0.0)]), vec![Err(Absent::ZeroDenominator); 2]);
    }
}
