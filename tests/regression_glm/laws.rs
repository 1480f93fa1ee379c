//! What holds for every generalised linear model, and what bad data are told.

use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::panel::Absent;
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, LeftOut, RowId};
use agglo::regression::{Fit, Point, Response, Spec, fit_design};

pub(crate) const ESTIMATORS: [&str; 3] = ["poisson", "logit", "probit"];

/// A classification with the levels 0, 1, ... of which each has a row.
pub(crate) fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

/// A fixed effect.
pub(crate) fn effect(name: &str, codes: &[u32]) -> Effect {
    Effect { name: name.into(), groups: groups(name, codes.to_vec()), intercept: true, slope: None }
}

/// 25 regions × 12 years with holes, weights, two regressors, effects of region and year, outcomes of the estimator.
pub(crate) fn random_design(estimator: &str, seed: u64) -> Design {
    let mut random = stream(seed, 0);
    let holes = normals(&mut random, 300);
    let present: Vec<usize> = (0..300).filter(|i| holes[*i] < 1.3).collect();
    let n = present.len();
    let region: Vec<u32> = present.iter().map(|i| (i / 12) as u32).collect();
    let year: Vec<u32> = present.iter().map(|i| (i % 12) as u32).collect();
    let lift = normals(&mut random, 25);
    let x = vec![normals(&mut random, n), normals(&mut random, n)];
    let noise = normals(&mut random, n);
    let sum = |i: usize| 0.5 * x[0][i] - 0.3 * x[1][i] + 0.3 * lift[region[i] as usize];
    let outcome = |i: usize| match estimator {
        "poisson" => (sum(i) + 0.7 + 0.5 * noise[i]).exp().round(),
        _ => f64::from(u8::from(sum(i) + noise[i] > 0.0)),
    };
    Design {
        y: (0..n).map(outcome).collect(),
        weights: Some(normals(&mut random, n).iter().map(|z| (0.3 * z).exp()).collect()),
        effects: vec![effect("region", &region), effect("year", &year)],
        rows: present.iter().map(|i| RowId { region: (i / 12) as u32, industry: 0, period: (i % 12) as i32 }).collect(),
        clusters: vec![groups("region", region), groups("year", year)],
        names: vec!["a".into(), "b".into()],
        x,
        ..Design::default()
    }
}

pub(crate) fn try_fit(mut design: Design, estimator: &str, covariance: &str) -> Result<Fit, Error> {
    let spec = Spec { estimator: estimator.into(), covariance: Choice::read(covariance), ..Spec::default() };
    design.clusters.truncate(spec.covariance.clusters.len());
    fit_design(design, &spec, &Stop::default())
}

pub(crate) fn fit(design: &Design, estimator: &str, covariance: &str) -> Fit {
    try_fit(design.clone(), estimator, covariance).unwrap()
}

pub(crate) fn assert_close(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= 1e-8 * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}

fn told(result: Result<Fit, Error>) -> String {
    result.unwrap_err().to_string()
}

/// The design with dummies for the levels of its effects.
fn with_dummies(design: &Design) -> Design {
    let mut explicit = design.clone();
    for (q, effect) in std::mem::take(&mut explicit.effects).into_iter().enumerate() {
        for level in usize::from(q > 0)..effect.groups.levels.len() {
            let dummy = effect.groups.codes.iter().map(|g| f64::from(u8::from(*g as usize == level)));
            explicit.x.push(dummy.collect());
            explicit.names.push(format!("{}{level}", effect.name));
        }
    }
    explicit
}

#[test]
fn absorbed_effects_are_dummies() {
    for (seed, estimator) in (0..6).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let mut design = random_design(estimator, seed);
        // Levels at the edge are left out first, so that their dummies have estimates.
        design = {
            let kept = fit(&design, estimator, "iid").rows;
            let positions: Vec<usize> = (0..design.y.len()).filter(|i| kept.contains(&design.rows[*i])).collect();
            design.keep(&positions);
            design
        };
        let (absorbed, explicit) = (fit(&design, estimator, "hc3"), fit(&with_dummies(&design), estimator, "hc3"));
        assert_close(&absorbed.coefficients, &explicit.coefficients[..2], "coefficients");
        assert_close(&absorbed.standard_errors(), &explicit.standard_errors()[..2], "hc3");
        assert_close(&absorbed.fitted, &explicit.fitted, "fitted");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for (seed, estimator) in (0..6).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let design = random_design(estimator, seed);
        let keys = normals(&mut stream(seed, 1), design.y.len());
        let mut order: Vec<usize> = (0..design.y.len()).collect();
        order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
        let mut shuffled = design.clone();
        shuffled.keep(&order);
        for covariance in ["iid", "hc1", "cluster:region+year"] {
            let (before, after) = (fit(&design, estimator, covariance), fit(&shuffled, estimator, covariance));
            assert_close(&after.coefficients, &before.coefficients, "coefficients");
            assert_close(&after.standard_errors(), &before.standard_errors(), covariance);
        }
    }
}

#[test]
fn the_unit_of_the_outcome_moves_only_the_effects_of_a_poisson_model() {
    for seed in 0..6 {
        let design = random_design("poisson", seed);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 3.7e6);
        let (before, after) = (fit(&design, "poisson", "cluster:region"), fit(&scaled, "poisson", "cluster:region"));
        assert_close(&after.coefficients, &before.coefficients, "coefficients");
        assert_close(&after.standard_errors(), &before.standard_errors(), "standard errors");
        let lifted: Vec<f64> = before.fitted.iter().map(|mean| mean * 3.7e6).collect();
        assert_close(&after.fitted, &lifted, "fitted");
    }
}

#[test]
fn failures_in_place_of_successes_turn_every_sign() {
    for (seed, estimator) in (0..6).flat_map(|seed| ["logit", "probit"].map(|e| (seed, e))) {
        let design = random_design(estimator, seed);
        let mut turned = design.clone();
        turned.y.iter_mut().for_each(|y| *y = 1.0 - *y);
        let (before, after) = (fit(&design, estimator, "hc1"), fit(&turned, estimator, "hc1"));
        let negated: Vec<f64> = before.coefficients.iter().map(|b| -b).collect();
        assert_close(&after.coefficients, &negated, "coefficients");
        assert_close(&after.standard_errors(), &before.standard_errors(), "standard errors");
    }
}

#[test]
fn means_add_up_to_outcomes_in_every_level() {
    // The first-order conditions of the effects; of probit they weigh the errors.
    for (seed, estimator) in (0..6).flat_map(|seed| ["poisson", "logit"].map(|e| (seed, e))) {
        let mut design = random_design(estimator, seed);
        design.weights = None;
        let fit = fit(&design, estimator, "iid");
        for effect in &fit.effects {
            let mut sums = vec![0.0; effect.levels.len()];
            effect.codes.iter().zip(&fit.residuals).for_each(|(g, u)| sums[*g as usize] += u);
            assert!(sums.iter().all(|sum| sum.abs() < 1e-7), "{sums:?}");
        }
    }
}

#[test]
fn whole_weights_are_repeated_rows() {
    for (seed, estimator) in (0..6).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let mut weighted = random_design(estimator, seed);
        let n = weighted.y.len();
        weighted.weights = Some((0..n).map(|i| f64::from(i as u32 % 3 + 1)).collect());
        let mut repeated = weighted.clone();
        repeated.keep(&(0..n).flat_map(|i| vec![i; i % 3 + 1]).collect::<Vec<_>>());
        repeated.weights = None;
        let (weighted, repeated) = (fit(&weighted, estimator, "iid"), fit(&repeated, estimator, "iid"));
        assert_close(&weighted.coefficients, &repeated.coefficients, "coefficients");
        assert_close(&weighted.standard_errors(), &repeated.standard_errors(), "standard errors");
    }
}

#[test]
fn levels_at_the_edge_are_left_out_and_counted() {
    let mut design = random_design("poisson", 3);
    let zeros: Vec<usize> = (0..design.y.len()).filter(|i| design.rows[*i].region < 2).collect();
    zeros.iter().for_each(|i| design.y[*i] = 0.0);
    let fitted = fit(&design, "poisson", "iid");
    let (_, count) = fitted.left_out.iter().find(|(reason, _)| *reason == LeftOut::Separated).unwrap();
    assert!(*count >= zeros.len());
    assert_eq!(fitted.remarks[0].code, "SEPARATED");
}

#[test]
fn a_separating_combination_is_found_and_its_rows_left_out() {
    for seed in 0..6 {
        let design = random_design("poisson", seed);
        // c − a is zero wherever the outcome is above zero, and one in some rows of zeros.
        let lure = |i: usize| f64::from(u8::from(design.y[i] == 0.0 && i.is_multiple_of(3)));
        let mut lured = design.clone();
        lured.x.push((0..design.y.len()).map(|i| design.x[0][i] + lure(i)).collect());
        lured.names.push("c".into());
        let mut without = design.clone();
        without.keep(&(0..design.y.len()).filter(|i| lure(*i) == 0.0).collect::<Vec<_>>());
        let (found, expected) = (fit(&lured, "poisson", "hc1"), fit(&without, "poisson", "hc1"));
        assert_eq!(found.rows, expected.rows, "seed {seed}");
        assert_eq!(found.collinear[0].column, 2);
        assert_close(&found.coefficients, &expected.coefficients, "coefficients");
    }
}

#[test]
fn hopeless_outcomes_are_refused_in_words() {
    let mut design = random_design("poisson", 1);
    design.y[3] = -1.0;
    assert!(told(try_fit(design.clone(), "poisson", "iid")).contains("must not be negative"));
    design.y[3] = 2.0;
    assert!(told(try_fit(design.clone(), "logit", "iid")).contains("0, 1 or a share"));
    design.y.iter_mut().for_each(|y| *y = 0.0);
    assert!(told(try_fit(design.clone(), "poisson", "iid")).contains("every outcome is 0"));
    design.y = design.x[0].iter().map(|x| f64::from(u8::from(*x > 0.0))).collect();
    for estimator in ["logit", "probit"] {
        assert!(told(try_fit(design.clone(), estimator, "iid")).contains("no maximum"), "{estimator}");
    }
}

#[test]
fn predictions_follow_the_response() {
    for estimator in ESTIMATORS {
        let fit = fit(&random_design(estimator, 2), estimator, "hc1");
        let level = |q: usize| Ok(fit.effects[q].levels[0].clone());
        let at =
            |x: [f64; 2]| Point { x: x.map(Ok).into(), levels: vec![level(0), level(1)], slopes: vec![Ok(0.0); 2] };
        let [low, high] = [[0.0, 0.0], [1e-6, 0.0]].map(|x| fit.predict(&[at(x)], &Stop::default()).unwrap()[0]);
        let sum = fit.effects[0].values.intercepts[0] + fit.effects[1].values.intercepts[0];
        assert_close(&[low.fit.unwrap()], &[fit.response.mean(sum)], "mean");
        let slope = (high.fit.unwrap() - low.fit.unwrap()) / 1e-6 / fit.coefficients[0];
        assert!((slope / fit.response.slope(sum) - 1.0).abs() < 1e-4, "{estimator}");
        assert_eq!(fit.statistics.r2, Err(Absent::Undetermined));
        match fit.response {
            Response::Exponential => assert!(low.se_forecast.unwrap() > low.se_mean.unwrap()),
            _ => assert_eq!(low.se_forecast, Err(Absent::Undetermined)),
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ESTIMATORS.map(|e| fit(&random_design(e, 4), e, "cluster:region")))
    };
    assert_eq!(run(1), run(2));
}
