//! `ProfileDataset`.

use super::describe;
use crate::api::provenance::{provenance, request_sha256};
use crate::api::state::State;
use crate::api::table::{counts, numbers, table, texts};
use crate::api::v1::{ProfileDatasetRequest, ProfileDatasetResponse, Table};
use crate::error::Error;
use crate::panel::profile::{Hole, MeasureProfile, holes, measure_profiles};
use crate::panel::{MeasureKind, Panel};
use crate::store::Contents;

/// Bytes that the profile of one measure takes for each row: sorted copies, logs and growth rates.
const BYTES_PER_ROW: u64 = 96;

pub(super) async fn profile(state: &State, request: ProfileDatasetRequest) -> Result<ProfileDatasetResponse, Error> {
    let request_sha256 = request_sha256(&request);
    let data = state.data(request.dataset, "dataset").await?;
    let panel = data.panel.clone();
    let work = move |_: &_| {
        let measures = measures(&panel, &measure_profiles(&panel));
        Ok((measures, gaps(&panel, &holes(&panel)), describe::shape(&Contents::of(&panel))))
    };
    let (measures, gaps, shape) = state.compute().run(BYTES_PER_ROW * data.panel.rows() as u64, work).await?;
    let mut provenance = provenance(&data, request_sha256);
    provenance.used_row_count = data.panel.rows() as i64;
    let (shape, measures, gaps) = (Some(shape), Some(measures), Some(gaps));
    Ok(ProfileDatasetResponse { shape, measures, gaps, provenance: Some(provenance) })
}

fn measures(panel: &Panel, profiles: &[MeasureProfile]) -> Table {
    let described = panel.measures();
    let count = |name, of: fn(&MeasureProfile) -> usize| counts(name, profiles.iter().map(of));
    table(vec![
        texts("measure", described.iter().map(|measure| measure.name.as_str())),
        texts("unit", described.iter().map(|measure| measure.unit.as_str())),
        texts("kind", described.iter().map(|measure| word(measure.kind))),
        count("present", |profile| profile.present),
        count("missing", |profile| profile.missing),
        count("suppressed", |profile| profile.suppressed),
        count("zero", |profile| profile.zero),
        count("negative", |profile| profile.negative),
        numbers("min", "", profiles.iter().map(|profile| profile.min)),
        numbers("median", "", profiles.iter().map(|profile| profile.median)),
        numbers("max", "", profiles.iter().map(|profile| profile.max)),
        count("outliers", |profile| profile.outliers),
    ])
}

fn gaps(panel: &Panel, holes: &[Hole]) -> Table {
    table(vec![
        texts("region", holes.iter().map(|hole| panel.regions().name(hole.region))),
        texts("first_period", holes.iter().map(|hole| hole.first.to_string())),
        texts("last_period", holes.iter().map(|hole| hole.last.to_string())),
        counts("absent_rows", holes.iter().map(|hole| hole.absent_rows)),
    ])
}

fn word(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Stock => "stock",
        MeasureKind::Flow => "flow",
        MeasureKind::Count => "count",
        MeasureKind::Rate => "rate",
    }
}
