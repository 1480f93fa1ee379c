//! Reads `tests/golden/regression/glm/*.json` and compares.

#[path = "../support/golden.rs"]
mod cases;

use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, Prediction, Spec, fit, points};
use serde_json::Value as Json;

/// Compares one case, and gathers what disagrees.
struct Report<'a> {
    case: &'a Json,
    compared: usize,
    wrong: Vec<String>,
}

impl Report<'_> {
    fn number(&mut self, what: &str, got: f64, expected: &Json) {
        let expected = expected.as_f64().unwrap_or_else(|| panic!("{}: {what}", self.case["name"]));
        self.compared += 1;
        let tolerance = self.case["tolerance"].as_f64().unwrap();
        if (got - expected).abs() > (tolerance * expected.abs()).max(1e-12) || got.is_nan() {
            let off = got / expected - 1.0;
            self.wrong.push(format!("{}: {what} is {got:e}, not {expected:e}, off by {off:.1e}", self.case["name"]));
        }
    }

    fn by_term(&mut self, what: &str, fit: &Fit, got: &[f64], expected: &Json) {
        assert_eq!(fit.names().count(), expected.as_object().unwrap().len(), "{}", self.case["name"]);
        for (name, got) in fit.names().zip(got) {
            self.number(&format!("{what} of {name}"), *got, &expected[name]);
        }
    }

    fn figures(&mut self, fit: &Fit, expected: &Json) {
        for (name, expected) in expected.as_object().unwrap() {
            let figure = fit.figures.iter().find(|f| f.name == *name).unwrap_or_else(|| panic!("no {name}"));
            self.number(name, figure.value.unwrap(), expected);
        }
    }

    /// Columns of tables: `{part: {column: {key: number}}}`.
    fn parts(&mut self, fit: &Fit, expected: &Json) {
        for (name, columns) in expected.as_object().unwrap() {
            let part = fit.parts.iter().find(|p| p.name == *name).unwrap_or_else(|| panic!("no {name}"));
            for (column, rows) in columns.as_object().unwrap() {
                let values = &part.columns.iter().find(|c| c.0 == *column).unwrap_or_else(|| panic!("no {column}")).1;
                for (key, expected) in rows.as_object().unwrap() {
                    let row = part.keys[0].1.iter().position(|k| k == key).unwrap_or_else(|| panic!("no {key}"));
                    self.number(&format!("{column} of {key}"), values[row].unwrap_or(f64::NAN), expected);
                }
            }
        }
    }

    fn predictions(&mut self, predictions: &[Prediction], expected: &Json) {
        for (i, row) in expected["rows"].as_array().unwrap().iter().enumerate() {
            let got = predictions[row.as_u64().unwrap() as usize];
            self.number(&format!("prediction {i}"), got.fit.unwrap(), &expected["fit"][i]);
            self.number(&format!("its standard error {i}"), got.se_mean.unwrap(), &expected["se"][i]);
        }
    }

    fn run(&mut self) {
        let case = self.case;
        let panel = cases::panel(case);
        let formula = parse(case["formula"].as_str().unwrap()).unwrap().remove(0);
        let options = Options { weights: case["weights"].as_str(), ..Options::default() };
        let program = Program::compile_with(&formula, &panel, options).unwrap();
        let spec = Spec {
            estimator: case["estimator"].as_str().unwrap().into(),
            parameters: cases::parameters(&case["parameters"]),
            covariance: Choice::read(case["vcov"].as_str().unwrap()),
            ..Spec::default()
        };
        let fit = fit(&program, &panel, &spec, &Stop::default()).unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
        for (field, expected) in case["expected"].as_object().unwrap() {
            match field.as_str() {
                "coefficients" => self.by_term(field, &fit, &fit.coefficients, expected),
                "standard_errors" => self.by_term(field, &fit, &fit.standard_errors(), expected),
                "figures" => self.figures(&fit, expected),
                "parts" => self.parts(&fit, expected),
                "sigma2" => self.number(field, fit.statistics.sigma2, expected),
                "observations" => self.number(field, fit.statistics.observations as f64, expected),
                "predictions" => {
                    let all = points(&fit, &program, &panel, &Stop::default()).unwrap();
                    let used = all.into_iter().filter(|(row, _)| fit.rows.contains(row)).map(|(_, point)| point);
                    let predictions = fit.predict(&used.collect::<Vec<_>>(), &Stop::default()).unwrap();
                    self.predictions(&predictions, expected);
                }
                _ => panic!("{}: nothing compares {field}", case["name"]),
            }
        }
    }
}

/// Compares every case of a file.
pub(crate) fn compare(file: &str) {
    let path = format!("{}/tests/golden/regression/glm/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    let cases = json["cases"].as_array().unwrap();
    for case in cases {
        let mut report = Report { case, compared: 0, wrong: Vec::new() };
        report.run();
        compared += report.compared;
        wrong.extend(report.wrong);
    }
    println!("{file}: {} cases, {compared} numbers, {} disagree", cases.len(), wrong.len());
    assert!(compared > 0 && wrong.is_empty(), "\n{}", wrong.join("\n"));
}
