//! Which column plays which role.

use super::guess::kind_of;
use crate::error::{Violation, Violations};
use crate::panel::{Attribute, AttributeData, Measure, Panel, PanelBuilder, Value};
use crate::suggest::nearest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Which column of a table plays which role, and how its cells are to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Column with the names of the regions.
    pub region: String,
    /// Column with the periods.
    pub period: String,
    /// Column with the names of the industries, where the table has that dimension.
    pub industry: Option<String>,
    /// Columns to take as measures; empty takes every column of numbers that has no other role.
    pub measures: Vec<Measure>,
    /// Columns that describe the region and do not change over its rows.
    pub attributes: Vec<AttributeColumn>,
    /// Texts that stand for a missing value, in any letter case.
    pub missing: Vec<String>,
    /// Texts that stand for a value the publisher withheld, in any letter case.
    pub suppressed: Vec<String>,
    /// What separates the columns of a CSV; `None` looks at the header line.
    pub delimiter: Option<u8>,
    /// What is known about the regions beside the table.
    pub facts: Facts,
}

/// A column that describes the region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeColumn {
    /// Name of the column.
    pub name: String,
    /// Unit of a numeric attribute; may be empty.
    pub unit: String,
    /// Numbers or classes.
    pub kind: AttributeKind,
}

impl AttributeColumn {
    /// The column that an attribute of a panel becomes.
    pub fn of(attribute: &Attribute) -> Self {
        let kind = match attribute.data {
            AttributeData::Numeric(_) => AttributeKind::Numeric,
            AttributeData::Text(_) => AttributeKind::Text,
        };
        Self { name: attribute.name.clone(), unit: attribute.unit.clone(), kind }
    }
}

/// What the entries of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// Numbers, such as land area.
    Numeric,
    /// Classes, such as the macro-region.
    Text,
    /// Numbers when every value given is one, classes otherwise.
    ByValues,
}

/// What is known about the regions and industries beside the rows of the table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Name, unit and entries by region.
    pub numeric: Vec<(String, String, HashMap<String, Value>)>,
    /// Name and entries by region.
    pub text: Vec<(String, HashMap<String, String>)>,
    /// Name, unit and entries by industry.
    pub industry_numeric: Vec<(String, String, HashMap<String, Value>)>,
    /// Name and entries by industry.
    pub industry_text: Vec<(String, HashMap<String, String>)>,
    /// Pairs of neighbours, each once; `None` when nothing is known.
    pub contiguity: Option<Vec<(String, String)>>,
}

impl Facts {
    /// Every region that has an entry, in alphabetical order.
    pub fn regions(&self) -> BTreeSet<&str> {
        let numeric = self.numeric.iter().flat_map(|(_, _, entries)| entries.keys());
        let text = self.text.iter().flat_map(|(_, entries)| entries.keys());
        numeric.chain(text).map(String::as_str).collect()
    }

    /// Every industry that has an entry, in alphabetical order.
    pub fn industries(&self) -> BTreeSet<&str> {
        let numeric = self.industry_numeric.iter().flat_map(|(_, _, entries)| entries.keys());
        let text = self.industry_text.iter().flat_map(|(_, entries)| entries.keys());
        numeric.chain(text).map(String::as_str).collect()
    }

    /// Every region that has a neighbour, in alphabetical order.
    pub fn neighbours(&self) -> BTreeSet<&str> {
        self.contiguity.iter().flatten().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect()
    }

    /// Adds them to a panel that is being built.
    pub(crate) fn add_to(&self, builder: &mut PanelBuilder) {
        for (name, unit, entries) in &self.numeric {
            builder.numeric_attribute(name, unit, entries.clone());
        }
        for (name, entries) in &self.text {
            builder.text_attribute(name, entries.clone());
        }
        for (name, unit, entries) in &self.industry_numeric {
            builder.industry_numeric_attribute(name, unit, entries.clone());
        }
        for (name, entries) in &self.industry_text {
            builder.industry_text_attribute(name, entries.clone());
        }
        if let Some(pairs) = &self.contiguity {
            builder.contiguity(pairs.clone());
        }
    }
}

impl Layout {
    /// A table with these two columns, its numbers as measures, and the usual markers.
    pub fn new(region: &str, period: &str) -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            region: region.to_owned(),
            period: period.to_owned(),
            industry: None,
            measures: Vec::new(),
            attributes: Vec::new(),
            missing: texts(&["", "NA", "NaN", ".", "..", "null"]),
            suppressed: texts(&["(D)", "c", "(S)"]),
            delimiter: None,
            facts: Facts::default(),
        }
    }

    /// The layout of the tables that [`super::Export`] makes of this panel with the marker `suppressed`.
    ///
    /// Only the empty text is missing, so that a class called `NA` comes back as it was.
    pub fn of(panel: &Panel, suppressed: &str) -> Self {
        let keys = panel.key_names();
        Self {
            industry: keys.industry.clone(),
            measures: panel.measures().to_vec(),
            attributes: panel.attributes().iter().map(AttributeColumn::of).collect(),
            missing: vec![String::new()],
            suppressed: vec![suppressed.to_owned()],
            ..Self::new(&keys.region, &keys.period)
        }
    }

    /// Whether `text` stands for a missing value.
    pub(super) fn is_missing(&self, text: &str) -> bool {
        self.missing.iter().any(|marker| marker.eq_ignore_ascii_case(text))
    }

    /// Whether `text` stands for a withheld value.
    pub(super) fn is_suppressed(&self, text: &str) -> bool {
        self.suppressed.iter().any(|marker| marker.eq_ignore_ascii_case(text))
    }
}

/// Where the roles of a [`Layout`] stand in a header.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) region: usize,
    pub(super) period: usize,
    pub(super) industry: Option<usize>,
    pub(super) measures: Vec<MeasureColumn>,
    /// Position of each attribute, and of the column that tells why a cell is empty.
    pub(super) attributes: Vec<(usize, Option<usize>)>,
    /// Columns without a role.
    pub(super) unused: Vec<usize>,
}

/// Where a measure stands.
#[derive(Debug)]
pub(super) struct MeasureColumn {
    pub(super) measure: Measure,
    pub(super) column: usize,
    /// The column `<measure>_status`, which tells why a cell is empty.
    pub(super) status: Option<usize>,
}

impl Columns {
    /// Finds every role in `header`; a column without a role becomes a measure when the layout names
    /// no measures and `may_be_measure`.
    pub(super) fn find(
        layout: &Layout,
        header: &[String],
        may_be_measure: impl Fn(usize) -> bool,
    ) -> Result<Self, Violations> {
        let mut finder = Finder::new(header);
        finder.check_markers(layout);
        let region = finder.take("layout.region", &layout.region);
        let period = finder.take("layout.period", &layout.period);
        let industry = layout.industry.as_ref().map(|name| finder.take("layout.industry", name));
        let attributes = layout.attributes.iter().enumerate();
        let attributes: Vec<_> =
            attributes.map(|(i, a)| (finder.take(&format!("layout.attributes[{i}].name"), &a.name), a)).collect();
        let measures = layout.measures.iter().enumerate();
        let mut measures: Vec<_> =
            measures.map(|(i, m)| (m.clone(), finder.take(&format!("layout.measures[{i}].name"), &m.name))).collect();
        if measures.is_empty() {
            let free = (0..header.len()).filter(|c| finder.is_free(*c) && may_be_measure(*c));
            measures = free.map(|c| (measure_named(&header[c]), c)).collect();
            measures.iter().for_each(|(_, column)| finder.taken[*column] = true);
        }
        let measures = measures.into_iter().map(|(measure, column)| MeasureColumn {
            status: finder.take_status(&measure.name),
            measure,
            column,
        });
        let measures = measures.collect();
        let attributes = attributes.into_iter().map(|(column, a)| (column, finder.take_status(&a.name))).collect();
        let unused = (0..header.len()).filter(|c| !finder.taken[*c]).collect();
        finder.violations.into_result(Self { region, period, industry, measures, attributes, unused })
    }
}

fn measure_named(name: &str) -> Measure {
    Measure { name: name.to_owned(), unit: String::new(), kind: kind_of(name) }
}

/// Takes columns out of a header, one role each.
struct Finder<'a> {
    header: &'a [String],
    taken: Vec<bool>,
    violations: Violations,
}

impl<'a> Finder<'a> {
    fn new(header: &'a [String]) -> Self {
        let mut violations = Violations::default();
        for (i, name) in header.iter().enumerate() {
            if !name.is_empty() && header[..i].contains(name) {
                violations.push(Violation::new("header", "every column has a name of its own", name));
            }
            if name.contains(char::is_control) {
                violations.push(Violation::new("header", "a name has no control characters", name));
            }
        }
        Self { header, taken: vec![false; header.len()], violations }
    }

    fn check_markers(&mut self, layout: &Layout) {
        for (i, marker) in layout.suppressed.iter().enumerate() {
            if layout.is_missing(marker) {
                let field = format!("layout.suppressed[{i}]");
                self.violations.push(Violation::new(field, "a marker means missing or suppressed, not both", marker));
            }
        }
    }

    /// The position of the column `name` for the role at `field`; 0 after a violation.
    fn take(&mut self, field: &str, name: &str) -> usize {
        let Some(column) = self.header.iter().position(|h| h == name && !name.is_empty()) else {
            self.violations.push(Violation::new(field, self.unknown(name), name));
            return 0;
        };
        if std::mem::replace(&mut self.taken[column], true) {
            self.violations.push(Violation::new(field, "a column has one role only", name));
        }
        column
    }

    fn unknown(&self, name: &str) -> String {
        if name.is_empty() {
            return format!("name one of the columns: {}", self.header.join(", "));
        }
        match nearest(name, self.header.iter().map(String::as_str)) {
            Some(near) => format!("the table has no such column; did you mean {near:?}?"),
            None => format!("the table has no such column; it has {}", self.header.join(", ")),
        }
    }

    /// Whether a column has a name, no role, and does not tell the status of another one.
    fn is_free(&self, column: usize) -> bool {
        let name = &self.header[column];
        let tells_status = name.strip_suffix("_status").is_some_and(|of| self.header.iter().any(|h| h == of));
        !name.is_empty() && !self.taken[column] && !tells_status
    }

    /// The column that tells the status of the numbers in the column `of`.
    fn take_status(&mut self, of: &str) -> Option<usize> {
        let status = self.header.iter().position(|h| h.strip_suffix("_status") == Some(of) && !of.is_empty());
        let status = status.filter(|column| !self.taken[*column])?;
        self.taken[status] = true;
        Some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn every_wrong_column_is_told_with_a_suggestion() {
        let mut layout = Layout::new("regoin", "");
        layout.industry = Some("year".into());
        layout.measures = vec![measure_named("GDP"), measure_named("year"), measure_named("trade")];
        layout.suppressed.push("na".into());
        let violations = Columns::find(&layout, &header("region,year,gdp,gdp"), |_| true).unwrap_err();
        let told: Vec<_> = violations.told().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "header: every column has a name of its own; got \"gdp\"",
                "layout.suppressed[3]: a marker means missing or suppressed, not both; got \"na\"",
                "layout.region: the table has no such column; did you mean \"region\"?; got \"regoin\"",
                "layout.period: name one of the columns: region, year, gdp, gdp",
                "layout.measures[0].name: the table has no such column; did you mean \"gdp\"?; got \"GDP\"",
                "layout.measures[1].name: a column has one role only; got \"year\"",
                "layout.measures[2].name: the table has no such column; it has region, year, gdp, gdp; got \"trade\"",
            ]
        );
    }

    #[test]
    fn a_status_column_belongs_to_its_measure() {
        let layout = Layout::new("r", "t");
        let columns = Columns::find(&layout, &header("r,t,gdp,gdp_status,,note"), |c| c != 5).unwrap();
        assert_eq!(columns.measures.len(), 1);
        assert_eq!((columns.measures[0].column, columns.measures[0].status), (2, Some(3)));
        assert_eq!(columns.unused, [4, 5]);
    }
}
