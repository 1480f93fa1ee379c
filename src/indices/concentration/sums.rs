//! The sums of powers that the indices of plants are made of, added up cell by cell as the data keep them.

use super::plants::{Industry, counted};
use crate::indices::Input;
use crate::panel::{Absent, Slice, Value, finite};

/// What the indices and their variances need to know of an industry.
#[derive(Debug)]
pub(super) struct Sums {
    /// Σ s², of the shares of the regions.
    pub(super) shares: f64,
    /// Σ (s − x)²
    pub(super) distance: f64,
    /// Σ x², of the regions' shares of all sizes.
    pub(super) sizes: f64,
    /// Σ x³
    pub(super) cubes: f64,
    /// Σ z², Σ z³ and Σ z⁴, of the shares of the plants.
    pub(super) plants: [f64; 3],
}

impl Sums {
    /// The sums of an industry.
    pub(super) fn of(industry: &Industry) -> Self {
        let mut sums = Self::none(industry.plants.powers());
        industry.regions.iter().for_each(|(s, x)| sums.add(*s, *x));
        sums
    }

    fn none(plants: [f64; 3]) -> Self {
        Self { shares: 0.0, distance: 0.0, sizes: 0.0, cubes: 0.0, plants }
    }

    fn add(&mut self, s: f64, x: f64) {
        self.shares += s * s;
        self.distance += (s - x) * (s - x);
        self.sizes += x * x;
        self.cubes += x * x * x;
    }
}

/// A cell's value, its region's size and its number of plants.
type Cell = Result<[f64; 3], Absent>;

/// The sums of every industry of a dataset that counts the plants of its cells.
pub(super) fn sums_of_cells(input: &Input<'_>, sizes: &[Value]) -> Vec<Result<Sums, Absent>> {
    let Some(plants) = input.cells("plants") else { return Vec::new() };
    let mut totals = vec![Totals::default(); input.measure.width()];
    each_cell(input, plants, sizes, |industry, cell| totals[industry].add(cell));
    let mut sums: Vec<_> = totals.iter().map(Totals::sums).collect();
    each_cell(input, plants, sizes, |industry, cell| {
        let (Ok(sums), Ok([x, size, _])) = (&mut sums[industry], cell) else { return };
        let [all, sizes, _] = totals[industry].sums;
        sums.add(x / all, size / sizes);
    });
    sums
}

fn each_cell(input: &Input<'_>, plants: &Slice<'_>, sizes: &[Value], mut visit: impl FnMut(usize, Cell)) {
    let (measure, counts) = (&input.measure, plants.values());
    for (region, size) in sizes.iter().enumerate() {
        for (place, (x, count)) in measure.span(region).map(|place| (place, (measure.values()[place], counts[place]))) {
            let cell = x.and_then(|x| Ok([x, (*size)?, count?]));
            visit(measure.industry_at(place), cell);
        }
    }
}

/// The totals of an industry over the cells that have all of a value, a size and plants.
#[derive(Debug, Clone)]
struct Totals {
    sums: [f64; 3],
    least: f64,
    /// Why there is none, while there is none.
    reason: Option<Absent>,
}

impl Default for Totals {
    fn default() -> Self {
        Self { sums: [0.0; 3], least: 0.0, reason: Some(Absent::Missing) }
    }
}

impl Totals {
    fn add(&mut self, cell: Cell) {
        match (cell, self.reason) {
            (Ok([x, size, plants]), _) => {
                let [all, sizes, count] = self.sums;
                self.sums = [all + x, sizes + size, count + plants];
                self.least = self.least.min(x).min(size).min(plants);
                self.reason = None;
            }
            (Err(absent), Some(reason)) => self.reason = Some(reason.max(absent)),
            (Err(_), None) => {}
        }
    }

    /// Sums to be filled, where there are shares.
    fn sums(&self) -> Result<Sums, Absent> {
        let [all, sizes, plants] = self.sums;
        match self.reason {
            Some(reason) => Err(reason),
            None if self.least < 0.0 => Err(Absent::OutsideDomain),
            None if all == 0.0 || sizes == 0.0 => Err(Absent::ZeroDenominator),
            None => {
                finite(all + sizes)?;
                Ok(Sums::none(counted(plants)?.powers()))
            }
        }
    }
}
