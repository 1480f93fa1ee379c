//! The values of indices as a dataset of their own.

use super::encode::text;
use super::read::Task;
use crate::api::{State, names, v1};
use crate::error::{Error, Violation, Violations};
use crate::indices::IndexTable;
use crate::panel::{Absent, AttributeData, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, Period, RowKey, Value};
use crate::store::{Mode, Notes, Request, merge};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

/// What stands for the region where a value belongs to the whole of them.
const NATION: &str = "nation";

/// The derived dataset: one measure an index and part. Values with more than two keys have the later ones joined.
///
/// # Errors
/// The violations of the calls, when one is refused; a violation of `save_as` when the values have different keys.
pub(super) fn panel(
    task: &Task,
    tables: &[Result<IndexTable, Violations>],
    source: &Panel,
) -> Result<Panel, Violations> {
    // Half of what was asked for is no dataset.
    let refused = tables.iter().filter_map(|table| table.as_ref().err());
    let refused = refused.fold(Violations::default(), |mut all, one| {
        all.absorb("", one.clone());
        all
    });
    refused.into_result(())?;
    let answered: Vec<_> =
        tables.iter().zip(&task.calls).filter_map(|(table, call)| Some((table.as_ref().ok()?, call))).collect();
    let Some((first, _)) = answered.first() else { unreachable!("a request has at least one index") };
    let keys = key_names(first);
    let names = |table: &IndexTable| table.keys.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    if let Some((other, _)) = answered.iter().find(|(table, _)| names(table) != names(first)) {
        let rule = format!("{} and {} have values of different keys; store them apart", first.index, other.index);
        return Err(Violation::new("save_as", rule, task.save_as.as_deref().unwrap_or_default()).into());
    }
    let mut measures: Vec<Measure> = Vec::new();
    for (table, call) in &answered {
        for (part, _) in &table.parts {
            measures.push(measure(&measures, table.index, &call.measure, part));
        }
    }
    let mut rows: BTreeMap<(i32, String, String), Vec<Value>> = BTreeMap::new();
    let mut column = 0;
    for (table, _) in &answered {
        for row in 0..table.periods.len() {
            let (region, industry) = row_names(table, row, source);
            let entry = rows.entry((table.periods[row].ordinal, region, industry));
            let entry = entry.or_insert_with(|| vec![Err(Absent::Missing); measures.len()]);
            for (place, (_, values)) in table.parts.iter().enumerate() {
                entry[column + place] = values[row];
            }
        }
        column += table.parts.len();
    }
    build(keys, measures, rows, source)
}

fn build(
    keys: KeyNames,
    measures: Vec<Measure>,
    rows: BTreeMap<(i32, String, String), Vec<Value>>,
    source: &Panel,
) -> Result<Panel, Violations> {
    let (of_regions, has_industries) = (keys.region == "region", keys.industry.is_some());
    let mut builder = PanelBuilder::new(keys, measures);
    for (row, ((ordinal, region, industry), values)) in rows.iter().enumerate() {
        let period = Period { frequency: source.frequency(), ordinal: *ordinal }.to_string();
        let industry = has_industries.then_some(industry.as_str());
        builder.push(RowKey { row, region, period: &period, industry }, values);
    }
    if of_regions {
        describe(&mut builder, source);
    }
    builder.finish()
}

/// Passes on what is known of the regions.
fn describe(builder: &mut PanelBuilder, source: &Panel) {
    let names = || source.regions().names().iter().cloned();
    for attribute in source.attributes() {
        match &attribute.data {
            AttributeData::Numeric(values) => {
                let entries = names().zip(values.iter().copied()).collect();
                builder.numeric_attribute(&attribute.name, &attribute.unit, entries);
            }
            AttributeData::Text(texts) => {
                let entries = names().zip(texts).filter_map(|(name, text)| Some((name, text.clone()?)));
                builder.text_attribute(&attribute.name, entries.collect());
            }
        }
    }
    if let Some(weights) = source.weights() {
        let name = |region: usize| source.regions().name(region).to_owned();
        builder.contiguity(weights.pairs().map(|(a, b)| (name(a), name(b))).collect());
    }
}

fn key_names(table: &IndexTable) -> KeyNames {
    let names: Vec<&str> = table.keys.iter().map(|(name, _)| *name).collect();
    let (region, industry) = match names.as_slice() {
        [] => ("region", None),
        ["industry"] => ("region", Some("industry".to_owned())),
        [first, rest @ ..] => (*first, Some(rest.join("_")).filter(|name| !name.is_empty())),
    };
    KeyNames { region: region.to_owned(), period: "period".to_owned(), industry }
}

fn row_names(table: &IndexTable, row: usize, source: &Panel) -> (String, String) {
    let mut names = table.keys.iter().map(|(_, key)| text(key, row, source));
    match table.keys.as_slice() {
        [] => (NATION.to_owned(), String::new()),
        [("industry", _)] => (NATION.to_owned(), names.next().unwrap_or_default()),
        _ => (names.next().unwrap_or_default(), names.collect::<Vec<_>>().join(" → ")),
    }
}

/// `{index}_{measure}`, with the part where it is not the value, and a number where that is taken.
fn measure(taken: &[Measure], index: &str, measure: &str, part: &str) -> Measure {
    let part = if part == "value" { String::new() } else { format!("_{part}") };
    let name = format!("{index}_{measure}{part}");
    let free = |name: &String| taken.iter().all(|other| other.name != *name);
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let name = std::iter::once(name.clone()).chain(numbered).find(free).unwrap_or(name);
    Measure { name, unit: String::new(), kind: MeasureKind::Rate }
}

/// Stores the derived dataset; answers with the name of its version.
pub(super) async fn store(
    state: &State,
    id: &str,
    (request, sha256): (&v1::ComputeIndicesRequest, String),
    derived: Panel,
) -> Result<String, Error> {
    let of_request = Request { id: request.request_id.clone(), digest: sha256 };
    let notes = Notes {
        label: String::new(),
        source: "computed by ComputeIndices".to_owned(),
        created: prost_types::Timestamp::from(SystemTime::now()).to_string(),
        request: Some(of_request).filter(|request| !request.id.is_empty()),
    };
    let derived = Arc::new(derived);
    let needed = crate::ingest::bytes_of_rows(derived.rows() as u64, derived.measures().len());
    let encode = async |base: Option<crate::store::Stored>| {
        let derived = derived.clone();
        state.compute().run(needed, move |_| merge(base.as_ref(), &derived)).await
    };
    let version = state.store().import(id, Mode::Replace, &notes, encode).await?;
    Ok(names::of_version(&version))
}
