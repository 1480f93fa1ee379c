//! Parquet and Arrow IPC, batch by batch.

use super::layout::Layout;
use super::rows::{Assembler, Cell};
use super::{Imported, Sample};
use crate::error::{Error, Violation};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, StringArray, make_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Batches with their schema.
struct Batches<'a> {
    schema: Schema,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + 'a>,
}

pub(super) fn read_parquet(bytes: Bytes, layout: &Layout, memory: u64) -> Result<Imported, Error> {
    read_batches(open_parquet(bytes)?, layout, memory)
}

/// Reads an Arrow IPC stream or file; a file holds a stream behind its first eight bytes.
pub(super) fn read_ipc(reader: impl Read, layout: &Layout, memory: u64) -> Result<Imported, Error> {
    read_batches(open_ipc(reader)?, layout, memory)
}

pub(super) fn sample_parquet(bytes: Bytes, rows: usize) -> Result<Sample, Error> {
    sample_batches(open_parquet(bytes)?, rows)
}

pub(super) fn sample_ipc(reader: impl Read, rows: usize) -> Result<Sample, Error> {
    sample_batches(open_ipc(reader)?, rows)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Violation::new("table", format!("the table cannot be read: {error}"), "").into()
}

/// Runs a decoder: it checks most of what it reads but not all, and a panic over bad bytes is a bad table.
fn guarded<T, E: std::fmt::Display>(decode: impl FnOnce() -> Result<T, E>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(result) => result.map_err(broken),
        Err(_) => Err(broken("the bytes are damaged")),
    }
}

fn open_parquet(bytes: Bytes) -> Result<Batches<'static>, Error> {
    let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(bytes))?;
    let schema = builder.schema().as_ref().clone();
    let batches = guarded(|| builder.build())?;
    Ok(Batches { schema, batches: Box::new(batches) })
}

fn open_ipc<'a>(mut reader: impl Read + 'a) -> Result<Batches<'a>, Error> {
    let mut first = Vec::new();
    reader.by_ref().take(8).read_to_end(&mut first).map_err(broken)?;
    let skipped = if first.starts_with(b"ARROW1") { 8.min(first.len()) } else { 0 };
    let rest = std::io::Cursor::new(first.split_off(skipped)).chain(reader);
    let batches = guarded(|| StreamReader::try_new_buffered(rest, None))?;
    let schema = batches.schema().as_ref().clone();
    Ok(Batches { schema, batches: Box::new(batches) })
}

fn read_batches(table: Batches<'_>, layout: &Layout, memory: u64) -> Result<Imported, Error> {
    let schema = table.schema;
    let header = names(&schema);
    let is_numeric = |column: usize| values_are_numeric(schema.field(column).data_type());
    let mut rows = Assembler::new(layout, header, is_numeric, memory)?;
    let used = Used::of(&rows, &schema)?;
    let mut first_row = 1;
    let mut batches = table.batches;
    while let Some(batch) = guarded(|| batches.next().transpose())? {
        let columns = used.read(&batch)?;
        for i in 0..batch.num_rows() {
            rows.row(first_row + i, |column| columns[column].cell(i))?;
        }
        first_row += batch.num_rows();
    }
    rows.finish()
}

fn sample_batches(table: Batches<'_>, rows: usize) -> Result<Sample, Error> {
    let mut sample = Sample { header: names(&table.schema), rows: Vec::new() };
    let mut batches = table.batches;
    while let Some(batch) = guarded(|| batches.next().transpose())? {
        let texts: Vec<Option<StringArray>> = batch.columns().iter().map(|c| as_text(c).ok()).collect();
        for i in 0..batch.num_rows().min(rows - sample.rows.len()) {
            let text = |column: &Option<StringArray>| match column {
                Some(array) if array.is_valid(i) => array.value(i).trim().to_owned(),
                _ => String::new(),
            };
            sample.rows.push(texts.iter().map(text).collect());
        }
        if sample.rows.len() == rows {
            break;
        }
    }
    Ok(sample)
}

fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().trim().to_owned()).collect()
}

/// How each column of the table is read.
struct Used(Vec<Reading>);

#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Unused,
    Text,
    Number,
}

/// One column of a batch in the form in which it is read.
enum Column {
    Unused,
    Text(StringArray),
    Number(Float64Array),
}

impl Used {
    fn of(rows: &Assembler<'_>, schema: &Schema) -> Result<Self, Error> {
        let columns = rows.columns();
        let mut used = vec![Reading::Unused; schema.fields().len()];
        let keys = [Some(columns.region), Some(columns.period), columns.industry];
        let statuses = columns.measures.iter().map(|m| m.status);
        let attributes = columns.attributes.iter().flat_map(|(column, status)| [Some(*column), *status]);
        for column in keys.into_iter().chain(statuses).chain(attributes).flatten() {
            used[column] = Reading::Text;
        }
        for measure in &columns.measures {
            let data_type = schema.field(measure.column).data_type();
            used[measure.column] = if values_are_numeric(data_type) { Reading::Number } else { Reading::Text };
            if !values_are_numeric(data_type) && !is_text(data_type) {
                let field = format!("column {}", measure.measure.name);
                return Err(Violation::new(field, "a measure is numbers or text with numbers", data_type).into());
            }
        }
        Ok(Self(used))
    }

    fn read(&self, batch: &RecordBatch) -> Result<Vec<Column>, Error> {
        let read = |(reading, array): (&Reading, &ArrayRef)| match reading {
            Reading::Unused => Ok(Column::Unused),
            Reading::Text => as_text(array).map(Column::Text),
            Reading::Number => {
                cast(array, &DataType::Float64).map(|a| Column::Number(a.as_primitive::<Float64Type>().clone()))
            }
        };
        self.0.iter().zip(batch.columns()).map(read).collect::<Result<_, _>>().map_err(broken)
    }
}

impl Column {
    fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(array) if array.is_valid(row) => Cell::Text(array.value(row)),
            Self::Number(array) if array.is_valid(row) => Cell::Number(array.value(row)),
            _ => Cell::Null,
        }
    }
}

fn as_text(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    Ok(cast(&with_offset(array)?, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// Times in `UTC` as times at the offset zero: the time zones that have a name are not known here.
fn with_offset(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Timestamp(unit, Some(zone)) if zone.eq_ignore_ascii_case("utc") => {
            let at_zero = DataType::Timestamp(*unit, Some("+00:00".into()));
            Ok(make_array(array.to_data().into_builder().data_type(at_zero).build()?))
        }
        _ => Ok(array.clone()),
    }
}

fn values_are_numeric(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => values.is_numeric(),
        other => other.is_numeric(),
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null),
    }
}
