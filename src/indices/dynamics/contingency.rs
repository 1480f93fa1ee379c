//! Tables of regions and industries at two times: their mutual information, and the structure of one under the margins
//! of the other.

use super::span::Change;
use crate::panel::{Absent, Slice, Value, finite};

/// One cell of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    region: u32,
    industry: u32,
    value: f64,
}

impl Cell {
    fn new(region: usize, industry: usize, value: f64) -> Self {
        Self { region: region as u32, industry: industry as u32, value }
    }
}

/// The sums of the rows and columns of a table, as shares of its total.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Margins {
    regions: Vec<f64>,
    industries: Vec<f64>,
}

impl Margins {
    fn of(cells: &[Cell], regions: usize, width: usize) -> Self {
        let mut margins = Self { regions: vec![0.0; regions], industries: vec![0.0; width] };
        for cell in cells {
            margins.regions[cell.region as usize] += cell.value;
            margins.industries[cell.industry as usize] += cell.value;
        }
        margins
    }

    /// The regions of these margins with the industries of others.
    pub(super) fn with_industries(&self, of: &Self) -> Self {
        Self { regions: self.regions.clone(), industries: of.industries.clone() }
    }

    /// Share of a cell's region times that of its industry.
    fn product(&self, cell: &Cell) -> f64 {
        self.regions[cell.region as usize] * self.industries[cell.industry as usize]
    }

    /// Whether no share is farther than `close` from that of others.
    fn meet(&self, others: &Self, close: f64) -> bool {
        let meet = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= close);
        meet(&self.regions, &others.regions) && meet(&self.industries, &others.industries)
    }
}

/// A table of some cells out of regions × industries, as shares of its total.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    cells: Vec<Cell>,
    margins: Margins,
}

impl Table {
    /// The cells over their total.
    ///
    /// # Errors
    /// Something negative, or nothing that is not zero.
    fn of(mut cells: Vec<Cell>, like: &Slice<'_>) -> Result<Self, Absent> {
        if cells.iter().any(|cell| cell.value < 0.0) {
            return Err(Absent::OutsideDomain);
        }
        let total = finite(cells.iter().map(|cell| cell.value).sum())?;
        if total == 0.0 {
            return Err(Absent::ZeroDenominator);
        }
        cells.iter_mut().for_each(|cell| cell.value /= total);
        let margins = Margins::of(&cells, like.regions(), like.width());
        Ok(Self { cells, margins })
    }

    /// What is present of a cross-section.
    ///
    /// # Errors
    /// Something negative, or nothing that is not zero.
    pub(super) fn present(slice: &Slice<'_>) -> Result<Self, Absent> {
        let cell = |(region, industry, value): (usize, usize, Value)| Some(Cell::new(region, industry, value.ok()?));
        Self::of(slice.cells().filter_map(cell).collect(), slice)
    }

    /// Its margins.
    pub(super) fn margins(&self) -> &Margins {
        &self.margins
    }

    /// Mutual information `Σ p ln(p / (p_r p_i))` of region and industry, in nats.
    pub(super) fn mutual_information(&self) -> f64 {
        let present = self.cells.iter().filter(|cell| cell.value > 0.0);
        present.map(|cell| cell.value * (cell.value / self.margins.product(cell)).ln()).sum()
    }

    /// The table of these margins whose odds ratios are those of this one, by iterative proportional fitting.
    ///
    /// # Errors
    /// There is none, because of cells that are zero, or `stopped` says so.
    pub(super) fn fitted(&self, to: &Margins, stopped: impl Fn() -> bool) -> Result<Self, Absent> {
        /// Rounds of rows and columns, of which some 50 do unless zeros all but forbid the margins.
        const ROUNDS: usize = 2000;
        /// Farthest that a share of the margins may stay from its target.
        const CLOSE: f64 = 1e-12;
        let (regions, width) = (to.regions.len(), to.industries.len());
        let mut cells = self.cells.clone();
        let scale = |target: f64, sum: f64| if sum > 0.0 { target / sum } else { 0.0 };
        for _ in 0..ROUNDS {
            let now = Margins::of(&cells, regions, width);
            if now.meet(to, CLOSE) {
                return Ok(Self { cells, margins: now });
            }
            if stopped() {
                break;
            }
            for cell in &mut cells {
                let region = cell.region as usize;
                cell.value *= scale(to.regions[region], now.regions[region]);
            }
            let now = Margins::of(&cells, regions, width);
            for cell in &mut cells {
                let industry = cell.industry as usize;
                cell.value *= scale(to.industries[industry], now.industries[industry]);
            }
        }
        Err(Absent::OutsideDomain)
    }
}

/// The tables of both times over the cells that are present in both, of the regions and industries that have something
/// in both.
///
/// # Errors
/// Something negative, or nothing in common.
pub(super) fn common(now: &Slice<'_>, changes: Vec<Result<Change, Absent>>) -> Result<(Table, Table), Absent> {
    let cell = |((region, industry, _), change): ((usize, usize, Value), Result<Change, Absent>)| {
        let Change { start, end } = change.ok()?;
        Some((Cell::new(region, industry, start), end))
    };
    let mut both: Vec<(Cell, f64)> = now.cells().zip(changes).filter_map(cell).collect();
    loop {
        let starts = both.iter().map(|(start, _)| *start).collect();
        let ends = both.iter().map(|(start, end)| Cell { value: *end, ..*start }).collect();
        let (start, end) = (Table::of(starts, now)?, Table::of(ends, now)?);
        let before = both.len();
        both.retain(|(cell, _)| [&start, &end].iter().all(|table| table.margins.product(cell) > 0.0));
        if both.len() == before {
            return Ok((start, end));
        }
    }
}
