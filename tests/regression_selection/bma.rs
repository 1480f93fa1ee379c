//! Model averaging.

use super::support::{assert_close, column, figure, fit, random_design, try_fit};
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::revise;

const RANDOM: &[(&str, &str)] = &[("model_prior", "random")];

#[test]
fn the_order_of_terms_does_not_matter() {
    for seed in 0..5 {
        let design = random_design(8, seed);
        let mut turned = design.clone();
        turned.x.reverse();
        turned.names.reverse();
        for prior in [&[], RANDOM] {
            let (before, after) = (fit(&design, "bma", prior), fit(&turned, "bma", prior));
            let mut coefficients = after.coefficients.clone();
            coefficients.reverse();
            assert_close(&coefficients, &before.coefficients, 1e-9, "coefficients");
            let mut errors = after.standard_errors();
            errors.reverse();
            assert_close(&errors, &before.standard_errors(), 1e-9, "standard errors");
        }
    }
}

#[test]
fn units_do_not_matter_to_inclusion() {
    for seed in 0..5 {
        let design = random_design(8, seed);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 3.7e5);
        scaled.x[1].iter_mut().for_each(|x| *x *= 1.3e-4);
        let (before, after) = (fit(&design, "bma", &[]), fit(&scaled, "bma", &[]));
        let inclusion = |fit| column(fit, "inclusion", "inclusion_probability");
        assert_close(&inclusion(&after), &inclusion(&before), 1e-9, "inclusion");
        assert_close(&[after.coefficients[1]], &[before.coefficients[1] * 3.7e5 / 1.3e-4], 1e-9, "coefficient");
    }
}

#[test]
fn one_term_is_least_squares_shrunk_or_nothing() {
    let design = random_design(1, 3);
    let (averaged, ols) = (fit(&design, "bma", &[]), fit(&design, "ols", &[]));
    let inclusion = column(&averaged, "inclusion", "inclusion_probability")[0];
    let expected = inclusion * figure(&averaged, "shrinkage") * ols.coefficients[0];
    assert_close(&averaged.coefficients, &[expected], 1e-12, "coefficient");
}

#[test]
fn a_random_prior_spreads_its_weight_evenly_over_sizes() {
    // Of an outcome that no term explains, the posterior sizes are near those before the data, cut by the shrinkage.
    let mut design = random_design(6, 4);
    design.y = normals(&mut stream(4, 9), design.y.len());
    let small = fit(&design, "bma", &[("model_prior", "random"), ("prior_size", "0.5")]);
    let large = fit(&design, "bma", &[("model_prior", "random"), ("prior_size", "5")]);
    let size = |fit| figure(fit, "mean_model_size");
    assert!(size(&small) < size(&large));
    let refused = try_fit(design, "bma", &[("model_prior", "random"), ("prior_size", "6")], "iid");
    assert!(refused.unwrap_err().to_string().contains("less than the number of terms"));
}

#[test]
fn the_chain_agrees_with_its_own_weights() {
    let design = random_design(24, 6);
    let averaged = fit(&design, "bma", &[("draws", "40000")]);
    let correlation = figure(&averaged, "correlation_of_inclusion_probabilities");
    println!("correlation of inclusion probabilities by frequency and by weight: {correlation:.4}");
    assert!(correlation > 0.99);
    let inclusion = column(&averaged, "inclusion", "inclusion_probability");
    assert!(inclusion[..2].iter().all(|p| *p > 0.99), "{inclusion:?}");
    assert_eq!(averaged, fit(&design, "bma", &[("draws", "40000")]));
}

#[test]
fn other_covariances_are_refused() {
    let design = random_design(4, 1);
    let fitted = fit(&design, "bma", &[]);
    let refused = try_fit(design, "bma", &[], "hc1").unwrap_err().to_string();
    assert!(refused.contains("covariance of its own"), "{refused}");
    let later = revise(&fitted, &Choice::read("hc1"), &Stop::default()).unwrap_err().to_string();
    assert_eq!(later, refused);
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(&random_design(11, 2), "bma", RANDOM))
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn terms_that_matter_are_found_and_their_intervals_cover_the_truth() {
    const DRAWS: u64 = 100;
    let (mut found, mut wrong, mut covered) = (0.0, 0.0, 0.0);
    for seed in 0..DRAWS {
        let averaged = fit(&random_design(8, 100 + seed), "bma", RANDOM);
        let inclusion = column(&averaged, "inclusion", "inclusion_probability");
        found += inclusion[..3].iter().filter(|p| **p > 0.5).count() as f64 / 3.0 / DRAWS as f64;
        wrong += inclusion[3..].iter().filter(|p| **p > 0.5).count() as f64 / 5.0 / DRAWS as f64;
        let (low, high) = averaged.intervals(0.95)[0];
        covered += f64::from(u8::from(low <= 1.0 && 1.0 <= high)) / DRAWS as f64;
    }
    println!(
        "terms found {:.1} %, taken wrongly {:.1} %, intervals of 95 % cover {:.1} %",
        100.0 * found,
        100.0 * wrong,
        100.0 * covered
    );
    assert!(found > 0.9 && wrong < 0.05 && covered > 0.88);
}
