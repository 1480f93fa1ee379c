//! A version and an upload together.

use crate::error::{Violation, Violations};
use crate::ingest::AttributeColumn;
use crate::panel::{
    Absent, Attribute, AttributeData, Labels, Panel, PanelBuilder, Period, RowKey, SpatialWeights, Value,
};
use std::collections::{HashMap, HashSet};

/// The rows of `base` and those of `upload`; both have the same keys, measures and attributes.
///
/// An upload without attributes or neighbours keeps those of the base.
///
/// # Errors
/// What differs in the schemas, every key of the upload that the base has already, and every region
/// whose attribute the two tell differently.
pub(super) fn combine(base: &Panel, upload: &Panel) -> Result<Panel, Violations> {
    let mut violations = Violations::default();
    check_schema(base, upload, &mut violations);
    check_keys(base, upload, &mut violations);
    violations.into_result(())?;
    let mut builder = PanelBuilder::new(base.key_names().clone(), base.measures().to_vec());
    push_rows(&mut builder, base);
    push_rows(&mut builder, upload);
    for of in [Of::Regions, Of::Industries] {
        for attribute in of.attributes(base) {
            let other = of.attributes(upload).iter().find(|other| other.name == attribute.name);
            join_attribute(&mut builder, of, (base, attribute), other.map(|attribute| (upload, attribute)));
        }
    }
    if base.weights().is_some() || upload.weights().is_some() {
        builder.contiguity([base, upload].into_iter().flat_map(named_pairs).collect());
    }
    builder.finish()
}

/// What an attribute describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Regions,
    Industries,
}

impl Of {
    fn attributes(self, panel: &Panel) -> &[Attribute] {
        match self {
            Self::Regions => panel.attributes(),
            Self::Industries => panel.industry_attributes(),
        }
    }

    fn names(self, panel: &Panel) -> &[String] {
        match self {
            Self::Regions => panel.regions().names(),
            Self::Industries => panel.industries().map_or(&[], Labels::names),
        }
    }

    const fn singular(self) -> &'static str {
        match self {
            Self::Regions => "region",
            Self::Industries => "industry",
        }
    }
}

fn check_schema(base: &Panel, upload: &Panel, violations: &mut Violations) {
    let mut differ = |field: &str, expected: String, given: String| {
        let rule = format!("an appended table has the schema of the version before, {expected}");
        violations.push(Violation::new(field, rule, given));
    };
    if base.key_names() != upload.key_names() {
        differ("keys", format!("{:?}", base.key_names()), format!("{:?}", upload.key_names()));
    }
    if base.frequency() != upload.frequency() {
        differ("calendar", format!("{:?}", base.frequency()), format!("{:?}", upload.frequency()));
    }
    if base.measures() != upload.measures() {
        differ("measures", format!("{:?}", base.measures()), format!("{:?}", upload.measures()));
    }
    for (of, field) in [(Of::Regions, "attributes"), (Of::Industries, "industry_attributes")] {
        let columns = |panel: &Panel| of.attributes(panel).iter().map(AttributeColumn::of).collect::<Vec<_>>();
        if !of.attributes(upload).is_empty() && columns(base) != columns(upload) {
            differ(field, format!("{:?}", columns(base)), format!("{:?}", columns(upload)));
        }
    }
}

/// Region, period and industry of every row.
fn keys(panel: &Panel) -> impl Iterator<Item = (&str, Period, &str)> {
    panel.periods().iter().enumerate().flat_map(move |(t, period)| {
        panel.rows_of(t).map(move |row| {
            let (region, industry) = panel.cell_of(row);
            let industry = panel.industries().map_or("", |industries| industries.name(industry));
            (panel.regions().name(region), *period, industry)
        })
    })
}

fn check_keys(base: &Panel, upload: &Panel, violations: &mut Violations) {
    let known: HashSet<_> = keys(base).collect();
    for (region, period, industry) in keys(upload).filter(|key| known.contains(key)) {
        let cell = format!("{region} {period} {industry}");
        violations.push(Violation::new("rows", "the version before has this key already", cell.trim_end()));
    }
}

fn push_rows(builder: &mut PanelBuilder, panel: &Panel) {
    let mut values: Vec<Value> = Vec::with_capacity(panel.measures().len());
    for (row, (region, period, industry)) in keys(panel).enumerate() {
        values.clear();
        values.extend((0..panel.measures().len()).map(|m| panel.column(m)[row]));
        let industry = panel.industries().map(|_| industry);
        builder.push(RowKey { row, region, period: &period.to_string(), industry }, &values);
    }
}

fn join_attribute(
    builder: &mut PanelBuilder,
    of: Of,
    base: (&Panel, &Attribute),
    upload: Option<(&Panel, &Attribute)>,
) {
    let (name, unit) = (&base.1.name, &base.1.unit);
    let mut numbers: HashMap<String, Value> = HashMap::new();
    let mut texts: HashMap<String, String> = HashMap::new();
    for (panel, attribute) in std::iter::once(base).chain(upload) {
        for (r, region) in of.names(panel).iter().enumerate() {
            let differing = match &attribute.data {
                AttributeData::Numeric(values) => join_number(&mut numbers, region, values[r]),
                AttributeData::Text(entries) => join_text(&mut texts, region, entries[r].as_deref()),
            };
            if let Some((earlier, now)) = differing {
                let one = of.singular();
                let rule =
                    format!("an attribute has one value a {one}; the version before says {earlier} for {region}");
                builder.refuse(Violation::new(format!("attributes.{name}"), rule, now));
            }
        }
    }
    match (of, &base.1.data) {
        (Of::Regions, AttributeData::Numeric(_)) => builder.numeric_attribute(name, unit, numbers),
        (Of::Regions, AttributeData::Text(_)) => builder.text_attribute(name, texts),
        (Of::Industries, AttributeData::Numeric(_)) => builder.industry_numeric_attribute(name, unit, numbers),
        (Of::Industries, AttributeData::Text(_)) => builder.industry_text_attribute(name, texts),
    }
}

/// Keeps the value that is there; the earlier one and this one, when they differ.
fn join_number(numbers: &mut HashMap<String, Value>, region: &str, value: Value) -> Option<(String, String)> {
    let earlier = numbers.get(region).copied().unwrap_or(Err(Absent::Missing));
    match (earlier, value) {
        (Ok(earlier), Ok(x)) if earlier.to_bits() != x.to_bits() => Some((earlier.to_string(), x.to_string())),
        (Ok(_), _) | (_, Err(Absent::Missing)) => None,
        _ => {
            numbers.insert(region.to_owned(), value);
            None
        }
    }
}

/// The same for classes.
fn join_text(texts: &mut HashMap<String, String>, region: &str, text: Option<&str>) -> Option<(String, String)> {
    let text = text?.to_owned();
    let earlier = texts.entry(region.to_owned()).or_insert_with(|| text.clone());
    (*earlier != text).then(|| (earlier.clone(), text))
}

fn named_pairs(panel: &Panel) -> Vec<(String, String)> {
    let name = |r: usize| panel.regions().name(r).to_owned();
    let weights: Option<&SpatialWeights> = panel.weights();
    weights.into_iter().flat_map(SpatialWeights::pairs).map(|(a, b)| (name(a), name(b))).collect()
}
