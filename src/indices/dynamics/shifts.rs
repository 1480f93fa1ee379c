//! What the decompositions of shift-share analysis have in common: the changes of cells beside those of their region,
//! their industry and the nation.

use super::span::{Change, changes};
use crate::card::{Domain, Param, Params};
use crate::indices::{Output, Shape};
use crate::panel::{Absent, Slice, Value, finite, ratio};

/// The parameter that says what the parts are told for.
pub(super) const BY: Param = Param {
    name: "by",
    doc: "`region`: the parts summed over the industries of a region. `cell`: those of each industry.",
    domain: Domain::Choice(&["region", "cell"]),
};

/// What one value belongs to.
pub(super) fn shape(params: &Params, width: usize) -> Shape {
    if width > 1 && params.chooses("by", "cell") { Shape::Cell } else { Shape::Region }
}

/// What every decomposition states.
pub(super) fn convention() -> String {
    "sums (region, industry, nation) are of the cells present in both periods; the nation includes the region itself"
        .to_owned()
}

/// The changes of all cells that are present in both periods, and their sums.
#[derive(Debug)]
pub(super) struct Changes<'n> {
    now: &'n Slice<'n>,
    cells: Vec<Result<Change, Absent>>,
    regions: Vec<Change>,
    industries: Vec<Change>,
    nation: Change,
}

/// One cell beside its sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Position of the industry.
    pub(super) industry: usize,
    /// The cell itself.
    pub(super) cell: Change,
    /// The sum of its region.
    pub(super) of_region: Change,
    /// The sum of its industry.
    pub(super) of_industry: Change,
    /// The sum of all.
    pub(super) nation: Change,
}

impl<'n> Changes<'n> {
    /// The changes from `start` to `now`.
    pub(super) fn between(now: &'n Slice<'n>, start: Option<&Slice<'_>>) -> Self {
        Self::of(now, changes(now, start))
    }

    /// These changes of the cells that `now` lists.
    pub(super) fn of(now: &'n Slice<'n>, cells: Vec<Result<Change, Absent>>) -> Self {
        let mut regions = vec![Change::default(); now.regions()];
        let mut industries = vec![Change::default(); now.width()];
        let mut nation = Change::default();
        for ((region, industry, _), change) in now.cells().zip(&cells) {
            let change = change.unwrap_or_default();
            regions[region] += change;
            industries[industry] += change;
            nation += change;
        }
        Self { now, cells, regions, industries, nation }
    }

    /// Each listed cell in its place.
    pub(super) fn places(&self) -> impl Iterator<Item = Result<Place, Absent>> + '_ {
        self.now.cells().zip(&self.cells).map(|((region, industry, _), cell)| {
            let (of_region, of_industry) = (self.regions[region], self.industries[industry]);
            Ok(Place { industry, cell: (*cell)?, of_region, of_industry, nation: self.nation })
        })
    }
}

/// What would have been added had the start grown at a rate; nothing grows from zero, whatever the rate.
pub(super) fn expected(start: f64, rate: Value) -> Value {
    if start == 0.0 { Ok(0.0) } else { Ok(start * rate?) }
}

/// What the region would have started with in the cell, had it had the nation's structure.
pub(super) fn homothetic(place: &Place) -> Value {
    ratio(place.of_region.start * place.of_industry.start, place.nation.start)
}

/// The parts of each cell, or their sums over the cells of a region that can be decomposed.
pub(super) fn output<const N: usize>(
    now: &Slice<'_>,
    params: &Params,
    names: [&'static str; N],
    cells: impl Iterator<Item = Result<[f64; N], Absent>>,
) -> Output {
    let shape = shape(params, now.width());
    let rows: Vec<_> = match shape {
        Shape::Cell => cells.collect(),
        _ => sums(now, cells),
    };
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(|parts| parts.map(finite))).collect();
    Output::of_rows(shape, names, &rows)
}

/// The sums over each region; where no cell can be decomposed, the reason that comes last in [`Absent::ALL`].
fn sums<const N: usize>(
    now: &Slice<'_>,
    cells: impl Iterator<Item = Result<[f64; N], Absent>>,
) -> Vec<Result<[f64; N], Absent>> {
    let mut rows = vec![Err(Absent::Missing); now.regions()];
    for ((region, ..), cell) in now.cells().zip(cells) {
        rows[region] = match (rows[region], cell) {
            (Ok(sums), Ok(parts)) => Ok(std::array::from_fn(|part| sums[part] + parts[part])),
            (Err(reason), Err(absent)) => Err(absent.max(reason)),
            (Ok(parts), Err(_)) | (Err(_), Ok(parts)) => Ok(parts),
        };
    }
    rows
}
