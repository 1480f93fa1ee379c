//! Rows of cells become a panel, whatever format they came from.

use super::Imported;
use super::guess::{calendar_of, date};
use super::layout::{AttributeKind, Columns, Layout};
use crate::error::{Error, Violation, Violations};
use crate::panel::{Absent, Frequency, KeyNames, Measure, PanelBuilder, RowKey, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// One cell as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Null,
    Number(f64),
    Text(&'a str),
}

/// Takes rows one at a time, then builds the panel.
#[derive(Debug)]
pub(super) struct Assembler<'a> {
    layout: &'a Layout,
    columns: Columns,
    header: Vec<String>,
    builder: PanelBuilder,
    values: Vec<Value>,
    natures: Vec<Nature>,
    entries: Vec<Entries>,
    dates: Dates,
    rows: u64,
    memory: u64,
}

/// What the cells of a measure have shown it to be.
#[derive(Debug, Clone, PartialEq)]
enum Nature {
    /// Nothing but absent cells.
    Unknown,
    /// Numbers; any text is a violation.
    Numbers,
    /// Text so far, first in this row; a number later on makes that text a violation.
    Text { row: usize, first: String },
}

/// Full dates among the periods.
#[derive(Debug, Default)]
struct Dates {
    /// Whether each month of the year occurs.
    months: [bool; 12],
    /// Whether there is a period that is no full date.
    others: bool,
}

/// The entries of an attribute by region, with the row that gave each.
#[derive(Debug)]
enum Entries {
    Numeric(HashMap<String, (Value, usize)>),
    Text(HashMap<String, (String, usize)>),
}

impl<'a> Assembler<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        header: Vec<String>,
        may_be_measure: impl Fn(usize) -> bool,
        memory: u64,
    ) -> Result<Self, Violations> {
        let columns = Columns::find(layout, &header, may_be_measure)?;
        let key_names = KeyNames {
            region: layout.region.clone(),
            period: layout.period.clone(),
            industry: layout.industry.clone(),
        };
        let measures: Vec<Measure> = columns.measures.iter().map(|m| m.measure.clone()).collect();
        let nature = if layout.measures.is_empty() { Nature::Unknown } else { Nature::Numbers };
        let entries = layout.attributes.iter().map(|attribute| match attribute.kind {
            AttributeKind::Numeric => Entries::Numeric(HashMap::new()),
            AttributeKind::Text | AttributeKind::ByValues => Entries::Text(HashMap::new()),
        });
        Ok(Self {
            layout,
            header,
            values: Vec::with_capacity(measures.len()),
            natures: vec![nature; measures.len()],
            entries: entries.collect(),
            builder: PanelBuilder::new(key_names, measures),
            columns,
            dates: Dates::default(),
            rows: 0,
            memory,
        })
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Adds a violation of a whole row.
    pub(super) fn refuse(&mut self, row: usize, rule: impl Into<String>, value: &str) {
        self.builder.refuse(Violation::new(format!("row {row}"), rule, value));
    }

    /// Adds a violation of one cell.
    pub(super) fn refuse_cell(&mut self, row: usize, column: usize, rule: &str, value: &str) {
        let field = format!("row {row}, column {}", self.header[column]);
        let markers = self.layout.missing.iter().chain(&self.layout.suppressed).filter(|marker| !marker.is_empty());
        let rule = match rule {
            DECIMAL => {
                format!("{DECIMAL}, or is one of the markers {}", markers.cloned().collect::<Vec<_>>().join(" "))
            }
            other => other.to_owned(),
        };
        self.builder.refuse(Violation::new(field, rule, value));
    }

    /// Adds the row that stands at `row`; `cell` reads its columns.
    pub(super) fn row<'c>(&mut self, row: usize, cell: impl Fn(usize) -> Cell<'c>) -> Result<(), Error> {
        self.reserve()?;
        let region = text(cell(self.columns.region));
        let industry = self.columns.industry.map(|column| text(cell(column)));
        let mut values = std::mem::take(&mut self.values);
        values.clear();
        for m in 0..self.columns.measures.len() {
            let value = self.measure(row, m, &cell);
            values.push(value);
        }
        self.attributes(row, &region, &cell);
        let period = text(cell(self.columns.period));
        let period = self.dates.read(&period);
        self.builder.push(RowKey { row, region: &region, period: &period, industry: industry.as_deref() }, &values);
        self.values = values;
        Ok(())
    }

    /// Counts the row against the memory that may be used.
    fn reserve(&mut self) -> Result<(), Error> {
        self.rows += 1;
        let needed = bytes_of_rows(self.rows, self.columns.measures.len());
        if needed > self.memory {
            return Err(Error::Limit { what: "memory", needed, limit: self.memory, unit: "bytes" });
        }
        Ok(())
    }

    fn measure<'c>(&mut self, row: usize, m: usize, cell: &impl Fn(usize) -> Cell<'c>) -> Value {
        let (column, status) = (self.columns.measures[m].column, self.columns.measures[m].status);
        let value = match number(self.layout, cell(column)) {
            Ok(value) => value,
            Err((rule, text)) => return self.not_a_number(row, m, rule, &text),
        };
        if value.is_ok()
            && let Nature::Text { row, first } = std::mem::replace(&mut self.natures[m], Nature::Numbers)
        {
            self.refuse_cell(row, column, DECIMAL, &first);
        }
        with_status(value, status.map(cell))
    }

    fn not_a_number(&mut self, row: usize, m: usize, rule: &str, text: &str) -> Value {
        match self.natures[m] {
            Nature::Unknown => self.natures[m] = Nature::Text { row, first: text.to_owned() },
            Nature::Text { .. } => {}
            Nature::Numbers => self.refuse_cell(row, self.columns.measures[m].column, rule, text),
        }
        Err(Absent::Missing)
    }

    fn attributes<'c>(&mut self, row: usize, region: &str, cell: &impl Fn(usize) -> Cell<'c>) {
        for a in 0..self.entries.len() {
            let (column, status) = self.columns.attributes[a];
            let broken = match &mut self.entries[a] {
                Entries::Numeric(entries) => match number(self.layout, cell(column)) {
                    Ok(value) => note_number(entries, region, with_status(value, status.map(cell)), row),
                    Err((rule, text)) => Some((rule.to_owned(), text)),
                },
                Entries::Text(entries) => {
                    let text = text(cell(column));
                    if self.layout.is_missing(&text) { None } else { note_text(entries, region, &text, row) }
                }
            };
            if let Some((rule, value)) = broken {
                self.refuse_cell(row, column, &rule, &value);
            }
        }
    }

    /// The first cell of every guessed column that holds no number but one with a comma: row, column and text.
    fn decimal_commas(&self) -> Vec<(usize, usize, String)> {
        let has_comma = |text: &str| text.contains(',') && text.replace(',', "").parse::<f64>().is_ok();
        let natures = self.natures.iter().zip(&self.columns.measures);
        let found = natures.filter_map(|(nature, measure)| match nature {
            Nature::Text { row, first } if has_comma(first) => Some((*row, measure.column, first.clone())),
            _ => None,
        });
        found.collect()
    }

    /// Sorts and checks the rows.
    pub(super) fn finish(mut self) -> Result<Imported, Error> {
        let is_measure: Vec<bool> = self.natures.iter().map(|nature| *nature == Nature::Numbers).collect();
        let commas = self.decimal_commas();
        for (row, column, text) in &commas {
            self.refuse_cell(*row, *column, DECIMAL, text);
        }
        if !is_measure.contains(&true) && commas.is_empty() {
            self.builder.refuse(Violation::new("header", "a table has at least one column of numbers", ""));
        }
        let mut unused = std::mem::take(&mut self.columns.unused);
        let measures = self.columns.measures.iter().zip(&is_measure);
        unused.extend(measures.filter(|(_, is_measure)| !**is_measure).map(|(m, _)| m.column));
        unused.sort_unstable();
        let mut keep = is_measure.into_iter();
        self.builder.retain_measures(|_| keep.next().unwrap_or(true));
        if let Some(calendar) = self.dates.calendar() {
            self.builder.coarsen(calendar);
        }
        for (attribute, entries) in self.layout.attributes.iter().zip(self.entries) {
            match entries.settled(attribute.kind, self.layout) {
                Entries::Numeric(entries) => {
                    self.builder.numeric_attribute(&attribute.name, &attribute.unit, without_rows(entries));
                }
                Entries::Text(entries) => self.builder.text_attribute(&attribute.name, without_rows(entries)),
            }
        }
        self.layout.facts.add_to(&mut self.builder);
        let panel = self.builder.finish()?;
        Ok(Imported { panel, unused: unused.into_iter().map(|c| self.header[c].clone()).collect() })
    }
}

impl Dates {
    /// The text of a period; a full date is taken as its month.
    fn read<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if let Some((year, month)) = date(text) {
            self.months[month as usize - 1] = true;
            return Cow::Owned(format!("{year:04}-{month:02}"));
        }
        self.others = true;
        Cow::Borrowed(text.strip_suffix(".0").unwrap_or(text))
    }

    /// What the dates stand for, when there are dates only.
    fn calendar(&self) -> Option<Frequency> {
        let months = (1..=12).filter(|month| self.months[*month as usize - 1]);
        (!self.others && self.months.contains(&true)).then(|| calendar_of(months))
    }
}

impl Entries {
    /// Texts become numbers when the kind is left to them and each is one.
    fn settled(self, kind: AttributeKind, layout: &Layout) -> Self {
        let (Self::Text(texts), AttributeKind::ByValues) = (&self, kind) else { return self };
        let read = |(region, (text, row)): (&String, &(String, usize))| {
            number(layout, Cell::Text(text)).ok().map(|value| (region.clone(), (value, *row)))
        };
        match texts.iter().map(read).collect::<Option<HashMap<_, _>>>() {
            Some(numbers) if numbers.values().any(|(value, _)| value.is_ok()) => Self::Numeric(numbers),
            _ => self,
        }
    }
}

/// What building a panel takes at its peak, in bytes: for each row the key three times, each value in a column that
/// may have twice the room it needs, and each value again when the rows are sorted.
pub fn bytes_of_rows(rows: u64, measures: usize) -> u64 {
    rows.saturating_mul((3 * size_of::<Value>() * measures + 96) as u64)
}

fn without_rows<T>(entries: HashMap<String, (T, usize)>) -> HashMap<String, T> {
    entries.into_iter().map(|(region, (entry, _))| (region, entry)).collect()
}

/// The rule and the value, when `value` is not what an earlier row said.
fn note_number(
    entries: &mut HashMap<String, (Value, usize)>,
    region: &str,
    value: Value,
    row: usize,
) -> Option<(String, String)> {
    match (entries.get(region), value) {
        (Some((Ok(earlier), at)), Ok(x)) if earlier.to_bits() != x.to_bits() => {
            Some((constant(&earlier.to_string(), *at), x.to_string()))
        }
        (Some((Ok(_), _)), _) | (Some(_), Err(Absent::Missing)) => None,
        _ => {
            entries.insert(region.to_owned(), (value, row));
            None
        }
    }
}

fn note_text(
    entries: &mut HashMap<String, (String, usize)>,
    region: &str,
    text: &str,
    row: usize,
) -> Option<(String, String)> {
    match entries.get(region) {
        Some((earlier, at)) if earlier != text => Some((constant(earlier, *at), text.to_owned())),
        Some(_) => None,
        None => {
            entries.insert(region.to_owned(), (text.to_owned(), row));
            None
        }
    }
}

fn constant(earlier: &str, at: usize) -> String {
    format!("an attribute has one value a region; row {at} says {earlier:?}")
}

const DECIMAL: &str = "a number is written with a decimal point, as in 1.5, and without thousands separators";

/// The number in a cell, or the rule it breaks and its text.
fn number(layout: &Layout, cell: Cell<'_>) -> Result<Value, (&'static str, String)> {
    let (x, text) = match cell {
        Cell::Null => return Ok(Err(Absent::Missing)),
        Cell::Number(x) if x.is_nan() => (x, "NaN"),
        Cell::Number(x) => (x, ""),
        Cell::Text(text) => {
            let text = text.trim();
            if layout.is_missing(text) {
                return Ok(Err(Absent::Missing));
            }
            if layout.is_suppressed(text) {
                return Ok(Err(Absent::Suppressed));
            }
            (text.parse().map_err(|_| (DECIMAL, text.to_owned()))?, text)
        }
    };
    if x.is_finite() {
        Ok(Ok(x))
    } else if layout.is_missing(text) {
        Ok(Err(Absent::Missing))
    } else {
        Err(("a number is finite", if text.is_empty() { x.to_string() } else { text.to_owned() }))
    }
}

/// The value, with the reason that the status cell names in place of a mere missing.
fn with_status(value: Value, status: Option<Cell<'_>>) -> Value {
    match (value, status) {
        (Err(Absent::Missing), Some(Cell::Text(text))) => {
            let named = Absent::ALL.into_iter().find(|absent| absent.name() == text.trim());
            Err(named.unwrap_or(Absent::Missing))
        }
        _ => value,
    }
}

/// The cell as a name.
fn text(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        Cell::Null => Cow::Borrowed(""),
        Cell::Number(x) => Cow::Owned(x.to_string()),
        Cell::Text(text) => Cow::Borrowed(text.trim()),
    }
}
