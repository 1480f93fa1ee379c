//! Covariances: another one for a stored fit, what holds for each, and what they cover.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, normals, stream};
use agglo::regression::covariance::{self, Choice};
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::facts::Facts;
use agglo::regression::{Fit, Spec, fit_design, revise};
use std::sync::Arc;

const REGIONS: usize = 12;
const YEARS: usize = 9;

fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

fn effect(name: &str, codes: &[u32]) -> Effect {
    Effect { name: name.into(), groups: groups(name, codes.to_vec()), intercept: true, slope: None }
}

/// 12 regions of 4 macro-regions × 9 years with holes, weights, two regressors, effects of region and year.
fn random_design(seed: u64) -> Design {
    let mut random = stream(seed, 0);
    let cells = REGIONS * YEARS;
    let present: Vec<usize> =
        (0..cells).zip(normals(&mut random, cells)).filter(|(_, z)| *z < 1.0).map(|(i, _)| i).collect();
    let n = present.len();
    let region: Vec<u32> = present.iter().map(|i| (i / YEARS) as u32).collect();
    let year: Vec<u32> = present.iter().map(|i| (i % YEARS) as u32).collect();
    let macros = (0..REGIONS).map(|r| Some(format!("m{}", r % 4))).collect();
    let mut number = |name: &str, scale: f64| {
        (name.to_owned(), normals(&mut random, REGIONS).into_iter().map(|z| Ok(scale * z)).collect())
    };
    let facts = Facts {
        regions: (0..REGIONS).map(|r| format!("R{r}")).collect(),
        keys: ["region".into(), String::new(), "year".into()],
        numbers: vec![number("latitude", 10.0), number("longitude", 15.0)],
        classes: vec![("macro".into(), macros)],
        ..Facts::default()
    };
    Design {
        y: normals(&mut random, n).iter().zip(&region).map(|(z, r)| 10.0 + z + f64::from(*r)).collect(),
        x: vec![normals(&mut random, n), normals(&mut random, n).iter().map(|z| 5.0 + z).collect()],
        names: vec!["a".into(), "b".into()],
        weights: Some(normals(&mut random, n).iter().map(|z| z.exp()).collect()),
        effects: vec![effect("region", &region), effect("year", &year)],
        rows: present
            .iter()
            .map(|i| RowId { region: (i / YEARS) as u32, industry: 0, period: (i % YEARS) as i32 })
            .collect(),
        facts: Arc::new(facts),
        ..Design::default()
    }
}

/// The design with the clusters that a covariance asks for.
fn clustered(mut design: Design, choice: &Choice) -> Design {
    let part = |row: &RowId, name: &str| match name {
        "region" => row.region,
        "year" => row.period as u32,
        _ => row.region % 4,
    };
    let of = |name: &String| {
        let code = |row: &RowId| name.split('^').fold(0, |code, name| code * 100 + part(row, name));
        let codes: Vec<u32> = design.rows.iter().map(code).collect();
        let mut levels = codes.clone();
        levels.sort_unstable();
        levels.dedup();
        let codes = codes.iter().map(|code| levels.partition_point(|c| c < code) as u32).collect();
        groups(name, codes)
    };
    design.clusters = choice.clusters.iter().map(of).collect();
    design
}

fn try_fit(design: &Design, covariance: &str) -> Result<Fit, Error> {
    let spec = Spec { covariance: Choice::read(covariance), ..Spec::default() };
    fit_design(clustered(design.clone(), &spec.covariance), &spec, &Stop::default())
}

fn fit(design: &Design, covariance: &str) -> Fit {
    try_fit(design, covariance).unwrap_or_else(|e| panic!("{covariance}: {e}"))
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Invalid(violations)) => violations.to_string(),
        other => panic!("expected a refusal, not {other:?}"),
    }
}

fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        let close = (got - expected).abs() <= tolerance * expected.abs() || got.to_bits() == expected.to_bits();
        assert!(close, "{what}: {got:e} is not {expected:e}");
    }
}

const COVARIANCES: &[&str] = &[
    "iid",
    "hc0",
    "hc1",
    "hc2",
    "hc3",
    "cluster:region",
    "cluster:macro",
    "cluster:region+year",
    "cluster:macro^year",
    "cluster:region+year+macro,g_df=conventional,k_fixef=full",
    "crv2:region",
    "crv2:macro",
    "crv3:region",
    "crv3:year",
    "wild_cluster_bootstrap:region,draws=199,weights=webb",
    "wild_cluster_bootstrap:macro,impose_null=no",
    "pairs_bootstrap:region,draws=60",
    "pairs_bootstrap:draws=60,seed=9",
    "newey_west:lag=2",
    "driscoll_kraay",
    "conley:cutoff=1500",
    "conley:cutoff=2500,kernel=bartlett,lag=3",
];

#[test]
fn a_revised_fit_is_the_fit_with_that_covariance_from_the_start() {
    let ids: Vec<&str> = COVARIANCES.iter().map(|text| text.split(':').next().unwrap()).collect();
    assert!(covariance::ALL.iter().all(|covariance| ids.contains(&covariance.card().id)), "every covariance is tried");
    for (seed, text) in (0..4).flat_map(|seed| COVARIANCES.iter().map(move |text| (seed, text))) {
        let mut design = random_design(seed);
        design.y.iter_mut().for_each(|y| *y *= [1.0, 3.7e9, 1.0, 1e140][seed as usize]);
        design.x[0].iter_mut().for_each(|x| *x *= [1.0, 1.3e-8, 1e5, 1e100][seed as usize]);
        design.weights = design.weights.filter(|_| seed != 2);
        let start = fit(&design, if *text == "iid" { "hc1" } else { "iid" });
        let stored: Fit = serde_json::from_str(&serde_json::to_string(&start).unwrap()).unwrap();
        let revised = revise(&stored, &Choice::read(text), &Stop::default()).unwrap();
        let expected = fit(&design, text);
        assert_close(&revised.vcov.concat(), &expected.vcov.concat(), 1e-9, text);
        let bounds = |fit: &Fit| fit.intervals(0.9).into_iter().flat_map(|(low, high)| [low, high]).collect::<Vec<_>>();
        assert_close(&bounds(&revised), &bounds(&expected), 1e-9, text);
        let p_values = |fit: &Fit| fit.p_values().into_iter().map(|p| p.unwrap()).collect::<Vec<_>>();
        assert_close(&p_values(&revised), &p_values(&expected), 1e-8, text);
        let wald = |fit: &Fit| fit.statistics.slopes.unwrap().statistic.unwrap();
        assert_close(&[wald(&revised)], &[wald(&expected)], 1e-8, text);
        assert_eq!(revised.remarks, expected.remarks);
        assert_eq!(revised.covariance.rule, expected.covariance.rule);
        assert_eq!(revised.covariance.t_df, expected.covariance.t_df);
        assert_eq!(revised.covariance.clusters, expected.covariance.clusters);
    }
}

#[test]
fn revision_refuses_what_the_fit_does_not_know() {
    let stored = fit(&random_design(0), "iid");
    let revise = |text: &str| refusal(revise(&stored, &Choice::read(text), &Stop::default()));
    assert!(revise("cluster:marco").contains("did you mean macro?"));
    assert!(revise("cluster").contains("needs a cluster variable"));
    assert!(revise("conley:cutoff=-1").contains("a number in"));
    let mut holes = stored.clone();
    holes.facts.classes[0].1[3] = None;
    let text = refusal(agglo::regression::revise(&holes, &Choice::read("cluster:macro"), &Stop::default()));
    assert!(text.contains("absent in rows of the fit, such as those of R3"), "{text}");
}

#[test]
fn conley_says_what_it_misses() {
    let mut design = random_design(1);
    assert!(refusal(try_fit(&design, "conley")).contains("the distance in kilometres"));
    assert!(
        refusal(try_fit(&design, "conley:cutoff=9,latitude=lat")).contains("called lat; they have latitude, longitude")
    );
    let mut facts = Facts::clone(&design.facts);
    facts.numbers[0].1[2] = Ok(91.0);
    facts.numbers[1].1[5] = Err(agglo::panel::Absent::Missing);
    design.facts = Arc::new(facts);
    let text = refusal(try_fit(&design, "conley:cutoff=9"));
    assert!(text.contains("latitude must lie within 90 degrees") && text.contains("R2"), "{text}");
    assert!(text.contains("longitude must lie within 360 degrees") && text.contains("R5"), "{text}");
}

#[test]
fn conley_at_no_distance_is_clustering_by_region_and_period() {
    for seed in 0..5 {
        let mut design = random_design(seed);
        // Two industries a region and year.
        design.rows.iter_mut().for_each(|row| (row.region, row.industry) = (row.region / 2, row.region % 2));
        design.effects.clear();
        let fitted = fit(&design, "conley:cutoff=0.001");
        let mut by = try_fit(&design, "cluster:region^year").unwrap();
        let factor = fitted.covariance.factor / by.covariance.factor;
        by.vcov.iter_mut().flatten().for_each(|v| *v *= factor);
        assert_close(&fitted.vcov.concat(), &by.vcov.concat(), 1e-10, "no distance");
    }
}

#[test]
fn conley_with_lags_and_no_neighbours_is_newey_west() {
    for seed in 0..5 {
        let design = random_design(seed);
        let fitted = fit(&design, "conley:cutoff=0.001,lag=3");
        let mut by = fit(&design, "newey_west:lag=3");
        let factor = fitted.covariance.factor / by.covariance.factor;
        by.vcov.iter_mut().flatten().for_each(|v| *v *= factor);
        assert_close(&fitted.vcov.concat(), &by.vcov.concat(), 1e-10, "no neighbours");
    }
}

#[test]
fn few_clusters_are_remarked_on() {
    let design = random_design(2);
    for covariance in ["cluster:region", "crv2:region", "crv3:region"] {
        let remarks = fit(&design, covariance).remarks;
        assert!(remarks.len() == 1 && remarks[0].code == "FEW_CLUSTERS", "{covariance}");
        assert!(remarks[0].message.starts_with("region has 12 clusters"), "{}", remarks[0].message);
    }
    assert!(fit(&design, "hc1").remarks.is_empty());
    let stored = fit(&design, "cluster:region");
    assert!(revise(&stored, &Choice::read("hc1"), &Stop::default()).unwrap().remarks.is_empty());
}

#[test]
fn rows_as_clusters_are_hc2_and_the_jackknife() {
    for seed in 0..5 {
        let design = random_design(seed);
        let n = design.y.len() as f64;
        let clusters = vec![groups("row", (0..design.y.len() as u32).collect())];
        let by_row = |covariance: &str| {
            let spec = Spec { covariance: Choice::read(covariance), ..Spec::default() };
            fit_design(Design { clusters: clusters.clone(), ..design.clone() }, &spec, &Stop::default()).unwrap()
        };
        let close = |got: Fit, expected: Fit, factor: f64| {
            let times: Vec<f64> = expected.vcov.concat().iter().map(|v| v * factor).collect();
            assert_close(&got.vcov.concat(), &times, 1e-9, &got.covariance.id);
        };
        close(by_row("crv2:row"), fit(&design, "hc2"), 1.0);
        close(by_row("crv3:row"), fit(&design, "hc3"), (n - 1.0) / n);
    }
}

#[test]
fn random_signs_are_a_sample_of_all_signs() {
    // 12 regions have 2048 sign vectors that differ.
    for seed in 0..3 {
        let design = random_design(seed);
        let all = fit(&design, "wild_cluster_bootstrap:region,draws=2048");
        let some = fit(&design, "wild_cluster_bootstrap:region,draws=2000,seed=5");
        assert!(all.covariance.rule.contains("all 2048") && some.covariance.rule.contains("2000 draws"));
        assert_close(&all.standard_errors(), &fit(&design, "cluster:region").standard_errors(), 1e-14, "as cluster");
        for (all, some) in all.p_values().into_iter().zip(some.p_values()) {
            let (all, some) = (all.unwrap(), some.unwrap());
            let error = (all * (1.0 - all) / 2000.0).sqrt();
            assert!((all - some).abs() <= 4.0 * error + 1e-3, "{some} is not {all}");
        }
    }
}

#[test]
fn a_value_is_outside_the_interval_if_its_p_value_is_small() {
    for seed in 0..20 {
        let mut design = random_design(seed);
        let x = design.x[0].clone();
        design.y.iter_mut().zip(x).for_each(|(y, x)| *y += 0.3 * x);
        let fitted = fit(&design, "wild_cluster_bootstrap:region,draws=399");
        let p = fitted.p_values()[0].unwrap();
        let (low, high) = fitted.intervals(0.95)[0];
        assert!(low < fitted.coefficients[0] && fitted.coefficients[0] < high);
        assert!(p <= 0.05 || (low < 0.0 && 0.0 < high), "p-value {p}, interval {low} to {high}");
        let (inner_low, inner_high) = fitted.intervals(0.8)[0];
        assert!(low <= inner_low && inner_high <= high);
    }
}

#[test]
fn four_clusters_are_too_few_for_signs() {
    let fitted = fit(&random_design(1), "wild_cluster_bootstrap:macro");
    assert_eq!(fitted.remarks[0].code, "COARSE_BOOTSTRAP");
    assert!(fitted.intervals(0.95).iter().all(|(low, high)| low.is_infinite() && high.is_infinite()));
    assert!(fitted.intervals(0.8).iter().all(|(low, high)| low.is_finite() && high.is_finite()));
    assert!(fitted.p_values().iter().all(|p| p.unwrap() >= 0.125));
}

#[test]
fn bootstraps_repeat_on_any_number_of_threads() {
    let design = random_design(6);
    for covariance in ["wild_cluster_bootstrap:region,draws=299", "pairs_bootstrap:region", "conley:cutoff=900,lag=1"] {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            serde_json::to_string(&pool.install(|| fit(&design, covariance))).unwrap()
        };
        assert_eq!(with(1), with(2), "{covariance}");
    }
}

#[test]
fn pairs_spread_as_robust_errors_say() {
    let mut random = stream(8, 0);
    let n = 400;
    let x = normals(&mut random, n);
    let design = Design {
        y: x.iter().map(|x| x + normal(&mut random) * (1.0 + x * x)).collect(),
        x: vec![vec![1.0; n], x],
        names: vec!["(Intercept)".into(), "x".into()],
        rows: (0..n as u32).map(|i| RowId { region: i / 4, industry: 0, period: (i % 4) as i32 }).collect(),
        facts: Arc::new(Facts { keys: ["region".into(), String::new(), "year".into()], ..Facts::default() }),
        ..Design::default()
    };
    for (bootstrap, formula) in
        [("pairs_bootstrap:draws=2000", "hc2"), ("pairs_bootstrap:region,draws=2000", "crv2:region")]
    {
        for (got, expected) in
            fit(&design, bootstrap).standard_errors().iter().zip(fit(&design, formula).standard_errors())
        {
            assert!((got / expected - 1.0).abs() < 0.1, "{bootstrap}: {got} is not near {expected}");
        }
    }
}

/// Terms that the effects determine are left out; where that leaves none, there are no standard errors to tell.
#[test]
fn a_model_without_terms_has_an_empty_covariance() {
    let mut design = random_design(4);
    for x in &mut design.x {
        *x = design.rows.iter().map(|row| f64::from(row.region)).collect();
    }
    for covariance in COVARIANCES {
        match try_fit(&design, covariance) {
            Ok(fit) => assert!(fit.coefficients.is_empty(), "{covariance}"),
            Err(error) => assert!(matches!(error, Error::Invalid(_)), "{covariance}: {error}"),
        }
    }
}

#[test]
fn a_coefficient_that_one_cluster_alone_tells_is_refused() {
    let mut design = random_design(3);
    let only = |(x, row): (&f64, &RowId)| if row.region == 4 { *x } else { 0.0 };
    design.x[0] = design.x[0].iter().zip(&design.rows).map(only).collect();
    for covariance in ["crv2:region", "crv3:region"] {
        let text = refusal(try_fit(&design, covariance));
        assert!(text.contains("without the rows of the cluster 4"), "{text}");
    }
    assert!(try_fit(&design, "crv3:year").is_ok());
}

/// Shares of the 95% intervals of the first coefficient that cover `truth`, one a covariance.
fn coverage<const N: usize>(covariances: [&str; N], truth: f64, designs: &[Design]) -> [f64; N] {
    covariances.map(|covariance| {
        let covers = |design: &&Design| {
            let (low, high) = fit(design, covariance).intervals(0.95)[0];
            low <= truth && truth <= high
        };
        designs.iter().filter(covers).count() as f64 / designs.len() as f64
    })
}

/// 100 regions on a map × 20 years; regressor and errors are means of shocks of 100-km squares around them.
fn spatial(seed: u64) -> Design {
    let mut random = stream(seed, 1);
    let side = 10;
    let degrees = |i: usize| i as f64 * 100.0 / 111.195;
    let mut design = Design { x: vec![Vec::new()], names: vec!["x".into()], ..Design::default() };
    let mut year = Vec::new();
    for t in 0..20 {
        let mut field = || {
            let shocks = normals(&mut random, (side + 2) * (side + 2));
            let mean = |i: usize| {
                let (r, c) = (i / side, i % side);
                (0..9).map(|k| shocks[(r + k / 3) * (side + 2) + c + k % 3]).sum::<f64>() / 3.0
            };
            (0..side * side).map(mean).collect::<Vec<f64>>()
        };
        let (x, u) = (field(), field());
        design.y.extend(x.iter().zip(&u).map(|(x, u)| 0.5 * x + u + normal(&mut random) * 0.1));
        design.x[0].extend(x);
        for region in 0..(side * side) as u32 {
            design.rows.push(RowId { region, industry: 0, period: t });
            year.push(t as u32);
        }
    }
    design.effects = vec![effect("year", &year)];
    let number = |name: &str, of: &dyn Fn(usize) -> usize| {
        (name.to_owned(), (0..side * side).map(|i| Ok(degrees(of(i)))).collect())
    };
    let numbers = vec![number("latitude", &|i| i / side), number("longitude", &|i| i % side)];
    design.facts = Arc::new(Facts { numbers, ..Facts::default() });
    design
}

#[test]
fn conley_covers_where_shocks_are_shared_with_neighbours() {
    let designs: Vec<Design> = (0..400).map(spatial).collect();
    let names = ["iid", "conley:cutoff=320", "conley:cutoff=320,kernel=bartlett", "conley:cutoff=500,kernel=bartlett"];
    let shares = coverage(names, 0.5, &designs);
    println!("coverage of 95% intervals, shocks shared up to 283 km: {names:?} {shares:.3?}");
    assert!(shares[0] < 0.75 && shares[1] > 0.91 && shares[2] > 0.85 && shares[3] > 0.85);
}

/// 10 regions of unequal size; a regressor that two regions have, persistent errors.
fn few(seed: u64) -> Design {
    let mut random = stream(seed, 2);
    let mut design = Design { x: vec![Vec::new()], names: vec!["x".into()], ..Design::default() };
    let (mut region, mut year) = (Vec::new(), Vec::new());
    for r in 0..10_u32 {
        let own = normals(&mut random, 2);
        let policy = f64::from(u8::from(r < 3));
        let mut state = 0.0;
        for t in 0..10 + 2 * r {
            state = 0.8 * state + normal(&mut random);
            let x = if t >= 5 { policy } else { 0.0 } + 0.3 * own[1] * f64::from(t) / 10.0;
            design.x[0].push(x);
            design.y.push(0.5 * x + own[0] + state);
            design.rows.push(RowId { region: r, industry: 0, period: t as i32 });
            region.push(r);
            year.push(t);
        }
    }
    design.effects = vec![effect("region", &region), effect("year", &year)];
    design.drop_singletons();
    design
}

#[test]
fn few_unequal_clusters_need_more_than_crv1() {
    let designs: Vec<Design> = (0..200).map(few).collect();
    let names = [
        "iid",
        "cluster:region",
        "crv2:region",
        "crv3:region",
        "wild_cluster_bootstrap:region,draws=399",
        "pairs_bootstrap:region,draws=99",
    ];
    let shares = coverage(names, 0.5, &designs);
    println!("coverage of 95% intervals, 10 unequal regions, 3 of them treated: {names:?} {shares:.3?}");
    let [iid, crv1, crv2, crv3, wild, pairs] = shares;
    assert!(iid < 0.85 && crv1 < crv2.min(crv3) && crv2.min(crv3) > 0.92);
    assert!(wild > 0.91 && pairs > iid);
}
