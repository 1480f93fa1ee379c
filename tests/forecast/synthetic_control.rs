//! Synthetic control: golden numbers on simulated and published data, placebos, what is refused.

use crate::support::close;
use agglo::error::Error;
use agglo::impact::{Synthetic, synthetic_control};
use agglo::numeric::Stop;
use agglo::panel::Absent;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn assert_close(ours: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (ours, expected) in ours.iter().zip(expected) {
        assert!(close(*ours, *expected, tolerance), "{what}: {ours} is not {expected}");
    }
}

fn run(treated: &[f64], donors: &[Vec<f64>], pre: usize) -> Synthetic {
    synthetic_control(treated, donors, pre, &Stop::default()).unwrap()
}

#[test]
fn simulated_panels_agree_with_the_golden_file() {
    let text = std::fs::read_to_string("tests/golden/forecast/synthetic_control.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let (inputs, expected) = (&case["inputs"], &case["expected"]);
        let tolerance = case["tolerance"].as_f64().unwrap();
        let donors: Vec<Vec<f64>> = inputs["donors"].as_array().unwrap().iter().map(numbers).collect();
        let ours = run(&numbers(&inputs["treated"]), &donors, inputs["pre"].as_u64().unwrap() as usize);
        assert!(ours.converged && !ours.non_unique && !ours.exact);
        let check = |ours: &[f64], field: &str| assert_close(ours, &numbers(&expected[field]), tolerance, field);
        check(&ours.weights, "weights");
        check(&ours.gap, "gap");
        let ratios: Vec<f64> = ours.placebos.ratios.iter().map(|ratio| ratio.unwrap()).collect();
        check(&ratios, "ratios");
        let number = |field: &str| expected[field].as_f64().unwrap();
        let found = [ours.att, ours.pre_rmspe, ours.placebos.ratio.unwrap(), ours.placebos.p_value.unwrap()];
        let golden = ["att", "pre_rmspe", "ratio", "p_value"].map(number);
        assert_close(&found, &golden, tolerance, "figures");
        for (ours, expected) in ours.without.iter().zip(expected["without"].as_array().unwrap()) {
            assert_eq!(ours.donor as u64, expected["donor"].as_u64().unwrap());
            let golden = ["att", "pre_rmspe"].map(|field| expected[field].as_f64().unwrap());
            assert_close(&[ours.att, ours.pre_rmspe], &golden, tolerance, "without");
        }
    }
}

/// Units and their outcomes by period, from a CSV in long form.
type Units = BTreeMap<String, BTreeMap<String, f64>>;

fn long(path: &PathBuf, delimiter: u8, [unit, period, outcome]: [&str; 3]) -> Units {
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).unwrap();
    let headers = csv.headers().unwrap().clone();
    let place = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (unit, period, outcome) = (place(unit), place(period), place(outcome));
    let mut units = Units::new();
    for row in csv.records().map(Result::unwrap) {
        units.entry(row[unit].to_owned()).or_default().insert(row[period].to_owned(), row[outcome].parse().unwrap());
    }
    units
}

/// The synthetic control of a unit, and its weights by the names of the donors, the largest first.
fn of_units(mut units: Units, treated: &str, first_treated: &str) -> (Synthetic, Vec<(String, f64)>) {
    let treated = units.remove(treated).unwrap();
    let pre = treated.keys().position(|period| period == first_treated).unwrap();
    let series = |unit: &BTreeMap<String, f64>| unit.values().copied().collect::<Vec<f64>>();
    let donors: Vec<Vec<f64>> = units.values().map(series).collect();
    let ours = run(&series(&treated), &donors, pre);
    let mut weights: Vec<(String, f64)> = units.into_keys().zip(ours.weights.iter().copied()).collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    (ours, weights)
}

fn assert_weights(weights: &[(String, f64)], expected: &[(&str, f64)], tolerance: f64) {
    for ((name, weight), (golden_name, golden)) in weights.iter().zip(expected) {
        assert!(name.starts_with(golden_name), "{name} is not {golden_name}");
        assert!((weight - golden).abs() < tolerance, "{name}: {weight} is not {golden}");
    }
    assert!(weights[expected.len()..].iter().all(|(_, w)| *w < tolerance), "{weights:?}");
}

#[test]
fn proposition_99_of_california() {
    let path = PathBuf::from("tests/golden/data/california_cigarettes.csv");
    let (ours, weights) = of_units(long(&path, b',', ["state", "year", "packs"]), "California", "1989");
    assert_close(&[ours.att, ours.pre_rmspe], &[-19.513_629_8, 1.656_400_2], 5e-8, "att and fit");
    let ssr = ours.pre_rmspe.powi(2) * 19.0;
    assert!((ssr - 52.129_571_5).abs() < 5e-6, "{ssr}");
    let golden = [
        ("Utah", 0.3939),
        ("Montana", 0.2318),
        ("Nevada", 0.2049),
        ("Connecticut", 0.1091),
        ("New Hampshire", 0.0454),
        ("Colorado", 0.0148),
    ];
    assert_weights(&weights, &golden, 5.1e-5);
    println!("California: ratio {:?}, rank {} of {}", ours.placebos.ratio, ours.placebos.rank, ours.placebos.units);
    println!("without: {:?}", ours.without);
}

/// A file of the data that are shared beside the repository, when it is there.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("AGGLO_SHARED_DATA").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

#[test]
fn terrorism_in_the_basque_country() {
    let Some(path) = shared("basque.csv") else { return };
    let mut units = long(&path, b',', ["regionname", "year", "gdpcap"]);
    units.retain(|name, _| !name.starts_with("Spain"));
    let (ours, weights) = of_units(units, "Basque Country (Pais Vasco)", "1975.0");
    let golden = [("Cataluna", 0.826_418), ("Madrid", 0.168_347), ("Principado De Asturias", 0.005_235)];
    assert_weights(&weights, &golden, 5.1e-7);
    // All 43 years, as augsynth's own tests have it.
    let mean_gap = ours.gap.iter().sum::<f64>() / 43.0;
    let length = ours.pre_rmspe * 20.0_f64.sqrt();
    assert_close(&[mean_gap, length, ours.att], &[-0.368_600, 0.376_694, -0.691_528_0], 5.1e-7, "gap, L2, att");
    assert_eq!((ours.placebos.rank, ours.placebos.units), (7, 17));
}

#[test]
fn tax_cuts_in_kansas() {
    let Some(path) = shared("kansas.csv") else { return };
    let (ours, weights) = of_units(long(&path, b',', ["state", "year_qtr", "lngdpcapita"]), "Kansas", "2012.25");
    let golden = [
        ("South Carolina", 0.3009),
        ("Washington", 0.2203),
        ("Texas", 0.1460),
        ("North Dakota", 0.1294),
        ("West Virginia", 0.0850),
        ("Alaska", 0.0652),
        ("Kentucky", 0.0532),
    ];
    assert_weights(&weights, &golden, 5.1e-5);
    let length = ours.pre_rmspe * 89.0_f64.sqrt();
    assert_close(&[ours.att, length], &[-0.029_434_7, 0.082_554_7], 5.1e-8, "att and L2");
}

#[test]
fn an_exact_control_has_no_ratio_and_other_weights() {
    let donors = vec![vec![0.0, 1.0, 5.0], vec![2.0, 1.0, 7.0], vec![0.0, 1.0, 9.0], vec![2.0, 3.0, 1.0]];
    let ours = run(&[1.0, 1.0, 4.0], &donors, 2);
    assert!(ours.exact && ours.non_unique && ours.converged);
    assert_close(&ours.weights, &[0.25, 0.5, 0.25, 0.0], 1e-9, "least Σw²");
    assert_eq!(ours.placebos.ratio, Err(Absent::ZeroDenominator));
    assert_eq!(ours.placebos.p_value, Err(Absent::ZeroDenominator));
}

#[test]
fn one_donor_is_the_control_and_leaves_no_placebo() {
    let ours = run(&[1.0, 2.0, 5.0], &[vec![1.0, 3.0, 2.0]], 2);
    assert_close(&ours.gap, &[0.0, -1.0, 3.0], 0.0, "gap");
    assert_eq!(ours.placebos.p_value, Err(Absent::TooFewCategories));
    assert!(ours.without.is_empty() && ours.placebos.gaps.is_empty());
}

#[test]
fn every_wrong_series_is_told() {
    let Err(Error::Invalid(violations)) =
        synthetic_control(&[1.0, f64::NAN], &[vec![1.0], vec![1.0, f64::INFINITY]], 2, &Stop::default())
    else {
        panic!("must be refused")
    };
    let fields: Vec<&str> = violations.told().iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["pre", "treated[1]", "donors[0]", "donors[1][1]"]);
}
