//! An input–output table: what sectors supply to each other and to final demand.
//!
//! The regions of the data are the suppliers (rows), the industries the users (columns). A name on both sides is a
//! sector; the other columns are final demand, the other rows primary inputs.

use super::square::Square;
use crate::indices::{Companion, Input, Key, Output, Shape};
use crate::numeric::Stop;
use crate::panel::{Absent, Slice, Value, finite, sum_present};

/// The sectors of a table that produce for final demand, and the flows between them.
#[derive(Debug)]
pub(super) struct Table<'a> {
    slice: &'a Slice<'a>,
    /// Row and column of each industry that is a sector.
    sectors: Vec<Option<(usize, usize)>>,
    /// Place in the matrices of each industry, or why it has none.
    pub(super) places: Vec<Result<usize, Absent>>,
    /// Row and column of each place.
    cells: Vec<(usize, usize)>,
    /// Output of each place.
    pub(super) output: Vec<f64>,
    /// What the place i supplies to the place j.
    pub(super) flows: Square,
}

impl<'a> Table<'a> {
    /// The table of the input, in which the columns `finals` are final demand whatever their names.
    pub(super) fn of(input: &'a Input<'_>, finals: &[usize]) -> Self {
        Self::read(&input.measure, sectors(input, finals), &[])
    }

    /// The table of the input without the columns `trade`: output is then what the other columns use.
    pub(super) fn without(input: &'a Input<'_>, trade: &[usize]) -> Self {
        Self::read(&input.measure, sectors(input, trade), trade)
    }

    /// The table of another dataset, whose places belong to the industries of the index's own.
    pub(super) fn beside(companion: &'a Companion<'_>, slice: &'a Slice<'a>) -> Self {
        let pairs = companion.suppliers.iter().zip(&companion.industries);
        Self::read(slice, pairs.map(|(row, column)| (*row).zip(*column)).collect(), &[])
    }

    fn read(slice: &'a Slice<'a>, sectors: Vec<Option<(usize, usize)>>, trade: &[usize]) -> Self {
        let kept = |(column, value): (usize, Value)| (!trade.contains(&column)).then_some(value);
        let output = |row: usize| positive(sum_present(&slice.region(row).filter_map(kept).collect::<Vec<_>>()));
        let outputs: Vec<Value> =
            sectors.iter().map(|sector| sector.map_or(Err(Absent::Missing), |(row, _)| output(row))).collect();
        let reached = reaching_final_demand(slice, &sectors, &outputs, trade);
        let (mut places, mut cells, mut output) = (Vec::new(), Vec::new(), Vec::new());
        for (industry, sector) in sectors.iter().enumerate() {
            let x =
                outputs[industry].and_then(|x| if reached[industry] { Ok(x) } else { Err(Absent::ZeroDenominator) });
            places.push(x.map(|_| cells.len()));
            if let (Some(sector), Ok(x)) = (sector, x) {
                cells.push(*sector);
                output.push(x);
            }
        }
        let place_of = by_column(slice.width(), cells.iter().map(|(_, column)| *column).enumerate());
        let mut flows = Square::of(cells.len(), |_, _| 0.0);
        for (i, (row, _)) in cells.iter().enumerate() {
            let present = slice.region(*row).filter_map(|(column, value)| Some((place_of[column]?, value.ok()?)));
            present.for_each(|(j, flow)| flows.add(i, j, flow));
        }
        Self { slice, sectors, places, cells, output, flows }
    }

    /// Each industry that is a sector, and its place.
    pub(super) fn sectors(&self) -> Vec<(usize, Result<usize, Absent>)> {
        let sectors = self.sectors.iter().enumerate().filter(|(_, sector)| sector.is_some());
        sectors.map(|(industry, _)| (industry, self.places[industry])).collect()
    }

    /// Number of places.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Technical coefficients: a_ij = z_ij/x_j.
    pub(super) fn technical(&self) -> Square {
        Square::of(self.len(), |i, j| self.flows.at(i, j) / self.output[j])
    }

    /// Allocation coefficients: b_ij = z_ij/x_i.
    pub(super) fn allocation(&self) -> Square {
        Square::of(self.len(), |i, j| self.flows.at(i, j) / self.output[i])
    }

    /// G = (I − B)⁻¹.
    pub(super) fn ghosh(&self, stop: Option<&Stop>) -> Result<Square, Absent> {
        self.allocation().inverse_of_complement(stop)
    }

    /// L = (I − A)⁻¹, which is G with every row multiplied and every column divided by the sector's output.
    pub(super) fn leontief(&self, stop: Option<&Stop>) -> Result<Square, Absent> {
        Ok(self.scaled(&self.ghosh(stop)?))
    }

    /// x_i/x_j g_ij, exactly g_ij on the diagonal.
    pub(super) fn scaled(&self, ghosh: &Square) -> Square {
        Square::of(self.len(), |i, j| self.output[i] / self.output[j] * ghosh.at(i, j))
    }

    /// What each place draws from `rows` per unit of its output.
    pub(super) fn inputs(&self, rows: &[usize]) -> Vec<Value> {
        let input = |(place, (_, column)): (usize, &(usize, usize))| {
            let drawn: Vec<Value> = rows.iter().map(|row| self.slice.get(*row, *column)).collect();
            finite(sum_present(&drawn)? / self.output[place])
        };
        self.cells.iter().enumerate().map(input).collect()
    }

    /// What each place sells to the columns of which `chosen` is true.
    pub(super) fn sales(&self, chosen: impl Fn(usize) -> bool) -> Vec<Value> {
        self.cells.iter().map(|(row, _)| self.row_sum(*row, &chosen)).collect()
    }

    /// The sum of a row over the columns of which `chosen` is true.
    pub(super) fn row_sum(&self, row: usize, chosen: impl Fn(usize) -> bool) -> Value {
        let cells = self.slice.region(row).filter(|(column, _)| chosen(*column));
        sum_present(&cells.map(|(_, value)| value).collect::<Vec<_>>())
    }

    /// For each column, whether a place uses it.
    pub(super) fn used(&self) -> Vec<bool> {
        let places = by_column(self.slice.width(), self.cells.iter().map(|(_, column)| *column).enumerate());
        places.iter().map(Option::is_some).collect()
    }

    /// The answer of an index of sectors: `rows` has one row a place.
    pub(super) fn by_sector<const N: usize>(
        &self,
        names: [&'static str; N],
        rows: Result<Vec<[Value; N]>, Absent>,
    ) -> Output {
        let row = |place: &Result<usize, Absent>| match (&rows, place) {
            (Ok(rows), Ok(place)) => Ok(rows[*place]),
            (_, Err(absent)) | (Err(absent), _) => Err(*absent),
        };
        Output::of_rows(Shape::Industry, names, &self.places.iter().map(row).collect::<Vec<_>>())
    }

    /// The answer of an index of pairs of sectors, supplier by supplier.
    pub(super) fn by_pair<T>(&self, found: Result<T, Absent>, value: impl Fn(&T, usize, usize) -> Value) -> Output {
        let sectors =
            || self.sectors.iter().enumerate().filter_map(|(industry, sector)| Some((industry, (*sector)?.0)));
        let (mut suppliers, mut users, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (supplier, row) in sectors() {
            for (user, _) in sectors() {
                suppliers.push(row as u32);
                users.push(user as u32);
                let places = self.places[supplier].and_then(|i| Ok((i, self.places[user]?)));
                values.push(places.and_then(|(i, j)| value(found.as_ref().map_err(|absent| *absent)?, i, j)));
            }
        }
        let keys = vec![("supplier", Key::Regions(suppliers)), ("user", Key::Industries(users))];
        Output::listed(keys, vec![("value", values)])
    }
}

/// Row and column of each industry that is a sector.
fn sectors(input: &Input<'_>, finals: &[usize]) -> Vec<Option<(usize, usize)>> {
    let pair = |(column, row): (usize, &Option<usize>)| Some(((*row)?, column)).filter(|_| !finals.contains(&column));
    input.twins.iter().enumerate().map(pair).collect()
}

/// Something to divide by.
pub(super) fn positive(x: Value) -> Value {
    match x? {
        0.0 => Err(Absent::ZeroDenominator),
        x if x < 0.0 => Err(Absent::OutsideDomain),
        x => Ok(x),
    }
}

/// The number that stands for each column, where one does.
fn by_column(width: usize, numbered: impl Iterator<Item = (usize, usize)>) -> Vec<Option<usize>> {
    let mut numbers = vec![None; width];
    numbered.for_each(|(number, column)| numbers[column] = Some(number));
    numbers
}

/// Whether a chain of sales leads from each industry's sector to final demand: without one, its output would be needed
/// for nothing but itself, and the inverse is infinite.
fn reaching_final_demand(
    slice: &Slice<'_>,
    sectors: &[Option<(usize, usize)>],
    outputs: &[Value],
    trade: &[usize],
) -> Vec<bool> {
    let producing = || sectors.iter().enumerate().filter(|(industry, _)| outputs[*industry].is_ok());
    let columns = producing().filter_map(|(industry, sector)| Some((industry, (*sector)?.1)));
    let industry_of = by_column(slice.width(), columns);
    let mut suppliers_of = vec![Vec::new(); sectors.len()];
    let (mut reached, mut fresh) = (vec![false; sectors.len()], Vec::new());
    for (supplier, sector) in producing() {
        let Some((row, _)) = sector else { continue };
        for (column, _) in slice.region(*row).filter(|(_, flow)| flow.is_ok_and(|flow| flow != 0.0)) {
            match industry_of[column] {
                Some(user) => suppliers_of[user].push(supplier),
                None if trade.contains(&column) || reached[supplier] => {}
                None => (reached[supplier], _) = (true, fresh.push(supplier)),
            }
        }
    }
    while let Some(user) = fresh.pop() {
        for supplier in &suppliers_of[user] {
            if !std::mem::replace(&mut reached[*supplier], true) {
                fresh.push(*supplier);
            }
        }
    }
    reached
}

/// The output of each industry's sector, for the coefficients that need no inverse.
pub(super) fn outputs(input: &Input<'_>) -> Vec<Value> {
    let totals = input.measure.region_totals();
    input.twins.iter().map(|row| row.map_or(Err(Absent::Missing), |row| positive(totals[row]))).collect()
}

/// The numbers, with nothing for what is absent.
pub(super) fn present(values: Vec<Value>) -> Vec<f64> {
    values.into_iter().map(|x| x.unwrap_or(0.0)).collect()
}

/// What every index of a table states.
pub(super) fn conventions() -> Vec<String> {
    vec![
        "a name that both supplies and uses is a sector; its output is the sum of its row over all columns, final \
         demand included"
            .to_owned(),
        "a flow that is missing or suppressed adds nothing; a column of final demand has no value (missing)".to_owned(),
        "a sector without output, or from which no chain of sales reaches final demand, has no value \
         (zero_denominator), and sales to it count as final"
            .to_owned(),
    ]
}

/// The statements of every index of a table, and those of one's own.
pub(super) fn conventions_and<const N: usize>(own: [&str; N]) -> Vec<String> {
    conventions().into_iter().chain(own.map(str::to_owned)).collect()
}

/// Bytes of the matrices that an index of a table holds at once.
pub(super) fn scratch(regions: usize, width: usize) -> u64 {
    let n = regions.min(width) as u64;
    6 * 8 * n * n
}
