//! Whether one panel is another with later periods.

use super::Panel;

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
}
