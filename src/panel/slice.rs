//! A cross-section as the methods read it: the cells that the data list, without a copy.

use super::{Absent, Grid, Panel, Period, Value, sum_present};
use std::borrow::Cow;
use std::sync::Arc;

/// One measure in one period: the listed cells, region by region and by ascending industry within a region.
///
/// A cell that is not listed is [`Absent::Missing`], never zero. Without industries every region is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice<'a> {
    regions: usize,
    width: usize,
    /// Where each region's cells begin and the industry of each cell; `None` when every cell is listed.
    pattern: Option<Pattern<'a>>,
    values: Cow<'a, [Value]>,
}

#[derive(Debug, Clone, PartialEq)]
struct Pattern<'a> {
    starts: Arc<[usize]>,
    industries: Cow<'a, [u32]>,
}

impl Panel {
    /// One measure in one period, cell by cell as the rows list them; `None` when the panel lacks the period.
    pub fn slice(&self, measure: usize, period: Period) -> Option<Slice<'_>> {
        let rows = self.rows_of(self.find_period(period)?);
        let (regions, width) = (self.regions().len(), self.width());
        let values = &self.columns[measure][rows.clone()];
        if rows.len() == regions * width {
            return Some(Slice { regions, width, pattern: None, values: Cow::Borrowed(values) });
        }
        let region_of = &self.region_of[rows.clone()];
        if width == 1 {
            let mut spread = vec![Err(Absent::Missing); regions];
            for (region, value) in region_of.iter().zip(values) {
                spread[*region as usize] = *value;
            }
            return Some(Slice::dense(1, spread));
        }
        let starts = (0..=regions).map(|region| region_of.partition_point(|r| (*r as usize) < region)).collect();
        let industries = Cow::Borrowed(&self.industry_of[rows]);
        Some(Slice { regions, width, pattern: Some(Pattern { starts, industries }), values: Cow::Borrowed(values) })
    }
}

impl<'a> From<&'a Grid> for Slice<'a> {
    fn from(grid: &'a Grid) -> Self {
        Self::dense(grid.width, &grid.values)
    }
}

impl<'a> Slice<'a> {
    /// A cross-section in which every cell is listed: regions × width values, region by region.
    pub fn dense(width: usize, values: impl Into<Cow<'a, [Value]>>) -> Self {
        let values = values.into();
        Self { regions: values.len() / width.max(1), width, pattern: None, values }
    }

    /// A cross-section from the listed cells of each region, by ascending industry.
    pub fn listed(width: usize, regions: &[Vec<(u32, Value)>]) -> Slice<'static> {
        let starts = std::iter::once(0).chain(regions.iter().scan(0, |end, cells| {
            *end += cells.len();
            Some(*end)
        }));
        let cells = || regions.iter().flatten();
        Slice {
            regions: regions.len(),
            width,
            pattern: Some(Pattern { starts: starts.collect(), industries: cells().map(|(i, _)| *i).collect() }),
            values: cells().map(|(_, value)| *value).collect(),
        }
    }

    /// The same cells with other values, one a listed cell.
    #[must_use]
    pub fn replaced(mut self, values: Vec<Value>) -> Self {
        self.values = Cow::Owned(values);
        self
    }

    /// The cells of these regions, in this order; a region may stand in it several times.
    pub fn of_regions(&self, order: &[usize]) -> Slice<'static> {
        if self.is_dense() {
            let values: Vec<Value> = order.iter().flat_map(|region| self.region_values(*region)).copied().collect();
            return Slice { regions: order.len(), width: self.width, pattern: None, values: Cow::Owned(values) };
        }
        let of = |region: &usize| self.region(*region).map(|(industry, value)| (industry as u32, value)).collect();
        Slice::listed(self.width, &order.iter().map(of).collect::<Vec<_>>())
    }

    /// The cells of these industries, in this order; an industry may stand in it several times.
    pub fn of_industries(&self, order: &[usize]) -> Slice<'static> {
        let of = |region: usize| -> Vec<(u32, Value)> {
            let listed: Vec<(usize, Value)> = self.region(region).collect();
            let find = |industry: &usize| listed.binary_search_by_key(industry, |(industry, _)| *industry).ok();
            let places = order.iter().enumerate().filter_map(|(place, industry)| Some((place, find(industry)?)));
            places.map(|(place, found)| (place as u32, listed[found].1)).collect()
        };
        let regions: Vec<_> = (0..self.regions).map(of).collect();
        let listed = Slice::listed(order.len(), &regions);
        if self.is_dense() { Slice { pattern: None, ..listed } } else { listed }
    }

    /// Number of regions.
    pub fn regions(&self) -> usize {
        self.regions
    }

    /// Number of industries; 1 without that dimension.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The value of each listed cell, region by region.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Whether every cell of regions × industries is listed.
    pub fn is_dense(&self) -> bool {
        self.pattern.is_none()
    }

    /// Positions of a region's cells among the listed ones.
    pub fn span(&self, region: usize) -> std::ops::Range<usize> {
        match &self.pattern {
            Some(pattern) => pattern.starts[region]..pattern.starts[region + 1],
            None => region * self.width..(region + 1) * self.width,
        }
    }

    /// The values of a region's listed cells.
    pub fn region_values(&self, region: usize) -> &[Value] {
        &self.values[self.span(region)]
    }

    /// The industry of the listed cell at `position`.
    pub fn industry_at(&self, position: usize) -> usize {
        match &self.pattern {
            Some(pattern) => pattern.industries[position] as usize,
            None => position % self.width,
        }
    }

    /// The listed cells of a region: industry and value, by ascending industry.
    pub fn region(&self, region: usize) -> impl ExactSizeIterator<Item = (usize, Value)> + '_ {
        let span = self.span(region);
        let start = span.start;
        let industry = move |position: usize| match &self.pattern {
            Some(pattern) => pattern.industries[position] as usize,
            None => position - start,
        };
        span.map(move |position| (industry(position), self.values[position]))
    }

    /// Every listed cell: region, industry and value.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = (usize, usize, Value)> + '_ {
        let (mut next, mut span) = (0, 0..0);
        self.values.iter().enumerate().map(move |(position, value)| {
            while position == span.end {
                span = self.span(next);
                next += 1;
            }
            let industry = match &self.pattern {
                Some(pattern) => pattern.industries[position] as usize,
                None => position - span.start,
            };
            (next - 1, industry, *value)
        })
    }

    /// The value of one cell; missing when it is not listed.
    pub fn get(&self, region: usize, industry: usize) -> Value {
        let span = self.span(region);
        match &self.pattern {
            None => self.values[span.start + industry],
            Some(pattern) => match pattern.industries[span.clone()].binary_search(&(industry as u32)) {
                Ok(place) => self.values[span.start + place],
                Err(_) => Err(Absent::Missing),
            },
        }
    }

    /// Regions × industries, region by region, cells that are not listed as missing.
    pub fn spread(&self) -> Cow<'_, [Value]> {
        if self.is_dense() {
            return Cow::Borrowed(&self.values);
        }
        let mut spread = vec![Err(Absent::Missing); self.regions * self.width];
        for (region, industry, value) in self.cells() {
            spread[region * self.width + industry] = value;
        }
        Cow::Owned(spread)
    }

    /// One value a region: the sum over the industries that are present.
    pub fn region_totals(&self) -> Vec<Value> {
        (0..self.regions).map(|region| sum_present(self.region_values(region))).collect()
    }

    /// One value an industry: the sum over the regions that are present.
    pub fn industry_totals(&self) -> Vec<Value> {
        let mut totals = vec![(0.0, false, Absent::Missing); self.width];
        for (_, industry, value) in self.cells() {
            let (total, any, reason) = &mut totals[industry];
            match value {
                Ok(x) => (*total, *any) = (*total + x, true),
                Err(absent) => *reason = absent.max(*reason),
            }
        }
        totals.into_iter().map(|(total, any, reason)| if any { super::finite(total) } else { Err(reason) }).collect()
    }

    /// The listed cells industry by industry.
    pub fn by_industry(&self) -> Columns {
        let mut starts = vec![0; self.width + 1];
        match &self.pattern {
            Some(pattern) => pattern.industries.iter().for_each(|industry| starts[*industry as usize + 1] += 1),
            None => starts[1..].fill(self.regions),
        }
        for industry in 0..self.width {
            starts[industry + 1] += starts[industry];
        }
        let mut next = starts.clone();
        let (mut regions, mut values) = (vec![0; self.values.len()], vec![Ok(0.0); self.values.len()]);
        for region in 0..self.regions {
            let mut place = |industry: usize, value: &Value| {
                let place = next[industry];
                (regions[place], values[place]) = (region as u32, *value);
                next[industry] += 1;
            };
            let span = self.span(region);
            match &self.pattern {
                Some(pattern) => {
                    let industries = &pattern.industries[span.clone()];
                    industries.iter().zip(&self.values[span]).for_each(|(i, value)| place(*i as usize, value));
                }
                None => self.values[span].iter().enumerate().for_each(|(i, value)| place(i, value)),
            }
        }
        Columns { starts, regions, values }
    }
}

/// The listed cells of a cross-section, industry by industry and by ascending region within an industry.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    starts: Vec<usize>,
    regions: Vec<u32>,
    values: Vec<Value>,
}

impl Columns {
    /// The regions that list the industry and their values.
    pub fn industry(&self, industry: usize) -> (&[u32], &[Value]) {
        let span = self.starts[industry]..self.starts[industry + 1];
        (&self.regions[span.clone()], &self.values[span])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: Value = Err(Absent::Missing);

    fn sparse() -> Slice<'static> {
        Slice::listed(3, &[vec![(0, Ok(1.0)), (2, Ok(2.0))], vec![], vec![(2, Err(Absent::Suppressed))]])
    }

    #[test]
    fn what_is_not_listed_is_missing() {
        let slice = sparse();
        assert_eq!((slice.get(0, 1), slice.get(0, 2), slice.get(1, 0)), (MISSING, Ok(2.0), MISSING));
        assert_eq!(slice.region_totals(), [Ok(3.0), MISSING, Err(Absent::Suppressed)]);
        assert_eq!(slice.industry_totals(), [Ok(1.0), MISSING, Ok(2.0)]);
        let dense = slice.spread().into_owned();
        assert_eq!(dense[..3], [Ok(1.0), MISSING, Ok(2.0)]);
        assert_eq!(Slice::dense(3, dense).region_totals()[..2], slice.region_totals()[..2]);
    }

    #[test]
    fn columns_hold_the_same_cells() {
        let columns = sparse().by_industry();
        assert_eq!(columns.industry(2), (&[0, 2][..], &[Ok(2.0), Err(Absent::Suppressed)][..]));
        assert_eq!(columns.industry(1), (&[][..], &[][..]));
    }
}
