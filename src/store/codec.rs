//! A panel as bytes and back: Arrow IPC that other software can read, with what Arrow has no place
//! for (measures, attributes, neighbours) as JSON in the schema. The same panel gives the same bytes.

use super::seal;
use crate::error::Error;
use crate::ingest::{AttributeColumn, Table};
use crate::panel::{
    Absent, Attribute, AttributeData, Frequency, KeyNames, Measure, Panel, PanelBuilder, Period, RowKey, Value,
};
use arrow::array::{Array, AsArray, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int32Type, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Rows in one batch of Arrow.
const BLOCK: usize = 1 << 16;

/// Key of our JSON in the metadata of the schema.
const METADATA: &str = "agglo";

/// A panel ready to be stored.
#[derive(Debug, Clone)]
pub struct Encoded {
    pub(super) bytes: Bytes,
    pub(super) digest: String,
    pub(super) contents: Contents,
}

impl Encoded {
    /// SHA-256 of the encoded panel, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// What a stored panel holds, to be known without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Names of the key columns.
    pub keys: KeyNames,
    /// Year, quarter or month.
    pub calendar: Frequency,
    /// First period with a row, as `1990`, `1990Q3` or `1990-07`.
    pub first_period: String,
    /// Last period with a row.
    pub last_period: String,
    /// Number of periods with a row.
    pub periods: u64,
    /// Number of regions.
    pub regions: u64,
    /// Number of industries, where the data have that dimension.
    pub industries: Option<u64>,
    /// Number of rows.
    pub rows: u64,
    /// The measures, in the order of the data.
    pub measures: Vec<Measure>,
    /// The attributes of the regions.
    pub attributes: Vec<AttributeColumn>,
    /// The attributes of the industries.
    #[serde(default)]
    pub industry_attributes: Vec<AttributeColumn>,
    /// Periods between the first and the last that have no row.
    pub gap_periods: Vec<String>,
    /// Pairs of neighbouring regions.
    pub neighbour_pairs: u64,
}

impl Contents {
    /// Rows of a panel without holes: regions × periods (× industries).
    pub fn full_rows(&self) -> u64 {
        self.regions * self.periods * self.industries.unwrap_or(1)
    }

    /// What this panel holds.
    pub fn of(panel: &Panel) -> Self {
        let period = |period: Option<&Period>| period.map(Period::to_string).unwrap_or_default();
        Self {
            keys: panel.key_names().clone(),
            calendar: panel.frequency(),
            first_period: period(panel.periods().first()),
            last_period: period(panel.periods().last()),
            periods: panel.periods().len() as u64,
            regions: panel.regions().len() as u64,
            industries: panel.industries().map(|industries| industries.len() as u64),
            rows: panel.rows() as u64,
            measures: panel.measures().to_vec(),
            attributes: panel.attributes().iter().map(AttributeColumn::of).collect(),
            industry_attributes: panel.industry_attributes().iter().map(AttributeColumn::of).collect(),
            gap_periods: panel.gaps().iter().map(Period::to_string).collect(),
            neighbour_pairs: panel.weights().map_or(0, |weights| weights.pairs().count() as u64),
        }
    }
}

/// What the columns of the Arrow table do not say.
#[derive(Serialize, Deserialize)]
struct Beside {
    keys: KeyNames,
    calendar: Frequency,
    measures: Vec<Measure>,
    /// For each measure, whether a status column follows it.
    statuses: Vec<bool>,
    regions: Vec<String>,
    attributes: Vec<Described>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    industries: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    industry_attributes: Vec<Described>,
    neighbours: Option<Vec<(u32, u32)>>,
}

/// An attribute with one entry a region (an industry).
#[derive(Serialize, Deserialize)]
struct Described {
    name: String,
    unit: String,
    entries: Entries,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entries {
    Numeric(Vec<NumberOrReason>),
    Text(Vec<Option<String>>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum NumberOrReason {
    Number(f64),
    Reason(String),
}

/// Encodes a panel; heavy for large ones, so not a job for a reactor thread.
///
/// # Errors
/// [`Error::Internal`] when Arrow refuses the columns.
pub fn encode(panel: &Panel) -> Result<Encoded, Error> {
    let internal = |e: ArrowError| Error::Internal(format!("a panel cannot be encoded: {e}"));
    let table = Table::of(panel, |absent| absent == Absent::Missing);
    let beside = serde_json::to_string(&Beside::of(panel))
        .map_err(|e| Error::Internal(format!("a panel cannot be described: {e}")))?;
    let schema = table.schema().as_ref().clone().with_metadata(HashMap::from([(METADATA.to_owned(), beside)]));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).map_err(internal)?;
    for start in (0..panel.rows()).step_by(BLOCK) {
        let batch = table.batch(start..panel.rows().min(start + BLOCK))?;
        writer.write(&batch).map_err(internal)?;
    }
    let bytes = Bytes::from(writer.into_inner().map_err(internal)?);
    Ok(Encoded { digest: seal::digest(&bytes), contents: Contents::of(panel), bytes })
}

/// Decodes bytes that should have this digest; heavy for large ones.
///
/// # Errors
/// [`Error::DataLoss`] when they have another one or cannot be read.
pub(super) fn decode(bytes: &Bytes, digest: &str) -> Result<Panel, Error> {
    if seal::digest(bytes) != digest {
        return Err(Error::DataLoss(format!("data {digest} do not match their digest")));
    }
    let damaged = |what: String| Error::DataLoss(format!("data {digest} cannot be read: {what}"));
    let reader = StreamReader::try_new(bytes.as_ref(), None).map_err(|e| damaged(e.to_string()))?;
    let beside = Beside::read(&reader.schema()).map_err(damaged)?;
    let mut builder = PanelBuilder::new(beside.keys.clone(), beside.measures.clone());
    for batch in reader {
        let batch = batch.map_err(|e| damaged(e.to_string()))?;
        push_rows(&mut builder, &beside, &batch).ok_or_else(|| damaged("it has other columns".to_owned()))?;
    }
    beside.add_to(&mut builder);
    builder.finish().map_err(|violations| damaged(violations.to_string()))
}

impl Beside {
    fn of(panel: &Panel) -> Self {
        let needs_status = |m| panel.column(m).iter().any(|value| value.is_err_and(|a| a != Absent::Missing));
        let pairs =
            |weights: &crate::panel::SpatialWeights| weights.pairs().map(|(a, b)| (a as u32, b as u32)).collect();
        // The names of the industries are told only where something is known of them.
        let described = panel.industries().filter(|_| !panel.industry_attributes().is_empty());
        Self {
            keys: panel.key_names().clone(),
            calendar: panel.frequency(),
            measures: panel.measures().to_vec(),
            statuses: (0..panel.measures().len()).map(needs_status).collect(),
            regions: panel.regions().names().to_vec(),
            attributes: panel.attributes().iter().map(Described::of).collect(),
            industries: described.map_or_else(Vec::new, |industries| industries.names().to_vec()),
            industry_attributes: panel.industry_attributes().iter().map(Described::of).collect(),
            neighbours: panel.weights().map(pairs),
        }
    }

    fn read(schema: &Schema) -> Result<Self, String> {
        let json = schema.metadata().get(METADATA).ok_or("it does not describe itself")?;
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    /// Adds attributes and neighbours.
    fn add_to(self, builder: &mut PanelBuilder) {
        let regions = self.regions;
        for attribute in self.attributes {
            let (name, unit) = (attribute.name.clone(), attribute.unit.clone());
            match attribute.named(&regions) {
                Named::Numeric(entries) => builder.numeric_attribute(&name, &unit, entries),
                Named::Text(entries) => builder.text_attribute(&name, entries),
            }
        }
        for attribute in self.industry_attributes {
            let (name, unit) = (attribute.name.clone(), attribute.unit.clone());
            match attribute.named(&self.industries) {
                Named::Numeric(entries) => builder.industry_numeric_attribute(&name, &unit, entries),
                Named::Text(entries) => builder.industry_text_attribute(&name, entries),
            }
        }
        if let Some(pairs) = self.neighbours {
            let name = |r: u32| regions.get(r as usize).cloned();
            builder.contiguity(pairs.into_iter().filter_map(|(a, b)| Some((name(a)?, name(b)?))).collect());
        }
    }
}

/// The entries of an attribute by the names of what they describe.
enum Named {
    Numeric(HashMap<String, Value>),
    Text(HashMap<String, String>),
}

impl Described {
    fn of(attribute: &Attribute) -> Self {
        Self {
            name: attribute.name.clone(),
            unit: attribute.unit.clone(),
            entries: match &attribute.data {
                AttributeData::Numeric(values) => Entries::Numeric(values.iter().map(NumberOrReason::of).collect()),
                AttributeData::Text(entries) => Entries::Text(entries.clone()),
            },
        }
    }

    fn named(self, names: &[String]) -> Named {
        let names = names.iter().cloned();
        match self.entries {
            Entries::Numeric(entries) => {
                Named::Numeric(names.zip(entries.into_iter().map(NumberOrReason::value)).collect())
            }
            Entries::Text(entries) => {
                Named::Text(names.zip(entries).filter_map(|(name, text)| Some((name, text?))).collect())
            }
        }
    }
}

impl NumberOrReason {
    fn of(value: &Value) -> Self {
        match value {
            Ok(x) => Self::Number(*x),
            Err(absent) => Self::Reason(absent.name().to_owned()),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Number(x) => Ok(x),
            Self::Reason(name) => Err(reason(&name)),
        }
    }
}

fn reason(name: &str) -> Absent {
    Absent::ALL.into_iter().find(|absent| absent.name() == name).unwrap_or(Absent::Missing)
}

/// The period column, as [`Table`] writes it.
enum Periods<'a> {
    Years(&'a Int32Array),
    Texts(&'a StringArray),
}

/// Adds the rows of a batch; `None` when it has not the columns that `beside` tells of.
fn push_rows(builder: &mut PanelBuilder, beside: &Beside, batch: &RecordBatch) -> Option<()> {
    let mut columns = batch.columns().iter();
    let regions = columns.next()?.as_string_opt::<i32>()?;
    let periods = match beside.calendar {
        Frequency::Year => Periods::Years(columns.next()?.as_primitive_opt::<Int32Type>()?),
        Frequency::Quarter | Frequency::Month => Periods::Texts(columns.next()?.as_string_opt::<i32>()?),
    };
    let industries = match beside.keys.industry {
        Some(_) => Some(columns.next()?.as_string_opt::<i32>()?),
        None => None,
    };
    let mut numbers: Vec<(&Float64Array, Option<&StringArray>)> = Vec::new();
    for has_status in &beside.statuses {
        let values = columns.next()?.as_primitive_opt::<Float64Type>()?;
        let status = if *has_status { Some(columns.next()?.as_string_opt::<i32>()?) } else { None };
        numbers.push((values, status));
    }
    let mut year = (i32::MIN, String::new());
    let mut values = Vec::with_capacity(numbers.len());
    for row in 0..batch.num_rows() {
        let period = match &periods {
            Periods::Texts(texts) => texts.value(row),
            Periods::Years(years) => {
                if years.value(row) != year.0 {
                    year = (years.value(row), format!("{:04}", years.value(row)));
                }
                &year.1
            }
        };
        let key = RowKey { row, region: regions.value(row), period, industry: industries.map(|i| i.value(row)) };
        values.clear();
        values.extend(numbers.iter().map(|(values, status)| read_value(values, *status, row)));
        builder.push(key, &values);
    }
    Some(())
}

fn read_value(values: &Float64Array, status: Option<&StringArray>, row: usize) -> Value {
    if values.is_valid(row) {
        return Ok(values.value(row));
    }
    match status {
        Some(status) if status.is_valid(row) => Err(reason(status.value(row))),
        _ => Err(Absent::Missing),
    }
}
