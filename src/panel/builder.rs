//! Rows in any order become a checked [`Panel`].

use super::{Attribute, AttributeData, Frequency, KeyNames, Labels, Measure, Panel, Period, SpatialWeights, Value};
use crate::error::{Violation, Violations};
use std::collections::HashMap;

/// The key of one row as it was read.
#[derive(Debug, Clone, Copy)]
pub struct RowKey<'a> {
    /// Where the row stands in the source, as in `row 17`, for error texts.
    pub row: usize,
    /// Name of the region.
    pub region: &'a str,
    /// The period's text.
    pub period: &'a str,
    /// Name of the industry, when the panel has that dimension.
    pub industry: Option<&'a str>,
}

/// Collects rows, then checks and sorts them into a [`Panel`].
#[derive(Debug)]
pub struct PanelBuilder {
    key_names: KeyNames,
    measures: Vec<Measure>,
    regions: Interner,
    industries: Interner,
    frequency: Option<Frequency>,
    keys: Vec<Key>,
    columns: Vec<Vec<Value>>,
    attributes: Vec<(String, String, NamedAttribute)>,
    industry_attributes: Vec<(String, String, NamedAttribute)>,
    pairs: Option<Vec<(String, String)>>,
    violations: Violations,
}

/// Attribute entries by region name, before the regions are numbered.
#[derive(Debug)]
enum NamedAttribute {
    Numeric(HashMap<String, Value>),
    Text(HashMap<String, String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    ordinal: i32,
    region: u32,
    industry: u32,
    row: usize,
}

/// Numbers names in the order in which they first appear.
#[derive(Debug, Default)]
struct Interner {
    numbers: HashMap<String, u32>,
}

impl Interner {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The labels in lexicographic order and, by first-seen number, each one's new number.
    fn sorted(self) -> (Labels, Vec<u32>) {
        let mut new_number = vec![0; self.numbers.len()];
        let labels = Labels::new(self.numbers.keys().cloned());
        for (name, old) in &self.numbers {
            new_number[*old as usize] = labels.find(name).unwrap_or_default() as u32;
        }
        (labels, new_number)
    }
}

impl PanelBuilder {
    /// An empty panel with these keys and measures.
    pub fn new(key_names: KeyNames, measures: Vec<Measure>) -> Self {
        let columns = vec![Vec::new(); measures.len()];
        Self {
            key_names,
            measures,
            regions: Interner::default(),
            industries: Interner::default(),
            frequency: None,
            keys: Vec::new(),
            columns,
            attributes: Vec::new(),
            industry_attributes: Vec::new(),
            pairs: None,
            violations: Violations::default(),
        }
    }

    /// Adds one row with one value a measure; what is wrong with its key is reported by [`PanelBuilder::finish`].
    pub fn push(&mut self, key: RowKey<'_>, values: &[Value]) {
        debug_assert_eq!(values.len(), self.columns.len());
        let Some(period) = self.read_period(key) else { return };
        if key.region.is_empty() {
            let field = at(key.row, &self.key_names.region);
            return self.violations.push(Violation::new(field, "a region needs a name", ""));
        }
        if self.has_control_characters(key) {
            return;
        }
        if key.industry == Some("") {
            let field = at(key.row, self.key_names.industry.as_deref().unwrap_or("industry"));
            return self.violations.push(Violation::new(field, "an industry needs a name", ""));
        }
        let region = self.regions.number(key.region);
        let industry = key.industry.map_or(0, |name| self.industries.number(name));
        self.keys.push(Key { ordinal: period.ordinal, region, industry, row: key.row });
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
    }

    /// Refuses names with characters that cannot be seen, such as NUL or a line end.
    fn has_control_characters(&mut self, key: RowKey<'_>) -> bool {
        let industry = self.key_names.industry.as_deref().unwrap_or("industry");
        let names = [(key.region, self.key_names.region.as_str()), (key.industry.unwrap_or_default(), industry)];
        let bad = names.into_iter().filter(|(name, _)| name.contains(char::is_control));
        let found: Vec<_> = bad
            .map(|(name, column)| Violation::new(at(key.row, column), "a name has no control characters", name))
            .collect();
        let is_bad = !found.is_empty();
        found.into_iter().for_each(|violation| self.violations.push(violation));
        is_bad
    }

    fn read_period(&mut self, key: RowKey<'_>) -> Option<Period> {
        let field = at(key.row, &self.key_names.period);
        let Some(period) = Period::parse(key.period) else {
            let rule = "a period is written 1990, 1990Q3 or 1990-07";
            self.violations.push(Violation::new(field, rule, key.period));
            return None;
        };
        let frequency = *self.frequency.get_or_insert(period.frequency);
        if period.frequency != frequency {
            let rule = format!("all periods have one calendar, here {} from the first row on", frequency.plural());
            self.violations.push(Violation::new(field, rule, key.period));
            return None;
        }
        Some(period)
    }

    /// Adds a violation found by whoever reads the rows, to be reported with the others.
    pub fn refuse(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// Keeps the measures that `keep` accepts, in their order, and forgets the others.
    pub fn retain_measures(&mut self, keep: impl FnMut(&Measure) -> bool) {
        let kept: Vec<bool> = self.measures.iter().map(keep).collect();
        let mut of_measure = kept.iter().copied();
        let mut of_column = kept.iter().copied();
        self.measures.retain(|_| of_measure.next().unwrap_or(true));
        self.columns.retain(|_| of_column.next().unwrap_or(true));
    }

    /// Takes the periods so far, all months, for the years or quarters they lie in.
    pub fn coarsen(&mut self, calendar: Frequency) {
        let months = 12 / calendar.per_year();
        debug_assert!(self.frequency.is_none_or(|frequency| frequency == Frequency::Month));
        self.keys.iter_mut().for_each(|key| key.ordinal = key.ordinal.div_euclid(months));
        self.frequency = self.frequency.map(|_| calendar);
    }

    /// Adds a numeric property of the regions. One that is there already gets the entries it lacks; one that differs
    /// is a violation.
    pub fn numeric_attribute(&mut self, name: &str, unit: &str, entries: HashMap<String, Value>) {
        add_numeric(&mut self.attributes, (name, unit), entries, &mut self.violations);
    }

    /// Adds a text property of the regions, such as the macro-region; one that is there already is completed.
    pub fn text_attribute(&mut self, name: &str, entries: HashMap<String, String>) {
        add_text(&mut self.attributes, name, entries, &mut self.violations);
    }

    /// Adds a numeric property of the industries, as [`PanelBuilder::numeric_attribute`] does of the regions.
    pub fn industry_numeric_attribute(&mut self, name: &str, unit: &str, entries: HashMap<String, Value>) {
        add_numeric(&mut self.industry_attributes, (name, unit), entries, &mut self.violations);
    }

    /// Adds a text property of the industries, such as the class they belong to.
    pub fn industry_text_attribute(&mut self, name: &str, entries: HashMap<String, String>) {
        add_text(&mut self.industry_attributes, name, entries, &mut self.violations);
    }

    /// Says which regions are neighbours; pairs of regions that have no rows are left out.
    pub fn contiguity(&mut self, pairs: Vec<(String, String)>) {
        self.pairs = Some(pairs);
    }

    /// Sorts the rows and checks that no cell occurs twice.
    ///
    /// # Errors
    /// Every violation seen while the rows came in, and every repeated (region, period, industry).
    pub fn finish(mut self) -> Result<Panel, Violations> {
        let has_industries = self.key_names.industry.is_some();
        let (regions, new_region) = self.regions.sorted();
        let (industries, new_industry) = self.industries.sorted();
        for key in &mut self.keys {
            key.region = new_region[key.region as usize];
            if has_industries {
                key.industry = new_industry[key.industry as usize];
            }
        }
        let frequency = self.frequency.unwrap_or(Frequency::Year);
        if self.keys.is_empty() && self.violations.is_empty() {
            self.violations.push(Violation::new("rows", "a dataset has at least one row", "0"));
        }
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_unstable_by_key(|i| {
            let k = self.keys[*i];
            (k.ordinal, k.region, k.industry, k.row)
        });
        for pair in order.windows(2) {
            let (a, b) = (self.keys[pair[0]], self.keys[pair[1]]);
            if (a.ordinal, a.region, a.industry) == (b.ordinal, b.region, b.industry) {
                let mut cell =
                    format!("{} {}", regions.name(a.region as usize), Period { frequency, ordinal: a.ordinal });
                if has_industries {
                    cell = format!("{cell} {}", industries.name(a.industry as usize));
                }
                let rule = format!("repeats the key of row {}", a.row);
                self.violations.push(Violation::new(format!("row {}", b.row), rule, cell));
            }
        }
        let sorted: Vec<Key> = order.iter().map(|i| self.keys[*i]).collect();
        let (periods, offsets) = runs(&sorted, frequency);
        let panel = Panel {
            attributes: number_attributes(self.attributes, &regions),
            industry_attributes: if has_industries {
                number_attributes(self.industry_attributes, &industries)
            } else {
                Vec::new()
            },
            weights: self.pairs.map(|pairs| number_pairs(&pairs, &regions)),
            frequency,
            periods,
            offsets,
            region_of: sorted.iter().map(|k| k.region).collect(),
            industry_of: if has_industries { sorted.iter().map(|k| k.industry).collect() } else { Vec::new() },
            columns: self.columns.iter().map(|c| order.iter().map(|i| c[*i]).collect()).collect(),
            measures: self.measures,
            industries: has_industries.then_some(industries),
            regions,
            key_names: self.key_names,
        };
        self.violations.into_result(panel)
    }
}

/// Adds a numeric attribute to `all`, or the entries that the one of that name lacks.
fn add_numeric(
    all: &mut Vec<(String, String, NamedAttribute)>,
    (name, unit): (&str, &str),
    entries: HashMap<String, Value>,
    violations: &mut Violations,
) {
    for (earlier, earlier_unit, there) in &mut *all {
        if let (true, NamedAttribute::Numeric(there)) = (earlier == name, there) {
            if earlier_unit.is_empty() {
                unit.clone_into(earlier_unit);
            }
            let differ = |a: &Value, b: &Value| match (a, b) {
                (Ok(a), Ok(b)) if a.total_cmp(b).is_ne() => Some((a.to_string(), b.to_string())),
                _ => None,
            };
            there.retain(|_, value| *value != Err(super::Absent::Missing));
            return merge(there, entries, differ, name, violations);
        }
    }
    all.push((name.to_owned(), unit.to_owned(), NamedAttribute::Numeric(entries)));
}

/// Adds a text attribute to `all`, or the entries that the one of that name lacks.
fn add_text(
    all: &mut Vec<(String, String, NamedAttribute)>,
    name: &str,
    entries: HashMap<String, String>,
    violations: &mut Violations,
) {
    for (earlier, _, there) in &mut *all {
        if let (true, NamedAttribute::Text(there)) = (earlier == name, there) {
            let differ = |a: &String, b: &String| (a != b).then(|| (format!("{a:?}"), b.clone()));
            return merge(there, entries, differ, name, violations);
        }
    }
    all.push((name.to_owned(), String::new(), NamedAttribute::Text(entries)));
}

/// Adds entries to those that are `there`; `differ` tells both where they contradict each other.
fn merge<T>(
    there: &mut HashMap<String, T>,
    entries: HashMap<String, T>,
    differ: impl Fn(&T, &T) -> Option<(String, String)>,
    name: &str,
    violations: &mut Violations,
) {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for (region, entry) in entries {
        match there.get(&region).map(|earlier| differ(earlier, &entry)) {
            Some(Some((earlier, value))) => {
                let rule = format!("an attribute has one value a region; {region} has {earlier} in its rows");
                violations.push(Violation::new(format!("column {name}"), rule, value));
            }
            Some(None) => {}
            None => {
                there.insert(region, entry);
            }
        }
    }
}

fn at(row: usize, column: &str) -> String {
    format!("row {row}, column {column}")
}

/// The distinct periods of sorted keys and where each one's rows begin.
fn runs(sorted: &[Key], frequency: Frequency) -> (Vec<Period>, Vec<usize>) {
    let mut periods: Vec<Period> = Vec::new();
    let mut offsets = Vec::new();
    for (i, key) in sorted.iter().enumerate() {
        if periods.last().is_none_or(|p| p.ordinal != key.ordinal) {
            periods.push(Period { frequency, ordinal: key.ordinal });
            offsets.push(i);
        }
    }
    offsets.push(sorted.len());
    (periods, offsets)
}

fn number_attributes(named: Vec<(String, String, NamedAttribute)>, labels: &Labels) -> Vec<Attribute> {
    named
        .into_iter()
        .map(|(name, unit, entries)| {
            let data = match entries {
                NamedAttribute::Numeric(entries) => AttributeData::Numeric(
                    labels
                        .names()
                        .iter()
                        .map(|r| entries.get(r).copied().unwrap_or(Err(super::Absent::Missing)))
                        .collect(),
                ),
                NamedAttribute::Text(entries) => {
                    AttributeData::Text(labels.names().iter().map(|r| entries.get(r).cloned()).collect())
                }
            };
            Attribute { name, unit, data }
        })
        .collect()
}

fn number_pairs(pairs: &[(String, String)], regions: &Labels) -> SpatialWeights {
    let known = pairs.iter().filter_map(|(a, b)| Some((regions.find(a)?, regions.find(b)?)));
    SpatialWeights::from_contiguity(regions.len(), known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Absent, MeasureKind};

    fn builder() -> PanelBuilder {
        let keys = KeyNames { region: "state".into(), period: "year".into(), industry: None };
        PanelBuilder::new(keys, vec![Measure { name: "gdp".into(), unit: String::new(), kind: MeasureKind::Flow }])
    }

    fn key<'a>(row: usize, region: &'a str, period: &'a str) -> RowKey<'a> {
        RowKey { row, region, period, industry: None }
    }

    #[test]
    fn rows_come_out_sorted_and_gaps_stay_gaps() {
        let mut b = builder();
        b.push(key(2, "b", "1992"), &[Ok(4.0)]);
        b.push(key(3, "a", "1990"), &[Ok(1.0)]);
        b.push(key(4, "b", "1990"), &[Err(Absent::Suppressed)]);
        let panel = b.finish().unwrap();
        assert_eq!(panel.periods().len(), 2);
        let grid = panel.grid(0, panel.periods()[0]).unwrap();
        assert_eq!(grid.values, vec![Ok(1.0), Err(Absent::Suppressed)]);
        assert!(panel.grid(0, panel.periods()[0].plus(1)).is_none());
        let last = panel.grid(0, panel.periods()[1]).unwrap();
        assert_eq!(last.values, vec![Err(Absent::Missing), Ok(4.0)]);
    }

    #[test]
    fn an_attribute_told_twice_is_one_unless_it_differs() {
        let entries = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let built = |again: &[(&str, &str)]| {
            let mut b = builder();
            b.push(key(2, "Iowa", "1990"), &[Ok(1.0)]);
            b.push(key(3, "Ohio", "1990"), &[Ok(1.0)]);
            b.text_attribute("division", entries(&[("Ohio", "East")]));
            b.text_attribute("division", entries(again));
            b.finish()
        };
        let panel = built(&[("Ohio", "East"), ("Iowa", "West")]).unwrap();
        let expected = AttributeData::Text(vec![Some("West".into()), Some("East".into())]);
        assert_eq!((panel.attributes().len(), &panel.attributes()[0].data), (1, &expected));
        let told = built(&[("Ohio", "South")]).unwrap_err().to_string();
        let rule = "an attribute has one value a region; Ohio has \"East\" in its rows";
        assert_eq!(told, format!("column division: {rule}; got \"South\""));
    }

    #[test]
    fn names_have_no_control_characters() {
        let mut b = builder();
        b.push(key(2, "a\0", "1990"), &[Ok(1.0)]);
        let told = b.finish().unwrap_err().to_string();
        assert!(told.starts_with("row 2, column state: a name has no control characters"), "{told}");
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let mut b = builder();
        b.push(key(2, "a", "1990"), &[Ok(1.0)]);
        b.push(key(3, "a", "1990"), &[Ok(1.0)]);
        b.push(key(4, "a", "1990Q1"), &[Ok(1.0)]);
        b.push(key(5, "a", "soon"), &[Ok(1.0)]);
        b.push(key(6, "", "1991"), &[Ok(1.0)]);
        let violations = b.finish().unwrap_err();
        let fields: Vec<_> = violations.told().iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["row 4, column year", "row 5, column year", "row 6, column state", "row 3"]);
    }
}
