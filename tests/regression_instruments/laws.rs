//! What holds for every estimator with instruments.

use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::diagnostics::{Subject, run};
use agglo::regression::{Fit, Spec, fit_design};
use std::collections::BTreeMap;

const CLOSE: f64 = 1e-8;

/// Each estimator with parameters.
const ESTIMATORS: [(&str, &str, &str); 6] = [
    ("2sls", "", ""),
    ("liml", "fuller", "1"),
    ("k_class", "kappa", "0.5"),
    ("gmm", "steps", "two"),
    ("gmm", "weighting", "kernel"),
    ("gmm", "steps", "continuously_updated"),
];

const COVARIANCES: [&str; 4] = ["iid", "hc1", "cluster:region", "driscoll_kraay:lag=2"];

fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

/// 14 regions × 9 years with holes, weights, an exogenous and two endogenous regressors, four instruments.
fn random_design(seed: u64) -> Design {
    let mut random = stream(seed, 0);
    let present: Vec<usize> =
        (0..126).zip(normals(&mut random, 126)).filter(|(_, z)| *z < 1.0).map(|(i, _)| i).collect();
    let n = present.len();
    let region: Vec<u32> = present.iter().map(|i| (i / 9) as u32).collect();
    let year: Vec<u32> = present.iter().map(|i| (i % 9) as u32).collect();
    let effect = |name: &str, codes: &[u32]| Effect {
        name: name.into(),
        groups: groups(name, codes.to_vec()),
        intercept: true,
        slope: None,
    };
    let w = normals(&mut random, n);
    let z: Vec<Vec<f64>> = (0..4).map(|_| normals(&mut random, n)).collect();
    let e = normals(&mut random, n);
    let mut endogenous = |j: usize| -> Vec<f64> {
        let v = normals(&mut random, n);
        (0..n).map(|i| z[2 * j][i] + 0.5 * z[2 * j + 1][i] + 0.3 * w[i] + v[i] + 0.5 * e[i]).collect()
    };
    let d = [endogenous(0), endogenous(1)];
    let y = (0..n).map(|i| 5.0 + d[0][i] - 0.5 * d[1][i] + 0.4 * w[i] + e[i] + f64::from(region[i])).collect();
    let [d1, d2] = d;
    Design {
        y,
        x: vec![w, d1, d2],
        names: ["w", "d1", "d2"].map(str::to_owned).to_vec(),
        endogenous: vec![1, 2],
        z,
        instruments: ["z1", "z2", "z3", "z4"].map(str::to_owned).to_vec(),
        weights: Some(normals(&mut random, n).iter().map(|z| z.exp()).collect()),
        effects: vec![effect("region", &region), effect("year", &year)],
        rows: present.iter().map(|i| RowId { region: (i / 9) as u32, industry: 0, period: (i % 9) as i32 }).collect(),
        clusters: vec![groups("region", region)],
        ..Design::default()
    }
}

fn spec(estimator: (&str, &str, &str), covariance: &str) -> Spec {
    let (id, name, value) = estimator;
    let parameters = (!name.is_empty()).then(|| (name.to_owned(), Raw::Text(value.to_owned())));
    Spec {
        estimator: id.to_owned(),
        parameters: parameters.into_iter().collect::<BTreeMap<_, _>>(),
        covariance: Choice::read(covariance),
        subset: None,
    }
}

fn prepared(mut design: Design, covariance: &str) -> Design {
    design.clusters.truncate(Choice::read(covariance).clusters.len());
    design
}

fn try_fit(design: &Design, estimator: (&str, &str, &str), covariance: &str) -> Result<Fit, Error> {
    fit_design(prepared(design.clone(), covariance), &spec(estimator, covariance), &Stop::default())
}

fn fit(design: &Design, estimator: (&str, &str, &str), covariance: &str) -> Fit {
    try_fit(design, estimator, covariance).unwrap()
}

fn assert_close(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= CLOSE * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}

fn assert_same(after: &Fit, before: &Fit, what: &str) {
    assert_close(&after.coefficients, &before.coefficients, what);
    assert_close(&after.standard_errors(), &before.standard_errors(), what);
    let statistics = |fit: &Fit| fit.tests.iter().map(|test| test.statistic.unwrap()).collect::<Vec<_>>();
    assert_close(&statistics(after), &statistics(before), what);
}

/// Every number that the tests of a fit tell, in order.
fn diagnosis(design: &Design, covariance: &str) -> Vec<f64> {
    let design = prepared(design.clone(), covariance);
    let fit = fit(&design, ("2sls", "", ""), covariance);
    let outcomes = run(&Subject { fit: &fit, design: Some(&design) }, &[], &Stop::default()).unwrap();
    assert!(outcomes.len() >= 6, "{}", outcomes.len());
    let of_tables = |part: &agglo::regression::Part| part.columns.iter().flat_map(|c| c.1.clone()).collect::<Vec<_>>();
    let numbers = |outcome: agglo::regression::Outcome| {
        let figures: Vec<_> = outcome.figures.iter().map(|figure| figure.value).collect();
        let tables: Vec<_> = outcome.parts.iter().flat_map(of_tables).collect();
        [outcome.statistic].into_iter().chain(figures).chain(tables).collect::<Vec<_>>()
    };
    outcomes.into_iter().flat_map(numbers).map(|value| value.unwrap_or(-1.0)).collect()
}

fn cases() -> impl Iterator<Item = (u64, (&'static str, &'static str, &'static str), &'static str)> {
    (0..4).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))).flat_map(|(s, e)| COVARIANCES.map(|c| (s, e, c)))
}

#[test]
fn units_change_coefficients_and_errors_in_proportion() {
    for (seed, estimator, covariance) in cases() {
        let design = random_design(seed);
        let before = fit(&design, estimator, covariance);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 3.7e9);
        scaled.x[1].iter_mut().for_each(|x| *x *= 1.3e-8);
        scaled.z[2].iter_mut().for_each(|z| *z *= 4e200);
        let after = fit(&scaled, estimator, covariance);
        let units = [3.7e9, 3.7e9 / 1.3e-8, 3.7e9];
        let times = |v: &[f64]| v.iter().zip(units).map(|(v, u)| v * u).collect::<Vec<_>>();
        assert_close(&after.coefficients, &times(&before.coefficients), "coefficients");
        assert_close(&after.standard_errors(), &times(&before.standard_errors()), "standard errors");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for (seed, estimator, covariance) in cases() {
        let design = random_design(seed);
        let n = design.y.len();
        let keys = normals(&mut stream(seed, 1), n);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
        let mut shuffled = design.clone();
        shuffled.keep(&order);
        assert_same(&fit(&shuffled, estimator, covariance), &fit(&design, estimator, covariance), estimator.0);
    }
    let design = random_design(9);
    let mut shuffled = design.clone();
    shuffled.keep(&(0..design.y.len()).rev().collect::<Vec<_>>());
    COVARIANCES.iter().for_each(|c| assert_close(&diagnosis(&shuffled, c), &diagnosis(&design, c), c));
}

#[test]
fn instruments_matter_by_their_span() {
    let mixed = |design: &Design| {
        let mut mixed = design.clone();
        let (z, w) = (&design.z, &design.x[0]);
        let sum = |parts: [f64; 5]| {
            let part = |i: usize| z.iter().zip(parts).map(|(z, p)| p * z[i]).sum::<f64>() + parts[4] * w[i];
            (0..w.len()).map(part).collect::<Vec<f64>>()
        };
        mixed.z = vec![
            sum([1.0, 2.0, 0.0, 0.0, 3.0]),
            sum([0.0, 1.0, -1.0, 0.0, 0.0]),
            sum([1.0, 0.0, 1.0, 4.0, 1.0]),
            sum([0.0, 0.0, 0.0, 1.0, 0.0]),
        ];
        mixed
    };
    for (seed, estimator, covariance) in cases() {
        let design = random_design(seed);
        assert_same(&fit(&mixed(&design), estimator, covariance), &fit(&design, estimator, covariance), estimator.0);
    }
    let design = random_design(5);
    COVARIANCES.iter().for_each(|c| assert_close(&diagnosis(&mixed(&design), c), &diagnosis(&design, c), c));
}

#[test]
fn absorbed_effects_are_dummies() {
    for (seed, estimator) in (0..4).flat_map(|seed| ESTIMATORS.map(|e| (seed, e))) {
        let design = random_design(seed);
        let mut dummies = design.clone();
        dummies.effects.clear();
        for effect in &design.effects {
            // The year's dummies less the first: the region's sum to one as well.
            for level in usize::from(effect.name == "year")..effect.groups.levels.len() {
                let dummy = effect.groups.codes.iter().map(|g| f64::from(u8::from(*g as usize == level))).collect();
                dummies.x.push(dummy);
                dummies.names.push(format!("{}{level}", effect.name));
            }
        }
        let (absorbed, explicit) = (fit(&design, estimator, "iid"), fit(&dummies, estimator, "iid"));
        let first = |v: &[f64]| v[..3].to_vec();
        if estimator.2 == "kernel" || estimator.2 == "continuously_updated" {
            // A long-run covariance of the dummies' moments is singular, and an updated one moves with their coefficients.
            continue;
        }
        assert_close(&first(&explicit.coefficients), &absorbed.coefficients, estimator.0);
        if estimator.0 == "gmm" {
            // The dummies' coefficients minimise the weighted moments, the absorbed ones the squared residuals.
            continue;
        }
        assert_close(&first(&explicit.standard_errors()), &absorbed.standard_errors(), estimator.0);
        let levels = &absorbed.effects[0].values.intercepts;
        let difference = explicit.coefficient("region3").unwrap() - explicit.coefficient("region1").unwrap();
        assert!((levels[3] - levels[1] - difference).abs() < 1e-9);
    }
}

#[test]
fn regressors_as_their_own_instruments_are_least_squares() {
    for (seed, covariance) in (0..6).flat_map(|seed| COVARIANCES.map(|c| (seed, c))) {
        let mut design = random_design(seed);
        design.z = design.x[1..].to_vec();
        design.instruments.truncate(2);
        let mut exogenous = design.clone();
        exogenous.endogenous.clear();
        exogenous.z.clear();
        exogenous.instruments.clear();
        let (iv, ols) = (fit(&design, ("2sls", "", ""), covariance), fit(&exogenous, ("ols", "", ""), covariance));
        assert_close(&iv.coefficients, &ols.coefficients, "coefficients");
        assert_close(&iv.standard_errors(), &ols.standard_errors(), "standard errors");
        assert_eq!(
            iv.statistics.r2_within.map(|r2| (r2.unwrap() * 1e9).round()),
            ols.statistics.r2_within.map(|r2| (r2.unwrap() * 1e9).round())
        );
        let none = fit(&random_design(seed), ("k_class", "kappa", "0"), covariance);
        assert_close(&none.coefficients, &ols.coefficients, "kappa 0");
        assert_close(&none.standard_errors(), &ols.standard_errors(), "kappa 0");
    }
}

#[test]
fn exactly_identified_estimators_agree() {
    for seed in 0..6 {
        let mut design = random_design(seed);
        design.z = vec![design.z[0].clone(), design.z[2].clone()];
        design.instruments = vec!["z1".into(), "z3".into()];
        let iv = fit(&design, ("2sls", "", ""), "hc1");
        assert!(iv.tests.is_empty());
        let liml = fit(&design, ("liml", "", ""), "hc1");
        assert_eq!(liml.coefficients, iv.coefficients);
        for steps in ["one", "two", "continuously_updated"] {
            let gmm = fit(&design, ("gmm", "steps", steps), "hc1");
            assert_close(&gmm.coefficients, &iv.coefficients, steps);
            assert_close(&gmm.standard_errors(), &iv.standard_errors(), steps);
        }
    }
}

#[test]
fn continuously_updated_under_one_variance_is_liml() {
    for seed in 0..6 {
        let mut design = random_design(seed);
        let mut iid = spec(("gmm", "steps", "continuously_updated"), "iid");
        iid.parameters.insert("weighting".into(), Raw::Text("iid".into()));
        design.clusters.clear();
        let cue = fit_design(design.clone(), &iid, &Stop::default()).unwrap();
        assert_close(&cue.coefficients, &fit(&design, ("liml", "", ""), "iid").coefficients, "coefficients");
        assert!(cue.remarks.is_empty(), "{:?}", cue.remarks);
        let gmm = fit(&design, ("gmm", "weighting", "iid"), "iid");
        assert_close(&gmm.coefficients, &fit(&design, ("2sls", "", ""), "iid").coefficients, "two steps");
    }
}

#[test]
fn whole_weights_are_repeated_rows() {
    for (seed, estimator) in (0..4).flat_map(|seed| ESTIMATORS[..3].iter().map(move |e| (seed, *e))) {
        let mut design = random_design(seed);
        let repeats: Vec<usize> = (0..design.y.len()).map(|i| 1 + i % 3).collect();
        design.weights = Some(repeats.iter().map(|r| *r as f64).collect());
        let mut long = design.clone();
        long.keep(&repeats.iter().enumerate().flat_map(|(i, r)| vec![i; *r]).collect::<Vec<_>>());
        long.weights = None;
        if estimator.0 == "liml" {
            // Fuller's correction counts rows.
            continue;
        }
        assert_close(
            &fit(&design, estimator, "iid").coefficients,
            &fit(&long, estimator, "iid").coefficients,
            "weights",
        );
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let design = random_design(3);
    for estimator in ESTIMATORS {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            serde_json::to_string(&pool.install(|| fit(&design, estimator, "cluster:region"))).unwrap()
        };
        assert_eq!(with(1), with(2));
    }
}

#[test]
fn the_confidence_set_is_what_the_test_accepts() {
    for (seed, covariance) in (0..4).flat_map(|seed| COVARIANCES.map(|c| (seed, c))) {
        let mut design = random_design(seed);
        design.endogenous = vec![1];
        let design = prepared(design, covariance);
        let fit = fit(&design, ("2sls", "", ""), covariance);
        let subject = Subject { fit: &fit, design: Some(&design) };
        let p_at = |null: f64| {
            let parameters = [("null".to_owned(), Raw::Number(null))].into();
            let asked = agglo::regression::diagnostics::Asked { id: "anderson_rubin".into(), parameters };
            run(&subject, &[asked], &Stop::default()).unwrap().remove(0)
        };
        let set = p_at(0.0);
        for bound in set.parts[0].columns.iter().flat_map(|column| column.1.clone()).flatten() {
            let p = p_at(bound).p_value.unwrap();
            assert!((p - 0.05).abs() < 1e-9, "{covariance}: {p} at {bound}, {}", set.reading);
        }
    }
}

#[test]
fn bad_designs_are_told_what_is_wrong() {
    let refused = |change: &dyn Fn(&mut Design), estimator: (&str, &str, &str), covariance: &str, rule: &str| {
        let mut design = random_design(1);
        change(&mut design);
        let error = try_fit(&design, estimator, covariance).err().map_or_else(String::new, |error| error.to_string());
        assert!(error.contains(rule), "{error:?} does not say {rule}");
    };
    let iv = ("2sls", "", "");
    refused(&|d| d.z.truncate(1), iv, "iid", "needs an instrument for each endogenous term");
    let constant_by_region = |d: &mut Design| {
        d.z = vec![d.effects[0].groups.codes.iter().map(|g| f64::from(*g)).collect(); 4];
    };
    refused(&constant_by_region, iv, "iid", "2 endogenous, 0 instruments");
    let exogenous_as_instrument = |d: &mut Design| {
        d.endogenous = vec![1];
        d.z = vec![d.x[0].clone()];
    };
    refused(&exogenous_as_instrument, iv, "iid", "1 endogenous, 0 instruments");
    refused(&|d| d.clusters.clear(), ("gmm", "weighting", "cluster"), "iid", "clustered by one variable");
    refused(&|_| {}, ("k_class", "kappa", "9"), "iid", "is so large");
    let regressors_among_instruments = |d: &mut Design| d.z[0] = d.x[1].clone();
    refused(&regressors_among_instruments, ("liml", "", ""), "iid", "LIML is not defined");
    // Four instruments and an exogenous regressor, but three clusters.
    let few_clusters = |d: &mut Design| d.clusters[0].codes.iter_mut().for_each(|g| *g %= 3);
    let with_three = |d: &mut Design| {
        few_clusters(d);
        d.clusters[0].levels.truncate(3);
    };
    refused(&with_three, ("gmm", "weighting", "cluster"), "cluster:region", "fewer clusters than instruments");
}

#[test]
fn superfluous_instruments_are_told_and_change_nothing() {
    let design = random_design(2);
    let mut more = design.clone();
    more.z.push(design.z[0].iter().zip(&design.z[1]).map(|(a, b)| a - 2.0 * b).collect());
    more.z.push(design.effects[1].groups.codes.iter().map(|g| f64::from(*g)).collect());
    more.instruments.extend(["again".to_owned(), "trend".to_owned()]);
    let (before, after) = (fit(&design, ("2sls", "", ""), "hc1"), fit(&more, ("2sls", "", ""), "hc1"));
    assert_same(&after, &before, "superfluous");
    let remark = after.remarks.iter().find(|remark| remark.code == "INSTRUMENTS_LEFT_OUT").unwrap();
    assert!(remark.message.ends_with("again, trend"), "{}", remark.message);
}
