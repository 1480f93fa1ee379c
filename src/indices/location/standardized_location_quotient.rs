//! The standardised location quotient: how far a region's quotient lies from those of the others.
//!
//! An outside reference would change nothing: an industry's share of it divides all quotients of that industry alike.
//! REAT 3.0.3 `locq2` (`LQ.norm` "OG" and "T") subtracts means of the wrong axis: those of an industry's regions are
//! recycled along the industries.

use super::location_quotient::{conventions, quotients};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Slice, Value, finite, ln};

/// Quotients that differ by less than this are equal but for rounding (their weighted mean is 1).
const ROUNDING: f64 = 1e-12;

/// The z-score of an industry's location quotients over regions.
#[derive(Debug)]
pub(super) struct StandardizedLocationQuotient;

impl Index for StandardizedLocationQuotient {
    fn card(&self) -> &'static Card {
        &Card {
            id: "standardized_location_quotient",
            aliases: &["standardized_lq"],
            title: "Standardised location quotient: z-score over regions of an industry's location quotients (O'Donoghue \
                    and Gleave) or of their logarithms (Tian)",
            kind: Kind::Index,
            formula: "(LQ_ri − mean_r LQ_ri) / sd_r LQ_ri, mean and deviation over the regions that have a quotient; \
                      with log=ln the same of ln LQ_ri. REAT's locq2 recycles these means along the wrong axis",
            reference: "O'Donoghue and Gleave (2004), Regional Studies 38, 419–427; of logarithms: Tian (2013), \
                        Journal of Regional Analysis and Policy 43, 186–197",
            params: &[
                Param {
                    name: "ddof",
                    doc: "The standard deviation divides by the number of regions less this.",
                    domain: Domain::Integer { min: 0, max: 1, default: 1 },
                },
                Param {
                    name: "log",
                    doc: "`ln` standardises the logarithm of the quotients; quotients of 0 then have no value.",
                    domain: Domain::Choice(&["none", "ln"]),
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = conventions(params);
        conventions
            .push(format!("mean and deviation over regions, industry by industry, ddof {}", params.number("ddof")));
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let ddof = params.number("ddof") as usize;
        let mut values = quotients(&input.measure);
        if params.chooses("log", "ln") {
            values = values.into_iter().map(|q| q.and_then(ln)).collect();
        }
        Output::of(Shape::Cell, standardized(&input.measure, values, ddof))
    }
}

/// The z-scores of the values of each listed cell, industry by industry.
fn standardized(slice: &Slice<'_>, mut values: Vec<Value>, ddof: usize) -> Vec<Value> {
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); slice.width()];
    for ((_, industry, _), value) in slice.cells().zip(&values) {
        samples[industry].extend(value.ok());
    }
    let spreads: Vec<_> = samples.iter().map(|sample| spread(sample, ddof)).collect();
    for ((_, industry, _), value) in slice.cells().zip(&mut values) {
        *value = value.and_then(|x| {
            let spread = spreads[industry]?;
            if spread.deviation <= ROUNDING {
                Err(Absent::ZeroDenominator)
            } else {
                finite((x - spread.mean) / spread.deviation)
            }
        });
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Raw;
    use crate::panel::Grid;

    #[test]
    fn logarithms_of_doubling_quotients_are_evenly_spaced() {
        let values = [1.0, 9.0, 2.0, 8.0, 4.0, 6.0, 0.0, 5.0].map(Ok).to_vec();
        let grid = Grid { width: 2, values };
        let input = Input::new(&grid);
        let given = [("log".to_owned(), Raw::Text("ln".to_owned()))].into();
        let params = Params::parse(StandardizedLocationQuotient.card(), &given, "").unwrap();
        let values = StandardizedLocationQuotient.compute(&input, &params).parts.remove(0).1;
        for (region, z) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
            assert!((values[2 * region].unwrap() - z).abs() < 1e-12);
        }
        assert_eq!(values[6], Err(Absent::OutsideDomain));
    }
}
