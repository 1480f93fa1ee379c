//! Ridge, lasso and elastic net.

use super::support::{assert_close, column, figure, fit, part, random_design, try_fit};

const ESTIMATORS: [&str; 3] = ["ridge", "lasso", "elastic_net"];

#[test]
fn a_penalty_of_next_to_nothing_is_least_squares() {
    for seed in 0..5 {
        let design = random_design(8, seed);
        let ols = fit(&design, "ols", &[]);
        for estimator in ESTIMATORS {
            let tiny = fit(&design, estimator, &[("lambda", "1e-12")]);
            assert_close(&tiny.coefficients, &ols.coefficients, 1e-8, estimator);
            assert_close(&tiny.standard_errors(), &ols.standard_errors(), 1e-8, estimator);
        }
    }
}

#[test]
fn a_large_penalty_leaves_nothing() {
    let design = random_design(8, 2);
    let lasso = fit(&design, "lasso", &[("lambda", "1e3")]);
    assert_eq!(lasso.coefficients.len(), 0);
    assert_eq!(figure(&lasso, "terms").to_bits(), 0.0_f64.to_bits());
    let ridge = fit(&design, "ridge", &[("lambda", "1e9")]);
    assert!(ridge.coefficients.iter().all(|b| b.abs() < 1e-6));
}

#[test]
fn units_do_not_matter_to_standardised_terms() {
    for (seed, estimator) in (0..5).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let design = random_design(8, seed);
        let mut scaled = design.clone();
        scaled.x[0].iter_mut().for_each(|x| *x *= 3.7e4);
        let (before, after) = (fit(&design, estimator, &[]), fit(&scaled, estimator, &[]));
        assert_eq!(before.kept, after.kept);
        assert_close(&[after.coefficients[0] * 3.7e4], &[before.coefficients[0]], 1e-7, "coefficient");
        assert_close(&after.fitted, &before.fitted, 1e-7, "fitted");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for estimator in ESTIMATORS {
        let design = random_design(8, 3);
        let mut turned = design.clone();
        turned.keep(&(0..design.y.len()).rev().collect::<Vec<_>>());
        let (before, after) = (fit(&design, estimator, &[]), fit(&turned, estimator, &[]));
        assert_close(&after.coefficients, &before.coefficients, 1e-8, estimator);
    }
}

#[test]
fn every_minimum_is_certified() {
    for (seed, estimator) in (0..5).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let fit = fit(&random_design(12, seed), estimator, &[]);
        assert!(figure(&fit, "relative_duality_gap") <= 1e-12);
        assert!(fit.remarks.iter().all(|remark| remark.code != "NOT_CONVERGED"));
    }
}

#[test]
fn one_standard_error_asks_for_a_larger_penalty() {
    for seed in 0..5 {
        let design = random_design(12, seed);
        let [least, one_se] = ["min", "one_se"].map(|choice| fit(&design, "lasso", &[("choice", choice)]));
        let (errors, lambdas) = (column(&least, "path", "error"), column(&least, "path", "lambda"));
        let lowest = errors.iter().copied().fold(f64::INFINITY, f64::min);
        let place = errors.iter().position(|error| error.to_bits() == lowest.to_bits()).unwrap();
        assert_eq!(figure(&least, "lambda").to_bits(), lambdas[place].to_bits());
        assert!(figure(&one_se, "lambda") >= figure(&least, "lambda"));
        assert!(figure(&one_se, "terms") <= figure(&least, "terms"));
    }
}

/// The error of cross-validation at one weight, by leaving out each region and fitting the rest anew.
#[test]
fn errors_of_cross_validation_are_those_of_fits_without_each_fold() {
    let mut design = random_design(6, 7);
    design.effects.clear();
    // As cross-validation works on columns less their means over all rows, give it such.
    let n = design.y.len() as f64;
    for column in design.x.iter_mut().chain([&mut design.y]) {
        let mean = column.iter().sum::<f64>() / n;
        column.iter_mut().for_each(|x| *x -= mean);
    }
    let all = fit(&design, "lasso", &[("folds", "20"), ("standardise", "no")]);
    let (lambdas, errors) = (column(&all, "path", "lambda"), column(&all, "path", "error"));
    for step in [30, 60, 90] {
        let mut squares = 0.0;
        for region in 0..20 {
            let (out, rest): (Vec<usize>, Vec<usize>) =
                (0..design.y.len()).partition(|i| design.rows[*i].region == region);
            let mut others = design.clone();
            others.keep(&rest);
            let lambda = lambdas[step].to_string();
            let left = fit(&others, "lasso", &[("lambda", &lambda), ("standardise", "no")]);
            let b = column(&left, "penalised", "coefficient");
            for i in out {
                let fitted: f64 = b.iter().zip(&design.x).map(|(b, x)| b * x[i]).sum();
                squares += (design.y[i] - fitted).powi(2);
            }
        }
        assert_close(&[errors[step]], &[squares / n], 1e-8, "error");
    }
}

#[test]
fn more_folds_than_regions_are_refused() {
    let refused = try_fit(random_design(4, 1), "lasso", &[("folds", "21")], "iid").unwrap_err().to_string();
    assert!(refused.contains("folds") && refused.contains("20"), "{refused}");
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ESTIMATORS.map(|e| fit(&random_design(8, 2), e, &[])))
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn terms_that_matter_are_selected_and_their_intervals_cover_the_truth() {
    const DRAWS: u64 = 60;
    let (mut found, mut wrong, mut covered) = (0.0, 0.0, 0.0);
    for seed in 0..DRAWS {
        let lasso = fit(&random_design(15, 300 + seed), "lasso", &[("choice", "one_se")]);
        assert!(part(&lasso, "path").columns.len() == 18);
        found += lasso.kept.iter().filter(|j| **j < 2).count() as f64 / 2.0 / DRAWS as f64;
        wrong += lasso.kept.iter().filter(|j| **j >= 3).count() as f64 / 12.0 / DRAWS as f64;
        let (low, high) = lasso.intervals(0.95)[0];
        covered += f64::from(u8::from(low <= 1.0 && 1.0 <= high)) / DRAWS as f64;
    }
    println!(
        "lasso: the two largest terms found {:.1} %, others taken {:.1} %, intervals of 95 % of the largest cover {:.1} %",
        100.0 * found,
        100.0 * wrong,
        100.0 * covered
    );
    assert!(found > 0.99 && wrong < 0.25 && covered > 0.85);
}
