//! Spatial shift-share analysis: the growth of the neighbours in the place of the nation's.

use super::shifts::{self, BY, Changes, Place, expected};
use super::span::{self, Change, SPAN};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Slice, SpatialWeights};

/// `x0·g`, `x0·(g_Ni − g)` and `x1 − x0 − x0·g_Ni`, with N the neighbours.
#[derive(Debug)]
pub(super) struct ShiftShareSpatial;

impl Index for ShiftShareSpatial {
    fn card(&self) -> &'static Card {
        &Card {
            id: "shift_share_spatial",
            aliases: &[],
            title: "Spatial shift-share analysis: change by the nation, by the neighbours' growth and by the region's \
                    own",
            kind: Kind::Index,
            formula: "With g_Ni = Σ_s w_rs·x_si1 / Σ_s w_rs·x_si0 − 1 the growth of industry i in the neighbours of \
                      region r, w the row-standardised weights: national x_ri0·g, neighbour_mix x_ri0·(g_Ni − g), \
                      neighbour_shift x_ri1 − x_ri0·(1 + g_Ni), total x_ri1 − x_ri0 = their sum; summed with by=region \
                      over the industries that the neighbours started with. Parts: neighbour_shift, neighbour_mix, \
                      national, total. Symbols: 0 at the start, 1 now; x_ri the value of industry i in region r, x_r, \
                      x_i and x the sums over industries, over regions and over both; g = x1/x0 − 1 their growth",
            reference: "Nazara and Hewings (2004), Growth and Change 35, 476–490",
            params: &[SPAN, BY],
            inference: &[],
            laws: &[
                Law::ScaleEquivariant,
                Law::PermutationEquivariant,
                Law::Decomposes("total", &["national", "neighbour_mix", "neighbour_shift"]),
            ],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        shifts::shape(params, width)
    }

    fn check(&self, _params: &Params, facts: &Facts) -> Result<(), Refusal> {
        if facts.has_neighbours {
            return Ok(());
        }
        Err(Refusal { param: "", rule: "needs data that say which regions are neighbours" })
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let own = "the neighbours exclude the region itself; a cell has no parts, and is left out of its region's \
                   sums, where no neighbour has it in both periods or all neighbours grew from zero";
        vec![shifts::convention(), own.to_owned(), span::convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let now = &input.measure;
        let changes = Changes::between(now, span::start(input, params));
        let neighbours = neighbours(&changes, now, input.neighbours);
        let names = ["neighbour_shift", "neighbour_mix", "national", "total"];
        let rows = changes.places().zip(neighbours).map(|(place, neighbours)| decompose(&place?, neighbours?));
        shifts::output(now, params, names, rows)
    }
}

fn decompose(place: &Place, neighbours: Change) -> Result<[f64; 4], Absent> {
    let national = expected(place.cell.start, place.nation.growth())?;
    let with_neighbours = expected(place.cell.start, neighbours.growth())?;
    let total = place.cell.difference();
    Ok([total - with_neighbours, with_neighbours - national, national, total])
}

/// For each listed cell, the change of its industry in the neighbours of its region, where a neighbour is present.
fn neighbours(changes: &Changes<'_>, now: &Slice<'_>, weights: Option<&SpatialWeights>) -> Vec<Result<Change, Absent>> {
    let places: Vec<_> = changes.places().collect();
    let mut sums = vec![Err(Absent::NoNeighbour); now.width()];
    let mut found = Vec::with_capacity(places.len());
    for region in 0..now.regions() {
        sums.fill(Err(Absent::NoNeighbour));
        for neighbour in weights.map_or(&[][..], |weights| weights.neighbours(region)) {
            for place in places[now.span(*neighbour as usize)].iter().flatten() {
                let mut sum: Change = sums[place.industry].unwrap_or_default();
                sum += place.cell;
                sums[place.industry] = Ok(sum);
            }
        }
        found.extend(now.region(region).map(|(industry, _)| sums[industry]));
    }
    found
}
