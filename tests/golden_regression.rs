//! Regressions against the numbers of other people's software, in `tests/golden/regression/*.json`.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/golden.rs"]
mod cases;

use agglo::formula::{Options, Program, Unit, parse};
use agglo::numeric::Stop;
use agglo::panel::{Panel, Value};
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, OwnInference, Point, Prediction, Spec, Subset, fit, points};
use serde_json::Value as Json;

/// One case, compiled and fitted.
struct Fitted {
    program: Program,
    panel: Panel,
    fit: Fit,
}

fn run(case: &Json) -> Fitted {
    let panel = cases::panel(case);
    let name = case["name"].as_str().unwrap();
    let mut text = case["formula"].as_str().unwrap().to_owned();
    if name.starts_with("growth_fraction") {
        // The file's growth is a fraction there; growth() is in per cent.
        text = text.replace("growth(gsp)", "growth(gsp)/100");
    }
    let formula = parse(&text).unwrap().remove(0);
    let unit = case.get("industry").map(|_| Unit::Cell);
    let options = Options { unit, weights: case["weights"].as_str(), ..Options::default() };
    let program = Program::compile_with(&formula, &panel, options).unwrap_or_else(|e| panic!("{name}: {e}"));
    let subset = case.get("only_period").map(|class| Subset { by: "period".to_owned(), class: class.to_string() });
    let spec = Spec { covariance: Choice::read(case["vcov"].as_str().unwrap()), subset, ..Spec::default() };
    let fit = fit(&program, &panel, &spec, &Stop::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    Fitted { program, panel, fit }
}

/// Collects what disagrees, so that one run shows all of it.
struct Report {
    name: String,
    tolerance: f64,
    compared: usize,
    wrong: Vec<String>,
}

impl Report {
    fn number(&mut self, what: &str, got: f64, expected: f64) {
        self.compared += 1;
        let close = if expected == 0.0 {
            got.abs() <= 1e-12
        } else {
            (got - expected).abs() <= self.tolerance * expected.abs()
        };
        if !close {
            let off = got / expected - 1.0;
            self.wrong.push(format!("{}: {what} is {got:e}, not {expected:e}, off by {off:.1e}", self.name));
        }
    }

    fn numbers(&mut self, what: &str, got: &[f64], expected: &Json) {
        let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(got.len(), expected.len(), "{} {what}", self.name);
        for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
            self.number(&format!("{what}[{i}]"), *got, expected);
        }
    }

    fn by_term(&mut self, what: &str, fit: &Fit, got: &[f64], expected: &Json) {
        let expected = expected.as_object().unwrap();
        assert_eq!(fit.names().count(), expected.len(), "{}: {:?}", self.name, fit.names().collect::<Vec<_>>());
        for (name, got) in fit.names().zip(got) {
            match expected.get(name) {
                Some(expected) => self.number(&format!("{what} of {name}"), *got, expected.as_f64().unwrap()),
                None => self.wrong.push(format!("{}: no term {name} in {:?}", self.name, expected.keys())),
            }
        }
    }
}

fn value(x: Value) -> f64 {
    x.unwrap()
}

/// A relative error in t comes back up to 1 + t² times as large in its p-value, so that is the unit of the tolerance;
/// for the pooled Munnell case exact rational arithmetic gives our t to 15 digits, the files' to 11.
fn p_values(report: &mut Report, fit: &Fit, expected: &Json) {
    let tolerance = report.tolerance;
    for ((name, p), t) in fit.names().zip(fit.p_values()).zip(fit.t_values()) {
        report.tolerance = tolerance * (1.0 + value(t).powi(2));
        report.number(&format!("p-value of {name}"), value(p), expected[name].as_f64().unwrap());
    }
    report.tolerance = tolerance;
}

fn compare_fit(report: &mut Report, field: &str, expected: &Json, fit: &Fit) {
    let statistics = &fit.statistics;
    let values = |values: Vec<Value>| values.into_iter().map(value).collect::<Vec<_>>();
    match field {
        "coefficients" => report.by_term(field, fit, &fit.coefficients, expected),
        "standard_errors" => report.by_term(field, fit, &fit.standard_errors(), expected),
        "t_values" => report.by_term(field, fit, &values(fit.t_values()), expected),
        "p_values" => p_values(report, fit, expected),
        "confidence_95" => {
            for (name, (low, high)) in fit.names().zip(fit.intervals(0.95)) {
                report.numbers(&format!("interval of {name}"), &[low, high], &expected[name]);
            }
        }
        "observations" => report.number(field, statistics.observations as f64, expected.as_f64().unwrap()),
        "residual_df" => report.number(field, statistics.residual_df as f64, expected.as_f64().unwrap()),
        "t_df" => report.number(field, fit.covariance.t_df.unwrap() as f64, expected.as_f64().unwrap()),
        "t_dfs" => match &fit.covariance.own_inference {
            Some(OwnInference::DegreesOfFreedom(df)) => report.by_term(field, fit, df, expected),
            other => panic!("{}: {other:?}", report.name),
        },
        "covariance_k" => report.number(field, fit.covariance.parameters as f64, expected.as_f64().unwrap()),
        "ssr" => report.number(field, statistics.ssr, expected.as_f64().unwrap()),
        "sigma" => report.number(field, statistics.sigma2.sqrt(), expected.as_f64().unwrap()),
        "sigma2" => report.number(field, statistics.sigma2, expected.as_f64().unwrap()),
        "r2" => report.number(field, value(statistics.r2), expected.as_f64().unwrap()),
        "adjusted_r2" => report.number(field, value(statistics.adjusted_r2), expected.as_f64().unwrap()),
        "r2_within" => report.number(field, value(statistics.r2_within.unwrap()), expected.as_f64().unwrap()),
        "adjusted_r2_within" => {
            report.number(field, value(statistics.adjusted_r2_within.unwrap()), expected.as_f64().unwrap());
        }
        "f_slopes" => {
            let wald = statistics.slopes.unwrap();
            let statistic = expected.get("statistic").unwrap_or(expected);
            report.number(field, value(wald.statistic), statistic.as_f64().unwrap());
            if let Some(df) = expected.get("df") {
                report.numbers(field, &[wald.df1 as f64, wald.df2.unwrap() as f64], df);
            }
        }
        "dropped_terms" => {
            let dropped: Vec<_> = fit.collinear.iter().map(|c| fit.terms[c.column].clone()).collect();
            assert_eq!(Json::from(dropped), *expected, "{}", report.name);
        }
        "dropped_singletons" => {
            let singletons = fit.left_out.iter().find(|(reason, _)| reason.name() == "singleton").map_or(0, |s| s.1);
            report.number(field, singletons as f64, expected.as_f64().unwrap());
        }
        "fixed_effects" => {
            for effect in &fit.effects {
                for (level, got) in effect.levels.iter().zip(&effect.values.intercepts) {
                    let expected = expected[effect.name.as_str()][level].as_f64().unwrap();
                    report.number(&format!("effect of {} {level}", effect.name), *got, expected);
                }
            }
        }
        _ => panic!("{}: nothing compares {field}", report.name),
    }
}

/// Predictions at the file's new data: values of the measures, or rows of the sample by state and year.
fn predict(fitted: &Fitted, newdata: &Json) -> Vec<(Prediction, f64)> {
    let Fitted { program, panel, fit } = fitted;
    let count = newdata.as_object().unwrap().values().next().unwrap().as_array().unwrap().len();
    let sample = points(fit, program, panel, &Stop::default()).unwrap();
    let chosen: Vec<(Point, f64)> = (0..count)
        .map(|i| {
            let period = newdata["year"][i].as_i64();
            let state = newdata["state"][i].as_str();
            let of_row = |row: &agglo::regression::design::RowId| {
                Some(fit.regions[row.region as usize].as_str()) == state && Some(i64::from(row.period)) == period
            };
            let place = sample.iter().position(|(row, _)| of_row(row)).unwrap_or(0);
            let mut point = sample[place].1.clone();
            if let Some(values) = newdata.get("employment").map(|_| new_values(fit, newdata, i)) {
                point.x = values;
            }
            (point, fit.residuals[place])
        })
        .collect();
    let predictions =
        fit.predict(&chosen.iter().map(|(point, _)| point.clone()).collect::<Vec<_>>(), &Stop::default()).unwrap();
    predictions.into_iter().zip(chosen).map(|(p, (_, residual))| (p, residual)).collect()
}

fn new_values(fit: &Fit, newdata: &Json, i: usize) -> Vec<Value> {
    let term = |name: &String| match name.strip_prefix("ln(").and_then(|n| n.strip_suffix(')')) {
        _ if name == "(Intercept)" => Ok(1.0),
        Some(measure) => Ok(newdata[measure][i].as_f64().unwrap().ln()),
        None => Ok(newdata[name][i].as_f64().unwrap()),
    };
    fit.terms.iter().map(term).collect()
}

fn compare_prediction(report: &mut Report, field: &str, expected: &Json, fitted: &Fitted, newdata: &Json) {
    let predicted = predict(fitted, newdata);
    let critical = fitted.fit.critical(0.95);
    let values = |get: &dyn Fn(&Prediction) -> Value| predicted.iter().map(|(p, _)| value(get(p))).collect::<Vec<_>>();
    let intervals = |get: &dyn Fn(&Prediction) -> Value| {
        predicted.iter().map(|(p, _)| p.interval(get(p), critical).unwrap()).collect::<Vec<_>>()
    };
    let mut compare = |got: Vec<(f64, f64)>| {
        for (i, (low, high)) in got.into_iter().enumerate() {
            report.numbers(field, &[low, high], &expected[i]);
        }
    };
    match field {
        "confidence_95" => compare(intervals(&|p| p.se_mean)),
        "prediction_95" => compare(intervals(&|p| p.se_forecast)),
        "fit" => report.numbers(field, &values(&|p| p.fit), expected),
        "se_fit" => report.numbers(field, &values(&|p| p.se_mean), expected),
        "se_prediction" => report.numbers(field, &values(&|p| p.se_forecast), expected),
        "residual" => report.numbers(field, &predicted.iter().map(|p| p.1).collect::<Vec<_>>(), expected),
        _ => compare_fit(report, field, expected, &fitted.fit),
    }
}

#[test]
fn every_golden_case_agrees() {
    let directory = cases::root().join("tests/golden/regression");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut count, mut compared, mut wrong) = (0, 0, Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "json")) {
        let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for case in json["cases"].as_array().unwrap() {
            let name = format!("{}/{}", file.file_stem().unwrap().to_string_lossy(), case["name"].as_str().unwrap());
            let tolerance = case["tolerance"].as_f64().unwrap();
            let mut report = Report { name, tolerance, compared: 0, wrong: Vec::new() };
            let fitted = run(case);
            for (field, expected) in case["expected"].as_object().unwrap() {
                match case.get("newdata") {
                    Some(newdata) => compare_prediction(&mut report, field, expected, &fitted, newdata),
                    None => compare_fit(&mut report, field, expected, &fitted.fit),
                }
            }
            count += 1;
            compared += report.compared;
            wrong.extend(report.wrong);
        }
    }
    println!("{count} cases, {compared} numbers, {} disagree", wrong.len());
    assert!(count > 0 && wrong.is_empty(), "\n{}", wrong.join("\n"));
}
