//! The three-region example with the study's coefficients, against its golden file.

use crate::support::{change, effects, given, panel, program, request, run, scenario, stock};
use agglo::forecast::{Action, Change, Closure, Code, Companion, Entrants, Forecast, Scenario};
use serde_json::Value as Json;

const FORMULA: &str = "growth(Y) ~ 0 + agglomeration(n) + agglomeration(K) + agglomeration(L)";
const COEFFICIENTS: [f64; 3] = [0.153, 1.42, -0.11];
const TOLERANCE: f64 = 1e-12;

fn golden(case: &str) -> Json {
    let text = std::fs::read_to_string("tests/golden/forecast/toy.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().iter().find(|c| c["name"] == case).unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn forecast(scenarios: Vec<Scenario>) -> Forecast {
    let inputs = golden("baseline")["inputs"].clone();
    let column = |name, json: &Json| {
        let values = numbers(json);
        stock(name, move |_, r, _| Ok(values[r]))
    };
    let drivers = &inputs["drivers"];
    let columns = [
        column("n", &drivers["n"]),
        column("K", &drivers["K"]),
        column("L", &drivers["L"]),
        column("Y", &inputs["output"]),
    ];
    let panel = panel((1, 3, 0), &columns);
    let program = program(FORMULA, &panel);
    let model = given(&program, &COEFFICIENTS, None, None);
    run(&program, &panel, &model, &request(3, 0, scenarios)).unwrap()
}

/// 25 % more enterprises in r3 with the capital and employees of the average one there.
fn enterprises() -> Change {
    entrants(Entrants::Rate, 0.25)
}

/// The same as a number of enterprises or as changes of each measure.
fn ways() -> [Vec<Change>; 3] {
    let scaled = ["n", "K", "L"].map(|measure| change(measure, Action::Scale, 1.25, &[2]));
    [vec![enterprises()], vec![entrants(Entrants::Number, 10.0)], scaled.into()]
}

fn entrants(entrants: Entrants, amount: f64) -> Change {
    let companion = |measure: &str| Companion { measure: measure.into(), relative_size: 1.0 };
    change("n", Action::Extensive { entrants, companions: vec![companion("K"), companion("L")] }, amount, &[2])
}

fn assert_close(ours: &[f64], golden: &[f64]) {
    assert_eq!(ours.len(), golden.len());
    for (ours, golden) in ours.iter().zip(golden) {
        assert!((ours - golden).abs() <= TOLERANCE, "{ours} is not {golden}");
    }
}

#[test]
fn the_baseline_grows_as_the_coefficients_say() {
    let forecast = forecast(Vec::new());
    let growth: Vec<f64> = (0..3).map(|r| forecast.outlooks[0].areas[r].outcome[0].point.unwrap()).collect();
    assert_close(&growth, &numbers(&golden("baseline")["expected"]["growth"]));
}

#[test]
fn greenfield_and_relocation_agree_with_the_golden_file() {
    let cases = [("greenfield", Closure::NewActivity), ("relocation_pro_rata", Closure::RelocateProRata)];
    for ((case, closure), way) in cases.into_iter().flat_map(|case| ways().map(|way| (case.clone(), way))) {
        let forecast = forecast(vec![scenario(case, closure, way)]);
        let expected = &golden(case)["expected"];
        let effect = forecast.outlooks[1].effect.as_ref().unwrap();
        for h in 0..3 {
            assert_close(&effects(&forecast, 0, h), &numbers(&expected["delta_growth"]));
            let adding_up = &effect.adding_up[h];
            assert_close(&[adding_up.unweighted.point.unwrap()], &[0.0]);
            assert_close(&[adding_up.weighted.point.unwrap()], &[expected["weighted"].as_f64().unwrap()]);
            for (term, driver) in ["n", "K", "L"].iter().enumerate() {
                let ours: Vec<f64> = (0..3).map(|r| effect.decomposition[h][r][term].unwrap()).collect();
                assert_close(&ours, &numbers(&expected["by_driver"][driver]));
                assert_close(&[adding_up.terms[term].unwrap()], &[0.0]);
            }
        }
        assert!(effect.pure_reallocation);
        assert!(forecast.warnings.iter().any(|w| w.code == Code::PureReallocation && w.place == case));
    }
}

#[test]
fn policies_alone_and_together_agree_with_the_golden_file() {
    let capital = change("K", Action::Scale, 1.10, &[2]);
    let employees = change("L", Action::Scale, 0.95, &[0]);
    let expected = &golden("three_policies")["expected"];
    let policies = [("P1", enterprises()), ("P2", capital), ("P3", employees)];
    for (name, coalition) in expected["coalitions"].as_object().unwrap() {
        let members = policies.iter().filter(|(policy, _)| name.split('+').any(|n| n == *policy));
        let changes = members.map(|(_, change)| change.clone()).collect();
        let forecast = forecast(vec![scenario(name, Closure::NewActivity, changes)]);
        assert_close(&effects(&forecast, 0, 0), &numbers(coalition));
    }
}
