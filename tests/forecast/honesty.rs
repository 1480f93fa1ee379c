//! How far a future lies from history, and how unlikely imposed paths are: golden numbers, laws, calibration, time.

use crate::support::{close, region, year};
use agglo::forecast::Code;
use agglo::forecast::distance::{MAX_HULL_ROWS, Seen, doubts};
use agglo::forecast::plausibility::{plausibility, warning};
use agglo::formula::Predictors;
use agglo::numeric::Stop;
use agglo::numeric::conditional::{Plausibility, conditional};
use agglo::numeric::random::{normals, stream};
use agglo::panel::{Absent, Period};
use nalgebra::DMatrix;
use serde_json::Value as Json;

fn golden(name: &str) -> Json {
    let text = std::fs::read_to_string("tests/golden/forecast/honesty.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn matrix(json: &Json) -> Vec<Vec<f64>> {
    json.as_array().unwrap().iter().map(numbers).collect()
}

/// Predictors of one period from row × term; null is missing.
fn predictors(rows: &Json) -> Predictors {
    let rows = rows.as_array().unwrap();
    let value = |row: &Json, k: usize| row[k].as_f64().ok_or(Absent::Missing);
    let terms = 0..rows[0].as_array().unwrap().len();
    Predictors {
        regressors: terms.map(|k| rows.iter().map(|row| value(row, k)).collect()).collect(),
        slopes: Vec::new(),
    }
}

fn assert_plausibility(ours: &Plausibility, expected: &Json, tolerance: f64) {
    let number = |field: &str| expected[field].as_f64().unwrap();
    assert_eq!(ours.df as u64, expected["df"].as_u64().unwrap());
    for (ours, golden) in [(ours.q, "q"), (ours.tail, "tail"), (ours.calibrated, "calibrated")] {
        assert!(close(ours, number(golden), tolerance), "{golden}: {ours} is not {}", number(golden));
    }
}

#[test]
fn distances_are_those_of_the_golden_file() {
    let case = golden("distances");
    let sections =
        |field: &str| -> Vec<Predictors> { case["inputs"][field].as_array().unwrap().iter().map(predictors).collect() };
    let history: Vec<(Period, Predictors)> =
        sections("history").into_iter().enumerate().map(|(t, p)| (year(2000 + t as i32), p)).collect();
    let seen = Seen::of(&history).unwrap();
    let ours = seen.ahead(&sections("ahead"), &[], &Stop::default()).unwrap();
    let tolerance = case["tolerance"].as_f64().unwrap();
    for (ours, expected) in ours.iter().zip(case["expected"].as_array().unwrap()) {
        let number = |field: &str| expected[field].as_f64().unwrap();
        let (change, hull) = (ours.change.unwrap(), ours.hull.unwrap());
        let step = |field: &str| expected[field].as_u64().unwrap() as usize;
        assert_eq!([change.step, hull.step], ["change_step", "hull_step"].map(step));
        let found = [change.value, ours.farther.unwrap(), hull.value];
        for (ours, golden) in found.iter().zip(["change", "farther", "hull"]) {
            assert!(close(*ours, number(golden), tolerance), "{golden}: {ours} is not {}", number(golden));
        }
        assert_eq!(ours.term.map(|term| term as u64), expected["term"].as_u64());
        assert_eq!(ours.leverage, None);
    }
    let terms = ["(Intercept)", "a", "b", "c"].map(str::to_owned);
    let told = doubts("scenario", &terms, (&region, &|h| year(2015 + h as i32).to_string()), &ours);
    println!("{}", told.iter().map(|(_, w)| w.message.as_str()).collect::<Vec<_>>().join("\n"));
    assert!(told.iter().any(|((code, _), w)| *code == Code::OutsideHull && w.message.contains("r02")));
    assert!(told.iter().any(|((code, _), _)| *code == Code::UnusualChange));
}

#[test]
fn conditional_forecasts_are_conditional_expectations() {
    let case = golden("vector_autoregression");
    let (inputs, expected) = (&case["inputs"], &case["expected"]);
    let rows = matrix(&inputs["responses"]);
    let responses = DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j]);
    let picked: Vec<usize> = numbers(&inputs["conditioned"]).iter().map(|i| *i as usize).collect();
    let ours = conditional(&numbers(&inputs["deviations"]), &responses.select_rows(&picked)).unwrap();
    let tolerance = case["tolerance"].as_f64().unwrap();
    assert_plausibility(&ours.plausibility, expected, tolerance);
    let path = &responses * nalgebra::DVector::from_vec(ours.shocks);
    assert!(path.iter().zip(numbers(&expected["path"])).all(|(a, b)| close(*a, b, tolerance)));
}

#[test]
fn imposed_paths_are_as_unlikely_as_the_golden_file_says() {
    for name in ["many_dates", "more_cells_than_dates"] {
        let case = golden(name);
        let ours = plausibility(&matrix(&case["inputs"]["errors"]), &matrix(&case["inputs"]["imposed"])).unwrap();
        assert_plausibility(&ours, &case["expected"], case["tolerance"].as_f64().unwrap());
    }
}

#[test]
fn nothing_imposed_is_realistic_and_a_leap_is_warned_about() {
    let errors: Vec<Vec<f64>> =
        (0..20).map(|t| normals(&mut stream(1, t), 2).iter().map(|z| 0.02 * z).collect()).collect();
    let none = plausibility(&errors, &[vec![0.0; 2], vec![0.0; 2]]).unwrap();
    assert_eq!((none.q, none.tail, none.calibrated), (0.0, 1.0, 0.5));
    assert_eq!(warning("s", "K", &none), None);
    let leap = plausibility(&errors, &[vec![0.25, 0.0], vec![0.25, 0.0]]).unwrap();
    assert_eq!(warning("s", "K", &leap).unwrap().code, Code::ImplausibleCondition);
    assert_eq!(plausibility(&errors[..2], &[vec![0.1, 0.0]]), None);
    assert_eq!(plausibility(&errors, &[vec![]]), None);
    assert_eq!(plausibility(&[vec![0.0], vec![0.0], vec![0.0]], &[vec![0.1]]), None);
}

#[test]
fn tails_are_uniform_for_paths_that_the_history_would_make() {
    let (runs, dates, cells, steps) = (1000, 300, 3, 4);
    let below = |level: f64, tails: &[f64]| tails.iter().filter(|p| **p < level).count() as f64 / runs as f64;
    let error = |random: &mut _| -> Vec<f64> {
        let z = normals(random, cells + 1);
        (0..cells).map(|i| 0.03 * (z[i] + z[cells])).collect()
    };
    let tails: Vec<f64> = (0..runs)
        .map(|run| {
            let random = &mut stream(5, run);
            let errors: Vec<Vec<f64>> = (0..dates).map(|_| error(random)).collect();
            let mut path = vec![vec![0.0; cells]];
            (0..steps).for_each(|h| path.push(error(random).iter().zip(&path[h]).map(|(e, x)| e + x).collect()));
            plausibility(&errors, &path[1..]).unwrap().tail
        })
        .collect();
    for level in [0.05, 0.2, 0.5, 0.9] {
        let share = below(level, &tails);
        println!("a share {share:.3} of paths has a tail below {level}");
        // Four standard errors, and two points for a covariance of 300 dates.
        assert!((share - level).abs() < 0.02 + 4.0 * (level * (1.0 - level) / runs as f64).sqrt());
    }
}

/// A history of random walks, periods × rows × terms, and steps that go on with it.
fn walks(
    seed: u64,
    (periods, steps): (usize, usize),
    (rows, terms): (usize, usize),
) -> (Vec<(Period, Predictors)>, Vec<Predictors>) {
    let mut random = stream(seed, 0);
    let mut level = normals(&mut random, rows * terms);
    let mut next = || {
        let z = normals(&mut random, rows * terms);
        level.iter_mut().zip(z).for_each(|(x, z)| *x += 0.1 * z);
        let column = |k: usize| level[k * rows..(k + 1) * rows].iter().map(|x| Ok(*x)).collect();
        Predictors { regressors: (0..terms).map(column).collect(), slopes: Vec::new() }
    };
    let history = (0..periods).map(|t| (year(2000 + t as i32), next())).collect();
    (history, (0..steps).map(|_| next()).collect())
}

#[test]
fn units_of_terms_and_order_of_rows_do_not_matter() {
    let (mut history, mut steps) = walks(3, (12, 3), (7, 3));
    let before = Seen::of(&history).unwrap().ahead(&steps, &[], &Stop::default()).unwrap();
    for p in history.iter_mut().map(|(_, p)| p).chain(&mut steps) {
        p.regressors[1].iter_mut().for_each(|x| *x = x.map(|x| 1e6 * x));
        p.regressors.iter_mut().for_each(|column| column.reverse());
    }
    let after = Seen::of(&history).unwrap().ahead(&steps, &[], &Stop::default()).unwrap();
    for (a, b) in before.iter().zip(after.iter().rev()) {
        assert!(close(a.change.unwrap().value, b.change.unwrap().value, 1e-8));
        assert!(close(a.hull.unwrap().value, b.hull.unwrap().value, 1e-8));
        assert_eq!((a.farther, a.term), (b.farther, b.term));
    }
}

#[test]
fn rows_of_the_history_are_inside_it() {
    let (history, _) = walks(4, (12, 0), (7, 3));
    let seen = Seen::of(&history).unwrap();
    let steps: Vec<Predictors> = history.iter().map(|(_, p)| p.clone()).collect();
    assert!(seen.ahead(&steps, &[], &Stop::default()).unwrap().iter().all(|d| d.hull.unwrap().value == 0.0));
}

#[test]
fn what_does_not_vary_is_left_out_and_what_is_missing_has_no_distance() {
    let (mut history, mut steps) = walks(8, (12, 3), (7, 2));
    let before = Seen::of(&history).unwrap().ahead(&steps, &[], &Stop::default()).unwrap();
    for p in history.iter_mut().map(|(_, p)| p).chain(&mut steps) {
        p.regressors.insert(0, vec![Ok(1.0); 7]);
        // The sum of the others has no variance of its own.
        let sum = p.regressors[1].iter().zip(&p.regressors[2]).map(|(a, b)| Ok((*a)? + (*b)?)).collect();
        p.regressors.push(sum);
    }
    steps.iter_mut().for_each(|p| p.regressors[1][4] = Err(Absent::Missing));
    let leverage = vec![vec![Some(0.5); 7], vec![Some(1.5); 7], vec![None; 7]];
    let after = Seen::of(&history).unwrap().ahead(&steps, &leverage, &Stop::default()).unwrap();
    for (row, (a, b)) in before.iter().zip(&after).enumerate() {
        let worst = b.leverage.unwrap();
        assert!(worst.step == 1 && (worst.value - 1.5).abs() < 1e-15);
        if row == 4 {
            assert_eq!((b.change, b.farther, b.hull, b.term), (None, None, None, None));
        } else {
            assert!(close(b.change.unwrap().value, a.change.unwrap().value, 1e-8));
            assert_eq!(a.hull.unwrap().value > 0.0, b.hull.unwrap().value > 0.0);
        }
    }
    history.iter_mut().for_each(|(_, p)| p.regressors.truncate(1));
    assert!(Seen::of(&history).is_none());
}

#[test]
fn thirty_one_regions_take_milliseconds() {
    let (history, steps) = walks(5, (20, 15), (31, 5));
    let began = std::time::Instant::now();
    let seen = Seen::of(&history).unwrap();
    let distances = seen.ahead(&steps, &[], &Stop::default()).unwrap();
    println!("31 regions, 20 years, 15 steps, 5 terms: {:?}", began.elapsed());
    assert_eq!((distances.len(), seen.sampled()), (31, (620, 620)));
    let (history, _) = walks(6, (20, 0), (401, 5));
    let (kept, all) = Seen::of(&history).unwrap().sampled();
    assert!(all == 8020 && kept <= MAX_HULL_ROWS + 10);
}

#[test]
fn one_thread_and_many_give_the_same_bits() {
    let (history, steps) = walks(7, (12, 4), (9, 3));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Seen::of(&history).unwrap().ahead(&steps, &[], &Stop::default()).unwrap())
    };
    assert_eq!(on(1), on(2));
}
