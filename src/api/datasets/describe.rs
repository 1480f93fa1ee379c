//! Stored versions as messages.

use crate::api::names;
use crate::api::schema::write_measure;
use crate::api::v1::{Dataset, DatasetShape};
use crate::store::{Contents, Version};

/// What is known of a version without reading its data.
pub(super) fn dataset(version: &Version) -> Dataset {
    let contents = &version.contents;
    Dataset {
        name: names::of_version(version),
        sha256: version.digest.clone(),
        title: version.notes.label.clone(),
        source_note: version.notes.source.clone(),
        region_column: contents.keys.region.clone(),
        period_column: contents.keys.period.clone(),
        industry_column: contents.keys.industry.clone().unwrap_or_default(),
        measures: contents.measures.iter().map(write_measure).collect(),
        attributes: contents.attributes.iter().map(|attribute| attribute.name.clone()).collect(),
        shape: Some(shape(contents)),
        industry_attributes: contents.industry_attributes.iter().map(|attribute| attribute.name.clone()).collect(),
        create_time: version.notes.created.parse().ok(),
    }
}

/// The size of a panel.
pub(super) fn shape(contents: &Contents) -> DatasetShape {
    DatasetShape {
        region_count: contents.regions as i64,
        period_count: contents.periods as i64,
        industry_count: contents.industries.unwrap_or(0) as i64,
        row_count: contents.rows as i64,
        full_row_count: contents.full_rows() as i64,
        first_period: contents.first_period.clone(),
        last_period: contents.last_period.clone(),
        gap_periods: contents.gap_periods.clone(),
        neighbour_pair_count: contents.neighbour_pairs as i64,
    }
}
