//! What holds for every regression, and what bad data are told.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::Raw;
use agglo::error::Error;
use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normals, stream};
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, PanelBuilder, RowKey, SpatialWeights, Value};
use agglo::regression::covariance::{self, Choice};
use agglo::regression::design::{Design, Effect, Groups, LeftOut, RowId};
use agglo::regression::facts::Facts;
use agglo::regression::{Degenerate, ESTIMATORS, Fit, Spec, Takes, fit_design, points};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Agreement asked for, relative to the size of a number.
const CLOSE: f64 = 1e-10;

fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

/// Places of 12 regions.
fn coordinates(random: &mut Random) -> Facts {
    let mut number = |name: &str| (name.to_owned(), normals(random, 12).into_iter().map(|z| Ok(9.0 * z)).collect());
    Facts { numbers: vec![number("latitude"), number("longitude")], ..Facts::default() }
}

/// 12 regions × 9 years with holes, weights, two regressors, effects of region and year, clusters of regions.
fn random_design(seed: u64) -> Design {
    let mut random = stream(seed, 0);
    let present: Vec<usize> =
        (0..108).zip(normals(&mut random, 108)).filter(|(_, z)| *z < 1.0).map(|(i, _)| i).collect();
    let n = present.len();
    let region: Vec<u32> = present.iter().map(|i| (i / 9) as u32).collect();
    let year: Vec<u32> = present.iter().map(|i| (i % 9) as u32).collect();
    let effect = |name: &str, codes: &[u32]| Effect {
        name: name.into(),
        groups: groups(name, codes.to_vec()),
        intercept: true,
        slope: None,
    };
    Design {
        y: normals(&mut random, n).iter().zip(&region).map(|(z, r)| 10.0 + z + f64::from(*r)).collect(),
        x: vec![normals(&mut random, n), normals(&mut random, n).iter().map(|z| 5.0 + z).collect()],
        names: vec!["a".into(), "b".into()],
        weights: Some(normals(&mut random, n).iter().map(|z| z.exp()).collect()),
        effects: vec![effect("region", &region), effect("year", &year)],
        rows: present.iter().map(|i| RowId { region: (i / 9) as u32, industry: 0, period: (i % 9) as i32 }).collect(),
        facts: Arc::new(coordinates(&mut random)),
        clusters: vec![groups("region", region), groups("year", year)],
        ..Design::default()
    }
}

fn spec(covariance: &str) -> Spec {
    Spec { covariance: Choice::read(covariance), ..Spec::default() }
}

fn try_fit(mut design: Design, covariance: &str) -> Result<Fit, Error> {
    let spec = spec(covariance);
    design.clusters.truncate(spec.covariance.clusters.len());
    fit_design(design, &spec, &Stop::default())
}

fn fit(design: &Design, covariance: &str) -> Fit {
    try_fit(design.clone(), covariance).unwrap()
}

fn assert_close(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= CLOSE * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}

const COVARIANCES: [&str; 10] = [
    "iid",
    "hc1",
    "cluster:region",
    "cluster:region+year",
    "hc0",
    "hc2",
    "hc3",
    "newey_west",
    "newey_west:lag=5",
    "driscoll_kraay:lag=3",
];

#[test]
fn units_change_coefficients_and_errors_in_proportion() {
    for (seed, covariance) in (0..20).flat_map(|seed| COVARIANCES.map(|c| (seed, c))) {
        let design = random_design(seed);
        let before = fit(&design, covariance);
        let mut scaled = design.clone();
        scaled.y.iter_mut().for_each(|y| *y *= 3.7e9);
        scaled.x[0].iter_mut().for_each(|x| *x *= 1.3e-8);
        let after = fit(&scaled, covariance);
        let units = [3.7e9 / 1.3e-8, 3.7e9];
        let times = |v: &[f64]| v.iter().zip(units).map(|(v, u)| v * u).collect::<Vec<_>>();
        assert_close(&after.coefficients, &times(&before.coefficients), "coefficients");
        assert_close(&after.standard_errors(), &times(&before.standard_errors()), "standard errors");
        assert!((after.statistics.r2.unwrap() - before.statistics.r2.unwrap()).abs() < 1e-12);
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for (seed, covariance) in (0..20).flat_map(|seed| COVARIANCES.map(|c| (seed, c))) {
        let design = random_design(seed);
        let n = design.y.len();
        let keys = normals(&mut stream(seed, 1), n);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
        let pick = |v: &[f64]| order.iter().map(|i| v[*i]).collect::<Vec<_>>();
        let codes = |g: &Groups| Groups { codes: order.iter().map(|i| g.codes[*i]).collect(), ..g.clone() };
        let shuffled = Design {
            y: pick(&design.y),
            x: design.x.iter().map(|x| pick(x)).collect(),
            weights: design.weights.as_deref().map(pick),
            effects: design.effects.iter().map(|e| Effect { groups: codes(&e.groups), ..e.clone() }).collect(),
            clusters: design.clusters.iter().map(codes).collect(),
            rows: order.iter().map(|i| design.rows[*i]).collect(),
            ..design.clone()
        };
        let (before, after) = (fit(&design, covariance), fit(&shuffled, covariance));
        assert_close(&after.coefficients, &before.coefficients, "coefficients");
        assert_close(&after.standard_errors(), &before.standard_errors(), "standard errors");
        let effects = |fit: &Fit| fit.effects.iter().flat_map(|e| e.values.intercepts.clone()).collect::<Vec<_>>();
        assert_close(&effects(&after), &effects(&before), "effects");
    }
}

#[test]
fn a_constant_in_the_outcome_moves_only_the_effects() {
    for seed in 0..20 {
        let design = random_design(seed);
        let mut moved = design.clone();
        moved.y.iter_mut().for_each(|y| *y += 1234.5);
        let (before, after) = (fit(&design, "cluster:region"), fit(&moved, "cluster:region"));
        assert_close(&after.coefficients, &before.coefficients, "coefficients");
        assert_close(&after.standard_errors(), &before.standard_errors(), "standard errors");
        let lifted: Vec<f64> = before.effects[0].values.intercepts.iter().map(|a| a + 1234.5).collect();
        let pairs = after.effects[0].values.intercepts.iter().zip(&lifted);
        let pairs = pairs.chain(after.effects[1].values.intercepts.iter().zip(&before.effects[1].values.intercepts));
        pairs.for_each(|(got, expected)| assert!((got - expected).abs() <= 1e-13 * 1234.5, "{got} is not {expected}"));
    }
}

#[test]
fn whole_weights_are_repeated_rows() {
    for seed in 0..20 {
        let mut design = random_design(seed);
        let repeats: Vec<usize> = (0..design.y.len()).map(|i| 1 + i % 3).collect();
        design.weights = Some(repeats.iter().map(|r| *r as f64).collect());
        let repeated: Vec<usize> = repeats.iter().enumerate().flat_map(|(i, r)| vec![i; *r]).collect();
        let pick = |v: &[f64]| repeated.iter().map(|i| v[*i]).collect::<Vec<_>>();
        let codes = |g: &Groups| Groups { codes: repeated.iter().map(|i| g.codes[*i]).collect(), ..g.clone() };
        let long = Design {
            y: pick(&design.y),
            x: design.x.iter().map(|x| pick(x)).collect(),
            weights: None,
            effects: design.effects.iter().map(|e| Effect { groups: codes(&e.groups), ..e.clone() }).collect(),
            rows: repeated.iter().map(|i| design.rows[*i]).collect(),
            ..design.clone()
        };
        let (weighted, repeated) = (fit(&design, "iid"), fit(&long, "iid"));
        assert_close(&weighted.coefficients, &repeated.coefficients, "coefficients");
        assert!((weighted.statistics.ssr / repeated.statistics.ssr - 1.0).abs() < CLOSE);
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let design = random_design(3);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| fit(&design, "cluster:region+year"))).unwrap()
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn a_stored_fit_is_the_fit() {
    let before = fit(&random_design(4), "cluster:region");
    let after: Fit = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
    assert_eq!(after, before);
}

#[test]
fn every_name_means_one_method() {
    let cards = ESTIMATORS.iter().map(|e| e.card()).chain(covariance::ALL.iter().map(|c| c.card()));
    let mut names: Vec<&str> = cards.flat_map(|card| card.aliases.iter().copied().chain([card.id])).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// A design with the parts that an estimator takes, and needs.
fn suited(mut design: Design, takes: Takes) -> Design {
    if !takes.effects {
        design.effects.clear();
        design.x.insert(0, vec![1.0; design.y.len()]);
        design.names.insert(0, "(Intercept)".into());
    }
    if !takes.weights {
        design.weights = None;
    }
    if takes.instruments {
        let n = design.y.len();
        let noise = normals(&mut stream(5, 9), n);
        design.endogenous = vec![design.x.len() - 1];
        design.z = vec![design.x[design.x.len() - 1].iter().zip(noise).map(|(x, e)| x + e).collect()];
        design.instruments = vec!["z".into()];
    }
    design
}

/// Places and neighbours of the regions of a random design, and parameters that methods cannot do without.
fn placed(mut design: Design) -> Design {
    let regions = 12;
    let number = |f: fn(usize) -> f64| (0..regions).map(|r| Ok(f(r))).collect::<Vec<Value>>();
    design.facts = Arc::new(Facts {
        regions: (0..regions).map(|r| format!("r{r}")).collect(),
        keys: ["region", "", "year"].map(str::to_owned),
        numbers: vec![
            ("latitude".into(), number(|r| 40.0 + r as f64 / 3.0)),
            ("longitude".into(), number(|r| 2.0 + (r % 4) as f64)),
        ],
        neighbours: Some(SpatialWeights::from_contiguity(regions, (0..regions).map(|r| (r, (r + 1) % regions)))),
        ..Facts::default()
    });
    design
}

fn needed(id: &str) -> BTreeMap<String, Raw> {
    let given: &[(&str, &str)] = match id {
        "conley" => &[("cutoff", "200")],
        "panel_threshold" => &[("threshold", "a"), ("regime_terms", "b")],
        "hausman_taylor" => &[("endogenous", "b")],
        "wild_cluster_bootstrap" | "pairs_bootstrap" => &[("draws", "99")],
        _ => &[],
    };
    given.iter().map(|(name, value)| ((*name).to_owned(), Raw::Text((*value).to_owned()))).collect()
}

/// What a pair cannot do, it says in words at a field of the request; least squares can do all.
#[test]
fn every_pair_of_estimator_and_covariance_works_or_says_why_not() {
    let (mut worked, mut refused) = (0, Vec::new());
    for (estimator, covariance) in ESTIMATORS.iter().flat_map(|e| covariance::ALL.iter().map(move |c| (e, c))) {
        let clusters = ["region", "year"].iter().take(covariance.most_clusters().min(1)).map(|c| (*c).to_owned());
        let id = covariance.card().id;
        let choice = Choice { id: id.into(), clusters: clusters.collect(), parameters: needed(id) };
        let parameters = needed(estimator.card().id);
        let spec = Spec { estimator: estimator.card().id.into(), parameters, covariance: choice, subset: None };
        let mut design = placed(suited(random_design(5), estimator.takes()));
        design.clusters.truncate(spec.covariance.clusters.len());
        if ["logit", "probit"].contains(&estimator.card().id) {
            design.y =
                normals(&mut stream(5, 3), design.y.len()).iter().map(|z| f64::from(u8::from(*z > 0.0))).collect();
        }
        let pair = format!("{} with {}", estimator.card().id, id);
        match fit_design(design, &spec, &Stop::default()) {
            Ok(fit) => {
                worked += 1;
                assert!(fit.standard_errors().iter().all(|se| se.is_finite() && *se >= 0.0), "{pair}");
            }
            Err(Error::Invalid(found)) => {
                assert!(found.told().iter().all(|v| !v.field.is_empty() && !v.rule.is_empty()), "{pair}");
                refused.push(format!("{pair}: {found}"));
            }
            Err(other) => panic!("{pair}: {other}"),
        }
    }
    println!("{worked} pairs work; refused are\n{}", refused.join("\n"));
    assert!(refused.iter().all(|text| !text.starts_with("ols with")), "least squares work with every covariance");
    assert!(worked > refused.len(), "{worked} work, {} do not", refused.len());
}

/// A panel of measures `y` and `x` by region and year, as the formula finds it.
fn run(
    rows: &[(&str, i32, Value, Value)],
    formula: &str,
    covariance: &str,
    weights: Option<&str>,
) -> Result<Fit, Error> {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Flow };
    let mut builder = PanelBuilder::new(keys, vec![measure("y"), measure("x")]);
    for (i, (region, year, y, x)) in rows.iter().enumerate() {
        builder.push(RowKey { row: i, region, period: &year.to_string(), industry: None }, &[*y, *x]);
    }
    let panel = builder.finish()?;
    let options = Options { weights, ..Options::default() };
    let program = Program::compile_with(&parse(formula)?.remove(0), &panel, options)?;
    let fit = agglo::regression::fit(&program, &panel, &spec(covariance), &Stop::default())?;
    assert_eq!(points(&fit, &program, &panel, &Stop::default()).unwrap().len(), rows.len());
    Ok(fit)
}

/// Four regions × six years of harmless numbers.
fn rows() -> Vec<(&'static str, i32, Value, Value)> {
    let number = |r: usize, t: usize, k: usize| Ok(((r * 7 + t * 13 + k * 5) % 11) as f64 + 0.1 * (r * t) as f64);
    let regions = ["a", "b", "c", "d"].into_iter().enumerate();
    regions
        .flat_map(|(r, name)| (0..6).map(move |t| (name, 2000 + t as i32, number(r, t, 1), number(r, t, 3))))
        .collect()
}

fn refusal(result: Result<Fit, Error>) -> String {
    match result {
        Err(Error::Invalid(violations)) => violations.to_string(),
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[test]
fn rows_left_out_are_counted_by_reason() {
    let mut rows = rows();
    rows[0].2 = Err(Absent::Suppressed);
    rows[1].3 = Err(Absent::Missing);
    rows.push(("e", 2000, Ok(1.0), Ok(2.0)));
    rows[3].3 = Ok(-1.0);
    let fit = run(&rows, "y ~ 1 | region + year", "iid", Some("x")).unwrap();
    let expected = [
        (LeftOut::Absent(Absent::Missing), 1),
        (LeftOut::Absent(Absent::Suppressed), 1),
        (LeftOut::Weight, 2),
        (LeftOut::Singleton, 1),
    ];
    let zeros = rows.iter().filter(|r| r.3 == Ok(0.0)).count();
    assert_eq!(zeros, 1, "a weight of zero is left out too");
    assert_eq!(fit.left_out, expected);
    assert_eq!(fit.statistics.observations, rows.len() - 5);
}

#[test]
fn hopeless_data_are_refused_in_words() {
    let one = |y: Value| vec![("a", 2000, y, Ok(1.0))];
    let absent: Vec<_> = rows().into_iter().map(|(r, t, _, x)| (r, t, Err(Absent::Missing), x)).collect();
    assert!(
        refusal(run(&absent, "y ~ x", "iid", None)).contains("no row of the data can be used; left out: 24 missing")
    );
    assert!(refusal(run(&one(Ok(1.0)), "y ~ 1", "iid", None)).contains("1 parameters"));
    assert!(refusal(run(&one(Ok(1.0)), "y ~ x | region", "iid", None)).contains("1 singleton"));
    assert!(refusal(run(&rows()[..6], "y ~ x | region", "cluster:region", None)).contains("at least two classes"));
    assert!(refusal(run(&rows(), "y ~ x | region^year", "iid", None)).contains("singleton"));
    assert!(refusal(run(&rows()[..2], "y ~ x", "hc1", None)).contains("2 parameters"));
    assert!(refusal(run(&rows(), "y ~ x", "cluster", None)).contains("needs a cluster variable"));
    assert!(refusal(run(&rows(), "y ~ x", "cluster:nowhere", None)).contains("nowhere"));
    assert!(refusal(run(&rows(), "y ~ x", "hc7", None)).contains("one of iid, hc0, hc1, hc2, hc3, cluster"));
    assert!(refusal(run(&rows(), "y ~ x", "hc3:lag=2", None)).contains("hc3 takes no parameters"));
    assert!(refusal(run(&rows(), "y ~ x", "newey_west:lag=-1", None)).contains("a whole number in [0, 1000]"));
    assert!(refusal(run(&rows(), "y ~ x", "newey_west:lag=6", None)).contains("5 periods apart; no lag is longer"));
    let one_year: Vec<_> = rows().into_iter().filter(|row| row.1 == 2000).collect();
    assert!(refusal(run(&one_year, "y ~ x", "driscoll_kraay", None)).contains("at least two periods"));
    assert!(refusal(run(&rows(), "y ~ x", "newey_west:region", None)).contains("takes no cluster variables"));
    let huge: Vec<_> = rows().into_iter().map(|(r, t, y, x)| (r, t, y.map(|y| y * 1e300), x)).collect();
    assert!(refusal(run(&huge, "y ~ x", "iid", None)).contains("range of numbers"));
}

#[test]
fn a_constant_outcome_has_no_r_squared() {
    let constant: Vec<_> = rows().into_iter().map(|(r, t, _, x)| (r, t, Ok(7.3), x)).collect();
    for formula in ["y ~ x", "y ~ x | region + year"] {
        let fit = run(&constant, formula, "hc1", None).unwrap();
        assert_eq!(fit.statistics.r2, Err(Absent::ZeroDenominator), "{formula}");
        assert!(fit.coefficients.iter().skip(usize::from(fit.effects.is_empty())).all(|b| b.abs() < 1e-12));
        assert!(fit.t_values().iter().all(|t| t.is_err() || t.unwrap().is_finite()));
    }
}

#[test]
fn collinear_terms_are_named_with_their_combination() {
    let fit = run(&rows(), "y ~ x + I(2*x - 3) + I(x*x)", "iid", None).unwrap();
    assert_eq!(fit.names().collect::<Vec<_>>(), ["(Intercept)", "x", fit.terms[3].as_str()]);
    assert_eq!(fit.collinear[0].combination.iter().map(|(j, _)| *j).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(fit.explain(&fit.collinear[0]), format!("{} = -3·(Intercept) + 2·x", fit.terms[2]));
    let fit = run(&rows(), "y ~ i(region, ref=a) | region", "iid", None).unwrap();
    assert!(fit.coefficients.is_empty() && fit.collinear.len() == 3 && fit.statistics.slopes.is_none());
    assert!(fit.collinear.iter().all(|c| c.absorbed && fit.explain(c).contains("determined by the fixed effects")));
}

#[test]
fn levels_the_model_does_not_know_have_no_prediction() {
    let mut design = random_design(6);
    design.clusters.clear();
    let fit = try_fit(design, "iid").unwrap();
    let point = |region: &str, year: &str| agglo::regression::Point {
        x: vec![Ok(1.0), Ok(1.0)],
        levels: vec![Ok(region.into()), Ok(year.into())],
        slopes: vec![Ok(0.0); 2],
    };
    let predictions =
        fit.predict(&[point("3", "4"), point("3", "1999"), point("Atlantis", "4")], &Stop::default()).unwrap();
    assert!(predictions[0].se_mean.unwrap() < predictions[0].se_forecast.unwrap());
    assert_eq!(predictions[1].fit, Err(Absent::UnknownLevel));
    assert_eq!(predictions[2].se_mean, Err(Absent::UnknownLevel));
}

#[test]
fn a_raised_stop_flag_ends_the_fit() {
    let stop = Stop::default();
    stop.raise();
    let mut design = random_design(7);
    design.clusters.clear();
    assert!(matches!(fit_design(design, &spec("iid"), &stop), Err(Error::Cancelled)));
}

/// y = 1, 3, 2, 5, 4, 6 on x = 1 to 6 and an intercept, with x in another unit.
fn line(unit: f64) -> Result<Fit, Error> {
    let design = Design {
        y: vec![1.0, 3.0, 2.0, 5.0, 4.0, 6.0],
        x: vec![vec![1.0; 6], (1..=6).map(|x| f64::from(x) * unit).collect()],
        names: vec!["(Intercept)".into(), "x".into()],
        rows: (0..6).map(|period| RowId { region: 0, industry: 0, period }).collect(),
        ..Design::default()
    };
    try_fit(design, "iid")
}

#[test]
fn a_variance_beyond_the_range_of_numbers_is_refused_on_either_side() {
    for unit in [1e200, 1e-200, 1e158, 1e-158] {
        let told = line(unit).unwrap_err().to_string();
        assert!(told.contains("results exceed the range of numbers"), "{unit}: {told}");
    }
    let (near, far) = (line(1.0).unwrap(), line(1e140).unwrap());
    assert_close(&[far.coefficients[1] * 1e140], &[near.coefficients[1]], "coefficient");
    assert_close(&[far.standard_errors()[1] * 1e140], &[near.standard_errors()[1]], "standard error");
}

#[test]
fn noise_is_not_told_as_statistics() {
    let mut design = random_design(5);
    design.y.iter_mut().for_each(|y| *y = 7.3);
    let constant = fit(&design, "iid");
    assert_eq!(constant.statistics.degenerate, Some(Degenerate::ConstantOutcome));
    assert!(constant.statistics.r2.is_err() && constant.statistics.slopes.unwrap().statistic.is_err());
    assert!(constant.t_values().iter().all(Result::is_err));
    let mut design = random_design(5);
    design.y = design.x[0].clone();
    assert_eq!(fit(&design, "iid").statistics.degenerate, Some(Degenerate::PerfectFit));
    assert_eq!(fit(&random_design(5), "iid").statistics.degenerate, None);
}

/// The covariance without its small-sample factor.
fn sandwich(fit: &Fit) -> Vec<f64> {
    fit.vcov.iter().flatten().map(|v| v / fit.covariance.factor).collect()
}

#[test]
fn without_lags_newey_west_is_white_and_driscoll_kraay_is_clustered_by_period() {
    for seed in 0..20 {
        let mut design = random_design(seed);
        let white = sandwich(&fit(&design, "hc0"));
        assert_close(&sandwich(&fit(&design, "newey_west:lag=0")), &white, "Newey and West");
        assert_close(&sandwich(&fit(&design, "hc1")), &white, "HC1");
        design.clusters.reverse();
        let by_period = sandwich(&fit(&design, "cluster:year"));
        assert_close(&sandwich(&fit(&design, "driscoll_kraay:lag=0")), &by_period, "Driscoll and Kraay");
    }
}

#[test]
fn one_series_is_the_same_to_newey_west_and_driscoll_kraay() {
    for seed in 0..20 {
        let mut design = random_design(seed);
        design.effects.clear();
        let rows = (0..design.y.len()).map(|i| RowId { region: 0, industry: 0, period: i as i32 });
        design.rows = rows.collect();
        assert_eq!(fit(&design, "newey_west:lag=4").vcov, fit(&design, "driscoll_kraay:lag=4").vcov);
    }
}

#[test]
fn lags_do_not_reach_across_gaps_of_the_calendar() {
    for seed in 0..20 {
        let design = random_design(seed);
        let mut every_tenth = design.clone();
        every_tenth.rows.iter_mut().for_each(|row| row.period *= 10);
        for covariance in ["newey_west", "driscoll_kraay"] {
            let lagged = |design, lag| sandwich(&fit(design, &format!("{covariance}:lag={lag}")));
            assert_close(&lagged(&every_tenth, 9), &lagged(&design, 0), covariance);
            let (wide, narrow) = (lagged(&every_tenth, 10), lagged(&design, 1));
            assert!(wide.iter().zip(&narrow).any(|(a, b)| (a / b - 1.0).abs() > 1e-3), "the neighbour counts 1/11");
        }
    }
}

#[test]
fn leverages_only_add_to_standard_errors() {
    for seed in 0..20 {
        let design = random_design(seed);
        let errors = ["hc0", "hc2", "hc3"].map(|covariance| fit(&design, covariance).standard_errors());
        for ((hc0, hc2), hc3) in errors[0].iter().zip(&errors[1]).zip(&errors[2]) {
            assert!(hc0 < hc2 && hc2 < hc3);
        }
    }
}

/// b − b₍ᵢ₎ = (X'WX)⁻¹·wᵢxᵢuᵢ/(1 − hᵢ), so the sum of its squares over rows left out, one after the other, is HC3.
#[test]
fn hc3_is_what_leaving_out_each_row_does() {
    for seed in 0..4 {
        let mut design = random_design(seed);
        if seed % 2 == 1 {
            design.effects[0].slope = Some(normals(&mut stream(seed, 3), design.y.len()));
        }
        let all = fit(&design, "hc3");
        let mut moved = [0.0; 4];
        for i in 0..design.y.len() {
            let mut weights = design.weights.clone().unwrap();
            weights[i] = 1e-14;
            let without = fit(&Design { weights: Some(weights), ..design.clone() }, "iid");
            let by: Vec<f64> = without.coefficients.iter().zip(&all.coefficients).map(|(a, b)| a - b).collect();
            moved.iter_mut().enumerate().for_each(|(j, sum)| *sum += by[j / 2] * by[j % 2]);
        }
        for (moved, v) in moved.iter().zip(all.vcov.iter().flatten()) {
            assert!((moved - v).abs() < 1e-8 * all.vcov[0][0].max(all.vcov[1][1]), "{moved} is not {v}");
        }
    }
}

#[test]
fn of_a_mean_hc2_is_the_classical_variance() {
    let mut design = random_design(1);
    let n = design.y.len();
    design.effects.clear();
    design.weights = None;
    (design.x, design.names) = (vec![vec![1.0; n]], vec!["(Intercept)".into()]);
    let variance = |covariance| fit(&design, covariance).vcov[0][0];
    assert_close(&[variance("hc2")], &[variance("iid")], "HC2");
    assert_close(&[variance("hc3")], &[variance("iid") * n as f64 / (n - 1) as f64], "HC3");
}

#[test]
fn rows_that_are_fitted_whatever_their_outcome_are_refused() {
    let mut design = random_design(2);
    design.x[1] = vec![0.0; design.y.len()];
    design.x[1][7] = 1.0;
    assert!(fit(&design, "hc1").standard_errors()[0] > 0.0);
    for covariance in ["hc2", "hc3"] {
        let told = refusal(try_fit(design.clone(), covariance));
        assert!(told.contains("the leverage, which is 1 in 1 of the rows"), "{told}");
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit_of_leverages() {
    let design = random_design(3);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(&design, "hc3")).vcov
    };
    assert_eq!(with(1), with(2));
}
