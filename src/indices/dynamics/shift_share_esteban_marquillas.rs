//! Shift-share analysis with a competitive effect freed from the region's specialisation.

use super::shifts::{self, BY, Changes, Place, homothetic};
use super::span::{self, SPAN};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::Absent;

/// `h·(g_ri − g_i)` and `(x0 − h)·(g_ri − g_i)`, with h the homothetic value.
#[derive(Debug)]
pub(super) struct ShiftShareEstebanMarquillas;

impl Index for ShiftShareEstebanMarquillas {
    fn card(&self) -> &'static Card {
        &Card {
            id: "shift_share_esteban_marquillas",
            aliases: &[],
            title: "Shift-share analysis of Esteban-Marquillas: competitive and allocation effects",
            kind: Kind::Index,
            formula: "With the homothetic value h_ri = x_r0·x_i0/x0, what the region would have with the nation's \
                      structure: competitive h_ri·(g_ri − g_i), allocation (x_ri0 − h_ri)·(g_ri − g_i), national \
                      x_ri0·g, industry_mix x_ri0·(g_i − g), from_zero x_ri1 of cells with x_ri0 = 0, which have no \
                      growth rate; total x_ri1 − x_ri0 = their sum, and competitive + allocation + from_zero = the \
                      regional shift of shift_share; summed over i with by=region. Symbols: 0 at the start, 1 now; \
                      x_ri the value of industry i in region r, x_r, x_i and x the sums over industries, over regions \
                      and over both; g = x1/x0 − 1 their growth",
            reference: "Esteban-Marquillas (1972), Regional and Urban Economics 2, 249–255",
            params: &[SPAN, BY],
            inference: &[],
            laws: &[
                Law::ScaleEquivariant,
                Law::PermutationEquivariant,
                Law::Decomposes("total", &["national", "industry_mix", "competitive", "allocation", "from_zero"]),
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
        let names = ["competitive", "allocation", "industry_mix", "national", "from_zero", "total"];
        shifts::output(now, params, names, changes.places().map(|place| decompose(&place?)))
    }
}

fn decompose(place: &Place) -> Result<[f64; 6], Absent> {
    let Place { cell, .. } = *place;
    if cell.start == 0.0 {
        return Ok([0.0, 0.0, 0.0, 0.0, cell.end, cell.end]);
    }
    let (nation, industry) = (place.nation.growth()?, place.of_industry.growth()?);
    let (homothetic, lead) = (homothetic(place)?, cell.growth()? - industry);
    Ok([
        homothetic * lead,
        (cell.start - homothetic) * lead,
        cell.start * (industry - nation),
        cell.start * nation,
        0.0,
        cell.difference(),
    ])
}
