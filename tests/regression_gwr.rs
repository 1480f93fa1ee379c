//! Geographically weighted regressions: others' numbers, laws, a known truth.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::panel::Value;
use agglo::regression::design::{Design, RowId};
use agglo::regression::facts::Facts;
use agglo::regression::{Fit, Spec, fit_design};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

fn spec(parameters: &[(&str, Raw)]) -> Spec {
    let parameters = parameters.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())).collect();
    Spec { estimator: "gwr".into(), parameters, ..Spec::default() }
}

fn fit(design: &Design, spec: &Spec) -> Result<Fit, Error> {
    fit_design(design.clone(), spec, &Stop::default())
}

fn design(y: Vec<f64>, x: Vec<Vec<f64>>, names: &[&str], longitude: &[f64], latitude: &[f64]) -> Design {
    let values = |column: &[f64]| column.iter().map(|x| Ok(*x)).collect::<Vec<Value>>();
    let facts = Facts {
        regions: (0..y.len()).map(|i| format!("r{i:03}")).collect(),
        numbers: vec![("longitude".into(), values(longitude)), ("latitude".into(), values(latitude))],
        ..Facts::default()
    };
    let n = y.len();
    Design {
        rows: (0..n as u32).map(|region| RowId { region, industry: 0, period: 0 }).collect(),
        x: std::iter::once(vec![1.0; n]).chain(x).collect(),
        names: std::iter::once("(Intercept)").chain(names.iter().copied()).map(str::to_owned).collect(),
        y,
        facts: Arc::new(facts),
        ..Design::default()
    }
}

fn georgia(metric: &str) -> Design {
    let mut csv =
        csv::Reader::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/data/georgia.csv")).unwrap();
    let header = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let column = |name: &str| -> Vec<f64> {
        let c = header.iter().position(|h| h == name).unwrap();
        rows.iter().map(|row| row[c].parse().unwrap()).collect()
    };
    let names = ["PctFB", "PctBlack", "PctRural"];
    let (x, y) = if metric == "plane" { ("x", "y") } else { ("longitude", "latitude") };
    design(column("PctBach"), names.map(column).to_vec(), &names, &column(x), &column(y))
}

fn figure(fit: &Fit, name: &str) -> f64 {
    fit.figures.iter().find(|figure| figure.name == name).unwrap().value.unwrap()
}

fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-6), "{what}: {got:e} is not {expected:e}");
}

#[test]
fn the_counties_of_georgia_are_those_of_mgwr() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/regression/gwr/gwr.json"));
    let golden: Json = serde_json::from_str(&text.unwrap()).unwrap();
    let mut compared = 0;
    for case in golden["cases"].as_array().unwrap() {
        let raw = |value: &Json| value.as_f64().map_or_else(|| Raw::Text(value.as_str().unwrap().into()), Raw::Number);
        let given = case["parameters"].as_object().unwrap();
        let parameters: BTreeMap<String, Raw> = given.iter().map(|(name, value)| (name.clone(), raw(value))).collect();
        let spec = Spec { estimator: "gwr".into(), parameters, ..Spec::default() };
        let fit = fit(&georgia(given["metric"].as_str().unwrap()), &spec).unwrap();
        let (name, tolerance) = (case["name"].as_str().unwrap(), case["tolerance"].as_f64().unwrap());
        let expected = &case["expected"];
        for what in ["effective_parameters", "aicc", "sigma", "bandwidth"] {
            close(figure(&fit, what), expected[what].as_f64().unwrap(), tolerance, &format!("{name} {what}"));
            compared += 1;
        }
        close(fit.statistics.r2.unwrap(), expected["r2"].as_f64().unwrap(), tolerance, name);
        for (term, coefficient) in fit.terms.iter().zip(&fit.coefficients) {
            close(*coefficient, expected["mean"][term].as_f64().unwrap(), tolerance, name);
            for (suffix, key) in [("", "local"), ("_se", "local_se")] {
                let column = format!("{term}{suffix}");
                let got = &fit.parts[0].columns.iter().find(|(name, _)| *name == column).unwrap().1;
                for (got, expected) in got.iter().zip(expected[key][term].as_array().unwrap()) {
                    close(got.unwrap(), expected.as_f64().unwrap(), tolerance, &format!("{name} {column}"));
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 5 * 8 * 159, "{compared}");
}

/// 12 × 12 places a unit apart; the slope rises from west to east, the other is the same everywhere.
fn surface(seed: u64) -> (Design, Vec<f64>) {
    let mut random = stream(seed, 0);
    let n = 144;
    let (x, z, e) = (normals(&mut random, n), normals(&mut random, n), normals(&mut random, n));
    let place = |i: usize| ((i % 12) as f64, (i / 12) as f64);
    let slope: Vec<f64> = (0..n).map(|i| 1.0 + place(i).0 / 6.0).collect();
    let y = (0..n).map(|i| 2.0 + slope[i] * x[i] - z[i] + 0.5 * e[i]).collect();
    let (east, north): (Vec<f64>, Vec<f64>) = (0..n).map(place).unzip();
    (design(y, vec![x, z], &["x", "z"], &east, &north), slope)
}

#[test]
fn a_wide_kernel_is_least_squares() {
    let (design, _) = surface(1);
    let wide = [("kernel", "gaussian"), ("adaptive", "no"), ("metric", "plane")].map(|(n, v)| (n, Raw::Text(v.into())));
    let spec = spec(&[wide.to_vec(), vec![("bandwidth", Raw::Number(1e8))]].concat());
    let (local, global) = (fit(&design, &spec).unwrap(), fit(&design, &Spec::default()).unwrap());
    for (got, expected) in local.coefficients.iter().zip(&global.coefficients) {
        close(*got, *expected, 1e-10, "coefficient");
    }
    for (got, expected) in local.standard_errors().iter().zip(global.standard_errors()) {
        close(*got, expected, 1e-10, "standard error");
    }
    close(figure(&local, "effective_parameters"), 3.0, 1e-10, "tr S");
}

#[test]
fn units_and_the_order_of_rows_do_not_matter() {
    let (design, _) = surface(2);
    let spec = spec(&[("bandwidth", Raw::Number(40.0)), ("metric", Raw::Text("plane".into()))]);
    let before = fit(&design, &spec).unwrap();
    let mut moved = design;
    moved.y.iter_mut().for_each(|y| *y *= 1e3);
    moved.x[1].iter_mut().for_each(|x| *x *= 1e-2);
    let order: Vec<usize> = (0..144).map(|i| (i * 55 + 7) % 144).collect();
    moved.keep(&order);
    let after = fit(&moved, &spec).unwrap();
    let units = [1e3, 1e5, 1e3];
    let pairs = after.coefficients.iter().zip(&before.coefficients).zip(units);
    pairs.for_each(|((got, expected), unit)| close(*got, expected * unit, 1e-9, "coefficient"));
    let errors = after.standard_errors().into_iter().zip(before.standard_errors()).zip(units);
    errors.for_each(|((got, expected), unit)| close(got, expected * unit, 1e-9, "standard error"));
}

/// Local intervals hold the noise, not the smoothing: they cover a slope that is the same everywhere, and miss one that varies
/// more often than they say. Both are printed.
#[test]
fn local_intervals_cover_what_does_not_vary_and_the_means_what_does() {
    let (mut varying, mut same, mut count, mut mean) = (0, 0, 0, 0);
    for seed in 0..10 {
        let (design, slope) = surface(100 + seed);
        let fit = fit(&design, &spec(&[("metric", Raw::Text("plane".into()))])).unwrap();
        let local = |name: &str| fit.parts[0].columns.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let covers = |term: &str, i: usize, truth: f64| {
            let (b, se) = (local(term)[i].unwrap(), local(&format!("{term}_se"))[i].unwrap());
            usize::from((b - truth).abs() <= 1.96 * se)
        };
        for (i, truth) in slope.iter().enumerate() {
            varying += covers("x", i, *truth);
            same += covers("z", i, -1.0);
            count += 1;
        }
        let east = |range: std::ops::Range<usize>| {
            (0..144).filter(|i| range.contains(&(i % 12))).map(|i| local("x")[i].unwrap()).sum::<f64>()
        };
        assert!(east(8..12) > 1.5 * east(0..4), "the slope rises eastward");
        let (low, high) = fit.intervals(0.95)[1];
        let truth = slope.iter().sum::<f64>() / 144.0;
        mean += usize::from(low <= truth && truth <= high);
    }
    let percent = |covered: usize| 100.0 * covered as f64 / count as f64;
    println!(
        "local 95 % intervals: {:.1} % of the same slope, {:.1} % of the varying one",
        percent(same),
        percent(varying)
    );
    println!("95 % intervals of the mean slope: {mean} of 10");
    assert!(percent(same) > 88.0 && mean >= 8, "{same} {mean}");
}

#[test]
fn bad_requests_are_told() {
    let (mut design, _) = surface(3);
    let refused = |design: &Design, spec: &Spec| match fit(design, spec) {
        Err(Error::Invalid(found)) => found.told().iter().map(|v| v.field.clone()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let narrow = spec(&[("bandwidth", Raw::Number(2.0))]);
    assert_eq!(refused(&design, &narrow), ["estimator_parameters.bandwidth"]);
    let named = spec(&[("latitude", Raw::Text("lat".into())), ("longitude", Raw::Text("lon".into()))]);
    assert_eq!(refused(&design, &named), ["estimator_parameters.longitude", "estimator_parameters.latitude"]);
    design.weights = Some(vec![1.0; 144]);
    assert_eq!(refused(&design, &spec(&[])), ["estimator"]);
}
