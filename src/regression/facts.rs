//! What is known of the regions of a design beside its rows.

use crate::panel::{AttributeData, Frequency, Panel, Period, SpatialWeights, Value};
use serde::{Deserialize, Serialize};

/// Names, attributes and neighbours of regions and the names of industries, by the numbers in
/// [`RowId`](super::design::RowId).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Names of the regions.
    pub regions: Vec<String>,
    /// Names of the industries; empty where regions are observed as a whole.
    pub industries: Vec<String>,
    /// The data's own names of region, industry and period.
    pub keys: [String; 3],
    /// The calendar of the periods; years where it is not told.
    #[serde(default)]
    pub frequency: Option<Frequency>,
    /// Numeric attributes of the regions, such as `latitude` in degrees.
    pub numbers: Vec<(String, Vec<Value>)>,
    /// Text attributes of the regions.
    pub classes: Vec<(String, Vec<Option<String>>)>,
    /// Who neighbours whom; `None` where the data do not say.
    pub neighbours: Option<SpatialWeights>,
}

impl Facts {
    /// The facts of a panel; `by_industry` where a row is a region and an industry.
    pub fn of(panel: &Panel, by_industry: bool) -> Self {
        let keys = panel.key_names();
        let mut facts = Self {
            regions: panel.regions().names().to_vec(),
            industries: match panel.industries() {
                Some(labels) if by_industry => labels.names().to_vec(),
                _ => Vec::new(),
            },
            keys: [keys.region.clone(), keys.industry.clone().unwrap_or_default(), keys.period.clone()],
            frequency: panel.periods().first().map(|period| period.frequency),
            neighbours: panel.weights().cloned(),
            ..Self::default()
        };
        for attribute in panel.attributes() {
            match &attribute.data {
                AttributeData::Numeric(values) => facts.numbers.push((attribute.name.clone(), values.clone())),
                AttributeData::Text(values) => facts.classes.push((attribute.name.clone(), values.clone())),
            }
        }
        facts
    }

    /// The name of a region, or its number where it has none.
    pub fn region(&self, region: u32) -> String {
        self.regions.get(region as usize).cloned().unwrap_or_else(|| region.to_string())
    }

    /// The period with this ordinal.
    pub fn period(&self, ordinal: i32) -> Period {
        Period { frequency: self.frequency.unwrap_or(Frequency::Year), ordinal }
    }

    /// The numeric attribute called `name`, one value a region.
    pub fn number(&self, name: &str) -> Option<&[Value]> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }
}
