//! `tests/golden/regression/dynamic/*.json`.

#[path = "../support/golden.rs"]
mod cases;

use agglo::card::Raw;
use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, Spec, fit};
use serde_json::Value as Json;

fn run(case: &Json) -> Fit {
    let panel = cases::panel(case);
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
    let mut files: Vec<_> = std::fs::read_dir(cases::root().join("tests/golden/regression/dynamic"))
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
