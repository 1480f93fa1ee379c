//! Golden cases that hold a whole dataset and a call: computed as the service computes them.
//!
//! A case has `data`, `call` and `expected`, and optionally `period`, `beside` and `inference`; tests/golden/README.md
//! tells their fields.

use agglo::card::Infer;
use agglo::card::Raw;
use agglo::indices::{Alternative, Asked, IndexCall, IndexTable, Study, evaluate};
use agglo::numeric::Stop;
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, Period, RowKey, Value};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

#[test]
fn datasets_agree_with_other_software() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/indices");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in files {
        let golden: Json = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let cases = golden["cases"].as_array().unwrap();
        for case in cases.iter().filter(|case| case.get("call").is_some()) {
            compared += 1;
            let name = format!("{} {}", file.file_stem().unwrap().display(), case["name"]);
            wrong.extend(compare(case).into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(wrong.is_empty(), "of {compared} cases:\n{}", wrong.join("\n"));
    println!("{compared} cases compared");
}

/// What differs between a case and what we compute.
fn compare(case: &Json) -> Vec<String> {
    for field in ["source", "script"] {
        assert!(case[field].is_string(), "{} has no {field}", case["name"]);
    }
    let tolerance = case["tolerance"].as_f64().unwrap();
    assert!(tolerance <= 1e-8 || case.get("tolerance_reason").is_some(), "{} is loose without a reason", case["name"]);
    let table = match computed(case) {
        Ok(table) => table,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    for (part, expected) in case["expected"].as_object().unwrap() {
        let Some((_, ours)) = table.parts.iter().find(|(name, _)| name == part) else {
            faults.push(format!("no part {part}"));
            continue;
        };
        let expected = flat(expected);
        if ours.len() != expected.len() {
            faults.push(format!("{part} has {} values, expected {}", ours.len(), expected.len()));
        }
        for (row, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
            if !agree(*ours, *expected, tolerance) {
                faults.push(format!("{part}[{row}]: {ours:?}, expected {expected:?}"));
            }
        }
    }
    faults
}

/// Relative to the expected number; where that is 0, within the rounding of numbers near 1.
fn agree(ours: Value, expected: Option<f64>, tolerance: f64) -> bool {
    match (ours, expected) {
        (Ok(ours), Some(expected)) => (ours - expected).abs() <= (tolerance * expected.abs()).max(1e-12),
        (Err(_), None) => true,
        _ => false,
    }
}

/// The table of a case's call: of its `period`, or else of the last.
fn computed(case: &Json) -> Result<IndexTable, String> {
    let panel = panel(&case["data"]);
    let beside: Vec<(String, Panel)> = case.get("beside").map_or_else(Vec::new, |beside| {
        beside.as_object().unwrap().iter().map(|(name, data)| (name.clone(), self::panel(data))).collect()
    });
    let beside: Vec<(String, &Panel)> = beside.iter().map(|(name, panel)| (name.clone(), panel)).collect();
    let last = *panel.periods().last().unwrap();
    let period = case.get("period").map_or(last, |text| Period::parse(text.as_str().unwrap()).unwrap());
    let calls = [call(&case["call"])];
    let study = Study { beside: &beside, inference: case.get("inference").map(asked), most_suppressed: None };
    let outcome = evaluate(&panel, &study, &calls, &[period], &Stop::default()).unwrap().remove(0);
    outcome.map_err(|violations| violations.to_string())
}

/// `method`, and optionally `level`, of an inference that draws nothing.
fn asked(json: &Json) -> Asked {
    let method = Infer::ALL.into_iter().find(|way| json["method"].as_str() == Some(way.name()));
    let level = json.get("level").map_or(0.95, |level| level.as_f64().unwrap());
    Asked { infer: Some(method.unwrap()), draws: 1, seed: 0, level, alternative: Alternative::TwoSided }
}

fn call(json: &Json) -> IndexCall {
    let raw = |value: &Json| value.as_f64().map_or_else(|| Raw::Text(value.as_str().unwrap().into()), Raw::Number);
    let empty = Map::new();
    let parameters = json.get("parameters").map_or(&empty, |p| p.as_object().unwrap());
    IndexCall {
        index: json["index"].as_str().unwrap().into(),
        measure: json["measure"].as_str().unwrap().into(),
        parameters: parameters.iter().map(|(name, value)| (name.clone(), raw(value))).collect(),
        gap: None,
    }
}

/// `regions`, optionally `industries`, and `measures`: by name and by period, regions × industries numbers; `null` is
/// missing, `"(D)"` suppressed and `"-"` a cell that is not listed. Optionally `attributes`, `industry_attributes` and
/// `neighbours`. `rates` names the measures that do not add up.
pub(crate) fn panel(json: &Json) -> Panel {
    let names = |field: &str| json.get(field).map(texts);
    let (regions, industries) = (names("regions").unwrap(), names("industries"));
    let measures = json["measures"].as_object().unwrap();
    let rates = names("rates").unwrap_or_default();
    let measure = |name: &String| Measure {
        name: name.clone(),
        unit: String::new(),
        kind: if rates.contains(name) { MeasureKind::Rate } else { MeasureKind::Flow },
    };
    let keys = KeyNames {
        region: "region".into(),
        period: "period".into(),
        industry: industries.as_ref().map(|_| "industry".into()),
    };
    let mut builder = PanelBuilder::new(keys, measures.keys().map(measure).collect());
    let periods: Vec<&String> = measures.values().next().unwrap().as_object().unwrap().keys().collect();
    let mut row = 0;
    for period in periods {
        let columns: Vec<Vec<&Json>> = measures.values().map(|by_period| cells(&by_period[period])).collect();
        for (region, name) in regions.iter().enumerate() {
            for industry in 0..industries.as_ref().map_or(1, Vec::len) {
                let cell = region * industries.as_ref().map_or(1, Vec::len) + industry;
                let values: Vec<&Json> = columns.iter().map(|column| column[cell]).collect();
                if values.iter().all(|value| value.as_str() == Some("-")) {
                    continue;
                }
                let values: Vec<Value> = values.into_iter().map(value).collect();
                let industry = industries.as_ref().map(|names| names[industry].as_str());
                builder.push(RowKey { row, region: name, period, industry }, &values);
                row += 1;
            }
        }
    }
    describe(json, &mut builder, &regions, &industries.unwrap_or_default());
    builder.finish().unwrap()
}

/// Adds attributes and neighbours.
fn describe(json: &Json, builder: &mut PanelBuilder, regions: &[String], industries: &[String]) {
    for (field, labels) in [("attributes", regions), ("industry_attributes", industries)] {
        let Some(attributes) = json.get(field) else { continue };
        for (name, entries) in attributes.as_object().unwrap() {
            let entries = labels.iter().cloned().zip(entries.as_array().unwrap());
            let known = entries.filter(|(_, entry)| !entry.is_null());
            let (numbers, words): (Vec<_>, Vec<_>) = known.partition(|(_, entry)| entry.is_number());
            let words: HashMap<String, String> =
                words.into_iter().map(|(label, word)| (label, word.as_str().unwrap().to_owned())).collect();
            let numbers: HashMap<String, Value> =
                numbers.into_iter().map(|(label, number)| (label, Ok(number.as_f64().unwrap()))).collect();
            match (field, words.is_empty()) {
                ("attributes", true) => builder.numeric_attribute(name, "", numbers),
                ("attributes", false) => builder.text_attribute(name, words),
                (_, true) => builder.industry_numeric_attribute(name, "", numbers),
                (_, false) => builder.industry_text_attribute(name, words),
            }
        }
    }
    if let Some(pairs) = json.get("neighbours") {
        let pair = |pair: &Json| (texts(pair)[0].clone(), texts(pair)[1].clone());
        builder.contiguity(pairs.as_array().unwrap().iter().map(pair).collect());
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::String(text) if text == "(D)" => Err(Absent::Suppressed),
        number => number.as_f64().ok_or(Absent::Missing),
    }
}

fn texts(list: &Json) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn cells(json: &Json) -> Vec<&Json> {
    match json {
        Json::Array(items) => items.iter().flat_map(cells).collect(),
        cell => vec![cell],
    }
}

fn flat(json: &Json) -> Vec<Option<f64>> {
    cells(json).into_iter().map(Json::as_f64).collect()
}
