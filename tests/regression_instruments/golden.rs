//! `tests/golden/regression/instruments/instruments.json`.

#[path = "../support/golden.rs"]
mod cases;

use agglo::card::Raw;
use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::regression::covariance::Choice;
use agglo::regression::diagnostics::{Asked, Subject, run};
use agglo::regression::{Fit, Outcome, Spec, Subset, Wanted, build, fit};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The fit, and the tests asked for by id with the parameters among their expected numbers.
fn run_case(case: &Json) -> (Fit, BTreeMap<String, Outcome>) {
    let panel = cases::panel(case);
    let name = case["name"].as_str().unwrap();
    let formula = parse(case["formula"].as_str().unwrap()).unwrap().remove(0);
    let options = Options { weights: case["weights"].as_str(), ..Options::default() };
    let program = Program::compile_with(&formula, &panel, options).unwrap_or_else(|e| panic!("{name}: {e}"));
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let spec = Spec {
        estimator: text(&case["estimator"]),
        parameters: cases::parameters(&case["parameters"]),
        covariance: Choice::read(case["vcov"].as_str().unwrap()),
        subset: case.get("subset").map(|subset| Subset { by: text(&subset[0]), class: text(&subset[1]) }),
    };
    let stop = Stop::default();
    let fit = fit(&program, &panel, &spec, &stop).unwrap_or_else(|e| panic!("{name}: {e}"));
    let design = build(
        &program,
        &panel,
        &Wanted { clusters: &spec.covariance.clusters, subset: spec.subset.as_ref(), ..Wanted::default() },
        &stop,
    )
    .unwrap();
    let subject = Subject { fit: &fit, design: Some(&design) };
    let tests = case["expected"]["diagnostics"].as_object().cloned().unwrap_or_default();
    let outcome = |id: &String, expected: &Json| {
        let instruments = expected.get("instruments").map(|names| ("instruments".to_owned(), Raw::Text(text(names))));
        let asked = Asked { id: id.clone(), parameters: instruments.into_iter().collect() };
        run(&subject, &[asked], &stop).unwrap_or_else(|e| panic!("{name}, {id}: {e}")).remove(0)
    };
    let outcomes = tests.iter().map(|(id, expected)| (id.clone(), outcome(id, expected))).collect();
    (fit, outcomes)
}

/// Collects what disagrees, so that one run shows all of it.
struct Report {
    name: String,
    tolerance: f64,
    compared: usize,
    wrong: Vec<String>,
}

impl Report {
    fn number(&mut self, what: &str, got: f64, expected: &Json) {
        let Some(expected) = expected.as_f64() else { return };
        self.compared += 1;
        // A relative error of a statistic comes back larger in its far tails.
        let tolerance = if what.ends_with("p_value") { 1e3 * self.tolerance } else { self.tolerance };
        if (got - expected).abs() > tolerance * expected.abs() + 1e-14 {
            let off = got / expected - 1.0;
            self.wrong.push(format!("{}: {what} is {got:e}, not {expected:e}, off by {off:.1e}", self.name));
        }
    }

    fn by_term(&mut self, what: &str, fit: &Fit, got: &[f64], expected: &Json) {
        assert_eq!(fit.names().count(), expected.as_object().unwrap().len(), "{}", self.name);
        for (name, got) in fit.names().zip(got) {
            self.number(&format!("{what} of {name}"), *got, &expected[name]);
        }
    }

    fn fit(&mut self, field: &str, expected: &Json, fit: &Fit) {
        match field {
            "coefficients" => self.by_term(field, fit, &fit.coefficients, expected),
            "standard_errors" => self.by_term(field, fit, &fit.standard_errors(), expected),
            "ssr" => self.number(field, fit.statistics.ssr, expected),
            "figures" => {
                for (name, expected) in expected.as_object().unwrap() {
                    let figure = fit.figures.iter().find(|figure| figure.name == *name).unwrap();
                    self.number(name, figure.value.unwrap(), expected);
                }
            }
            "tests" => {
                for (id, expected) in expected.as_object().unwrap() {
                    let test = fit.tests.iter().find(|test| test.id == *id).unwrap();
                    self.number(id, test.statistic.unwrap(), &expected[0]);
                    self.number(&format!("{id}_p_value"), test.p_value.unwrap(), &expected[1]);
                }
            }
            _ => panic!("{}: nothing compares {field}", self.name),
        }
    }

    fn outcome(&mut self, id: &str, expected: &Json, outcome: &Outcome) {
        for (field, expected) in expected.as_object().unwrap() {
            match field.as_str() {
                "instruments" => {}
                "statistic" => self.number(&format!("{id} {field}"), outcome.statistic.unwrap(), expected),
                "p_value" => self.number(&format!("{id} {field}"), outcome.p_value.unwrap(), expected),
                "confidence_set" => self.confidence_set(expected, outcome),
                _ if id == "first_stage" => self.first_stage(field, expected, outcome),
                _ => {
                    let figure = outcome.figures.iter().find(|figure| figure.name == *field).unwrap();
                    self.number(&format!("{id} {field}"), figure.value.unwrap(), expected);
                }
            }
        }
    }

    fn confidence_set(&mut self, expected: &Json, outcome: &Outcome) {
        let columns = &outcome.parts[0].columns;
        let pieces = expected.as_array().unwrap();
        assert_eq!(columns[0].1.len(), pieces.len(), "{}: {}", self.name, outcome.reading);
        for (i, piece) in pieces.iter().enumerate() {
            for side in 0..2 {
                let got = columns[side].1[i];
                assert_eq!(got.is_err(), piece[side].is_null(), "{}: {}", self.name, outcome.reading);
                self.number(&format!("bound {side} of piece {i}"), got.unwrap_or(0.0), &piece[side]);
            }
        }
    }

    fn first_stage(&mut self, term: &str, expected: &Json, outcome: &Outcome) {
        let part = &outcome.parts[0];
        let row = part.keys[0].1.iter().position(|name| name == term).unwrap();
        for (column, expected) in expected.as_object().unwrap() {
            let (_, values) = part.columns.iter().find(|(name, _)| name == column).unwrap();
            self.number(&format!("{term} {column}"), values[row].unwrap(), expected);
        }
    }
}

#[test]
fn every_golden_case_agrees() {
    let file = cases::root().join("tests/golden/regression/instruments/instruments.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    let cases = json["cases"].as_array().unwrap();
    for case in cases {
        let (name, tolerance) = (case["name"].as_str().unwrap().to_owned(), case["tolerance"].as_f64().unwrap());
        let mut report = Report { name, tolerance, compared: 0, wrong: Vec::new() };
        let (fit, outcomes) = run_case(case);
        for (field, expected) in case["expected"].as_object().unwrap() {
            if field == "diagnostics" {
                let tests = expected.as_object().unwrap();
                tests.iter().for_each(|(id, expected)| report.outcome(id, expected, &outcomes[id]));
            } else {
                report.fit(field, expected, &fit);
            }
        }
        compared += report.compared;
        wrong.extend(report.wrong);
    }
    println!("{} cases, {compared} numbers, {} disagree", cases.len(), wrong.len());
    assert!(!cases.is_empty() && wrong.is_empty(), "\n{}", wrong.join("\n"));
}
