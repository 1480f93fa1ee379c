//! The joint distribution of regions and industries, as information theory sees it.

use crate::panel::{Absent, Slice, Value, finite, sum_present};

/// Shares of the cells that hold something, and their sums. A cell that is absent holds nothing.
pub(super) struct Joint {
    /// Region, industry and share.
    pub(super) cells: Vec<(usize, usize, f64)>,
    /// Shares of the regions.
    pub(super) regions: Vec<f64>,
    /// Shares of the industries.
    pub(super) industries: Vec<f64>,
}

impl Joint {
    /// The shares of a cross-section.
    ///
    /// # Errors
    /// Nothing is present, all is zero, or something is negative.
    pub(super) fn of(slice: &Slice<'_>) -> Result<Self, Absent> {
        let total = sum_present(slice.values())?;
        if slice.values().iter().flatten().any(|x| *x < 0.0) {
            return Err(Absent::OutsideDomain);
        }
        if total == 0.0 {
            return Err(Absent::ZeroDenominator);
        }
        let mut joint =
            Self { cells: Vec::new(), regions: vec![0.0; slice.regions()], industries: vec![0.0; slice.width()] };
        for (region, industry, x) in slice.cells() {
            let Ok(x) = x else { continue };
            if x > 0.0 {
                let share = x / total;
                joint.cells.push((region, industry, share));
                joint.regions[region] += share;
                joint.industries[industry] += share;
            }
        }
        Ok(joint)
    }

    /// Σ p_ri ln(p_ri / (p_r p_i)).
    pub(super) fn mutual(&self) -> Value {
        let term = |(region, industry, p): &(usize, usize, f64)| {
            p * (p / (self.regions[*region] * self.industries[*industry])).ln()
        };
        finite(self.cells.iter().map(term).sum::<f64>().max(0.0))
    }

    /// The information between groups of regions and industries, and that between regions and industries within groups,
    /// which sum to the whole.
    ///
    /// # Errors
    /// A region that holds something is in no group.
    pub(super) fn split(&self, groups: &[Option<usize>]) -> Result<(f64, f64), Absent> {
        let width = self.industries.len();
        let count = groups.iter().flatten().max().map_or(0, |last| last + 1);
        let (mut cells, mut sums) = (vec![0.0; count * width], vec![0.0; count]);
        for (region, industry, p) in &self.cells {
            let group = groups[*region].ok_or(Absent::Missing)?;
            cells[group * width + industry] += p;
            sums[group] += p;
        }
        let (mut between, mut within) = (0.0, 0.0);
        for (region, industry, p) in &self.cells {
            let group = groups[*region].ok_or(Absent::Missing)?;
            let cell = cells[group * width + industry];
            between += p * (cell / (sums[group] * self.industries[*industry])).ln();
            within += p * ((p / cell) / (self.regions[*region] / sums[group])).ln();
        }
        Ok((finite(between.max(0.0))?, finite(within.max(0.0))?))
    }

    /// The same with regions and industries exchanged.
    pub(super) fn transposed(&self) -> Self {
        Self {
            cells: self.cells.iter().map(|(region, industry, p)| (*industry, *region, *p)).collect(),
            regions: self.industries.clone(),
            industries: self.regions.clone(),
        }
    }
}

/// −Σ p ln p; absent unless two of the shares hold something.
pub(super) fn entropy(shares: &[f64]) -> Value {
    let held = shares.iter().filter(|p| **p > 0.0);
    if held.clone().count() < 2 {
        return Err(Absent::TooFewCategories);
    }
    finite(held.map(|p| -p * p.ln()).sum())
}
