//! A panel seen as a table: named columns, row by row as text or block by block as Arrow arrays.

use crate::error::Error;
use crate::panel::{Absent, AttributeData, Frequency, Panel, Period, Value};
use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The columns of a panel: keys, measures with their statuses, attributes.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    panel: &'a Panel,
    /// The first row after each period.
    ends: Vec<usize>,
    columns: Vec<Column<'a>>,
}

#[derive(Debug)]
struct Column<'a> {
    name: String,
    source: Source<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    Region,
    Period,
    Industry,
    /// One value a row, and whether the row or its region picks it.
    Number(&'a [Value], By),
    /// Why a number is absent, empty where the number's own cell says it.
    Status(&'a [Value], By),
    Text(&'a [Option<String>]),
}

#[derive(Debug, Clone, Copy)]
enum By {
    Row,
    Region,
}

impl<'a> Table<'a> {
    /// Keys and measures; a measure with an absence that is not `shown` in its cell gets a status column.
    pub(crate) fn of(panel: &'a Panel, shown: impl Fn(Absent) -> bool) -> Self {
        let keys = panel.key_names();
        let ends = (0..panel.periods().len()).map(|t| panel.rows_of(t).end).collect();
        let mut table = Self { panel, ends, columns: Vec::new() };
        table.add(&keys.region, Source::Region);
        table.add(&keys.period, Source::Period);
        if let Some(name) = &keys.industry {
            table.add(name, Source::Industry);
        }
        for (m, measure) in panel.measures().iter().enumerate() {
            table.add_numbers(&measure.name, panel.column(m), By::Row, &shown);
        }
        table
    }

    /// The same with the attributes of the regions repeated in every row.
    pub(crate) fn with_attributes(mut self, shown: impl Fn(Absent) -> bool) -> Self {
        for attribute in self.panel.attributes() {
            match &attribute.data {
                AttributeData::Numeric(values) => self.add_numbers(&attribute.name, values, By::Region, &shown),
                AttributeData::Text(entries) => self.add(&attribute.name, Source::Text(entries)),
            }
        }
        self
    }

    fn add(&mut self, name: &str, source: Source<'a>) {
        self.columns.push(Column { name: name.to_owned(), source });
    }

    fn add_numbers(&mut self, name: &str, values: &'a [Value], by: By, shown: &impl Fn(Absent) -> bool) {
        self.add(name, Source::Number(values, by));
        if values.iter().any(|value| value.is_err_and(|absent| !shown(absent))) {
            self.add(&format!("{name}_status"), Source::Status(values, by));
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.panel.rows()
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The schema of [`Table::batch`]: years are 32-bit integers, other periods, names and statuses text.
    pub(crate) fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| {
            let (data_type, nullable) = match column.source {
                Source::Period if self.panel.frequency() == Frequency::Year => (DataType::Int32, false),
                Source::Region | Source::Period | Source::Industry => (DataType::Utf8, false),
                Source::Number(..) => (DataType::Float64, true),
                Source::Status(..) | Source::Text(_) => (DataType::Utf8, true),
            };
            Field::new(&column.name, data_type, nullable)
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// These rows as Arrow arrays.
    pub(crate) fn batch(&self, rows: Range<usize>) -> Result<RecordBatch, Error> {
        let arrays = self.columns.iter().map(|column| self.array(column.source, rows.clone())).collect();
        let batch = RecordBatch::try_new(self.schema(), arrays);
        batch.map_err(|e| Error::Internal(format!("a panel does not fit its schema: {e}")))
    }

    fn array(&self, source: Source<'_>, rows: Range<usize>) -> ArrayRef {
        let panel = self.panel;
        match source {
            Source::Period if panel.frequency() == Frequency::Year => {
                Arc::new(Int32Array::from_iter_values(rows.map(|row| self.period(row).ordinal)))
            }
            Source::Number(values, by) => {
                Arc::new(Float64Array::from_iter(rows.map(|row| values[self.pick(by, row)].ok())))
            }
            Source::Status(values, by) => {
                Arc::new(StringArray::from_iter(rows.map(|row| values[self.pick(by, row)].err().map(Absent::name))))
            }
            Source::Text(entries) => {
                Arc::new(StringArray::from_iter(rows.map(|row| entries[self.pick(By::Region, row)].as_deref())))
            }
            Source::Region | Source::Period | Source::Industry => {
                Arc::new(StringArray::from_iter_values(rows.map(|row| self.key(source, row))))
            }
        }
    }

    /// One cell as text; `suppressed` marks withheld numbers.
    pub(crate) fn text<'t>(&'t self, column: usize, row: usize, suppressed: &'t str) -> Cow<'t, str> {
        match self.columns[column].source {
            Source::Number(values, by) => match values[self.pick(by, row)] {
                Ok(x) => Cow::Owned(shortest(x)),
                Err(Absent::Suppressed) => Cow::Borrowed(suppressed),
                Err(_) => Cow::Borrowed(""),
            },
            Source::Status(values, by) => match values[self.pick(by, row)] {
                Ok(_) => Cow::Borrowed(""),
                Err(absent) => Cow::Borrowed(absent.name()),
            },
            Source::Text(entries) => Cow::Borrowed(entries[self.pick(By::Region, row)].as_deref().unwrap_or("")),
            key => self.key(key, row),
        }
    }

    fn key(&self, source: Source<'_>, row: usize) -> Cow<'_, str> {
        let (region, industry) = self.panel.cell_of(row);
        match (source, self.panel.industries()) {
            (Source::Period, _) => Cow::Owned(self.period(row).to_string()),
            (Source::Industry, Some(industries)) => Cow::Borrowed(industries.name(industry)),
            _ => Cow::Borrowed(self.panel.regions().name(region)),
        }
    }

    fn period(&self, row: usize) -> Period {
        self.panel.periods()[self.ends.partition_point(|end| *end <= row)]
    }

    fn pick(&self, by: By, row: usize) -> usize {
        match by {
            By::Row => row,
            By::Region => self.panel.cell_of(row).0,
        }
    }
}

/// The shortest text that reads back as the same number.
fn shortest(x: f64) -> String {
    if x == 0.0 || (1e-5..1e16).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}
