//! Quantile regression.

use super::laws::assert_close;
use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::distributions::normal_quantile;
use agglo::numeric::random::{normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, RowId};
use agglo::regression::{Fit, Spec, fit_design};

/// y = 1 + 2a − b + (1 + a²/2)·e, whose quantiles have the same slopes at the median only.
fn design(seed: u64, n: usize) -> Design {
    let mut random = stream(seed, 0);
    let x = vec![vec![1.0; n], normals(&mut random, n), normals(&mut random, n)];
    let e = normals(&mut random, n);
    Design {
        y: (0..n).map(|i| 1.0 + 2.0 * x[1][i] - x[2][i] + (1.0 + 0.5 * x[1][i] * x[1][i]) * e[i]).collect(),
        names: ["(Intercept)", "a", "b"].map(str::to_owned).into(),
        rows: (0..n).map(|i| RowId { region: i as u32, industry: 0, period: 0 }).collect(),
        x,
        ..Design::default()
    }
}

fn try_fit(design: &Design, tau: f64, covariance: &str) -> Result<Fit, Error> {
    let parameters = [("tau".to_owned(), Raw::Number(tau))].into();
    let covariance = Choice::read(covariance);
    let spec = Spec { estimator: "quantile".into(), parameters, covariance, ..Spec::default() };
    fit_design(design.clone(), &spec, &Stop::default())
}

fn fit(design: &Design, tau: f64) -> Fit {
    try_fit(design, tau, "iid").unwrap()
}

#[test]
fn as_many_rows_as_terms_are_fitted_exactly_and_tau_of_the_others_lie_below() {
    for (seed, tau) in (0..10).flat_map(|seed| [0.05, 0.3, 0.5, 0.9].map(|tau| (seed, tau))) {
        let (n, fit) = (200, fit(&design(seed, 200), tau));
        let exact = fit.residuals.iter().filter(|u| u.abs() < 1e-10).count();
        let below = fit.residuals.iter().filter(|u| **u < -1e-10).count() as f64;
        assert_eq!(exact, 3, "seed {seed}, tau {tau}");
        let share = tau * f64::from(n);
        assert!(below <= share && share <= below + 3.0, "seed {seed}, tau {tau}: {below}");
        assert!(fit.remarks.is_empty());
    }
}

#[test]
fn quantiles_move_with_the_outcome() {
    for seed in 0..10 {
        let before = design(seed, 150);
        let mut after = before.clone();
        let moved = |i: usize| 3.0 + 1e4 * before.y[i] + 5.0 * before.x[2][i];
        after.y = (0..150).map(moved).collect();
        let (before, after) = (fit(&before, 0.3), fit(&after, 0.3));
        let b = &before.coefficients;
        assert_close(&after.coefficients, &[3.0 + 1e4 * b[0], 1e4 * b[1], 5.0 + 1e4 * b[2]], "coefficients");
        let errors: Vec<f64> = before.standard_errors().iter().map(|se| 1e4 * se).collect();
        assert_close(&after.standard_errors(), &errors, "standard errors");
    }
}

#[test]
fn the_negative_outcome_has_the_opposite_quantile() {
    for seed in 0..10 {
        let before = design(seed, 150);
        let mut after = before.clone();
        after.y.iter_mut().for_each(|y| *y = -*y);
        let negated: Vec<f64> = fit(&before, 0.2).coefficients.iter().map(|b| -b).collect();
        assert_close(&fit(&after, 0.8).coefficients, &negated, "coefficients");
    }
}

#[test]
fn outcomes_may_move_on_their_side_of_the_line() {
    for seed in 0..10 {
        let before = design(seed, 150);
        let fitted = fit(&before, 0.4);
        let mut after = before.clone();
        after.y.iter_mut().zip(&fitted.residuals).for_each(|(y, u)| *y += 3.0 * u);
        assert_close(&fit(&after, 0.4).coefficients, &fitted.coefficients, "coefficients");
    }
}

#[test]
fn quantiles_beyond_the_sample_are_refused() {
    let refused = try_fit(&design(1, 40), 0.01, "iid").unwrap_err().to_string();
    assert!(refused.contains("further from 0 and 1"), "{refused}");
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    const DRAWS: u64 = 300;
    let truth = |tau: f64| 1.0 + normal_quantile(tau);
    for tau in [0.5, 0.25] {
        for covariance in ["iid", "hc0"] {
            let mut covered = 0.0;
            for seed in 0..DRAWS {
                let mut design = design(1000 + seed, 300);
                // Of errors of one scale the quantiles are parallel, so the truth is known at each of them.
                let e = normals(&mut stream(seed, 5), 300);
                design.y = (0..300).map(|i| 1.0 + 2.0 * design.x[1][i] - design.x[2][i] + e[i]).collect();
                let fit = try_fit(&design, tau, covariance).unwrap();
                let inside = fit.intervals(0.95).into_iter().zip([truth(tau), 2.0, -1.0]);
                covered += inside.filter(|((low, high), b)| low <= b && b <= high).count() as f64 / 3.0;
            }
            let covered = covered / DRAWS as f64;
            println!("quantile {tau} {covariance}: intervals of 95 % cover {:.1} %", 100.0 * covered);
            assert!(covered > 0.91 && covered < 0.985, "{covered}");
        }
    }
}
