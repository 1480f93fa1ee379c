//! Scores of forecasts against their golden file, and laws.

use agglo::card::{Card, Params, Raw};
use agglo::forecast::score::diebold_mariano::{self, Kernel};
use agglo::forecast::score::{self, Case, Predictive, Total, pit, skill};
use agglo::numeric::random::{normal, normals, stream};
use agglo::panel::{Absent, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

fn cases() -> Vec<Json> {
    let text = std::fs::read_to_string("tests/golden/forecast/scores.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn assert_close(ours: f64, case: &Json, key: &str) {
    let (golden, tolerance) = (case["expected"][key].as_f64().unwrap(), case["tolerance"].as_f64().unwrap());
    let gap = (ours - golden).abs();
    assert!(gap <= tolerance * golden.abs().max(1e-2), "{}: {key} is {ours}, not {golden}", case["name"]);
}

/// A score by its id and perhaps a parameter, as in `coverage level=0.8`.
fn total(named: &str, cases: &[Case<'_>]) -> Total {
    let (id, parameter) = named.split_once(' ').unwrap_or((named, ""));
    let score = score::find(id).unwrap();
    let given = parameter.split_once('=').map(|(name, value)| (name.to_owned(), Raw::Number(value.parse().unwrap())));
    let params = Params::parse(score.card(), &given.into_iter().collect(), "params").unwrap();
    let of_cases: Vec<Value> = cases.iter().map(|case| score.of_case(case, &params)).collect();
    Total::of(score, &of_cases)
}

/// Cases of draws and one outcome, of points and outcomes.
fn scored(golden: &Json) -> Vec<(Predictive, f64)> {
    let inputs = &golden["inputs"];
    if let Some(actual) = inputs["actual"].as_f64() {
        return vec![(Predictive::new(0.0, numbers(&inputs["draws"])), actual)];
    }
    let points = numbers(&inputs["points"]).into_iter().map(|point| Predictive::new(point, Vec::new()));
    points.zip(numbers(&inputs["actuals"])).collect()
}

#[test]
fn scores_agree_with_the_golden_file() {
    let mut seen = BTreeSet::new();
    for golden in cases().iter().filter(|c| c["inputs"]["actual"].is_f64() || c["inputs"]["actuals"].is_array()) {
        let history: Vec<Value> = golden["inputs"]["history"]
            .as_array()
            .map_or(Vec::new(), |h| h.iter().map(|x| Ok(x.as_f64().unwrap())).collect());
        let scored = scored(golden);
        let cases: Vec<Case<'_>> =
            scored.iter().map(|(forecast, actual)| Case { forecast, actual: *actual, history: &history }).collect();
        for key in golden["expected"].as_object().unwrap().keys() {
            let ours = if key == "pit" { pit::pit(&cases[0]).unwrap() } else { total(key, &cases).value.unwrap() };
            assert_close(ours, golden, key);
            seen.insert(key.split(' ').next().unwrap().to_owned());
        }
    }
    let ids: BTreeSet<_> = score::ALL.iter().map(|s| s.card().id.to_owned()).chain(["pit".to_owned()]).collect();
    assert_eq!(seen, ids, "each score has a golden number");
}

#[test]
fn tests_agree_with_the_golden_file() {
    let (mut uniform, mut compared) = (0, 0);
    for golden in cases() {
        let inputs = &golden["inputs"];
        if inputs["pits"].is_array() {
            let pits = numbers(&inputs["pits"]);
            let test = pit::uniformity(&pits).unwrap();
            assert_close(test.statistic, &golden, "statistic");
            assert_close(test.p_value, &golden, "p_value");
            let histogram: Vec<f64> = pit::histogram(&pits, 10).iter().map(|count| *count as f64).collect();
            assert_eq!(histogram, numbers(&golden["expected"]["histogram"]));
            uniform += 1;
        }
        if inputs["differences"].is_array() {
            let kernel = if inputs["kernel"] == "bartlett" { Kernel::Bartlett } else { Kernel::Rectangular };
            let horizon = inputs["horizon"].as_u64().unwrap() as usize;
            let test = diebold_mariano::test(&numbers(&inputs["differences"]), horizon, kernel).unwrap();
            assert_eq!(test.kernel, kernel);
            assert_close(test.statistic, &golden, "statistic");
            assert_close(test.p_value, &golden, "p_value");
            assert_close(test.difference, &golden, "difference");
            compared += 1;
        }
    }
    assert!(uniform >= 8 && compared >= 7, "{uniform} {compared}");
}

/// Values that can be worked out by hand or in closed form.
#[test]
fn printed_values() {
    let four = Predictive::new(0.0, vec![7.0, 1.0, 4.0, 2.0]);
    let case = [Case { forecast: &four, actual: 3.0, history: &[] }];
    assert!((total("crps", &case).value.unwrap() - 0.75).abs() < 1e-15);
    assert!((total("fair_crps", &case).value.unwrap() - 1.0 / 3.0).abs() < 1e-15);
    // N(0, 1) at 0.5 is 0.3314035313 (Gneiting and Raftery 2007, equation 21 in closed form).
    let normal = Predictive::new(0.0, normals(&mut stream(1, 1), 200_000));
    let case = [Case { forecast: &normal, actual: 0.5, history: &[] }];
    let fair = total("fair_crps", &case).value.unwrap();
    assert!((fair - 0.331_403_531_3).abs() < 4e-3, "{fair}");
}

#[test]
fn fair_crps_does_not_depend_on_the_number_of_draws() {
    let mut random = stream(3, 0);
    let mut means = BTreeMap::new();
    for m in [2, 5, 50] {
        let scores = (0..20_000).map(|_| {
            let forecast = Predictive::new(0.0, normals(&mut random, m));
            let case = [Case { forecast: &forecast, actual: normal(&mut random), history: &[] }];
            (total("fair_crps", &case).value.unwrap(), total("crps", &case).value.unwrap())
        });
        let (fair, plain): (Vec<f64>, Vec<f64>) = scores.unzip();
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        means.insert(m, (mean(&fair), mean(&plain)));
    }
    println!("mean fair and plain CRPS of N(0, 1) by number of draws: {means:?}; without end 1/√π = 0.5642");
    assert!(means.values().all(|(fair, _)| (fair - 0.564_19).abs() < 0.015));
    assert!(means[&2].1 > 1.3 * 0.564_19, "two draws are penalised without fairness");
}

#[test]
fn points_have_an_absolute_error_for_a_crps_and_no_interval() {
    let point = Predictive::new(2.0, Vec::new());
    let case = [Case { forecast: &point, actual: 5.0, history: &[Ok(1.0), Ok(1.0)] }];
    assert_eq!(total("crps", &case).value, Ok(3.0));
    assert_eq!(total("fair_crps", &case).value, Ok(3.0));
    for id in ["interval_score", "coverage", "pinball"] {
        let total = total(id, &case);
        assert_eq!((total.value, total.cases, total.without), (Err(Absent::Undetermined), 0, 1), "{id}");
    }
    assert_eq!(total("mase", &case).value, Err(Absent::ZeroDenominator), "a constant history has no scale");
    assert_eq!(pit::pit(&case[0]), Err(Absent::Undetermined));
    assert_eq!(skill::skill(1.0, 0.0), Err(Absent::ZeroDenominator));
    assert_eq!(skill::skill(1.0, 4.0), Ok(0.75));
}

#[test]
fn holes_in_the_history_leave_the_scale_to_what_is_there() {
    let point = Predictive::new(2.0, Vec::new());
    let history = [Ok(1.0), Err(Absent::Missing), Ok(9.0), Ok(11.0), Ok(14.0)];
    let case = [Case { forecast: &point, actual: 7.0, history: &history }];
    assert_eq!(total("mase", &case).value, Ok(2.0));
}

#[test]
fn comparisons_without_an_answer_say_why() {
    assert_eq!(diebold_mariano::test(&[1.0, 2.0], 2, Kernel::Bartlett), Err(Absent::NoPeriod));
    assert_eq!(diebold_mariano::test(&[0.3; 9], 2, Kernel::Bartlett), Err(Absent::ZeroDenominator));
    // Alternating differences: γ_0 + 2γ_1 is below zero, so that bartlett steps in.
    let swings: Vec<f64> = (0..20).map(|t| if t % 2 == 0 { 1.0 } else { -0.9 }).collect();
    let test = diebold_mariano::test(&swings, 2, Kernel::Rectangular).unwrap();
    assert_eq!(test.kernel, Kernel::Bartlett);
    let turned: Vec<f64> = swings.iter().map(|d| -d).collect();
    let other = diebold_mariano::test(&turned, 2, Kernel::Rectangular).unwrap();
    assert!((test.statistic + other.statistic).abs() < 1e-12 && (test.p_value - other.p_value).abs() < 1e-12);
}

/// Shares of rejections at 5 % where the null is true, printed.
#[test]
fn tests_reject_as_often_as_they_say() {
    let (runs, n) = (4000, 25);
    let mut random = stream(11, 0);
    let mut rejected = [0; 3];
    for _ in 0..runs {
        // The place of an outcome among 199 draws of its own distribution.
        let pits: Vec<f64> = (0..n)
            .map(|_| {
                let forecast = Predictive::new(0.0, normals(&mut random, 199));
                pit::pit(&Case { forecast: &forecast, actual: normal(&mut random), history: &[] }).unwrap()
            })
            .collect();
        rejected[0] += usize::from(pit::uniformity(&pits).unwrap().p_value < 0.05);
        for (place, horizon) in [(1, 1), (2, 3)] {
            let shocks = normals(&mut random, n + horizon - 1);
            let moving: Vec<f64> = shocks.windows(horizon).map(|w| w.iter().sum()).collect();
            let test = diebold_mariano::test(&moving, horizon, Kernel::Rectangular).unwrap();
            rejected[place] += usize::from(test.p_value < 0.05);
        }
    }
    let shares = rejected.map(|count| count as f64 / f64::from(runs));
    println!(
        "rejections at 5 %, 25 forecasts: uniformity {:.3}, Diebold-Mariano h = 1 {:.3}, h = 3 {:.3}",
        shares[0], shares[1], shares[2]
    );
    assert!((shares[0] - 0.05).abs() < 0.012, "{shares:?}");
    assert!((shares[1] - 0.05).abs() < 0.012, "{shares:?}");
    // Autocovariances of 25 forecasts are estimated with error, which the correction does not know.
    assert!((0.04..0.12).contains(&shares[2]), "{shares:?}");
}

#[test]
fn cards_are_whole_and_their_names_distinct() {
    let mut names = BTreeSet::new();
    for card in score::cards() {
        let Card { id, aliases, title, formula, reference, params, .. } = card;
        assert!([id].into_iter().chain(*aliases).all(|name| names.insert(*name)), "{id}");
        assert!(
            !title.is_empty() && !formula.is_empty() && reference.contains("(19") | reference.contains("(20"),
            "{id}"
        );
        assert!(params.iter().all(|param| param.doc.ends_with('.')), "{id}");
        assert!(Params::parse(card, &BTreeMap::new(), "params").is_ok(), "{id}: its defaults are allowed");
    }
}
