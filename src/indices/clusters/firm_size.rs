//! The average size of the firms of a region, and relative to the nation.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// `(x_r/n_r) / (x/n)`.
#[derive(Debug)]
pub(super) struct FirmSize;

impl Index for FirmSize {
    fn card(&self) -> &'static Card {
        &Card {
            id: "firm_size",
            aliases: &["average_firm_size"],
            title: "Average size of firms, and relative to the nation",
            kind: Kind::Index,
            formula: "value = x_r/n_r, with x_r the measure of a region, such as employees, and n_r its number of \
                      firms or plants; relative = value / (x/n), with x and n the sums over the regions that have \
                      both. With level=cell the same of each industry. relative below 1: firms smaller than in the \
                      nation; its inverse is the competition index of Glaeser et al.",
            reference: "Glaeser, Kallal, Scheinkman and Shleifer (1992), Journal of Political Economy 100, 1126–1152",
            params: &[
                Param {
                    name: "plants",
                    doc: "The measure that counts the firms or plants of a cell.",
                    domain: Domain::Cells { required: true },
                },
                Param {
                    name: "level",
                    doc: "`region`: industries are added up. `cell`: each industry of a region.",
                    domain: Domain::Choice(&["region", "cell"]),
                },
            ],
            inference: &[Infer::BootstrapIndustries],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, params: &Params, _width: usize) -> Shape {
        if params.chooses("level", "cell") { Shape::Cell } else { Shape::Region }
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec!["of the cells that have both; the nation includes the region itself".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let by_cell = params.chooses("level", "cell");
        let (slice, plants) = (&input.measure, input.cells("plants").map_or(&[][..], |plants| plants.values()));
        let pairs: Vec<Result<(f64, f64), Absent>> =
            slice.values().iter().zip(plants).map(|(x, n)| Ok(((*x)?, (*n)?))).collect();
        let nation =
            sums(slice.width(), slice.cells().map(|(_, industry, _)| if by_cell { industry } else { 0 }), &pairs);
        let rows: Vec<_> = if by_cell {
            let of = |(pair, (_, industry, _)): (&_, (_, usize, _))| both(*pair, nation[industry]);
            pairs.iter().zip(slice.cells()).map(of).collect()
        } else {
            let regions = sums(slice.regions(), slice.cells().map(|(region, ..)| region), &pairs);
            regions.into_iter().map(|region| both(region, nation[0])).collect()
        };
        Output::of_rows(self.shape(params, slice.width()), ["value", "relative"], &rows)
    }

    fn infer(&self, _input: &Input<'_>, params: &Params, _ask: &Ask) -> Option<Vec<Extra>> {
        // Industries drawn anew say nothing of a single one.
        params.chooses("level", "cell").then(Vec::new)
    }
}

/// The sums of the pairs that are present by the row that each belongs to; absent where none is.
fn sums(
    rows: usize,
    row_of: impl Iterator<Item = usize>,
    pairs: &[Result<(f64, f64), Absent>],
) -> Vec<Result<(f64, f64), Absent>> {
    let mut sums = vec![Err(Absent::Missing); rows];
    for (row, pair) in row_of.zip(pairs) {
        sums[row] = match (sums[row], *pair) {
            (Ok((x, n)), Ok((more, plants))) => Ok((x + more, n + plants)),
            (Ok(sum), Err(_)) => Ok(sum),
            (Err(_), Ok(pair)) => Ok(pair),
            (Err(reason), Err(absent)) => Err(absent.max(reason)),
        };
    }
    sums
}

/// The average size, and relative to the nation's.
fn both(own: Result<(f64, f64), Absent>, nation: Result<(f64, f64), Absent>) -> Result<[Value; 2], Absent> {
    let average = |(x, n): (f64, f64)| ratio(x, n);
    let value = own.and_then(average)?;
    Ok([Ok(value), nation.and_then(average).and_then(|nation| ratio(value, nation))])
}
