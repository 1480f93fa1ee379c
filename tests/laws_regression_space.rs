//! Laws of spatial regressions, and whether they find again what made the data.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::Raw;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::panel::SpatialWeights;
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::facts::Facts;
use agglo::regression::{Fit, Spec, fit_design};
use std::sync::Arc;

/// A grid of regions that touch along edges.
fn grid(side: usize) -> SpatialWeights {
    let pairs = (0..side * side).flat_map(|i| {
        let east = (i % side + 1 < side).then_some((i, i + 1));
        let south = (i + side < side * side).then_some((i, i + side));
        east.into_iter().chain(south)
    });
    SpatialWeights::from_contiguity(side * side, pairs)
}

/// W·x among all regions.
fn lag(weights: &SpatialWeights, x: &[f64]) -> Vec<f64> {
    let of = |i: usize| weights.neighbours(i).iter().map(|j| x[*j as usize]).sum::<f64>();
    (0..x.len()).map(|i| of(i) / weights.neighbours(i).len().max(1) as f64).collect()
}

/// (I − rho·W)⁻¹x by its series.
fn spread(weights: &SpatialWeights, rho: f64, x: &[f64]) -> Vec<f64> {
    let mut y = x.to_vec();
    for _ in 0..120 {
        y = lag(weights, &y).iter().zip(x).map(|(lag, x)| rho * lag + x).collect();
    }
    y
}

/// What makes the data: coefficients of a and b are 1 and −0.5, of the lag of a `theta`.
#[derive(Clone, Copy)]
struct Truth {
    rho: f64,
    lambda: f64,
    theta: f64,
    skewed: bool,
}

/// A panel of a grid: intercept or effects of regions and periods, outcome from `truth`.
fn panel(seed: u64, side: usize, periods: usize, truth: Truth, effects: bool) -> Design {
    let (weights, n) = (grid(side), side * side);
    let mut random = stream(seed, 0);
    let mut design = Design { x: vec![Vec::new(); 2], names: vec!["a".into(), "b".into()], ..Design::default() };
    let of_regions = normals(&mut random, n);
    for t in 0..periods {
        let [a, b, e] = [0, 1, 2].map(|_| normals(&mut random, n));
        let e = if truth.skewed { e.iter().map(|e| (e * e - 1.0) / 2_f64.sqrt()).collect() } else { e };
        let lagged = lag(&weights, &a);
        let effect = |i: usize| if effects { of_regions[i] + 0.3 * t as f64 } else { 2.0 };
        let u = spread(&weights, truth.lambda, &e);
        let mean = (0..n).map(|i| effect(i) + a[i] - 0.5 * b[i] + truth.theta * lagged[i] + u[i]).collect::<Vec<_>>();
        design.y.extend(spread(&weights, truth.rho, &mean));
        design.x[0].extend(a);
        design.x[1].extend(b);
        design.rows.extend((0..n).map(|i| RowId { region: i as u32, industry: 0, period: t as i32 }));
    }
    if effects {
        let region: Vec<u32> = design.rows.iter().map(|row| row.region).collect();
        let period: Vec<u32> = design.rows.iter().map(|row| row.period as u32).collect();
        design.effects = vec![effect("region", region), effect("period", period)];
    } else {
        design.x.insert(0, vec![1.0; n * periods]);
        design.names.insert(0, "(Intercept)".into());
    }
    let place =
        |i: usize, along: usize| Ok(if along == 0 { i / side } else { i % side } as f64 + 0.01 * (i % 7) as f64);
    let degrees = |name: &str, along: usize| (name.to_owned(), (0..n).map(|i| place(i, along)).collect());
    design.facts = Arc::new(Facts {
        regions: (0..n).map(|i| format!("R{i:03}")).collect(),
        neighbours: Some(weights),
        numbers: vec![degrees("latitude", 0), degrees("longitude", 1)],
        ..Facts::default()
    });
    design
}

fn effect(name: &str, codes: Vec<u32>) -> Effect {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Effect { name: name.into(), groups: Groups { name: name.into(), codes, levels }, intercept: true, slope: None }
}

const TRUTH: Truth = Truth { rho: 0.4, lambda: 0.3, theta: 0.5, skewed: false };

/// An unbalanced panel of 25 regions.
fn unbalanced(seed: u64, effects: bool) -> Design {
    let mut design = panel(seed, 5, 4, TRUTH, effects);
    let keys = normals(&mut stream(seed, 9), design.y.len());
    let kept: Vec<usize> = (0..design.y.len()).filter(|i| keys[*i] < 1.3).collect();
    design.keep(&kept);
    design
}

fn spec(estimator: &str, parameters: &[(&str, &str)], covariance: &str) -> Spec {
    let raw = |(name, value): &(&str, &str)| match value.parse() {
        Ok(number) => ((*name).to_owned(), Raw::Number(number)),
        Err(_) => ((*name).to_owned(), Raw::Text((*value).to_owned())),
    };
    Spec {
        estimator: estimator.into(),
        parameters: parameters.iter().map(raw).collect(),
        covariance: Choice::read(covariance),
        ..Spec::default()
    }
}

fn fit(design: &Design, estimator: &str, parameters: &[(&str, &str)], covariance: &str) -> Fit {
    fit_design(design.clone(), &spec(estimator, parameters, covariance), &Stop::default()).unwrap()
}

fn figure(fit: &Fit, name: &str) -> f64 {
    fit.figures.iter().find(|figure| figure.name == name).unwrap().value.unwrap()
}

/// Impact and its standard errors of a term: direct, indirect, total.
fn impacts(fit: &Fit, term: &str, column: &str) -> [f64; 3] {
    let part = fit.parts.iter().find(|part| part.name == "impacts").unwrap();
    let first = part.keys[0].1.iter().position(|name| name == term).unwrap();
    let (_, values) = part.columns.iter().find(|(name, _)| name == column).unwrap();
    [0, 1, 2].map(|e| values[first + e].unwrap())
}

fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}

/// Everything that has a spatial parameter.
const MODELS: [(&str, &str); 8] = [
    ("spatial_lag", "ml"),
    ("spatial_error", "ml"),
    ("sac", "ml"),
    ("spatial_durbin", ""),
    ("spatial_durbin_error", ""),
    ("spatial_lag", "s2sls"),
    ("spatial_error", "gmm"),
    ("sac", "gmm"),
];

fn method(method: &str) -> Vec<(&str, &str)> {
    if method.is_empty() { Vec::new() } else { vec![("method", method)] }
}

#[test]
fn neither_the_order_of_rows_nor_the_numbers_of_regions_matter() {
    for ((model, how), kind) in MODELS.into_iter().flat_map(|m| [(m, "contiguity"), (m, "nearest")]) {
        let design = unbalanced(3, true);
        let keys = normals(&mut stream(1, 1), design.y.len());
        let mut order: Vec<usize> = (0..design.y.len()).collect();
        order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
        let mut shuffled = design.clone();
        shuffled.keep(&order);
        let mut renamed = shuffled.clone();
        let number = |region: u32| (region * 7 + 3) % 25;
        renamed.rows.iter_mut().for_each(|row| row.region = number(row.region));
        let mut facts = Facts::clone(&design.facts);
        let old = design.facts.neighbours.as_ref().unwrap().pairs();
        let pairs = old.map(|(a, b)| (number(a as u32) as usize, number(b as u32) as usize));
        facts.neighbours = Some(SpatialWeights::from_contiguity(25, pairs));
        for (name, values) in &mut facts.numbers {
            let before = design.facts.number(name).unwrap();
            (0..25).for_each(|region| values[number(region) as usize] = before[region as usize]);
        }
        renamed.facts = Arc::new(facts);
        let mut parameters = method(how);
        parameters.extend([("weights", kind), ("neighbours", "3")]);
        for covariance in ["iid", "hc0"] {
            let before = fit(&design, model, &parameters, covariance);
            let after = fit(&shuffled, model, &parameters, covariance);
            assert_close(&after.coefficients, &before.coefficients, 1e-8, model);
            assert_close(&after.standard_errors(), &before.standard_errors(), 1e-8, model);
        }
        let (before, after) = (fit(&design, model, &parameters, "iid"), fit(&renamed, model, &parameters, "iid"));
        assert_close(&after.coefficients, &before.coefficients, 1e-8, model);
        assert_close(&after.standard_errors(), &before.standard_errors(), 1e-8, model);
    }
}

#[test]
fn units_change_coefficients_in_proportion_and_spatial_parameters_not_at_all() {
    for (model, how) in MODELS {
        let design = unbalanced(4, false);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 1e6);
        scaled.x[1].iter_mut().for_each(|x| *x *= 1e-3);
        let (before, after) = (fit(&design, model, &method(how), "iid"), fit(&scaled, model, &method(how), "iid"));
        let unit = |name: &str| match name {
            "rho" | "lambda" => 1.0,
            "a" | "w(a)" => 1e9,
            _ => 1e6,
        };
        let names: Vec<&str> = before.names().collect();
        let expected: Vec<f64> = names.iter().zip(&before.coefficients).map(|(name, b)| b * unit(name)).collect();
        let errors: Vec<f64> = names.iter().zip(before.standard_errors()).map(|(name, se)| se * unit(name)).collect();
        assert_close(&after.coefficients, &expected, 1e-8, model);
        assert_close(&after.standard_errors(), &errors, 1e-8, model);
    }
}

#[test]
fn absorbed_effects_are_dummies() {
    let design = unbalanced(5, true);
    let mut dummies = design.clone();
    dummies.effects.clear();
    for (effect, first) in design.effects.iter().zip([0, 1]) {
        for level in first..effect.groups.levels.len() {
            let is_in = |code: &u32| f64::from(u8::from(*code as usize == level));
            dummies.x.push(effect.groups.codes.iter().map(is_in).collect());
            dummies.names.push(format!("{}{level}", effect.name));
        }
    }
    let (within, full) = (fit(&design, "spatial_lag", &[], "iid"), fit(&dummies, "spatial_lag", &[], "iid"));
    for name in ["a", "b", "rho"] {
        assert_close(&[within.coefficient(name).unwrap()], &[full.coefficient(name).unwrap()], 1e-9, name);
        let error = |fit: &Fit| fit.standard_errors()[fit.names().position(|n| n == name).unwrap()];
        assert_close(&[error(&within)], &[error(&full)], 1e-8, name);
    }
    for name in ["log_likelihood", "log_likelihood_linear", "sigma2_ml"] {
        assert_close(&[figure(&within, name)], &[figure(&full, name)], 1e-10, name);
    }
}

#[test]
fn without_a_spatial_parameter_the_likelihood_is_that_of_least_squares() {
    let design = unbalanced(6, false);
    let (ols, lag) = (fit(&design, "ols", &[], "iid"), fit(&design, "spatial_lag", &[], "iid"));
    let n = design.y.len() as f64;
    let log = -0.5 * n * ((2.0 * std::f64::consts::PI * ols.statistics.ssr / n).ln() + 1.0);
    assert_close(&[figure(&lag, "log_likelihood_linear")], &[log], 1e-12, "log-likelihood");
    assert!(figure(&lag, "log_likelihood") > log);
}

#[test]
fn impacts_add_up_and_total_ones_have_a_closed_form() {
    for model in ["spatial_lag", "spatial_durbin", "sac", "slx", "spatial_durbin_error"] {
        let found = fit(&panel(7, 8, 4, TRUTH, false), model, &[], "iid");
        let [direct, indirect, total] = impacts(&found, "a", "impact");
        assert_close(&[direct + indirect], &[total], 1e-12, model);
        let of = |name: &str| found.coefficient(name).unwrap_or(0.0);
        assert_close(&[total], &[(of("a") + of("w(a)")) / (1.0 - of("rho"))], 1e-9, model);
        let [simulated, delta] = ["simulated_std_error", "std_error"].map(|column| impacts(&found, "a", column));
        assert_close(&simulated, &delta, 0.15, "simulated and delta errors");
    }
}

#[test]
fn the_correction_of_lee_and_yu_for_regions_changes_the_variance_alone() {
    let mut design = panel(8, 5, 4, TRUTH, true);
    design.effects.truncate(1);
    let (none, corrected) =
        (fit(&design, "sac", &[], "iid"), fit(&design, "sac", &[("bias_correction", "lee_yu")], "iid"));
    assert_close(&corrected.coefficients, &none.coefficients, 1e-8, "coefficients");
    assert_close(&[figure(&corrected, "sigma2_ml")], &[figure(&none, "sigma2_ml") * 4.0 / 3.0], 1e-8, "variance");
}

#[test]
fn threads_do_not_change_a_bit() {
    let design = unbalanced(9, true);
    for (model, how) in MODELS {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&design, model, &method(how), "hc0"))
        };
        assert_eq!(on(1), on(2), "{model}");
    }
}

#[test]
fn what_is_not_defined_is_refused() {
    let refused = |design: &Design, estimator: &str, parameters: &[(&str, &str)]| {
        fit_design(design.clone(), &spec(estimator, parameters, "iid"), &Stop::default()).unwrap_err().to_string()
    };
    let mut design = unbalanced(10, true);
    assert!(refused(&design, "spatial_durbin", &[("lagged", "a; bb")]).contains("did you mean b?"));
    assert!(refused(&design, "spatial_lag", &[("bias_correction", "lee_yu")]).contains("balanced"));
    assert!(refused(&design, "spatial_lag", &[("weights", "nearest"), ("latitude", "latitud")]).contains("latitude?"));
    Arc::make_mut(&mut design.facts).neighbours = None;
    assert!(refused(&design, "spatial_lag", &[]).contains("name the neighbours"));
}

/// Shares of replications in which 95% intervals contain the truth.
fn coverage(truth: Truth, estimator: &str, parameters: &[(&str, &str)], covariance: &str, effects: bool) -> Vec<f64> {
    let replications = 60;
    let mut hits = Vec::new();
    for seed in 0..replications {
        let design = panel(1000 + seed, 6, 3, truth, effects);
        let found = fit(&design, estimator, parameters, covariance);
        let mut told = Vec::new();
        for (name, true_value) in [("a", 1.0), ("b", -0.5), ("rho", truth.rho), ("lambda", truth.lambda)] {
            if let Some(j) = found.names().position(|n| n == name) {
                let (low, high) = found.intervals(0.95)[j];
                told.push((low..=high).contains(&true_value));
            }
        }
        if found.parts.iter().any(|part| part.name == "impacts") {
            let total = -0.5 / (1.0 - truth.rho);
            let [low, high] = ["low", "high"].map(|column| impacts(&found, "b", column)[2]);
            told.push((low..=high).contains(&total));
        }
        hits.resize(told.len(), 0.0);
        hits.iter_mut().zip(told).for_each(|(hits, hit)| *hits += f64::from(u8::from(hit)) / replications as f64);
    }
    hits
}

#[test]
fn intervals_cover_what_made_the_data() {
    let none = Truth { rho: 0.0, lambda: 0.0, theta: 0.0, skewed: false };
    let lag = Truth { rho: 0.5, ..none };
    let error = Truth { lambda: 0.5, ..none };
    let both = Truth { rho: 0.4, lambda: 0.3, ..none };
    let durbin = Truth { rho: 0.4, theta: 0.5, ..none };
    let skewed = |truth: Truth| Truth { skewed: true, ..truth };
    let lee_yu = [("bias_correction", "lee_yu"), ("draws", "0")];
    let draws = [("draws", "0")];
    let (s2sls, gmm) = ([("method", "s2sls"), ("draws", "0")], [("method", "gmm"), ("draws", "0")]);
    type Case<'a> = (Truth, &'a str, &'a [(&'a str, &'a str)], &'a str, bool);
    let cases: [Case<'_>; 10] = [
        (lag, "spatial_lag", &draws, "iid", false),
        (skewed(lag), "spatial_lag", &draws, "hc0", false),
        (lag, "spatial_lag", &lee_yu, "iid", true),
        (lag, "spatial_lag", &s2sls, "iid", false),
        (error, "spatial_error", &[], "iid", false),
        (skewed(error), "spatial_error", &[], "hc0", false),
        (error, "spatial_error", &lee_yu[..1], "iid", true),
        (both, "sac", &draws, "iid", false),
        (both, "sac", &gmm, "iid", false),
        (durbin, "spatial_durbin", &draws, "iid", false),
    ];
    for (truth, estimator, parameters, covariance, effects) in cases {
        let covered = coverage(truth, estimator, parameters, covariance, effects);
        println!("{estimator} {parameters:?} {covariance} effects {effects}: {covered:.3?}");
        // Three Monte Carlo errors and what asymptotic intervals lack in samples of 108 rows.
        assert!(covered.iter().all(|share| *share > 0.85), "{estimator}: {covered:?}");
    }
}
