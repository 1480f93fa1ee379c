//! Spatial regressions against the numbers of other software and of dense matrices.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/golden.rs"]
mod cases;

use agglo::card::Raw;
use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, Spec, fit};
use serde_json::Value as Json;
use std::collections::BTreeMap;

fn run(case: &Json) -> Fit {
    let (panel, name) = (cases::panel(case), case["name"].as_str().unwrap());
    let formula = parse(case["formula"].as_str().unwrap()).unwrap().remove(0);
    let program = Program::compile_with(&formula, &panel, Options::default()).unwrap();
    let raw = |value: &Json| match value {
        Json::Number(number) => Raw::Number(number.as_f64().unwrap()),
        other => Raw::Text(other.as_str().unwrap().to_owned()),
    };
    let parameters = case["parameters"].as_object().unwrap();
    let spec = Spec {
        estimator: case["estimator"].as_str().unwrap().to_owned(),
        parameters: parameters.iter().map(|(name, value)| (name.clone(), raw(value))).collect::<BTreeMap<_, _>>(),
        covariance: Choice::read(case["vcov"].as_str().unwrap()),
        ..Spec::default()
    };
    fit(&program, &panel, &spec, &Stop::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What a fit says under the name of an expected field and, for tables, of a row.
fn told(fit: &Fit, field: &str, name: &str) -> Vec<f64> {
    let term = || fit.names().position(|n| n == name).unwrap_or_else(|| panic!("no term {name}"));
    match field {
        "coefficients" => vec![fit.coefficients[term()]],
        "standard_errors" => vec![fit.standard_errors()[term()]],
        "figures" => vec![fit.figures.iter().find(|f| f.name == name).unwrap().value.unwrap()],
        "tests" => vec![fit.tests.iter().find(|t| t.id == name).unwrap().statistic.unwrap()],
        "impacts" => {
            let part = fit.parts.iter().find(|part| part.name == "impacts").unwrap();
            let first = part.keys[0].1.iter().position(|term| term == name).unwrap();
            let columns = part.columns[..2].iter();
            columns.flat_map(|(_, values)| values[first..first + 3].iter().map(|v| v.unwrap())).collect()
        }
        _ => panic!("unknown field {field}"),
    }
}

#[test]
fn estimates_are_those_of_the_golden_file() {
    let text = std::fs::read_to_string(cases::root().join("tests/golden/regression/space/spatial.json")).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in file["cases"].as_array().unwrap() {
        let (fit, tolerance) = (run(case), case["tolerance"].as_f64().unwrap());
        for (field, rows) in case["expected"].as_object().unwrap() {
            for (name, expected) in rows.as_object().unwrap() {
                let expected: Vec<f64> = match expected.as_array() {
                    Some(list) => list.iter().map(|x| x.as_f64().unwrap()).collect(),
                    None => vec![expected.as_f64().unwrap()],
                };
                let got = told(&fit, field, name);
                for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
                    compared += 1;
                    let off = (got - expected).abs() / expected.abs();
                    if off.is_nan() || off > tolerance {
                        let case = &case["name"];
                        wrong.push(format!("{case} {field} {name}[{i}]: {got:e}, not {expected:e}, off by {off:.1e}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 500, "only {compared}");
}
