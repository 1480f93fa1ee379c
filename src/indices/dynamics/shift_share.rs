//! Shift-share analysis: a region's change as that of the nation, of its industries and its own.

use super::shifts::{self, BY, Changes, Place, expected};
use super::span::{self, SPAN};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::Absent;

/// `x0·g`, `x0·(g_i − g)` and `x1 − x0 − x0·g_i`.
#[derive(Debug)]
pub(super) struct ShiftShare;

impl Index for ShiftShare {
    fn card(&self) -> &'static Card {
        &Card {
            id: "shift_share",
            aliases: &[],
            title: "Shift-share analysis: change by the nation, by the industry mix and by the regional shift",
            kind: Kind::Index,
            formula: "national x_ri0·g, industry_mix x_ri0·(g_i − g), regional_shift (competitive effect) x_ri1 − \
                      x_ri0·(1 + g_i), total x_ri1 − x_ri0 = their sum; summed over i with by=region. Symbols: 0 at \
                      the start, 1 now; x_ri the value of industry i in region r, x_r, x_i and x the sums over \
                      industries, over regions and over both; g = x1/x0 − 1 their growth. A cell that starts from zero \
                      has no growth rate, but a regional shift of x_ri1; an industry that is new to the nation is all \
                      regional shift. Parts: regional_shift, industry_mix, national, total",
            reference: "Dunn (1960), Papers of the Regional Science Association 6, 97–112",
            params: &[SPAN, BY],
            inference: &[],
            laws: &[
                Law::ScaleEquivariant,
                Law::PermutationEquivariant,
                Law::Decomposes("total", &["national", "industry_mix", "regional_shift"]),
            ],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        shifts::shape(params, width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![shifts::convention(), span::convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let now = &input.measure;
        let changes = Changes::between(now, span::start(input, params));
        shifts::output(now, params, NAMES, changes.places().map(|place| decompose(&place?)))
    }
}

/// The parts of [`decompose`].
pub(super) const NAMES: [&str; 4] = ["regional_shift", "industry_mix", "national", "total"];

/// The parts of one cell.
pub(super) fn decompose(place: &Place) -> Result<[f64; 4], Absent> {
    let national = expected(place.cell.start, place.nation.growth())?;
    let with_industry = expected(place.cell.start, place.of_industry.growth())?;
    let total = place.cell.difference();
    Ok([total - with_industry, with_industry - national, national, total])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Slice, Value};
    use std::collections::BTreeMap;

    #[test]
    fn what_starts_from_zero_is_regional_shift() {
        let slice = |values: [f64; 4]| Slice::dense(2, values.map(Ok::<f64, Absent>).to_vec());
        let mut input = Input::new(slice([7.0, 2.0, 5.0, 8.0]));
        input.past = vec![Some(slice([0.0, 2.0, 10.0, 0.0]))];
        let params = Params::parse(ShiftShare.card(), &BTreeMap::new(), "").unwrap();
        let output = ShiftShare.compute(&input, &params);
        let part =
            |name: &str| -> Vec<Value> { output.parts.iter().find(|(part, _)| *part == name).unwrap().1.clone() };
        // g = 22/12 − 1; g_1 = 12/10 − 1; g_2 = 10/2 − 1
        assert_eq!(part("regional_shift"), [Ok(7.0 + (0.0 - 8.0)), Ok((5.0 - 12.0) + 8.0)]);
        assert_eq!(part("total"), [Ok(7.0), Ok(3.0)]);
    }
}
