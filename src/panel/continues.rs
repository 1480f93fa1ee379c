//! A panel, and the same with later periods.

use super::{Panel, Period};

impl Panel {
    /// Whether this panel says of every period of `earlier` what that says, has the same regions, industries and attributes, and
    /// all its other periods come later.
    pub fn continues(&self, earlier: &Self) -> bool {
        let periods = earlier.periods.len();
        let rows = earlier.rows();
        let starts = |all: &[u32], first: &[u32]| all.starts_with(first);
        self.key_names == earlier.key_names
            && self.frequency == earlier.frequency
            && self.regions == earlier.regions
            && self.industries == earlier.industries
            && self.measures == earlier.measures
            && self.attributes == earlier.attributes
            && self.industry_attributes == earlier.industry_attributes
            && self.weights == earlier.weights
            && self.periods.starts_with(&earlier.periods)
            && self.offsets[..=periods] == earlier.offsets[..=periods]
            && starts(&self.region_of, &earlier.region_of)
            && starts(&self.industry_of, &earlier.industry_of)
            && self.columns.iter().zip(&earlier.columns).all(|(all, first)| all[..rows] == first[..])
    }

    /// The panel as it was at the end of `last`: the same regions, industries and attributes, without later periods.
    #[must_use]
    pub fn until(&self, last: Period) -> Self {
        let periods = self.periods.partition_point(|period| period.ordinal <= last.ordinal);
        let rows = self.offsets[periods];
        Self {
            periods: self.periods[..periods].to_vec(),
            offsets: self.offsets[..=periods].to_vec(),
            region_of: self.region_of[..rows].to_vec(),
            industry_of: self.industry_of[..rows.min(self.industry_of.len())].to_vec(),
            columns: self.columns.iter().map(|column| column[..rows].to_vec()).collect(),
            key_names: self.key_names.clone(),
            regions: self.regions.clone(),
            industries: self.industries.clone(),
            measures: self.measures.clone(),
            attributes: self.attributes.clone(),
            industry_attributes: self.industry_attributes.clone(),
            weights: self.weights.clone(),
            ..*self
        }
    }
}
