//! The industries of a dataset with their plants: a number of plants in every cell, or a dataset whose regions are the
//! plants.

use super::size::{self, REFERENCE, SIZE, check_size};
use crate::card::{Domain, Param, Params};
use crate::indices::distribution::{present, totals};
use crate::indices::{Facts, Input, Refusal};
use crate::panel::{Absent, Slice, Value};
use rayon::prelude::*;

/// The parameters of the indices that look at plants.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "plants",
        doc: "The measure that counts the plants of a cell, taken to be of the same size: H = 1/(their number). What \
              is not a whole number counts too: 1/H, where H is known from elsewhere. Give this or `region`.",
        domain: Domain::Cells { required: false },
    },
    Param {
        name: "region",
        doc: "For data whose regions are the plants: the text attribute that says in which region a plant lies. H is \
              then exact. Give this or `plants`.",
        domain: Domain::Groups { required: false },
    },
    REFERENCE,
    SIZE,
];

/// Refuses calls that do not say what the plants are, or what the regions' sizes.
pub(super) fn check(params: &Params, facts: &Facts) -> Result<(), Refusal> {
    match (params.text("plants"), params.text("region")) {
        (None, None) => Err(Refusal { param: "plants", rule: "give plants, or region where the data are of plants" }),
        (Some(_), Some(_)) => Err(Refusal { param: "plants", rule: "give plants or region, not both" }),
        _ => check_size(params, facts),
    }
}

/// The statements of an answer about plants and sizes.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let plants = match (params.text("plants"), params.text("region")) {
        (Some(plants), _) => {
            format!(
                "H = 1/{plants}: plants of the same size; of the regions where industry, size and plants are present"
            )
        }
        (_, Some(region)) => {
            format!("H of the plants themselves; regions of {region} without a plant of the industry have the share 0")
        }
        _ => String::new(),
    };
    vec![plants, size::convention(params), "one plant alone has no index; 0 is what chance gives".to_owned()]
}

/// An industry: the shares of its regions in it and in the sizes, and its plants.
#[derive(Debug)]
pub(super) struct Industry {
    pub(super) regions: Vec<(f64, f64)>,
    pub(super) plants: Plants,
}

/// The plants of an industry.
#[derive(Debug)]
pub(super) enum Plants {
    /// So many of the same size, not always a whole number.
    Alike(f64),
    /// The share of each in the industry.
    Each(Vec<f64>),
}

impl Plants {
    /// Sums of the second, third and fourth powers of the shares.
    pub(super) fn powers(&self) -> [f64; 3] {
        match self {
            Self::Alike(n) => [1.0 / n, 1.0 / (n * n), 1.0 / (n * n * n)],
            Self::Each(shares) => shares.iter().fold([0.0; 3], |[second, third, fourth], z| {
                let square = z * z;
                [second + square, third + square * z, fourth + square * square]
            }),
        }
    }
}

impl Industry {
    /// The industry of regions with values and sizes.
    fn of(mut regions: Vec<(f64, f64)>, plants: Plants) -> Result<Self, Absent> {
        let (x, size) = totals(&regions)?;
        regions.iter_mut().for_each(|(a, b)| (*a, *b) = (*a / x, *b / size));
        Ok(Self { regions, plants })
    }

    /// The industry whose regions hold values, sizes and numbers of plants.
    fn of_cells(cells: impl Iterator<Item = Result<(f64, f64, f64), Absent>>) -> Result<Self, Absent> {
        let cells = present(cells)?;
        if cells.iter().any(|(.., plants)| *plants < 0.0) {
            return Err(Absent::OutsideDomain);
        }
        let plants = counted(cells.iter().map(|(.., plants)| plants).sum())?;
        Self::of(cells.into_iter().map(|(x, size, _)| (x, size)).collect(), plants)
    }

    /// The industry of plants with values and places, in regions of these sizes.
    fn of_plants(plants: &[(f64, usize)], sizes: &[Value]) -> Result<Self, Absent> {
        let mut sums = vec![0.0; sizes.len()];
        plants.iter().for_each(|(x, place)| sums[*place] += x);
        let total: f64 = plants.iter().map(|(x, _)| x).sum();
        if plants.iter().any(|(x, _)| *x < 0.0) {
            return Err(Absent::OutsideDomain);
        }
        let regions = present(sums.into_iter().zip(sizes).map(|(sum, size)| Ok((sum, (*size)?))))?;
        Self::of(regions, Plants::Each(plants.iter().map(|(x, _)| x / total).collect()))
    }
}

/// So many plants of the same size.
pub(super) fn counted(plants: f64) -> Result<Plants, Absent> {
    match plants {
        0.0 => Err(Absent::ZeroDenominator),
        _ if plants >= 1.0 => Ok(Plants::Alike(plants)),
        _ => Err(Absent::OutsideDomain),
    }
}

/// Every industry, where regions of the data have these sizes.
pub(super) fn industries(input: &Input<'_>, sizes: &[Value]) -> Vec<Result<Industry, Absent>> {
    let columns = input.measure.by_industry();
    let each = (0..input.measure.width()).into_par_iter();
    if let Some(groups) = input.classes("region") {
        let sizes = sizes_of_groups(input, &groups.of, sizes);
        let place = |plant: u32| groups.of[plant as usize].filter(|group| sizes[*group].is_ok()).ok_or(Absent::Missing);
        let of = |industry: usize| {
            let (plants, values) = columns.industry(industry);
            let located = plants.iter().zip(values).map(|(plant, x)| Ok(((*x)?, place(*plant)?)));
            Industry::of_plants(&present(located)?, &sizes)
        };
        return each.map(of).collect();
    }
    let Some(plants) = input.cells("plants").map(Slice::by_industry) else { return Vec::new() };
    let of = |industry: usize| {
        let ((regions, values), (_, plants)) = (columns.industry(industry), plants.industry(industry));
        let cells = regions.iter().zip(values).zip(plants);
        Industry::of_cells(cells.map(|((region, x), count)| Ok(((*x)?, sizes[*region as usize]?, (*count)?))))
    };
    each.map(of).collect()
}

/// The size of each region in which plants lie: the sum of its plants' sums, or the size that its plants agree on.
fn sizes_of_groups(input: &Input<'_>, of: &[Option<usize>], sizes: &[Value]) -> Vec<Value> {
    let carried = input.regional("size").is_some();
    let mut groups: Vec<Value> = vec![Err(Absent::Missing); of.iter().flatten().max().map_or(0, |last| last + 1)];
    for (group, size) in of.iter().zip(sizes) {
        let Some(group) = group else { continue };
        let known = &mut groups[*group];
        *known = match (*known, *size) {
            (Ok(known), Ok(size)) if !carried => Ok(known + size),
            (Ok(known), Ok(size)) if known.total_cmp(&size).is_ne() => Err(Absent::OutsideDomain),
            (Err(Absent::OutsideDomain), _) => *known,
            (Err(_), size) => size,
            (known, _) => known,
        };
    }
    groups
}
