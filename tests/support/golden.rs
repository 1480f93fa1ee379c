//! Golden cases of regressions: the panel and the parameters that a case's JSON asks for.
#![allow(dead_code, unreachable_pub, reason = "every test program uses some of it")]

use agglo::card::Raw;
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// The repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn records(path: &str) -> (Vec<String>, Vec<csv::StringRecord>) {
    let mut csv = csv::Reader::from_path(root().join(path)).unwrap();
    let header = csv.headers().unwrap().iter().map(str::to_owned).collect();
    (header, csv.records().map(Result::unwrap).collect())
}

/// The panel of a case. `data` is a CSV with the keys named by `region`, `period` and perhaps `industry`: columns of numbers are
/// measures, an empty cell of them missing; columns of degrees and of words are attributes of the regions. `skip` leaves out
/// rows whose number has a remainder of 3, `until` later periods; `coordinates` and `neighbours` name CSVs of their own.
pub(super) fn panel(case: &Json) -> Panel {
    let (header, mut rows) = records(case["data"].as_str().unwrap());
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let key = |name: &str| case[name].as_str().map(column);
    let (region, period, industry) = (key("region").unwrap(), key("period").unwrap(), key("industry"));
    if let Some(skip) = case["skip"].as_u64() {
        let mut number = 0..;
        rows.retain(|_| number.next().is_some_and(|i: u64| i % skip != 3));
    }
    if let Some(until) = case["until"].as_str() {
        rows.retain(|row| &row[period] <= until);
    }
    let is_number = |c: &usize| rows.iter().all(|row| row[*c].is_empty() || row[*c].parse::<f64>().is_ok());
    let is_degrees = |c: &usize| ["latitude", "longitude"].contains(&header[*c].as_str());
    let others = (0..header.len()).filter(|c| ![Some(region), Some(period), industry].contains(&Some(*c)));
    let (numbers, texts): (Vec<usize>, Vec<usize>) = others.partition(is_number);
    let (degrees, numbers): (Vec<usize>, Vec<usize>) = numbers.into_iter().partition(is_degrees);
    let measure = |c: &usize| Measure { name: header[*c].clone(), unit: String::new(), kind: MeasureKind::Stock };
    let keys = KeyNames {
        region: header[region].clone(),
        period: header[period].clone(),
        industry: industry.map(|c| header[c].clone()),
    };
    let mut builder = PanelBuilder::new(keys, numbers.iter().map(measure).collect());
    for (i, row) in rows.iter().enumerate() {
        let values: Vec<Value> = numbers.iter().map(|c| row[*c].parse().map_err(|_| Absent::Missing)).collect();
        let industry = industry.map(|c| &row[c]);
        builder.push(RowKey { row: i, region: &row[region], period: &row[period], industry }, &values);
    }
    for c in texts {
        builder.text_attribute(&header[c], rows.iter().map(|row| (row[region].into(), row[c].into())).collect());
    }
    for c in degrees {
        in_degrees(&mut builder, &header[c], &rows, (region, c));
    }
    if let Some(path) = case["coordinates"].as_str() {
        let (header, rows) = records(path);
        (1..3).for_each(|c| in_degrees(&mut builder, &header[c], &rows, (0, c)));
    }
    if let Some(path) = case["neighbours"].as_str() {
        builder.contiguity(records(path).1.iter().map(|pair| (pair[0].into(), pair[1].into())).collect());
    }
    builder.finish().unwrap()
}

fn in_degrees(builder: &mut PanelBuilder, name: &str, rows: &[csv::StringRecord], (region, c): (usize, usize)) {
    let entries = rows.iter().map(|row| (row[region].to_owned(), Ok(row[c].parse().unwrap())));
    builder.numeric_attribute(name, "degrees", entries.collect());
}

/// Parameters of a method: numbers and words.
pub(super) fn parameters(json: &Json) -> BTreeMap<String, Raw> {
    let raw = |value: &Json| value.as_f64().map_or_else(|| Raw::Text(value.as_str().unwrap().into()), Raw::Number);
    let none = serde_json::Map::new();
    json.as_object().unwrap_or(&none).iter().map(|(name, value)| (name.clone(), raw(value))).collect()
}
