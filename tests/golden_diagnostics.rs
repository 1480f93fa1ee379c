//! Tests of fitted models against the numbers of other people's software, in `tests/golden/diagnostics/*.json`.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/golden.rs"]
mod cases;

use agglo::card::Raw;
use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::panel::Value;
use agglo::regression::covariance::Choice;
use agglo::regression::diagnostics::{Asked, Subject, run};
use agglo::regression::{Outcome, Spec, Subset, Wanted, build, fit};
use serde_json::Value as Json;

/// The outcome of the case's test.
fn outcome(case: &Json) -> Outcome {
    let name = case["name"].as_str().unwrap();
    let panel = cases::panel(case);
    let formula = parse(case["formula"].as_str().unwrap()).unwrap().remove(0);
    let options = Options { weights: case["weights"].as_str(), ..Options::default() };
    let program = Program::compile_with(&formula, &panel, options).unwrap_or_else(|e| panic!("{name}: {e}"));
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let subset = case.get("subset").map(|s| Subset { by: text(&s["by"]), class: text(&s["class"]) });
    let covariance = Choice::read(case["vcov"].as_str().unwrap_or("iid"));
    let spec = Spec { covariance, subset, ..Spec::default() };
    let stop = Stop::default();
    let fitted = fit(&program, &panel, &spec, &stop).unwrap_or_else(|e| panic!("{name}: {e}"));
    let design = build(
        &program,
        &panel,
        &Wanted { clusters: &spec.covariance.clusters, subset: spec.subset.as_ref(), ..Wanted::default() },
        &stop,
    )
    .unwrap();
    let raw = |json: &Json| json.as_f64().map_or_else(|| Raw::Text(text(json)), Raw::Number);
    let parameters = case["parameters"].as_object().unwrap();
    let parameters = parameters.iter().map(|(name, value)| (name.clone(), raw(value))).collect();
    let asked = Asked { id: text(&case["test"]), parameters };
    let subject = Subject { fit: &fitted, design: Some(&design) };
    run(&subject, &[asked], &stop).unwrap_or_else(|e| panic!("{name}: {e}")).remove(0)
}

/// What disagrees, so that one run shows all of it.
struct Report {
    name: String,
    tolerance: f64,
    compared: usize,
    wrong: Vec<String>,
}

impl Report {
    fn number(&mut self, what: &str, got: Value, expected: &Json, tolerance: f64) {
        self.compared += 1;
        let (got, expected) = (got.unwrap(), expected.as_f64().unwrap());
        let close = (got - expected).abs() <= tolerance * expected.abs() + 1e-14;
        if !close {
            let off = got / expected - 1.0;
            self.wrong.push(format!("{}: {what} is {got:e}, not {expected:e}, off by {off:.1e}", self.name));
        }
    }

    fn outcome(&mut self, outcome: &Outcome, expected: &Json) {
        let tolerance = self.tolerance;
        let statistic = outcome.statistic.unwrap();
        for (field, expected) in expected.as_object().unwrap() {
            match field.as_str() {
                "statistic" => self.number(field, outcome.statistic, expected, tolerance),
                // A relative error in a statistic comes back magnified in its tail.
                "p_value" => self.number(field, outcome.p_value, expected, tolerance * (1.0 + statistic.powi(2))),
                "figures" => {
                    for (name, expected) in expected.as_object().unwrap() {
                        let figure = outcome.figures.iter().find(|figure| figure.name == *name).unwrap();
                        self.number(name, figure.value, expected, tolerance);
                    }
                }
                "columns" => {
                    for (name, expected) in expected.as_object().unwrap() {
                        let (_, column) = outcome.parts[0].columns.iter().find(|(known, _)| known == name).unwrap();
                        let expected = expected.as_array().unwrap();
                        assert_eq!(column.len(), expected.len(), "{}: {name}", self.name);
                        for (i, (got, expected)) in column.iter().zip(expected).enumerate() {
                            self.number(&format!("{name}[{i}]"), *got, expected, tolerance);
                        }
                    }
                }
                _ => panic!("{}: nothing compares {field}", self.name),
            }
        }
    }
}

#[test]
fn every_golden_case_agrees() {
    let directory = cases::root().join("tests/golden/diagnostics");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut cases, mut compared, mut wrong) = (0, 0, Vec::new());
    for file in files {
        let json: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in json["cases"].as_array().unwrap() {
            let name = format!("{}/{}", file.file_stem().unwrap().to_string_lossy(), case["name"].as_str().unwrap());
            let tolerance = case["tolerance"].as_f64().unwrap();
            let mut report = Report { name, tolerance, compared: 0, wrong: Vec::new() };
            report.outcome(&outcome(case), &case["expected"]);
            cases += 1;
            compared += report.compared;
            wrong.extend(report.wrong);
        }
    }
    println!("{cases} cases, {compared} numbers, {} disagree", wrong.len());
    assert!(cases > 0 && wrong.is_empty(), "\n{}", wrong.join("\n"));
}
