//! Shift-share analysis with the growth of the region as a whole, in expected and differential parts.

use super::shifts::{self, BY, Changes, Place, homothetic};
use super::span::{self, SPAN};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::Absent;

const NAMES: [&str; 10] = [
    "region_industry_expected",
    "region_industry_differential",
    "region_expected",
    "region_differential",
    "industry_expected",
    "industry_differential",
    "national_expected",
    "national_differential",
    "from_zero",
    "total",
];
/// What sums to the total.
const EFFECTS: &[&str] = NAMES.split_at(9).0;

/// Four growth differences, each times `h` and `x0 − h`.
#[derive(Debug)]
pub(super) struct ShiftShareArcelus;

impl Index for ShiftShareArcelus {
    fn card(&self) -> &'static Card {
        &Card {
            id: "shift_share_arcelus",
            aliases: &[],
            title: "Shift-share analysis of Arcelus: eight effects, of growth expected and differential",
            kind: Kind::Index,
            formula: "With the homothetic value h_ri = x_r0·x_i0/x0, each of the growths national g, industry g_i − g, \
                      region g_r − g and region_industry (g_ri − g_r) − (g_i − g) times h_ri (_expected) and times \
                      x_ri0 − h_ri (_differential); from_zero x_ri1 of cells with x_ri0 = 0, which have no growth \
                      rate; total x_ri1 − x_ri0 = the sum of all. The national parts sum to the national effect of \
                      shift_share, the industry parts to its industry mix, the expected parts of region and \
                      region_industry to the competitive effect of shift_share_esteban_marquillas, the differential \
                      ones to its allocation. Symbols: 0 at the start, 1 now; x_ri the value of industry i in region \
                      r, x_r, x_i and x the sums over industries, over regions and over both; g = x1/x0 − 1 their \
                      growth",
            reference: "Arcelus (1984), Growth and Change 15, 3–8",
            params: &[SPAN, BY],
            inference: &[],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant, Law::Decomposes("total", EFFECTS)],
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

fn decompose(place: &Place) -> Result<[f64; 10], Absent> {
    let Place { cell, .. } = *place;
    if cell.start == 0.0 {
        let mut parts = [0.0; 10];
        parts[8..].fill(cell.end);
        return Ok(parts);
    }
    let (nation, industry) = (place.nation.growth()?, place.of_industry.growth()?);
    let (region, own) = (place.of_region.growth()?, cell.growth()?);
    let (h, rest) = (homothetic(place)?, cell.start - homothetic(place)?);
    let growths = [(own - region) - (industry - nation), region - nation, industry - nation, nation];
    let [a, b, c, d] = growths.map(|growth| [h * growth, rest * growth]);
    Ok([a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1], 0.0, cell.difference()])
}
