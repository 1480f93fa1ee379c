//! What holds for every panel, and what bad designs are told.

use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, LeftOut, RowId};
use agglo::regression::{Fit, Point, Spec, fit_design};

pub(crate) fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

fn effect(name: &str, codes: &[u32]) -> Effect {
    Effect { name: name.into(), groups: groups(name, codes.to_vec()), intercept: true, slope: None }
}

/// `regions` × `years` of an intercept and two regressors, without the cells that `missing` names.
fn design(seed: u64, regions: usize, years: usize, missing: impl Fn(usize) -> bool) -> Design {
    let cells: Vec<usize> = (0..regions * years).filter(|i| !missing(*i)).collect();
    let (n, mut random) = (cells.len(), stream(seed, 0));
    let unit = normals(&mut random, regions);
    let region: Vec<u32> = cells.iter().map(|i| (i / years) as u32).collect();
    let of_unit = |z: f64, r: &u32| z + unit[*r as usize];
    let a: Vec<f64> = normals(&mut random, n).into_iter().zip(&region).map(|(z, r)| of_unit(z, r)).collect();
    let b = normals(&mut random, n);
    let errors = normals(&mut random, n);
    let y = (0..n).map(|i| 2.0 + 0.7 * a[i] - 0.4 * b[i] + 1.5 * unit[region[i] as usize] + errors[i]).collect();
    Design {
        y,
        x: vec![vec![1.0; n], a, b],
        names: ["(Intercept)", "a", "b"].map(str::to_owned).to_vec(),
        rows: cells
            .iter()
            .map(|i| RowId { region: (i / years) as u32, industry: 0, period: (i % years) as i32 })
            .collect(),
        clusters: vec![groups("region", region)],
        ..Design::default()
    }
}

fn balanced(seed: u64) -> Design {
    design(seed, 12, 9, |_| false)
}

fn unbalanced(seed: u64) -> Design {
    let absent = normals(&mut stream(seed, 7), 15 * 11);
    design(seed, 15, 11, |i| absent[i] > 1.2)
}

pub(crate) fn try_fit(design: &Design, estimator: &str, covariance: &str) -> Result<Fit, Error> {
    let (id, given) = estimator.split_once(':').unwrap_or((estimator, ""));
    let pairs = given.split(',').filter_map(|pair| pair.split_once('='));
    let spec = Spec {
        estimator: id.into(),
        parameters: pairs.map(|(name, value)| (name.into(), Raw::Text(value.into()))).collect(),
        covariance: Choice::read(covariance),
        ..Spec::default()
    };
    let mut design = design.clone();
    design.clusters.truncate(spec.covariance.clusters.len());
    fit_design(design, &spec, &Stop::default())
}

pub(crate) fn fit(design: &Design, estimator: &str) -> Fit {
    try_fit(design, estimator, "cluster:region").unwrap_or_else(|e| panic!("{estimator}: {e}"))
}

fn within(design: &Design) -> Fit {
    let effects = vec![effect("region", &design.clusters[0].codes)];
    let mut design = Design { effects, ..design.clone() };
    design.x.remove(0);
    design.names.remove(0);
    fit(&design, "ols")
}

fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}

const ESTIMATORS: [&str; 15] = [
    "between",
    "first_differences",
    "random_effects",
    "random_effects:components=amemiya",
    "random_effects:components=wallace_hussain",
    "random_effects:components=nerlove",
    "random_effects:effect=time",
    "random_effects:effect=two_way",
    "random_effects:effect=two_way,components=wallace_hussain",
    "correlated_random_effects",
    "hausman_taylor:endogenous=a",
    "mean_group",
    "common_correlated_effects",
    "common_correlated_effects:pool=pooled",
    "swamy",
];

#[test]
fn units_of_measurement_change_coefficients_in_proportion() {
    for (seed, estimator) in (0..5).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let design = unbalanced(seed);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 3.7e5);
        scaled.x[1].iter_mut().for_each(|x| *x *= 1.3e-4);
        let (before, after) = (fit(&design, estimator), fit(&scaled, estimator));
        let unit = |name: &str| if name.ends_with('a') || name.ends_with("(a)") { 3.7e5 / 1.3e-4 } else { 3.7e5 };
        let times = |v: &[f64]| v.iter().zip(before.names()).map(|(v, name)| v * unit(name)).collect::<Vec<_>>();
        assert_close(&after.coefficients, &times(&before.coefficients), 1e-8, estimator);
        assert_close(&after.standard_errors(), &times(&before.standard_errors()), 1e-8, estimator);
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for (seed, estimator) in (0..5).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let design = unbalanced(seed);
        let keys = normals(&mut stream(seed, 1), design.y.len());
        let mut order: Vec<usize> = (0..design.y.len()).collect();
        order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
        let mut shuffled = design.clone();
        shuffled.keep(&order);
        let (before, after) = (fit(&design, estimator), fit(&shuffled, estimator));
        assert_close(&after.coefficients, &before.coefficients, 1e-9, estimator);
        assert_close(&after.standard_errors(), &before.standard_errors(), 1e-9, estimator);
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let design = unbalanced(3);
    for estimator in ESTIMATORS {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            serde_json::to_string(&pool.install(|| fit(&design, estimator))).unwrap()
        };
        assert_eq!(with(1), with(2), "{estimator}");
    }
}

#[test]
fn random_effects_lie_between_pooled_and_within() {
    for seed in 0..10 {
        let design = unbalanced(seed);
        // Without variance between units there is nothing to take out.
        let mut alike = design.clone();
        let noise = normals(&mut stream(seed, 3), design.y.len());
        let means = unit_means(&design, &noise);
        alike.y = (0..noise.len()).map(|i| design.x[1][i] + noise[i] - means[i]).collect();
        let pooled = fit(&alike, "ols");
        let random = fit(&alike, "random_effects:components=wallace_hussain");
        assert_eq!(random.remarks[0].code, "NEGATIVE_VARIANCE");
        assert_close(&random.coefficients, &pooled.coefficients, 1e-10, "no effects");
        // With units far apart all of the means goes.
        let mut apart = design.clone();
        let far = normals(&mut stream(seed, 2), 15);
        apart.y.iter_mut().zip(&apart.rows).for_each(|(y, row)| *y += 1e7 * far[row.region as usize]);
        let random = fit(&apart, "random_effects");
        assert_close(&random.coefficients[1..], &within(&design).coefficients, 1e-5, "units far apart");
    }
}

fn unit_means(design: &Design, column: &[f64]) -> Vec<f64> {
    let of = |row: &RowId| {
        let own = design.rows.iter().zip(column).filter(|(other, _)| other.region == row.region);
        let (count, sum) = own.fold((0.0, 0.0), |(n, sum), (_, x)| (n + 1.0, sum + x));
        sum / count
    };
    design.rows.iter().map(of).collect()
}

#[test]
fn mundlaks_coefficients_are_the_within_ones() {
    for seed in 0..10 {
        for design in [balanced(seed), unbalanced(seed)] {
            let fit = fit(&design, "correlated_random_effects");
            assert_close(&fit.coefficients[1..3], &within(&design).coefficients, 1e-9, "Mundlak");
            assert_eq!(fit.names().collect::<Vec<_>>()[3..], ["mean(a)", "mean(b)"]);
        }
    }
}

#[test]
fn differences_of_two_periods_are_the_within_estimator() {
    for seed in 0..10 {
        let mut design = design(seed, 30, 2, |_| false);
        let expected = within(&design);
        design.x.remove(0);
        design.names.remove(0);
        let found = fit(&design, "first_differences");
        assert_close(&found.coefficients, &expected.coefficients, 1e-10, "two periods");
        assert_close(&[2.0 * found.statistics.sigma2 / 4.0], &[expected.statistics.sigma2], 1e-10, "variance");
        assert_eq!(found.left_out, [(LeftOut::NotUsable, 30)]);
    }
}

#[test]
fn differences_keep_effects_of_periods_and_lose_those_of_units() {
    for seed in 0..10 {
        let mut plain = unbalanced(seed);
        plain.x.remove(0);
        plain.names.remove(0);
        let region = effect("region", &plain.clusters[0].codes);
        let year: Vec<u32> = plain.rows.iter().map(|row| row.period as u32).collect();
        let of_units = Design { effects: vec![region.clone()], ..plain.clone() };
        let (found, expected) = (fit(&of_units, "first_differences"), fit(&plain, "first_differences"));
        assert_close(&found.coefficients, &expected.coefficients, 1e-12, "effects of units");
        let both = Design { effects: vec![region, effect("year", &year)], ..plain.clone() };
        let mut dummies = plain.clone();
        for t in 1..=*year.iter().max().unwrap() {
            dummies.x.push(year.iter().map(|own| f64::from(u8::from(*own == t))).collect());
            dummies.names.push(format!("year {t}"));
        }
        let (found, expected) = (fit(&both, "first_differences"), fit(&dummies, "first_differences"));
        assert_close(&found.coefficients, &expected.coefficients[..2], 1e-9, "effects of periods");
        assert_close(&[found.statistics.ssr], &[expected.statistics.ssr], 1e-9, "effects of periods");
    }
}

#[test]
fn all_endogenous_is_within_and_none_is_random_effects() {
    for seed in 0..10 {
        let design = balanced(seed);
        let all = fit(&design, "hausman_taylor:endogenous=a; b");
        assert_close(&all.coefficients[1..], &within(&design).coefficients, 1e-9, "all endogenous");
        // At its own variances, a quasi-demeaned regression.
        let none = fit(&design, "hausman_taylor");
        let theta = none.figures.iter().find(|f| f.name == "theta").unwrap().value.unwrap();
        let mut demeaned = design.clone();
        let less =
            |column: &[f64]| column.iter().zip(unit_means(&design, column)).map(|(x, m)| x - theta * m).collect();
        demeaned.y = less(&design.y);
        demeaned.x = design.x.iter().map(|x| less(x)).collect();
        assert_close(&none.coefficients, &fit(&demeaned, "ols").coefficients, 1e-9, "none endogenous");
    }
}

#[test]
fn clusters_of_units_tell_the_dispersion_of_their_coefficients() {
    for (seed, estimator) in (0..10).flat_map(|s| ["mean_group", "common_correlated_effects"].map(|e| (s, e))) {
        let design = balanced(seed);
        let own = try_fit(&design, estimator, "iid").unwrap().standard_errors();
        let clustered = fit(&design, estimator);
        let (n, k) = (clustered.rows.len() as f64, clustered.coefficients.len() as f64);
        let factor = ((n - 1.0) / (n - k)).sqrt();
        let own: Vec<f64> = own.iter().map(|se| se * factor).collect();
        assert_close(&clustered.standard_errors(), &own, 1e-9, estimator);
    }
}

#[test]
fn common_factors_take_effects_of_units() {
    for (seed, pool) in (0..10).flat_map(|seed| ["mean_group", "pooled"].map(|p| (seed, p))) {
        let design = balanced(seed);
        let shift = normals(&mut stream(seed, 5), 12);
        let estimator = format!("common_correlated_effects:pool={pool}");
        let before = fit(&design, &estimator);
        let mut lifted = design.clone();
        lifted.y.iter_mut().zip(&design.rows).for_each(|(y, row)| *y += shift[row.region as usize]);
        assert_close(&fit(&lifted, &estimator).coefficients, &before.coefficients, 1e-8, &estimator);
    }
}

fn refusal(result: Result<Fit, Error>) -> String {
    match result {
        Err(Error::Invalid(violations)) => violations.to_string(),
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[test]
fn hopeless_designs_are_refused_in_words() {
    let design = unbalanced(1);
    let iid = |design: &Design, estimator: &str| refusal(try_fit(design, estimator, "iid"));
    assert!(iid(&design, "hausman_taylor:endogenous=c").contains("must name terms of the formula"));
    assert!(iid(&design, "random_effects:components=swamy").contains("one of swamy_arora, amemiya"));
    let weighted = Design { weights: Some(vec![1.0; design.y.len()]), ..design.clone() };
    assert!(iid(&weighted, "random_effects").contains("takes no weights"));
    let mut fixed = design.clone();
    fixed.x.push(fixed.rows.iter().map(|row| f64::from(row.region % 3)).collect());
    fixed.names.push("kind".into());
    assert!(iid(&fixed, "random_effects:components=amemiya").contains("says nothing about kind"));
    assert!(iid(&fixed, "hausman_taylor:endogenous=a; b; kind").contains("as many exogenous terms that change"));
    assert!(iid(&fixed, "mean_group").contains("whose own rows determine every term"));
    let odd: Vec<u32> = design.rows.iter().map(|row| row.period as u32 % 2).collect();
    let alternating = Design { effects: vec![effect("odd", &odd)], ..design.clone() };
    assert!(iid(&alternating, "first_differences").contains("differ by period"));
    let one = design.rows.iter().map(|row| row.period == 0).collect::<Vec<_>>();
    let mut one_year = design.clone();
    one_year.keep(&(0..one.len()).filter(|i| one[*i]).collect::<Vec<_>>());
    assert!(iid(&one_year, "first_differences").contains("two periods in a row"));
    let year = groups("year", design.rows.iter().map(|row| row.period as u32).collect());
    let by_year = Design { clusters: vec![year], ..design };
    assert!(refusal(try_fit(&by_year, "between", "cluster:year")).contains("must hold whole units"));
}

#[test]
fn forecasts_of_a_unit_with_unknown_effect_add_its_variance() {
    let fit = fit(&unbalanced(2), "random_effects");
    let point = Point { x: vec![Ok(1.0), Ok(0.0), Ok(0.0)], levels: Vec::new(), slopes: Vec::new() };
    let found = fit.predict(&[point], &Stop::default()).unwrap().remove(0);
    let sigma_u = fit.figures.iter().find(|f| f.name == "sigma_u").unwrap().value.unwrap();
    let expected = found.se_mean.unwrap().powi(2) + fit.statistics.sigma2 + sigma_u.powi(2);
    assert_close(&[found.se_forecast.unwrap().powi(2)], &[expected], 1e-12, "forecast");
}
