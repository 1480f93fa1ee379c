//! Panels with a known truth come back.

use super::panels::{dynamic, fit, region_effect, threshold, try_fit};
use agglo::numeric::random::{normals, stream};
use agglo::regression::design::{Design, RowId};

/// Three standard errors of a share in this many replications.
fn slack(share: f64, replications: u64) -> f64 {
    3.0 * (share * (1.0 - share) / replications as f64).sqrt()
}

#[test]
fn gmm_covers_the_truth_where_the_within_estimator_is_biased() {
    let replications = 100;
    for (estimator, steps) in [("arellano_bond", "one"), ("arellano_bond", "two"), ("blundell_bond", "two")] {
        let (mut sum, mut covered, mut hansen, mut m2, mut m1, mut within) = (0.0, 0, 0, 0, 0, 0.0);
        for seed in 0..replications {
            let design = dynamic(seed, 100, 6, 0.5, 0.05);
            let parameters = [("predetermined", "x"), ("max_lag", "3"), ("collapse", "yes"), ("steps", steps)];
            let fitted = fit(&design, estimator, &parameters);
            sum += fitted.coefficient("l(y)").unwrap();
            let (low, high) = fitted.intervals(0.95)[0];
            covered += u64::from(low <= 0.5 && 0.5 <= high);
            let rejects =
                |id: &str| u64::from(fitted.tests.iter().find(|test| test.id == id).unwrap().p_value.unwrap() < 0.05);
            (hansen, m1, m2) = (hansen + rejects("hansen"), m1 + rejects("m1"), m2 + rejects("m2"));
            let mut effects = design.clone();
            effects.effects = vec![region_effect(&design)];
            within += fit(&effects, "ols", &[]).coefficient("l(y)").unwrap();
        }
        let share = |count: u64| count as f64 / replications as f64;
        println!(
            "{estimator} {steps}: mean {:.3} (within {:.3}) of 0.5, coverage {:.2}, rejections: Hansen {:.2}, m1 {:.2}, m2 {:.2}",
            sum / replications as f64,
            within / replications as f64,
            share(covered),
            share(hansen),
            share(m1),
            share(m2)
        );
        assert!((sum / replications as f64 - 0.5).abs() < 0.03 && within / (replications as f64) < 0.35);
        assert!((share(covered) - 0.95).abs() < slack(0.95, replications) + 0.02);
        assert!(share(hansen) < 0.05 + slack(0.05, replications) && share(m2) < 0.05 + slack(0.05, replications));
        assert!(share(m1) > 0.9);
    }
}

#[test]
fn confidence_sets_cover_the_threshold() {
    let replications = 100;
    let (mut covered, mut width, mut slope) = (0, 0.0, 0.0);
    for seed in 0..replications {
        let design = threshold(seed, 30, 8, 0.5);
        let fitted = fit(&design, "panel_threshold", &[("threshold", "q"), ("draws", "0")]);
        let figure = |name: &str| fitted.figures.iter().find(|f| f.name == name).unwrap().value.unwrap();
        let (low, high) = (figure("threshold_1_low"), figure("threshold_1_high"));
        covered += u64::from(low <= 0.0 && 0.0 <= high);
        width += high - low;
        slope += fitted.coefficient("x:regime_2").unwrap();
    }
    let share = covered as f64 / replications as f64;
    println!(
        "LR set: coverage {share:.2}, mean width {:.3}; slope above {:.3} of 1.5",
        width / replications as f64,
        slope / replications as f64
    );
    assert!(share > 0.95 - slack(0.95, replications) && slope / replications as f64 - 1.5 < 0.05);
}

#[test]
fn the_test_for_a_threshold_keeps_its_size_and_has_power() {
    let replications = 300;
    let rejections = |jump: f64| {
        let p_value = |seed: u64| {
            let design = threshold(seed, 20, 6, jump);
            let fitted = fit(&design, "panel_threshold", &[("threshold", "q"), ("draws", "199"), ("grid", "30")]);
            fitted.tests[0].p_value.unwrap()
        };
        (0..replications).filter(|seed| p_value(1000 + seed) < 0.05).count() as f64 / replications as f64
    };
    let (size, power) = (rejections(0.0), rejections(1.0));
    println!("rejections at 5%: {size:.2} without a threshold, {power:.2} with one");
    assert!(size < 0.05 + slack(0.05, replications) && power > 0.9);
}

#[test]
fn intervals_cover_the_speed_of_convergence() {
    let replications: u64 = 300;
    let (speed, span): (f64, f64) = (0.02, 20.0);
    let mut covered = 0;
    for seed in 0..replications {
        let mut random = stream(seed, 3);
        let initial = normals(&mut random, 60);
        let noise = normals(&mut random, 60);
        let slope = ((-speed * span).exp() - 1.0) / span;
        // The spread of the errors differs by initial level.
        let error = |i: usize| 0.005 * noise[i] * (1.0 + initial[i].abs());
        let design = Design {
            y: (0..60).map(|i| 0.03 + slope * initial[i] + error(i)).collect(),
            x: vec![vec![1.0; 60], initial.clone()],
            names: vec!["(Intercept)".into(), "l(ln(income), 20)".into()],
            rows: (0..60).map(|region| RowId { region, industry: 0, period: 0 }).collect(),
            ..Design::default()
        };
        let fitted = try_fit(&design, "convergence_regression", &[("form", "nonlinear")], "hc3").unwrap();
        let place = fitted.names().position(|name| name == "speed").unwrap();
        let (low, high) = fitted.intervals(0.95)[place];
        covered += u64::from(low <= speed && speed <= high);
    }
    let share = covered as f64 / replications as f64;
    println!("speed, HC3: coverage {share:.3}");
    assert!((share - 0.95).abs() < slack(0.95, replications) + 0.02);
}
