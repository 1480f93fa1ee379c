//! The network of regions and the industries they are specialised in: the matrix M of zeros and ones.

use crate::card::{Domain, Param, Params};
use crate::panel::{Absent, Slice, Value, sum_present};
use rayon::prelude::*;

/// The parameter that says from which location quotient on a region is specialised.
pub(super) const CUTOFF: Param = Param {
    name: "cutoff",
    doc: "A region is specialised in an industry when its location quotient is at least this.",
    domain: Domain::Number { min: 0.001, max: 1000.0, default: 1.0 },
};

/// Quotients that fall short of the cutoff by this share are at the cutoff but for rounding.
const ROUNDING: f64 = 1e-12;
/// Entries from which rows are summed on all threads.
const MANY: usize = 100_000;

/// The statement of an answer about who is specialised.
pub(super) fn convention(params: &Params) -> String {
    format!(
        "specialised (M = 1) means a location quotient of at least {}; an absent cell counts as not specialised; \
         regions and industries without any specialisation are left out and absent themselves",
        params.number("cutoff")
    )
}

/// Whether a quotient reaches the cutoff.
pub(super) fn reaches(quotient: f64, cutoff: f64) -> bool {
    quotient >= cutoff * (1.0 - ROUNDING)
}

/// Passes totals that shares can be taken of.
fn positive(total: f64) -> Result<(), Absent> {
    match total {
        0.0 => Err(Absent::ZeroDenominator),
        total if total < 0.0 => Err(Absent::OutsideDomain),
        _ => Ok(()),
    }
}

/// A list of numbers for each row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Lists {
    starts: Vec<usize>,
    items: Vec<u32>,
}

impl Lists {
    /// From the rows' lists, one after the other.
    pub(super) fn new(rows: impl Iterator<Item = impl Iterator<Item = u32>>) -> Self {
        let mut lists = Self { starts: vec![0], items: Vec::new() };
        for row in rows {
            lists.items.extend(row);
            lists.starts.push(lists.items.len());
        }
        lists
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The list of one row, ascending.
    pub(super) fn row(&self, row: usize) -> &[u32] {
        &self.items[self.starts[row]..self.starts[row + 1]]
    }

    /// Every list.
    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// Entries of one row, as a number.
    pub(super) fn count(&self, row: usize) -> f64 {
        self.row(row).len() as f64
    }

    /// Entries of all rows.
    pub(super) fn entries(&self) -> usize {
        self.items.len()
    }

    /// For each of `columns` columns, the rows that list it.
    pub(super) fn transposed(&self, columns: usize) -> Self {
        let mut starts = vec![0; columns + 1];
        for item in &self.items {
            starts[*item as usize + 1] += 1;
        }
        for column in 0..columns {
            starts[column + 1] += starts[column];
        }
        let (mut next, mut items) = (starts.clone(), vec![0; self.items.len()]);
        for (row, list) in self.rows().enumerate() {
            for item in list {
                items[next[*item as usize]] = row as u32;
                next[*item as usize] += 1;
            }
        }
        Self { starts, items }
    }

    /// What `of` says of every row, on all threads when there is much to do.
    pub(super) fn map<T: Send>(&self, of: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        if self.items.len() < MANY {
            return self.rows().map(of).collect();
        }
        (0..self.len()).into_par_iter().map(|row| of(self.row(row))).collect()
    }

    /// The sum of `x` over the list of every row.
    pub(super) fn sums(&self, x: &[f64]) -> Vec<f64> {
        self.map(|row| row.iter().map(|item| x[*item as usize]).sum())
    }

    /// The mean of `x` over the list of every row; no row may be empty.
    pub(super) fn means(&self, x: &[f64]) -> Vec<f64> {
        self.map(|row| row.iter().map(|item| x[*item as usize]).sum::<f64>() / row.len() as f64)
    }
}

/// Who is specialised in what.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Network {
    /// The industries of each region.
    pub(super) industries: Lists,
    /// The regions of each industry.
    pub(super) regions: Lists,
    /// Whether each region has a positive total, and else the reason why it has no place.
    region_present: Vec<Result<(), Absent>>,
    /// The same of each industry.
    industry_present: Vec<Result<(), Absent>>,
}

impl Network {
    /// The network of a measure.
    pub(super) fn of(measure: &Slice<'_>, params: &Params) -> Self {
        let (region_totals, industry_totals) = (measure.region_totals(), measure.industry_totals());
        let nation = sum_present(&region_totals).unwrap_or(0.0);
        // The least share of its region with which an industry's quotient reaches the cutoff.
        let least = |total: &Value| match total {
            Ok(total) if *total > 0.0 => params.number("cutoff") * (1.0 - ROUNDING) * total / nation,
            _ => f64::INFINITY,
        };
        let least: Vec<f64> = industry_totals.iter().map(least).collect();
        let row = |region: usize| {
            let total = region_totals[region].unwrap_or(0.0);
            let least = &least;
            let reaches =
                move |(industry, x): &(usize, Value)| x.is_ok_and(|x| total > 0.0 && x / total >= least[*industry]);
            measure.region(region).filter(reaches).map(|(industry, _)| industry as u32)
        };
        let industries = Lists::new((0..measure.regions()).map(row));
        let regions = industries.transposed(measure.width());
        let present = |totals: Vec<Value>| totals.into_iter().map(|total| positive(total?)).collect();
        Self { industries, regions, region_present: present(region_totals), industry_present: present(industry_totals) }
    }

    /// A region's number of industries: its diversity. Absent when the region has no quotients.
    pub(super) fn diversity(&self, region: usize) -> Value {
        self.region_present[region].map(|()| self.industries.count(region))
    }

    /// An industry's number of regions: its ubiquity. Absent when the industry has no quotients.
    pub(super) fn ubiquity(&self, industry: usize) -> Value {
        self.industry_present[industry].map(|()| self.regions.count(industry))
    }

    /// Passes regions that are specialised in something; the others have no place in the network.
    pub(super) fn active_region(&self, region: usize) -> Result<(), Absent> {
        if self.diversity(region)? == 0.0 { Err(Absent::ZeroDenominator) } else { Ok(()) }
    }

    /// Passes industries that some region is specialised in.
    pub(super) fn active_industry(&self, industry: usize) -> Result<(), Absent> {
        if self.ubiquity(industry)? == 0.0 { Err(Absent::ZeroDenominator) } else { Ok(()) }
    }

    /// One value a region, absent for those that have no place in the network.
    pub(super) fn per_region(&self, of: impl Fn(usize) -> Value) -> Vec<Value> {
        (0..self.industries.len()).map(|region| self.active_region(region).and_then(|()| of(region))).collect()
    }

    /// One value an industry, absent for those that have no place in the network.
    pub(super) fn per_industry(&self, of: impl Fn(usize) -> Value) -> Vec<Value> {
        (0..self.regions.len()).map(|industry| self.active_industry(industry).and_then(|()| of(industry))).collect()
    }

    /// Number of regions that are specialised in something.
    pub(super) fn active_regions(&self) -> usize {
        self.industries.rows().filter(|row| !row.is_empty()).count()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The network of a matrix of zeros and ones.
    pub(in crate::indices::complexity) fn network(matrix: &[&[u8]]) -> Network {
        let ones = |row: &&[u8]| (0..row.len() as u32).filter(|i| row[*i as usize] == 1).collect::<Vec<_>>();
        let industries = Lists::new(matrix.iter().map(|row| ones(row).into_iter()));
        let width = matrix[0].len();
        Network {
            regions: industries.transposed(width),
            region_present: vec![Ok(()); matrix.len()],
            industry_present: vec![Ok(()); width],
            industries,
        }
    }

    #[test]
    fn lists_turn_over() {
        let lists = Lists::new([vec![0, 2], vec![], vec![2]].into_iter().map(Vec::into_iter));
        assert_eq!(lists.transposed(3).rows().collect::<Vec<_>>(), [&[0][..], &[], &[0, 2]]);
        assert_eq!(lists.transposed(3).transposed(3), lists);
        assert_eq!(lists.sums(&[1.0, 5.0, 2.0]), [3.0, 0.0, 2.0]);
    }

    #[test]
    fn who_is_specialised_in_nothing_has_no_place() {
        let network = network(&[&[1, 0], &[0, 0]]);
        assert_eq!((network.diversity(1), network.active_region(1)), (Ok(0.0), Err(Absent::ZeroDenominator)));
        assert_eq!(network.per_industry(|_| Ok(7.0)), [Ok(7.0), Err(Absent::ZeroDenominator)]);
    }
}
