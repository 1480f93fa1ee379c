//! Pairs of industries, from the regions in which both are present.

use super::size::sizes;
use crate::card::Params;
use crate::indices::distribution::present;
use crate::indices::{Input, Key};
use crate::panel::{Absent, Value, finite};
use rayon::prelude::*;

/// The present cells of an industry: region and value.
pub(super) type Column = Result<Vec<(usize, f64)>, Absent>;

/// A pair of industries, the first before the second, and what an index says of it.
pub(super) struct Pair<T> {
    pub(super) industry: usize,
    pub(super) partner: usize,
    pub(super) found: Result<T, Absent>,
}

/// What is present of each industry, and nowhere negative, in the regions that `keep` says.
pub(super) fn columns(input: &Input<'_>, keep: impl Fn(usize) -> Result<(), Absent>) -> Vec<Column> {
    let columns = input.measure.by_industry();
    let column = |industry: usize| {
        let (regions, values) = columns.industry(industry);
        let cells = regions.iter().map(|region| *region as usize).zip(values);
        let cells = present(cells.map(|(region, x)| Ok((region, keep(region).and(*x)?))))?;
        if cells.iter().any(|(_, x)| *x < 0.0) { Err(Absent::OutsideDomain) } else { Ok(cells) }
    };
    (0..input.measure.width()).map(column).collect()
}

/// Every pair of industries that `wanted` picks: `add` sums over the regions that both have, `finish` makes the result.
pub(super) fn pairs<S: Default, T: Send>(
    input: &Input<'_>,
    columns: &[Column],
    wanted: impl Fn(usize, usize) -> bool + Sync,
    add: impl Fn(&mut S, usize, (f64, f64)) + Sync,
    finish: impl Fn(S) -> Result<T, Absent> + Sync,
) -> Vec<Pair<T>> {
    let with = |line: &mut Vec<Option<f64>>, industry: usize| -> Vec<Pair<T>> {
        let own = columns[industry].as_ref().map_or(&[][..], |cells| cells);
        own.iter().for_each(|(region, x)| line[*region] = Some(*x));
        let sum = |partner: usize| {
            columns[industry].as_ref().map_err(|absent| *absent)?;
            let cells = columns[partner].as_ref().map_err(|absent| *absent)?;
            if input.stopped() {
                return Err(Absent::Missing);
            }
            let mut sums = S::default();
            for (region, y) in cells {
                if let Some(x) = line[*region] {
                    add(&mut sums, *region, (x, *y));
                }
            }
            finish(sums)
        };
        let partners = (industry + 1..columns.len()).filter(|partner| wanted(industry, *partner));
        let rows = partners.map(|partner| Pair { industry, partner, found: sum(partner) }).collect();
        own.iter().for_each(|(region, _)| line[*region] = None);
        rows
    };
    let line = || vec![None; input.measure.regions()];
    let rows: Vec<_> = (0..columns.len()).into_par_iter().map_init(line, with).collect();
    rows.into_iter().flatten().collect()
}

/// The keys of rows that belong to pairs.
pub(super) fn keys<T>(pairs: &[Pair<T>]) -> Vec<(&'static str, Key)> {
    let (industries, partners) = pairs.iter().map(|pair| (pair.industry as u32, pair.partner as u32)).unzip();
    vec![("industry", Key::Industries(industries)), ("partner", Key::Industries(partners))]
}

/// Number of pairs of so many industries.
pub(super) fn count(width: usize) -> usize {
    width * width.saturating_sub(1) / 2
}

/// Sums over the regions of two industries' values x and y and of the regions' sizes q.
#[derive(Default)]
struct Products {
    x: f64,
    y: f64,
    q: f64,
    xy: f64,
    xq: f64,
    yq: f64,
    qq: f64,
}

impl Products {
    fn add(&mut self, q: f64, (x, y): (f64, f64)) {
        self.x += x;
        self.y += y;
        self.q += q;
        self.xy += x * y;
        self.xq += x * q;
        self.yq += y * q;
        self.qq += q * q;
    }

    /// Σ (s − q)(t − q) / (1 − Σ q²), with s, t and q shares.
    fn coagglomeration(self) -> Value {
        let squares = self.qq / (self.q * self.q);
        if self.q == 0.0 && self.x == 0.0 && self.y == 0.0 {
            return Err(Absent::TooFewCategories);
        }
        if self.x == 0.0 || self.y == 0.0 || self.q == 0.0 {
            return Err(Absent::ZeroDenominator);
        }
        if squares >= 1.0 {
            return Err(Absent::TooFewCategories);
        }
        let covariance =
            self.xy / (self.x * self.y) - self.xq / (self.x * self.q) - self.yq / (self.y * self.q) + squares;
        finite(covariance / (1.0 - squares))
    }
}

/// The pairwise coagglomeration of Ellison, Glaeser and Kerr (2010), for the pairs that `wanted` picks, and the sum of
/// each industry.
pub(super) fn coagglomerations(
    input: &Input<'_>,
    params: &Params,
    wanted: impl Fn(usize, usize) -> bool + Sync,
) -> (Vec<Pair<f64>>, Vec<f64>) {
    let sizes = sizes(input, params);
    let known: Vec<f64> = sizes.iter().map(|size| size.unwrap_or_default()).collect();
    let columns = columns(input, |region| match sizes[region]? {
        size if size < 0.0 => Err(Absent::OutsideDomain),
        _ => Ok(()),
    });
    let add = |sums: &mut Products, region: usize, values: (f64, f64)| sums.add(known[region], values);
    let pairs = pairs(input, &columns, wanted, add, Products::coagglomeration);
    let total = |column: &Column| column.iter().flatten().map(|(_, x)| x).sum();
    (pairs, columns.iter().map(total).collect())
}
