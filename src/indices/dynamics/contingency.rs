//! Tables of regions and industries at two times: their mutual information, and the structure of one under the margins
//! of the other.

use super::span::Change;
use crate::panel::{Absent, Slice, Value, finite};

/// One cell of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) region: usize,
    pub(super) industry: usize,
    pub(super) value: f64,
}

/// The sums of the rows and columns of a table, as shares of its total.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Margins {
    /// Share of each region.
    pub(super) regions: Vec<f64>,
    /// Share of each industry.
    pub(super) industries: Vec<f64>,
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
    pub(super) fn of(mut cells: Vec<Cell>, regions: usize, width: usize) -> Result<Self, Absent> {
        if cells.iter().any(|cell| cell.value < 0.0) {
            return Err(Absent::OutsideDomain);
        }
        let total = finite(cells.iter().map(|cell| cell.value).sum())?;
        if total == 0.0 {
            return Err(Absent::ZeroDenominator);
        }
        cells.iter_mut().for_each(|cell| cell.value /= total);
        let margins = margins(&cells, regions, width);
        Ok(Self { cells, margins })
    }

    /// What is present of a cross-section.
    ///
    /// # Errors
    /// As [`Table::of`].
    pub(super) fn present(slice: &Slice<'_>) -> Result<Self, Absent> {
        let cell =
            |(region, industry, value): (usize, usize, Value)| Some(Cell { region, industry, value: value.ok()? });
        Self::of(slice.cells().filter_map(cell).collect(), slice.regions(), slice.width())
    }

    /// Its margins.
    pub(super) fn margins(&self) -> &Margins {
        &self.margins
    }

    /// Mutual information `Σ p ln(p / (p_r p_i))` of region and industry, in nats.
    pub(super) fn mutual_information(&self) -> f64 {
        let Margins { regions, industries } = &self.margins;
        let term = |Cell { region, industry, value }: &Cell| {
            if *value > 0.0 { value * (value / (regions[*region] * industries[*industry])).ln() } else { 0.0 }
        };
        self.cells.iter().map(term).sum()
    }

    /// The table of these margins whose odds ratios are those of this one, by iterative proportional fitting.
    ///
    /// # Errors
    /// There is none, because of cells that are zero, or `stopped` says so.
    pub(super) fn fitted(&self, to: &Margins, stopped: impl Fn() -> bool) -> Result<Self, Absent> {
        /// Rounds of rows and columns, of which some 50 do unless zeros all but forbid the margins.
        const ROUNDS: usize = 2000;
        /// Farthest that a share of the margins may stay from its target.
        const CLOSE: f64 = 1e-13;
        let mut cells = self.cells.clone();
        let scale = |target: f64, sum: f64| if sum > 0.0 { target / sum } else { 0.0 };
        for _ in 0..ROUNDS {
            let now = margins(&cells, to.regions.len(), to.industries.len());
            let far = |now: &[f64], to: &[f64]| now.iter().zip(to).any(|(now, to)| (now - to).abs() > CLOSE);
            if !far(&now.regions, &to.regions) && !far(&now.industries, &to.industries) {
                return Ok(Self { cells, margins: now });
            }
            if stopped() {
                break;
            }
            for cell in &mut cells {
                cell.value *= scale(to.regions[cell.region], now.regions[cell.region]);
            }
            let now = margins(&cells, to.regions.len(), to.industries.len());
            for cell in &mut cells {
                cell.value *= scale(to.industries[cell.industry], now.industries[cell.industry]);
            }
        }
        Err(Absent::OutsideDomain)
    }
}

fn margins(cells: &[Cell], regions: usize, width: usize) -> Margins {
    let mut margins = Margins { regions: vec![0.0; regions], industries: vec![0.0; width] };
    for cell in cells {
        margins.regions[cell.region] += cell.value;
        margins.industries[cell.industry] += cell.value;
    }
    margins
}

/// The tables of both times over the cells that are present in both, of the regions and industries that have something
/// in both.
///
/// # Errors
/// Something negative, or nothing in common.
pub(super) fn common(now: &Slice<'_>, changes: &[Result<Change, Absent>]) -> Result<(Table, Table), Absent> {
    let (regions, width) = (now.regions(), now.width());
    let cell = |((region, industry, _), change): ((usize, usize, Value), &Result<Change, Absent>)| {
        Some((region, industry, (*change).ok()?))
    };
    let mut both: Vec<(usize, usize, Change)> = now.cells().zip(changes).filter_map(cell).collect();
    let side = |both: &[(usize, usize, Change)], value: fn(&Change) -> f64| -> Result<Table, Absent> {
        let cell = |(region, industry, change): &(usize, usize, Change)| Cell {
            region: *region,
            industry: *industry,
            value: value(change),
        };
        Table::of(both.iter().map(cell).collect(), regions, width)
    };
    loop {
        let (start, end) = (side(&both, |change| change.start)?, side(&both, |change| change.end)?);
        let before = both.len();
        both.retain(|(region, industry, _)| {
            let there =
                |table: &Table| table.margins.regions[*region] > 0.0 && table.margins.industries[*industry] > 0.0;
            there(&start) && there(&end)
        });
        if both.len() == before {
            return Ok((start, end));
        }
    }
}
