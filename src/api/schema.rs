//! What the columns of a dataset mean, as the protocol says it and as imports understand it.

use super::table::{self, Cells};
use crate::api::v1::{self, DatasetSchema};
use crate::error::{Violation, Violations};
use crate::ingest::{AttributeColumn, AttributeKind, Facts, Layout, kind_of};
use crate::panel::{Measure, MeasureKind, Panel, Value};
use std::collections::{HashMap, HashSet};

/// The layout that a schema describes.
///
/// # Errors
/// Everything that can be told without the rows, below `path`.
pub(super) fn layout(schema: &DatasetSchema, path: &str) -> Result<Layout, Violations> {
    let mut violations = Violations::default();
    for (field, name) in [("region_column", &schema.region_column), ("period_column", &schema.period_column)] {
        if name.is_empty() {
            violations.push(Violation::new(format!("{path}.{field}"), "names a column", ""));
        }
    }
    let mut layout = Layout::new(&schema.region_column, &schema.period_column);
    layout.industry = Some(schema.industry_column.clone()).filter(|name| !name.is_empty());
    for (i, measure) in schema.measures.iter().enumerate() {
        if v1::MeasureKind::try_from(measure.kind).is_err() {
            violations.push(Violation::new(format!("{path}.measures[{i}].kind"), "is a MeasureKind", measure.kind));
        }
        layout.measures.push(read_measure(measure));
    }
    layout.attributes = schema.attribute_columns.iter().map(|name| attribute_column(name)).collect();
    replace_unless_empty(&mut layout.missing, &schema.missing_markers);
    replace_unless_empty(&mut layout.suppressed, &schema.suppressed_markers);
    let facts = read_facts(schema, path);
    layout.facts = violations.keep("", facts).unwrap_or_default();
    violations.into_result(layout)
}

fn attribute_column(name: &str) -> AttributeColumn {
    AttributeColumn { name: name.to_owned(), unit: String::new(), kind: AttributeKind::ByValues }
}

fn replace_unless_empty(markers: &mut Vec<String>, given: &[String]) {
    if !given.is_empty() {
        *markers = given.to_vec();
    }
}

/// The measure, with its kind guessed from its name when it has none.
fn read_measure(measure: &v1::Measure) -> Measure {
    let kind = match measure.kind() {
        v1::MeasureKind::Unspecified => kind_of(&measure.name),
        v1::MeasureKind::Stock => MeasureKind::Stock,
        v1::MeasureKind::Flow => MeasureKind::Flow,
        v1::MeasureKind::Count => MeasureKind::Count,
        v1::MeasureKind::Rate => MeasureKind::Rate,
    };
    Measure { name: measure.name.clone(), unit: measure.unit.clone(), kind }
}

/// The measure as a message.
pub(super) fn write_measure(measure: &Measure) -> v1::Measure {
    let kind = match measure.kind {
        MeasureKind::Stock => v1::MeasureKind::Stock,
        MeasureKind::Flow => v1::MeasureKind::Flow,
        MeasureKind::Count => v1::MeasureKind::Count,
        MeasureKind::Rate => v1::MeasureKind::Rate,
    };
    v1::Measure { name: measure.name.clone(), unit: measure.unit.clone(), kind: kind.into() }
}

/// The names of the measures whose kind the schema leaves to the service.
pub(super) fn guessed_kinds<'a>(schema: &DatasetSchema, panel: &'a Panel) -> Vec<&'a Measure> {
    let has_kind = |measure: &&Measure| {
        let told = schema.measures.iter().find(|told| told.name == measure.name);
        told.is_some_and(|told| told.kind() != v1::MeasureKind::Unspecified)
    };
    panel.measures().iter().filter(|measure| !has_kind(measure)).collect()
}

/// What the schema says about the regions beside the rows.
fn read_facts(schema: &DatasetSchema, path: &str) -> Result<Facts, Violations> {
    let mut violations = Violations::default();
    let mut facts = Facts::default();
    if let Some(table) = &schema.region_facts {
        let path = format!("{path}.region_facts");
        let read = read_facts_table(table, ("region", &schema.region_column), &path);
        (facts.numeric, facts.text) = violations.keep("", read).unwrap_or_default();
    }
    if let Some(table) = &schema.industry_facts {
        let path = format!("{path}.industry_facts");
        let read = read_facts_table(table, ("industry", &schema.industry_column), &path);
        (facts.industry_numeric, facts.industry_text) = violations.keep("", read).unwrap_or_default();
    }
    let mut seen = HashSet::new();
    for (i, pair) in schema.neighbours.iter().enumerate() {
        let (a, b) = (pair.region.as_str(), pair.neighbour.as_str());
        let is_new = seen.insert((a.min(b), a.max(b)));
        if pair.region.is_empty() || pair.neighbour.is_empty() || pair.region == pair.neighbour {
            let value = format!("{} – {}", pair.region, pair.neighbour);
            violations.push(Violation::new(format!("{path}.neighbours[{i}]"), "names two regions", value));
        } else if !is_new {
            let value = format!("{a} – {b}");
            violations.push(Violation::new(format!("{path}.neighbours[{i}]"), "names each pair once", value));
        }
    }
    let pairs = schema.neighbours.iter().map(|pair| (pair.region.clone(), pair.neighbour.clone()));
    facts.contiguity = (!schema.neighbours.is_empty()).then(|| pairs.collect());
    violations.into_result(facts)
}

/// Numeric attributes with their units, and text attributes, by the name of what they describe.
type Described = (Vec<(String, String, HashMap<String, Value>)>, Vec<(String, HashMap<String, String>)>);

/// The attributes in a table of facts about regions or industries, whose names are in the column `key_column`.
fn read_facts_table(table: &v1::Table, (of, key_column): (&str, &str), path: &str) -> Result<Described, Violations> {
    let mut violations = Violations::default();
    let columns = table::read_with(table, path, &mut violations);
    let key = columns.iter().find_map(|column| match &column.cells {
        Cells::Texts(names) if column.name == key_column => Some(names),
        _ => None,
    });
    let Some(key) = key else {
        let rule = format!("one column is named as {of}_column and has names as texts");
        violations.push(Violation::new(path, rule, key_column));
        return Err(violations);
    };
    let position = table.columns.iter().position(|column| column.name == key_column).unwrap_or_default();
    let mut seen = HashSet::new();
    for (row, name) in key.iter().enumerate() {
        if !name.is_some_and(|name| seen.insert(name)) {
            let field = format!("{path}.columns[{position}].texts.values[{row}]");
            violations.push(Violation::new(field, format!("every {of} is named once"), name.unwrap_or_default()));
        }
    }
    let mut described = Described::default();
    for column in columns.iter().filter(|column| column.name != key_column) {
        let (name, unit) = (column.name.to_owned(), column.unit.to_owned());
        match &column.cells {
            Cells::Numbers(values) => described.0.push((name, unit, by_name(key, values.iter().copied().map(Some)))),
            Cells::Texts(texts) => {
                let texts = texts.iter().map(|text| text.map(str::to_owned));
                described.1.push((name, by_name(key, texts)));
            }
        }
    }
    violations.into_result(described)
}

fn by_name<T>(key: &[Option<&str>], entries: impl Iterator<Item = Option<T>>) -> HashMap<String, T> {
    key.iter().zip(entries).filter_map(|(name, entry)| Some(((*name)?.to_owned(), entry?))).collect()
}

/// Checks that keys, measures and attributes have names of their own, so that a formula can tell them apart.
///
/// # Errors
/// Every name that occurs again, at `path`.
pub(super) fn check_names(panel: &Panel, path: &str) -> Result<(), Violations> {
    let keys = panel.key_names();
    let mut names: HashSet<&str> = [keys.region.as_str(), keys.period.as_str()].into_iter().collect();
    names.extend(keys.industry.as_deref());
    let measures = panel.measures().iter().map(|measure| measure.name.as_str());
    let attributes = panel.attributes().iter().map(|attribute| attribute.name.as_str());
    let mut violations = Violations::default();
    let of_industries = panel.industry_attributes().iter().map(|attribute| attribute.name.as_str());
    for name in measures.chain(attributes).chain(of_industries).filter(|name| !names.insert(name)) {
        violations.push(Violation::new(path, "keys, measures and attributes have names of their own", name));
    }
    violations.into_result(())
}
