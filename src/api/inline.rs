//! A dataset that comes within a request becomes a panel.

use super::schema;
use super::table::{self, Cells, Checked};
use crate::api::v1::InlineDataset;
use crate::error::{Violation, Violations};
use crate::ingest::{Layout, kind_of};
use crate::panel::{KeyNames, Measure, Panel, PanelBuilder, RowKey, Value};
use crate::suggest::nearest;
use std::collections::HashMap;

/// The panel of an inline dataset that stands at `path` of its request.
///
/// # Errors
/// Every violation of the schema, the columns and the rows, each at its field.
pub(super) fn panel(inline: &InlineDataset, path: &str) -> Result<Panel, Violations> {
    let mut violations = Violations::default();
    let schema_path = format!("{path}.schema");
    let table_path = format!("{path}.table");
    let layout = match &inline.schema {
        Some(schema) => violations.keep("", schema::layout(schema, &schema_path)),
        None => {
            violations.push(Violation::new(&schema_path, "says what the columns mean", ""));
            None
        }
    };
    let empty = Default::default();
    let columns = violations.keep("", table::read(inline.table.as_ref().unwrap_or(&empty), &table_path));
    let (Some(layout), Some(columns)) = (layout, columns) else { return Err(violations) };
    let table = Inline { columns: &columns, layout: &layout, schema_path: &schema_path, table_path: &table_path };
    let panel = violations.keep("", table.roles().and_then(|roles| table.build(&roles)));
    violations.into_result(())?;
    let Some(panel) = panel else { unreachable!("a panel that is not there left violations") };
    schema::check_names(&panel, &schema_path)?;
    Ok(panel)
}

/// A checked table and what its columns mean.
struct Inline<'a> {
    columns: &'a [Checked<'a>],
    layout: &'a Layout,
    schema_path: &'a str,
    table_path: &'a str,
}

/// The columns by their roles, as positions.
struct Roles {
    region: usize,
    period: usize,
    industry: Option<usize>,
    measures: Vec<(Measure, usize)>,
    attributes: Vec<usize>,
}

impl Inline<'_> {
    /// Finds every role among the columns.
    fn roles(&self) -> Result<Roles, Violations> {
        let mut violations = Violations::default();
        let mut taken = vec![false; self.columns.len()];
        let mut take = |field: &str, name: &str, is_number: Option<bool>| {
            self.find(name, is_number, &mut taken)
                .map_err(|rule| violations.push(Violation::new(format!("{}.{field}", self.schema_path), rule, name)))
                .unwrap_or_default()
        };
        let region = take("region_column", &self.layout.region, Some(false));
        let period = take("period_column", &self.layout.period, Some(false));
        let industry = self.layout.industry.as_ref().map(|name| take("industry_column", name, Some(false)));
        let attributes = self.layout.attributes.iter().enumerate();
        let attributes =
            attributes.map(|(i, column)| take(&format!("attribute_columns[{i}]"), &column.name, None)).collect();
        let measures = self.layout.measures.iter().enumerate();
        let mut measures: Vec<_> = measures
            .map(|(i, measure)| (measure.clone(), take(&format!("measures[{i}].name"), &measure.name, Some(true))))
            .collect();
        if measures.is_empty() {
            measures = self.free_numbers(&taken);
        }
        for (measure, column) in &mut measures {
            if measure.unit.is_empty() {
                measure.unit = self.columns.get(*column).map_or("", |column| column.unit).to_owned();
            }
        }
        violations.into_result(Roles { region, period, industry, measures, attributes })
    }

    /// The position of a column that has no role yet, or the rule that is broken.
    fn find(&self, name: &str, is_number: Option<bool>, taken: &mut [bool]) -> Result<usize, String> {
        let Some(position) = self.columns.iter().position(|column| column.name == name) else {
            let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
            return Err(match nearest(name, names.iter().copied()) {
                Some(near) => format!("the table has no such column; did you mean {near}?"),
                None => format!("names one of the table's columns: {}", names.join(", ")),
            });
        };
        if std::mem::replace(&mut taken[position], true) {
            return Err("a column has one role only".to_owned());
        }
        match (is_number, &self.columns[position].cells) {
            (Some(true), Cells::Texts(_)) => Err("a measure is a column of numbers".to_owned()),
            (Some(false), Cells::Numbers(_)) => Err("a key is a column of texts".to_owned()),
            _ => Ok(position),
        }
    }

    fn free_numbers(&self, taken: &[bool]) -> Vec<(Measure, usize)> {
        let free = self.columns.iter().enumerate().filter(|(i, column)| {
            let is_number = matches!(column.cells, Cells::Numbers(_));
            is_number && !taken[*i]
        });
        let measure = |column: &Checked<'_>| Measure {
            name: column.name.to_owned(),
            unit: column.unit.to_owned(),
            kind: kind_of(column.name),
        };
        free.map(|(i, column)| (measure(column), i)).collect()
    }

    fn build(&self, roles: &Roles) -> Result<Panel, Violations> {
        let measures = roles.measures.iter().map(|(measure, _)| measure.clone()).collect();
        let mut builder = PanelBuilder::new(self.key_names(), measures);
        let columns: Vec<&[Value]> = roles.measures.iter().map(|(_, column)| self.numbers(*column)).collect();
        let (regions, periods) = (self.texts(roles.region), self.texts(roles.period));
        let industries = roles.industry.map(|column| self.texts(column));
        for row in 0..regions.len() {
            let values: Vec<Value> = columns.iter().map(|column| column[row]).collect();
            let key = RowKey {
                row,
                region: regions[row].unwrap_or_default(),
                period: periods[row].unwrap_or_default(),
                industry: industries.map(|industries| industries[row].unwrap_or_default()),
            };
            builder.push(key, &values);
        }
        for (column, position) in self.layout.attributes.iter().zip(&roles.attributes) {
            self.add_attribute(&mut builder, &column.name, *position, regions);
        }
        self.layout.facts.add_to(&mut builder);
        builder.finish().map_err(|violations| violations.renamed(|field| self.place(field)))
    }

    fn key_names(&self) -> KeyNames {
        let layout = self.layout;
        KeyNames { region: layout.region.clone(), period: layout.period.clone(), industry: layout.industry.clone() }
    }

    /// Takes the first entry of every region and refuses those that differ from it.
    fn add_attribute(&self, builder: &mut PanelBuilder, name: &str, position: usize, regions: &[Option<&str>]) {
        let mut refuse = |row: usize, value: String| {
            let rule = "an attribute has one value a region; an earlier row says otherwise";
            builder.refuse(Violation::new(format!("row {row}, column {name}"), rule, value));
        };
        match &self.columns[position].cells {
            Cells::Numbers(values) => {
                let known = values.iter().map(|value| value.ok().map(|x| (x.to_bits(), *value)));
                let entries = constant(regions, known, |row, (_, value)| refuse(row, format!("{:?}", value.ok())));
                let entries = entries.into_iter().map(|(region, (_, value))| (region, value)).collect();
                builder.numeric_attribute(name, self.columns[position].unit, entries);
            }
            Cells::Texts(texts) => {
                let known = texts.iter().map(|text| text.filter(|text| !text.is_empty()).map(str::to_owned));
                let entries = constant(regions, known, refuse);
                builder.text_attribute(name, entries);
            }
        }
    }

    fn texts(&self, column: usize) -> &[Option<&str>] {
        match &self.columns[column].cells {
            Cells::Texts(texts) => texts,
            Cells::Numbers(_) => unreachable!("keys were checked to be texts"),
        }
    }

    fn numbers(&self, column: usize) -> &[Value] {
        match &self.columns[column].cells {
            Cells::Numbers(values) => values,
            Cells::Texts(_) => unreachable!("measures were checked to be numbers"),
        }
    }

    /// The field of the request that the builder calls `row 7, column year`.
    fn place(&self, field: &str) -> String {
        let named = field.strip_prefix("row ").and_then(|rest| rest.split_once(", column "));
        let position = |name: &str| self.columns.iter().position(|column| column.name == name);
        let found = named.and_then(|(row, name)| Some((row, position(name)?)));
        let Some((row, column)) = found else {
            let path = self.table_path;
            if let Some(row) = field.strip_prefix("row ") {
                return format!("{path}.rows[{row}]");
            }
            return match field.strip_prefix("column ").and_then(position) {
                Some(column) => format!("{path}.columns[{column}]"),
                None => format!("{path}.{field}"),
            };
        };
        let values = match self.columns[column].cells {
            Cells::Numbers(_) => "numbers",
            Cells::Texts(_) => "texts",
        };
        format!("{}.columns[{column}].{values}.values[{row}]", self.table_path)
    }
}

/// The first known entry of every region; later ones that differ are `refused`.
fn constant<T: PartialEq>(
    regions: &[Option<&str>],
    entries: impl Iterator<Item = Option<T>>,
    mut refused: impl FnMut(usize, T),
) -> HashMap<String, T> {
    let mut first: HashMap<String, T> = HashMap::new();
    for (row, (region, entry)) in regions.iter().zip(entries).enumerate() {
        let (Some(region), Some(entry)) = (region, entry) else { continue };
        match first.get(*region) {
            Some(earlier) if *earlier == entry => {}
            Some(_) => refused(row, entry),
            None => {
                first.insert((*region).to_owned(), entry);
            }
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::table::{numbers, table, texts};
    use crate::api::v1::{DatasetSchema, NeighbourPair};
    use crate::panel::{Absent, AttributeData};

    fn inline() -> InlineDataset {
        let columns = vec![
            texts("state", ["Ohio", "Ohio", "Iowa"]),
            texts("year", ["1990", "1991", "1990"]),
            numbers("gdp", "million", [Ok(1.0), Err(Absent::Suppressed), Ok(3.0)]),
            numbers("employees", "", [Ok(5.0), Ok(6.0), Ok(7.0)]),
            texts("division", ["East", "East", "West"]),
        ];
        let schema = DatasetSchema {
            region_column: "state".into(),
            period_column: "year".into(),
            attribute_columns: vec!["division".into()],
            region_facts: Some(table(vec![
                texts("state", ["Iowa", "Ohio"]),
                numbers("area", "km2", [Ok(2.0), Ok(1.0)]),
            ])),
            neighbours: vec![NeighbourPair { region: "Ohio".into(), neighbour: "Iowa".into() }],
            ..DatasetSchema::default()
        };
        InlineDataset { schema: Some(schema), table: Some(table(columns)) }
    }

    fn fields(inline: &InlineDataset) -> Vec<String> {
        panel(inline, "d").unwrap_err().told().iter().map(|v| v.field.clone()).collect()
    }

    #[test]
    fn columns_facts_and_neighbours_become_a_panel() {
        let panel = panel(&inline(), "d").unwrap();
        let names: Vec<_> = panel.measures().iter().map(|m| (m.name.as_str(), m.unit.as_str())).collect();
        assert_eq!(names, [("gdp", "million"), ("employees", "")]);
        assert_eq!(panel.column(0), [Ok(3.0), Ok(1.0), Err(Absent::Suppressed)]);
        assert_eq!(panel.find_attribute("area").unwrap().data, AttributeData::Numeric(vec![Ok(2.0), Ok(1.0)]));
        let division = AttributeData::Text(vec![Some("West".into()), Some("East".into())]);
        assert_eq!(panel.find_attribute("division").unwrap().data, division);
        assert_eq!(panel.weights().unwrap().pairs().count(), 1);
    }

    #[test]
    fn faults_of_schema_and_columns_are_told_together() {
        let mut bad = inline();
        bad.schema.as_mut().unwrap().period_column.clear();
        bad.schema.as_mut().unwrap().neighbours[0].neighbour.clear();
        bad.table.as_mut().unwrap().columns[3] = numbers("employees", "", [Ok(5.0)]);
        assert_eq!(fields(&bad), ["d.schema.period_column", "d.schema.neighbours[0]", "d.table.columns[3]"]);
        assert_eq!(fields(&InlineDataset::default()), ["d.schema"]);
    }

    #[test]
    fn roles_that_cannot_be_are_told_at_the_schema() {
        let mut bad = inline();
        let schema = bad.schema.as_mut().unwrap();
        schema.region_column = "gdp".into();
        schema.attribute_columns = vec!["year".into(), "macro".into()];
        schema.region_facts = None;
        let expected = ["d.schema.region_column", "d.schema.attribute_columns[0]", "d.schema.attribute_columns[1]"];
        assert_eq!(fields(&bad), expected);
    }

    #[test]
    fn faults_of_rows_are_told_at_their_values() {
        let mut bad = inline();
        bad.table.as_mut().unwrap().columns[1] = texts("year", ["1990", "soon", "1990Q1"]);
        bad.table.as_mut().unwrap().columns[4] = texts("division", ["East", "West", "West"]);
        let expected = [
            "d.table.columns[1].texts.values[1]",
            "d.table.columns[1].texts.values[2]",
            "d.table.columns[4].texts.values[1]",
        ];
        assert_eq!(fields(&bad), expected);
        bad = inline();
        bad.table.as_mut().unwrap().columns[1] = texts("year", ["1990", "1990", "1990"]);
        assert_eq!(fields(&bad), ["d.table.rows[1]"]);
    }

    #[test]
    fn a_name_means_one_thing() {
        let mut bad = inline();
        let facts = table(vec![texts("state", ["Iowa"]), numbers("gdp", "", [Ok(2.0)])]);
        bad.schema.as_mut().unwrap().region_facts = Some(facts);
        assert_eq!(fields(&bad), ["d.schema"]);
    }
}
