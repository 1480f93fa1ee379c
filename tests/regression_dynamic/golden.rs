//! `tests/golden/regression/dynamic/*.json`.

use agglo::card::Raw;
use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, Spec, fit};
use serde_json::Value as Json;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a CSV of keys and numbers; an empty cell is missing.
fn read_panel(case: &Json) -> Panel {
    let mut csv = csv::Reader::from_path(root().join(case["data"].as_str().unwrap())).unwrap();
    let header: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let column = |key: &str| header.iter().position(|h| Some(h.as_str()) == case[key].as_str()).unwrap();
    let (region, period) = (column("region"), column("period"));
    let measures: Vec<usize> = (0..header.len()).filter(|c| *c != region && *c != period).collect();
    let measure = |c: &usize| Measure { name: header[*c].clone(), unit: String::new(), kind: MeasureKind::Stock };
    let keys = KeyNames { region: header[region].clone(), period: header[period].clone(), industry: None };
    let mut builder = PanelBuilder::new(keys, measures.iter().map(measure).collect());
    for (i, row) in csv.records().map(|row| row.unwrap()).enumerate() {
        let values: Vec<Value> =
            measures.iter().map(|c| row[*c].parse().map_err(|_| agglo::panel::Absent::Missing)).collect();
        builder.push(RowKey { row: i, region: &row[region], period: &row[period], industry: None }, &values);
    }
    builder.finish().unwrap()
}

fn run(case: &Json) -> Fit {
    let panel = read_panel(case);
    let formula = parse(case["formula"].as_str().unwrap()).unwrap().remove(0);
    let program = Program::compile_with(&formula, &panel, Options::default()).unwrap();
    let parameters = case["parameters"].as_object().unwrap();
    let spec = Spec {
        estimator: case["estimator"].as_str().unwrap().to_owned(),
        parameters: parameters.iter().map(|(k, v)| (k.clone(), Raw::Text(v.as_str().unwrap().to_owned()))).collect(),
        covariance: Choice::read(case["vcov"].as_str().unwrap()),
        ..Spec::default()
    };
    fit(&program, &panel, &spec, &Stop::default()).unwrap_or_else(|e| panic!("{}: {e}", case["name"]))
}

/// Every number that a case may ask for, by what and which.
fn told(fit: &Fit, what: &str, which: &str) -> Option<f64> {
    let place = || fit.names().position(|name| name == which);
    match what {
        "coefficients" => place().map(|j| fit.coefficients[j]),
        "standard_errors" => place().map(|j| fit.standard_errors()[j]),
        "figures" => fit.figures.iter().find(|f| f.name == which).and_then(|f| f.value.ok()),
        "tests" => fit.tests.iter().find(|test| test.id == which).and_then(|test| test.statistic.ok()),
        "p_values" => fit.tests.iter().find(|test| test.id == which).and_then(|test| test.p_value.ok()),
        "statistics" if which == "ssr" => Some(fit.statistics.ssr),
        "statistics" if which == "observations" => Some(fit.statistics.observations as f64),
        "statistics" if which == "r2" => fit.statistics.r2.ok(),
        _ => None,
    }
}

#[test]
fn every_golden_case_agrees() {
    let mut files: Vec<_> = std::fs::read_dir(root().join("tests/golden/regression/dynamic"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in files {
        let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for case in json["cases"].as_array().unwrap() {
            let fit = run(case);
            let tolerance = case["tolerance"].as_f64().unwrap();
            for (what, numbers) in case["expected"].as_object().unwrap() {
                for (which, expected) in numbers.as_object().unwrap() {
                    let (got, expected) = (told(&fit, what, which), expected.as_f64().unwrap());
                    compared += 1;
                    if !got.is_some_and(|got| (got - expected).abs() <= tolerance * expected.abs().max(1e-4)) {
                        let names: Vec<_> = fit.names().collect();
                        let told = got.map_or_else(|| format!("none among {names:?}"), |got| got.to_string());
                        wrong.push(format!("{}: {what} of {which} is {told}, not {expected}", case["name"]));
                    }
                }
            }
        }
    }
    println!("{compared} numbers, {} disagree", wrong.len());
    assert!(compared > 0 && wrong.is_empty(), "\n{}", wrong.join("\n"));
}
