//! Whether small firms stand among themselves or beside large ones.

use super::plants::{REGION, SMALL, convention};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape, permuted};
use crate::panel::{Absent, Value, ratio};

/// The exposure of small firms to small and to large ones.
#[derive(Debug)]
pub(super) struct SmallFirmIsolation;

impl Index for SmallFirmIsolation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "small_firm_isolation",
            aliases: &[],
            title: "Isolation of small firms: the chance that a firm in the region of a small firm is small, too",
            kind: Kind::Index,
            formula: "value = Σ_u (s_u/S)(s_u/t_u), with s_u the small and t_u all plants of region u and S = Σ_u s_u; \
                      interaction = Σ_u (s_u/S)((t_u − s_u)/t_u) = 1 − value, the exposure to large ones; expected = \
                      S/T, the value when small plants are spread evenly; correlation_ratio = (value − expected) / \
                      (1 − expected), 0 when spread evenly and 1 when apart. Permutation deals sizes out over the \
                      plants",
            reference: "Lieberson (1981), in Peach et al., Ethnic Segregation in Cities; Massey and Denton (1988), \
                        Social Forces 67, 281–315, xPx*, xPy* and η²",
            params: &[REGION, SMALL],
            inference: &[Infer::Permutation, Infer::BootstrapRegions],
            laws: &[Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![
            convention(),
            format!("small plants have less than {} of the measure", params.number("small")),
            "plants of unknown region do not count; a plant is among those of its own region".to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let (region_of, is_small) = plants(input, params);
        let names = ["value", "interaction", "expected", "correlation_ratio"];
        Output::of_rows(Shape::Nation, names, &[exposure(&region_of, is_small.iter().copied())])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        (ask.infer == Infer::Permutation).then(|| {
            let (region_of, is_small) = plants(input, params);
            let isolation =
                |small: &mut dyn Iterator<Item = bool>| vec![exposure(&region_of, small).and_then(|e| e[0])];
            let observed = isolation(&mut is_small.iter().copied());
            let deal = |order: &[usize]| isolation(&mut order.iter().map(|plant| is_small[*plant]));
            vec![("value_p".to_owned(), permuted(ask, is_small.len(), &observed, deal))]
        })
    }
}

/// The region of each plant, and whether it is small.
fn plants(input: &Input<'_>, params: &Params) -> (Vec<usize>, Vec<bool>) {
    let regions = input.classes("region").map_or(&[][..], |classes| &classes.of);
    let plant = |(plant, _, value): (usize, usize, Value)| {
        let size = value.ok().filter(|size| *size > 0.0)?;
        Some(((*regions.get(plant)?)?, size < params.number("small")))
    };
    input.measure.cells().filter_map(plant).unzip()
}

fn exposure(region_of: &[usize], is_small: impl Iterator<Item = bool>) -> Result<[Value; 4], Absent> {
    let regions = region_of.iter().max().map_or(0, |last| last + 1);
    let mut counts = vec![(0.0, 0.0); regions];
    for (region, small) in region_of.iter().zip(is_small) {
        counts[*region].0 += f64::from(u8::from(small));
        counts[*region].1 += 1.0;
    }
    let (small, all) = counts.iter().fold((0.0, 0.0), |(s, t), count| (s + count.0, t + count.1));
    if all == 0.0 {
        return Err(Absent::Missing);
    }
    let met = |of: fn(&(f64, f64)) -> f64| {
        let settled = counts.iter().filter(|count| count.1 > 0.0);
        ratio(settled.map(|count| count.0 * of(count) / count.1).sum(), small)
    };
    let (isolation, expected) = (met(|count| count.0)?, small / all);
    let correlation = ratio(isolation - expected, 1.0 - expected);
    Ok([Ok(isolation), met(|count| count.1 - count.0), Ok(expected), correlation])
}
