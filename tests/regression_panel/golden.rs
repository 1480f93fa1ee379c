//! The numbers of plm, linearmodels and dense evaluations, in `tests/golden/regression/panel`.

#[path = "../support/golden.rs"]
mod cases;

use agglo::formula::{Options, Program, Unit, parse};
use agglo::numeric::Stop;
use agglo::regression::covariance::Choice;
use agglo::regression::diagnostics::{Asked, Subject, run};
use agglo::regression::{Fit, Spec, Wanted, build, fit};
use serde_json::Value as Json;

/// Compares a case, and gathers what disagrees.
struct Report<'a> {
    case: &'a Json,
    compared: usize,
    wrong: Vec<String>,
}

impl Report<'_> {
    fn number(&mut self, what: &str, got: f64, expected: f64) {
        self.compared += 1;
        let tolerance = self.case["tolerance"].as_f64().unwrap();
        let close = (got - expected).abs() <= (tolerance * expected.abs()).max(1e-12);
        if !close {
            let off = got / expected - 1.0;
            self.wrong.push(format!("{}: {what} is {got:e}, not {expected:e}, off by {off:.1e}", self.case["name"]));
        }
    }

    fn fit(&mut self, fit: &Fit) {
        let expected = &self.case["expected"];
        for (field, got) in [("coefficients", fit.coefficients.clone()), ("standard_errors", fit.standard_errors())] {
            let Some(expected) = expected[field].as_object() else { continue };
            assert_eq!(
                fit.names().count(),
                expected.len(),
                "{}: {:?}",
                self.case["name"],
                fit.names().collect::<Vec<_>>()
            );
            for (name, got) in fit.names().zip(got) {
                let expected = expected.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.case["name"]));
                self.number(&format!("{field} of {name}"), got, expected.as_f64().unwrap());
            }
        }
        for (name, value) in expected["figures"].as_object().into_iter().flatten() {
            let figure = fit.figures.iter().find(|f| f.name == *name);
            let figure = figure.unwrap_or_else(|| panic!("{}: no figure {name}", self.case["name"]));
            self.number(name, figure.value.unwrap(), value.as_f64().unwrap());
        }
        for (id, value) in expected["tests"].as_object().into_iter().flatten() {
            let test = fit.tests.iter().find(|t| t.id == *id).unwrap();
            self.number(id, test.statistic.unwrap(), value.as_f64().unwrap());
        }
    }
}

fn compare(report: &mut Report<'_>) {
    let case = report.case;
    let panel = cases::panel(case);
    let unit = case.get("industry").map(|_| Unit::Cell);
    let options = Options { unit, weights: case["weights"].as_str(), ..Options::default() };
    let formula = parse(case["formula"].as_str().unwrap()).unwrap().remove(0);
    let program = Program::compile_with(&formula, &panel, options).unwrap();
    let spec = Spec {
        estimator: case["estimator"].as_str().unwrap().to_owned(),
        parameters: cases::parameters(&case["parameters"]),
        covariance: Choice::read(case["vcov"].as_str().unwrap()),
        ..Spec::default()
    };
    let stop = Stop::default();
    let fit = fit(&program, &panel, &spec, &stop).unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
    let Some(test) = case["test"].as_str() else { return report.fit(&fit) };
    let design = build(&program, &panel, &Wanted::default(), &stop).unwrap();
    let subject = Subject { fit: &fit, design: Some(&design) };
    let asked = Asked { id: test.to_owned(), parameters: cases::parameters(&case["test_parameters"]) };
    let outcome = run(&subject, &[asked], &stop).unwrap_or_else(|e| panic!("{}: {e}", case["name"])).remove(0);
    for (what, got) in [("statistic", outcome.statistic), ("p_value", outcome.p_value)] {
        match (got, case["expected"][what].as_f64()) {
            (Ok(got), Some(expected)) => report.number(what, got, expected),
            (Err(_), None) => report.compared += 1,
            (got, expected) => report.wrong.push(format!("{}: {what} is {got:?}, not {expected:?}", case["name"])),
        }
    }
}

#[test]
fn every_golden_case_agrees() {
    let directory = cases::root().join("tests/golden/regression/panel");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut cases, mut compared, mut wrong) = (0, 0, Vec::new());
    for file in files {
        let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for case in json["cases"].as_array().unwrap() {
            let mut report = Report { case, compared: 0, wrong: Vec::new() };
            compare(&mut report);
            cases += 1;
            compared += report.compared;
            wrong.extend(report.wrong);
        }
    }
    println!("{cases} cases, {compared} numbers, {} disagree", wrong.len());
    assert!(cases > 0 && wrong.is_empty(), "\n{}", wrong.join("\n"));
}
