//! What holds for every dynamic panel, and what bad requests are told.

use super::panels::{assert_close, dynamic, fit, region_effect, shuffled, threshold, try_fit};
use agglo::error::Error;
use agglo::regression::design::Design;

const PAST: (&str, &str) = ("predetermined", "x");

fn gmm(seed: u64) -> Design {
    dynamic(seed, 40, 7, 0.5, 0.1)
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for (seed, estimator) in (0..4).flat_map(|seed| ["arellano_bond", "blundell_bond"].map(|e| (seed, e))) {
        for transformation in ["first_differences", "orthogonal_deviations"] {
            let parameters = [PAST, ("transformation", transformation), ("max_lag", "3")];
            let design = gmm(seed);
            let (before, after) =
                (fit(&design, estimator, &parameters), fit(&shuffled(&design, seed), estimator, &parameters));
            assert_close(&after.coefficients, &before.coefficients, 1e-9, "coefficients");
            assert_close(&after.standard_errors(), &before.standard_errors(), 1e-9, "standard errors");
            let statistics =
                |fit: &agglo::regression::Fit| fit.tests.iter().map(|test| test.statistic.unwrap()).collect::<Vec<_>>();
            assert_close(&statistics(&after), &statistics(&before), 1e-9, "tests");
        }
    }
    let design = threshold(1, 20, 6, 1.0);
    let parameters = [("threshold", "q"), ("draws", "20")];
    let run = |design: &Design| fit(design, "panel_threshold", &parameters);
    let (before, after) = (run(&design), run(&shuffled(&design, 3)));
    assert_close(&after.coefficients, &before.coefficients, 1e-9, "slopes");
    assert_eq!(after.tests[0].p_value, before.tests[0].p_value);
}

#[test]
fn units_of_the_outcome_do_not_matter_to_its_own_coefficient() {
    for estimator in ["arellano_bond", "blundell_bond"] {
        let design = gmm(5);
        let mut scaled = design.clone();
        let scale = |y: &mut f64| *y *= 1000.0;
        scaled.y.iter_mut().chain(&mut scaled.x[0]).for_each(scale);
        scaled.incomplete.iter_mut().for_each(|other| other.y = other.y.map(|y| y * 1000.0));
        let (before, after) = (fit(&design, estimator, &[PAST]), fit(&scaled, estimator, &[PAST]));
        let units = [1.0, 1000.0];
        let times = |v: &[f64]| v.iter().zip(units).map(|(v, unit)| v * unit).collect::<Vec<_>>();
        assert_close(&after.coefficients, &times(&before.coefficients), 1e-8, "coefficients");
        assert_close(&after.standard_errors(), &times(&before.standard_errors()), 1e-8, "standard errors");
    }
}

#[test]
fn terms_that_instrument_themselves_give_least_squares() {
    for seed in 0..5 {
        let mut design = gmm(seed);
        // Without the lag of the outcome nothing is instrumented by the past.
        design.x.remove(0);
        design.names.remove(0);
        design.incomplete.clear();
        let mut within = design.clone();
        within.effects = vec![region_effect(&design)];
        let expected = fit(&within, "ols", &[]);
        let deviations = [("transformation", "orthogonal_deviations"), ("steps", "one")];
        let got = fit(&design, "arellano_bond", &deviations);
        assert_close(&got.coefficients, &expected.coefficients, 1e-9, "deviations are the within estimator");
        assert_eq!(got.remarks[0].code, "NO_LAGGED_OUTCOME");
    }
}

/// Arellano and Bover (1995): with all instruments and no gaps the transformation does not matter to one step.
#[test]
fn differences_and_deviations_agree_when_all_the_past_is_used() {
    for seed in 0..5 {
        let design = dynamic(seed, 40, 6, 0.5, 0.0);
        let run = |transformation| {
            fit(&design, "arellano_bond", &[PAST, ("steps", "one"), ("transformation", transformation)])
        };
        let (differences, deviations) = (run("first_differences"), run("orthogonal_deviations"));
        assert_close(&deviations.coefficients, &differences.coefficients, 1e-8, "coefficients");
        assert_close(&deviations.standard_errors(), &differences.standard_errors(), 1e-8, "standard errors");
    }
}

#[test]
fn one_step_errors_are_those_clustered_by_unit() {
    for estimator in ["arellano_bond", "blundell_bond"] {
        let design = gmm(9);
        let robust = fit(&design, estimator, &[PAST, ("steps", "one")]);
        let clustered = try_fit(&design, estimator, &[PAST, ("steps", "one")], "cluster:region").unwrap();
        let factor = clustered.covariance.factor.sqrt();
        let plain: Vec<f64> = clustered.standard_errors().iter().map(|e| e / factor).collect();
        assert_close(&robust.standard_errors(), &plain, 1e-9, "standard errors");
    }
}

#[test]
fn too_many_instruments_are_told() {
    let design = dynamic(3, 12, 9, 0.9, 0.0);
    let many = fit(&design, "arellano_bond", &[PAST]);
    let codes: Vec<_> = many.remarks.iter().map(|remark| remark.code.as_str()).collect();
    assert!(codes.contains(&"MANY_INSTRUMENTS") && codes.contains(&"SINGULAR_WEIGHTS"), "{codes:?}");
    let few = fit(&design, "arellano_bond", &[PAST, ("collapse", "yes"), ("max_lag", "3")]);
    assert!(few.remarks.iter().all(|remark| remark.code != "MANY_INSTRUMENTS"));
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let design = threshold(2, 20, 6, 1.0);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let fit = pool
            .install(|| fit(&design, "panel_threshold", &[("threshold", "q"), ("draws", "30"), ("thresholds", "2")]));
        serde_json::to_string(&fit).unwrap()
    };
    assert_eq!(with(1), with(2));
}

fn refusal(design: &Design, estimator: &str, parameters: &[(&str, &str)]) -> String {
    match try_fit(design, estimator, parameters, "iid") {
        Err(Error::Invalid(violations)) => violations.to_string(),
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[test]
fn bad_requests_are_refused_in_words() {
    let design = gmm(1);
    let told = refusal(&design, "arellano_bond", &[("endogenous", "xx"), ("min_lag", "3"), ("max_lag", "2")]);
    assert!(told.contains("did you mean x?") && told.contains("must not be below min_lag"), "{told}");
    let told = refusal(&design, "arellano_bond", &[("endogenous", "x"), PAST]);
    assert!(told.contains("either endogenous or predetermined"), "{told}");
    let told = refusal(&design, "arellano_bond", &[("endogenous", "x"), ("min_lag", "7")]);
    assert!(told.contains("do not tell the coefficients apart"), "{told}");
    let mut apart = design.clone();
    let even: Vec<usize> = (0..apart.y.len()).filter(|i| apart.rows[*i].period % 2 == 0).collect();
    apart.keep(&even);
    assert!(refusal(&apart, "arellano_bond", &[]).contains("no unit has complete rows in two consecutive periods"));
    let mut pairs = design;
    let codes = pairs.rows.iter().map(|row| row.region / 2).collect();
    let effect = region_effect(&pairs);
    pairs.effects = vec![agglo::regression::design::Effect { groups: super::panels::groups("pair", codes), ..effect }];
    assert!(refusal(&pairs, "blundell_bond", &[]).contains("write others as i(...)"));
    let jump = threshold(1, 10, 5, 1.0);
    assert!(refusal(&jump, "panel_threshold", &[]).contains("threshold of panel_threshold must be given"));
    assert!(refusal(&jump, "panel_threshold", &[("threshold", "q; x")]).contains("must be one term"));
    let told = refusal(&jump, "panel_threshold", &[("threshold", "q"), ("trim", "0.3"), ("thresholds", "3")]);
    assert!(told.contains("leaves enough rows in 4 regimes"), "{told}");
    assert!(refusal(&jump, "convergence_regression", &[("initial", "z")]).contains("must be terms of the formula"));
    assert!(refusal(&jump, "convergence_regression", &[("span", "0")]).contains("one period or more"));
}
