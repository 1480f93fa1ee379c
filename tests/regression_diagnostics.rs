//! What holds for every test of a fitted model, how often each rejects, and what bad requests are told.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normals, stream};
use agglo::panel::{SpatialWeights, Value};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::diagnostics::{Asked, Subject, TESTS, find_test, run};
use agglo::regression::facts::Facts;
use agglo::regression::{Fit, Outcome, Spec, fit_design};
use rayon::prelude::*;
use std::sync::Arc;

fn effect(name: &str, codes: Vec<u32>) -> Effect {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Effect { name: name.into(), groups: Groups { name: name.into(), codes, levels }, intercept: true, slope: None }
}

/// Regions on a ring, each a neighbour of the next two on either side.
fn ring(regions: usize) -> Arc<Facts> {
    let pairs = (0..regions).flat_map(|i| [1, 2].map(|step| (i, (i + step) % regions)));
    let names = (0..regions).map(|i| format!("R{i}")).collect();
    let neighbours = Some(SpatialWeights::from_contiguity(regions, pairs));
    Arc::new(Facts { regions: names, neighbours, ..Facts::default() })
}

/// A balanced panel of two regressors and the errors given, region by region, with a constant.
fn panel(random: &mut Random, periods: usize, errors: &[f64]) -> Design {
    let n = errors.len();
    let (a, b) = (normals(random, n), normals(random, n));
    let y = (0..n).map(|i| 1.0 + 0.5 * a[i] - b[i] + errors[i]).collect();
    Design {
        y,
        x: vec![vec![1.0; n], a, b],
        names: ["(Intercept)", "a", "b"].map(str::to_owned).to_vec(),
        rows: (0..n)
            .map(|i| RowId { region: (i / periods) as u32, industry: 0, period: 2000 + (i % periods) as i32 })
            .collect(),
        facts: ring(n / periods),
        ..Design::default()
    }
}

/// With fixed effects of regions and, if asked, of periods, instead of the constant.
fn with_effects(mut design: Design, periods_too: bool) -> Design {
    design.x.remove(0);
    design.names.remove(0);
    design.effects.push(effect("region", design.rows.iter().map(|row| row.region).collect()));
    if periods_too {
        design.effects.push(effect("period", design.rows.iter().map(|row| (row.period - 2000) as u32).collect()));
    }
    design
}

/// Keeps the rows at `kept` in that order.
fn pick(design: &Design, kept: &[usize]) -> Design {
    let mut picked = design.clone();
    picked.keep(kept);
    picked
}

/// An unbalanced panel with gaps, with and without weights and effects by the seed.
fn unbalanced(seed: u64) -> Design {
    let mut random = stream(seed, 0);
    let errors = normals(&mut random, 14 * 18);
    let mut design = panel(&mut random, 18, &errors);
    if seed % 2 == 1 {
        design = with_effects(design, seed % 4 == 3);
    }
    if seed % 3 == 1 {
        design.weights = Some(normals(&mut random, errors.len()).iter().map(|z| z.exp()).collect());
    }
    let present = normals(&mut random, errors.len());
    pick(&design, &(0..errors.len()).filter(|i| present[*i] < 1.7).collect::<Vec<_>>())
}

fn fitted(design: &Design) -> Fit {
    fit_design(design.clone(), &Spec::default(), &Stop::default()).unwrap()
}

fn asked(id: &str, parameters: &[(&str, &str)]) -> Asked {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), Raw::Text((*value).to_owned())));
    Asked { id: id.to_owned(), parameters: parameters.collect() }
}

fn try_test(design: &Design, id: &str, parameters: &[(&str, &str)]) -> Result<Outcome, Error> {
    let fit = fitted(design);
    let subject = Subject { fit: &fit, design: Some(design) };
    run(&subject, &[asked(id, parameters)], &Stop::default()).map(|mut outcomes| outcomes.remove(0))
}

fn test(design: &Design, id: &str, parameters: &[(&str, &str)]) -> Outcome {
    try_test(design, id, parameters).unwrap_or_else(|e| panic!("{id}: {e}"))
}

/// A diagnosis; tests of instruments and of kinds of panels are looked at where they come from.
fn diagnose(subject: &Subject<'_>) -> Vec<Outcome> {
    let here: Vec<&str> = experiments().iter().map(|e| e.id).chain(NO_EXPERIMENT).collect();
    let all = run(subject, &[], &Stop::default()).unwrap();
    all.into_iter().filter(|outcome| here.contains(&outcome.id.as_str())).collect()
}

fn diagnosis(design: &Design) -> Vec<Outcome> {
    diagnose(&Subject { fit: &fitted(design), design: Some(design) })
}

/// The numbers that must not change with units or the order of rows.
fn numbers(outcome: &Outcome) -> Vec<Value> {
    let figures = outcome.figures.iter().map(|figure| figure.value);
    [outcome.statistic, outcome.p_value].into_iter().chain(figures).collect()
}

fn assert_same(before: &[Outcome], after: &[Outcome], close: f64, what: &str) {
    let ids = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(before), ids(after), "{what}");
    for (before, after) in before.iter().zip(after) {
        for (a, b) in numbers(before).into_iter().zip(numbers(after)) {
            let same = match (a, b) {
                (Ok(a), Ok(b)) => (a - b).abs() <= close * a.abs().max(1e-3),
                (a, b) => a == b,
            };
            assert!(same, "{what}: {} has {a:?} and {b:?}", before.id);
        }
    }
}

#[test]
fn units_and_the_order_of_rows_do_not_matter() {
    for seed in 0..12 {
        let design = unbalanced(seed);
        let before = diagnosis(&design);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 3e7);
        let last = scaled.x.len() - 1;
        scaled.x[last].iter_mut().for_each(|x| *x *= 2e-6);
        assert_same(&before, &diagnosis(&scaled), 1e-8, "units");
        let keys = normals(&mut stream(seed, 1), design.y.len());
        let mut order: Vec<usize> = (0..design.y.len()).collect();
        order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
        assert_same(&before, &diagnosis(&pick(&design, &order)), 1e-8, "order");
    }
}

#[test]
fn a_stored_model_without_data_is_told_the_same() {
    for seed in 0..12 {
        let design = unbalanced(seed);
        let fit = fitted(&design);
        let with_data = diagnosis(&design);
        let stored = diagnose(&Subject { fit: &fit, design: None });
        let needs_terms = ["breusch_pagan", "white", "andrews_quandt"];
        let expected: Vec<Outcome> = with_data
            .into_iter()
            .filter(|outcome| design.effects.is_empty() || !needs_terms.contains(&outcome.id.as_str()))
            .collect();
        assert_same(&expected, &stored, 1e-7, "stored");
        if !design.effects.is_empty() {
            let asked = [asked("white", &[])];
            let refused = run(&Subject { fit: &fit, design: None }, &asked, &Stop::default()).unwrap_err();
            assert!(refused.to_string().contains("needs the data"), "{refused}");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let design = unbalanced(3);
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| diagnosis(&design))
    };
    assert_eq!(of(1), of(2));
}

#[test]
fn a_diagnosis_takes_the_tests_that_fit() {
    let ids = |design: &Design| diagnosis(design).into_iter().map(|outcome| outcome.id).collect::<Vec<_>>();
    let mut random = stream(5, 0);
    let errors = normals(&mut random, 300);
    let rows = ["jarque_bera", "vif", "condition_number", "influence"];
    let space = ["moran_residuals", "lm_spatial"];
    let section = panel(&mut random, 1, &errors[..100]);
    let form = ["wald", "reset", "breusch_pagan", "white"];
    assert_eq!(ids(&section), [&form[..], &space, &rows].concat());
    let pooled = panel(&mut random, 20, &errors);
    let time = ["breusch_godfrey", "bera_sosa_escudero_yoon", "pesaran_cd"];
    let long = ["panel_unit_root", "andrews_quandt"];
    assert_eq!(ids(&pooled), [&form[..], &time, &space, &long, &rows].concat());
    let within = with_effects(pooled, true);
    assert!(try_test(&within, "pesaran_cd", &[]).unwrap_err().to_string().contains("sum to zero"));
    assert_eq!(ids(&within), [&form[..], &["wooldridge"], &space, &long, &rows].concat());
}

#[test]
fn every_outcome_of_every_test_reads_well() {
    for seed in 0..24 {
        for outcome in diagnosis(&unbalanced(seed)) {
            assert!(outcome.statistic.is_ok_and(f64::is_finite), "{outcome:?}");
            assert!(outcome.reading.ends_with('.') && !outcome.reading.contains("NaN"), "{}", outcome.reading);
            assert!(outcome.p_value.is_err() == outcome.distribution.is_empty(), "{outcome:?}");
            assert!(outcome.p_value.is_err() || outcome.reading.contains("p "), "{}", outcome.reading);
        }
    }
}

#[test]
fn degenerate_models_are_told_so_and_never_panic() {
    let mut random = stream(8, 0);
    let errors = normals(&mut random, 60);
    let design = panel(&mut random, 6, &errors);
    let constant = Design { y: vec![3.0; 60], ..design.clone() };
    let exact = Design { y: design.x[1].iter().map(|a| 2.0 * a + 1.0).collect(), ..design.clone() };
    let small = pick(&design, &[0, 1, 2, 3]);
    let lone = pick(&design, &[0, 6, 12, 18, 24, 30, 36, 42, 48, 54]);
    for (name, design) in [("constant", constant), ("exact", exact), ("small", small), ("lone", lone)] {
        for outcome in diagnosis(&design) {
            assert!(numbers(&outcome).iter().flatten().all(|x| x.is_finite()), "{name}: {outcome:?}");
        }
        for test in TESTS {
            let _ = try_test(&design, test.card().id, &[]);
        }
    }
}

#[test]
fn one_restriction_is_the_square_of_t() {
    for covariance in ["iid", "hc1"] {
        let design = unbalanced(6);
        let spec = Spec { covariance: Choice::read(covariance), ..Spec::default() };
        let fit = fit_design(design.clone(), &spec, &Stop::default()).unwrap();
        let t = fit.t_values()[1].unwrap();
        for (id, parameters) in [("wald", ("terms", "a")), ("linear_restrictions", ("restrictions", "2*a = 0"))] {
            let outcomes = run(&Subject { fit: &fit, design: None }, &[asked(id, &[parameters])], &Stop::default());
            let outcome = outcomes.unwrap().remove(0);
            assert!((outcome.statistic.unwrap() / (t * t) - 1.0).abs() < 1e-12, "{id}");
            assert!((outcome.p_value.unwrap() / fit.p_values()[1].unwrap() - 1.0).abs() < 1e-10, "{id}");
        }
    }
}

#[test]
fn models_of_differences_and_random_effects_are_tested_as_they_were_estimated() {
    let design = unbalanced(0);
    let stop = Stop::default();
    let of = |estimator: &str, id: &str| {
        let spec = Spec { estimator: estimator.to_owned(), ..Spec::default() };
        let fit = fit_design(design.clone(), &spec, &stop).unwrap();
        run(&Subject { fit: &fit, design: Some(&design) }, &[asked(id, &[])], &stop).unwrap().remove(0)
    };
    let before = |row: &RowId| design.rows.iter().position(|r| *r == RowId { period: row.period - 1, ..*row });
    let pairs: Vec<(usize, usize)> =
        design.rows.iter().enumerate().filter_map(|(i, row)| Some((i, before(row)?))).collect();
    let change = |v: &[f64]| pairs.iter().map(|(i, before)| v[*i] - v[*before]).collect::<Vec<f64>>();
    let mut changes = pick(&design, &pairs.iter().map(|(i, _)| *i).collect::<Vec<_>>());
    changes.y = change(&design.y);
    (1..3).for_each(|j| changes.x[j] = change(&design.x[j]));
    for id in ["reset", "breusch_godfrey", "influence", "breusch_pagan"] {
        assert_same(&[test(&changes, id, &[])], &[of("first_differences", id)], 1e-8, "differences");
        for estimator in ["random_effects", "correlated_random_effects", "between"] {
            assert!(id == "breusch_godfrey" || of(estimator, id).p_value.is_ok(), "{estimator} {id}");
        }
    }
}

#[test]
fn dfbetas_are_the_changes_without_the_row() {
    for seed in [1, 3, 4, 6] {
        let design = unbalanced(seed);
        let fit = fitted(&design);
        let outcome = test(&design, "influence", &[("rows", "5")]);
        let table = &outcome.parts[0];
        for place in 0..5 {
            let key = |k: usize| table.keys[k].1[place].clone();
            let row = |row: &RowId| format!("R{}", row.region) == key(0) && row.period.to_string() == key(1);
            let without: Vec<usize> = (0..design.y.len()).filter(|i| !row(&design.rows[*i])).collect();
            assert_eq!(without.len(), design.y.len() - 1);
            let other = fitted(&pick(&design, &without));
            for (j, name) in fit.names().enumerate() {
                let (_, column) = table.columns.iter().find(|(n, _)| *n == format!("dfbetas of {name}")).unwrap();
                let unit = (fit.vcov[j][j] / fit.statistics.sigma2 * other.statistics.sigma2).sqrt();
                let change = (fit.coefficients[j] - other.coefficients[j]) / unit;
                assert!((column[place].unwrap() - change).abs() < 1e-8, "seed {seed}: {name}");
            }
        }
    }
}

#[test]
fn bad_requests_are_told_what_to_mend() {
    let design = unbalanced(2);
    let told = |id: &str, parameters: &[(&str, &str)]| try_test(&design, id, parameters).unwrap_err().to_string();
    for (message, parts) in [
        (told("breush_pagan", &[]), &["tests[0].id", "did you mean breusch_pagan?"][..]),
        (told("wald", &[("terms", "aa")]), &["tests[0].parameters.terms", "did you mean a?"]),
        (told("linear_restrictions", &[("restrictions", "a = 2*c")]), &["column 7", "\n  a = 2*c\n        ^"]),
        (told("linear_restrictions", &[("restrictions", "a = b; b = a")]), &["follows from"]),
        (told("linear_restrictions", &[]), &["must be given"]),
        (told("chow", &[("period", "2000")]), &["after 2000 and not after 2017"]),
        (told("chow", &[("period", "soon")]), &["must be a period"]),
        (told("breusch_godfrey", &[("order", "40")]), &["tests[0].parameters.order"]),
        (told("panel_unit_root", &[("of", "bb")]), &["did you mean b?"]),
        (told("panel_unit_root", &[("deterministic", "none")]), &["needs a constant or a trend"]),
        (told("white", &[("form", "half")]), &["one of full, fitted"]),
    ] {
        parts.iter().for_each(|part| assert!(message.contains(part), "{message} lacks {part}"));
    }
}

// How often tests reject at 5 % when the null hypothesis holds and when it does not.

/// Tests that answer a question of the caller's, and measures without one.
const NO_EXPERIMENT: [&str; 3] = ["linear_restrictions", "vif", "condition_number"];

/// Draws of every experiment.
const DRAWS: u64 = 300;

/// An experiment: a test with parameters, on a design made from a stream.
struct Experiment {
    name: &'static str,
    id: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    null: fn(&mut Random) -> Design,
    other: fn(&mut Random) -> Design,
    /// How far the size may be from 5 % beside Monte Carlo error, for tests that are only asymptotic.
    slack: f64,
    power: f64,
}

/// Independent normal errors.
fn plain(random: &mut Random, regions: usize, periods: usize) -> Design {
    let errors = normals(random, regions * periods);
    panel(random, periods, &errors)
}

/// Errors of each region that follow those of the period before.
fn serial(random: &mut Random, regions: usize, periods: usize, rho: f64) -> Design {
    let mut errors = normals(random, regions * periods);
    for i in (0..errors.len()).filter(|i| i % periods > 0) {
        errors[i] += rho * errors[i - 1];
    }
    panel(random, periods, &errors)
}

/// Errors whose variance rises with the first regressor.
fn fanned(random: &mut Random) -> Design {
    let mut design = plain(random, 300, 1);
    let shifts = normals(random, 300);
    (0..300).for_each(|i| design.y[i] += shifts[i] * (1.0 + design.x[1][i]).max(0.0));
    design
}

/// Errors that neighbours on the ring share.
fn shared(random: &mut Random, periods: usize) -> Design {
    let mut design = plain(random, 60, periods);
    let shocks = normals(random, 60 * periods);
    let at = |region: usize, period: usize| shocks[(region % 60) * periods + period];
    for (y, row) in design.y.iter_mut().zip(&design.rows) {
        let (r, t) = (row.region as usize, (row.period - 2000) as usize);
        *y += 1.2 * (at(r, t) + at(r + 1, t) + at(r + 2, t));
    }
    design
}

/// A common shock of every period.
fn common(random: &mut Random) -> Design {
    let mut design = plain(random, 20, 20);
    let shocks = normals(random, 20);
    design.y.iter_mut().zip(&design.rows).for_each(|(y, row)| *y += shocks[(row.period - 2000) as usize]);
    design
}

/// Slopes that change in the middle.
fn broken(random: &mut Random, regions: usize, periods: usize) -> Design {
    let mut design = plain(random, regions, periods);
    for i in (0..design.y.len()).filter(|i| i % periods >= periods / 2) {
        design.y[i] += 0.8 * design.x[1][i];
    }
    design
}

/// An outcome that is a sum of shocks times `memory` from the period before.
fn drifting(random: &mut Random, memory: f64) -> Design {
    let mut design = plain(random, 12, 40);
    let shocks = normals(random, 480);
    for (i, shock) in shocks.into_iter().enumerate() {
        design.y[i] = shock + if i % 40 > 0 { memory * design.y[i - 1] } else { 0.0 };
    }
    design
}

const PERIOD: &[(&str, &str)] = &[("period", "2005")];

fn experiments() -> Vec<Experiment> {
    type Make = fn(&mut Random) -> Design;
    let new = |name, id, parameters, null: Make, other: Make, slack, power| Experiment {
        name,
        id,
        parameters,
        null,
        other,
        slack,
        power,
    };
    let section: Make = |r| plain(r, 300, 1);
    let curved: Make = |r| {
        let mut design = plain(r, 300, 1);
        (0..300).for_each(|i| design.y[i] += 0.3 * (0.5 * design.x[1][i] - design.x[2][i]).powi(2));
        design
    };
    let skewed: Make = |r| {
        let errors: Vec<f64> = normals(r, 300).iter().map(|z| z.exp()).collect();
        panel(r, 1, &errors)
    };
    let wide: Make = |r| plain(r, 60, 6);
    let within: Make = |r| with_effects(plain(r, 60, 6), true);
    let within_serial: Make = |r| with_effects(serial(r, 60, 6, 0.5), true);
    let (stay, drift): (Make, Make) = (|r| drifting(r, 0.7), |r| drifting(r, 1.0));
    let square: Make = |r| plain(r, 20, 20);
    vec![
        new("wald", "wald", &[("terms", "c")], |r| extra(r, 0.0), |r| extra(r, 0.3), 0.0, 0.95),
        new("reset", "reset", &[], section, curved, 0.0, 0.6),
        new("breusch_pagan", "breusch_pagan", &[], section, fanned, 0.0, 0.9),
        new("breusch_pagan original", "breusch_pagan", &[("form", "original")], section, fanned, 0.01, 0.9),
        new("white", "white", &[], section, fanned, 0.01, 0.9),
        new("jarque_bera", "jarque_bera", &[], section, skewed, 0.015, 0.99),
        new("breusch_godfrey", "breusch_godfrey", &[], wide, |r| serial(r, 60, 6, 0.3), 0.0, 0.95),
        new("wooldridge", "wooldridge", &[], within, within_serial, 0.0, 0.95),
        new("wooldridge within", "wooldridge", &[("form", "within")], within, within_serial, 0.02, 0.95),
        new("bera_sosa_escudero_yoon", "bera_sosa_escudero_yoon", &[], wide, |r| serial(r, 60, 6, 0.3), 0.04, 0.95),
        new("pesaran_cd", "pesaran_cd", &[], square, common, 0.0, 0.95),
        new(
            "pesaran_cd bias_corrected",
            "pesaran_cd",
            &[("form", "bias_corrected")],
            |r| with_effects(plain(r, 20, 20), false),
            |r| with_effects(common(r), false),
            0.02,
            0.95,
        ),
        new("moran_residuals", "moran_residuals", &[], |r| plain(r, 60, 2), |r| shared(r, 2), 0.0, 0.9),
        new(
            "moran_residuals within",
            "moran_residuals",
            &[],
            |r| with_effects(plain(r, 60, 3), true),
            |r| with_effects(shared(r, 3), true),
            0.0,
            0.9,
        ),
        new("lm_spatial sarma", "lm_spatial", &[], |r| plain(r, 60, 3), |r| shared(r, 3), 0.01, 0.9),
        new("lm_spatial error", "lm_spatial", &[("form", "error")], |r| plain(r, 60, 3), |r| shared(r, 3), 0.01, 0.9),
        new("chow", "chow", PERIOD, |r| plain(r, 20, 10), |r| broken(r, 20, 10), 0.0, 0.9),
        new("andrews_quandt", "andrews_quandt", &[], |r| plain(r, 3, 60), |r| broken(r, 3, 60), 0.03, 0.9),
        new("im_pesaran_shin", "panel_unit_root", &[], drift, stay, 0.01, 0.99),
        new("levin_lin_chu", "panel_unit_root", &[("method", "levin_lin_chu")], drift, stay, 0.2, 0.99),
        new("maddala_wu", "panel_unit_root", &[("method", "maddala_wu")], drift, stay, 0.02, 0.99),
        new("choi_normal", "panel_unit_root", &[("method", "choi_normal")], drift, stay, 0.02, 0.99),
        new("influence", "influence", &[], section, outlier, 0.0, 0.95),
    ]
}

/// A third regressor with this coefficient.
fn extra(random: &mut Random, coefficient: f64) -> Design {
    let mut design = plain(random, 200, 1);
    let c = normals(random, 200);
    design.y.iter_mut().zip(&c).for_each(|(y, c)| *y += coefficient * c);
    design.x.push(c);
    design.names.push("c".to_owned());
    design
}

/// One row that is far off.
fn outlier(random: &mut Random) -> Design {
    let mut design = plain(random, 300, 1);
    design.y[17] += 6.0;
    design
}

fn rejections(experiment: &Experiment, make: fn(&mut Random) -> Design, seed: u64) -> f64 {
    let rejects = |draw: &u64| {
        let design = make(&mut stream(seed, *draw));
        test(&design, experiment.id, experiment.parameters).p_value.unwrap() < 0.05
    };
    (0..DRAWS).into_par_iter().filter(rejects).count() as f64 / DRAWS as f64
}

#[test]
fn tests_reject_as_often_as_they_should() {
    let error = 3.0 * (0.05_f64 * 0.95 / DRAWS as f64).sqrt();
    let mut wrong = Vec::new();
    println!("{:28} {:>6} {:>6}", "rejection rates at 5 %", "size", "power");
    for (number, experiment) in experiments().iter().enumerate() {
        assert!(find_test(experiment.id).is_some(), "{}", experiment.id);
        let size = rejections(experiment, experiment.null, 1000 + number as u64);
        let power = rejections(experiment, experiment.other, 2000 + number as u64);
        println!("{:28} {size:6.3} {power:6.3}", experiment.name);
        if (size - 0.05).abs() > error + experiment.slack || power < experiment.power {
            wrong.push(format!("{}: size {size:.3}, power {power:.3}", experiment.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
