//! Rolling origins: laws, what is told of failures, and a simulated economy whose model is right.

use crate::support::{close, given, panel, program, request, scenario, stock, year};
use agglo::error::Error;
use agglo::forecast::backtest::{
    Backtest, DRIVERS_KNOWN, Estimated, MODEL, Origins, Place, Quantity, Request, Wanted, backtest, refitted,
};
use agglo::forecast::{AreaKind, Closure};
use agglo::formula::parse;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::{Absent, Panel, Value};
use agglo::regression::Spec;

const FORMULA: &str = "growth(gdp) ~ growth(capital) | region";
const REGIONS: usize = 8;

/// Output grows by a region's constant plus half the growth of capital plus noise; capital's growth is erratic.
fn economy(seed: u64, years: usize) -> Panel {
    let (mut capital, mut gdp) = (vec![vec![100.0; REGIONS]], vec![vec![50.0; REGIONS]]);
    let mut random = stream(seed, 0);
    for t in 1..years {
        let growth: Vec<f64> = (0..REGIONS).map(|_| 0.02 + 0.06 * normal(&mut random)).collect();
        let output = |r: usize, noise: f64| 1.0 + 0.01 * r as f64 / 4.0 + 0.5 * growth[r] + 0.01 * noise;
        gdp.push((0..REGIONS).map(|r| gdp[t - 1][r] * output(r, normal(&mut random))).collect());
        capital.push((0..REGIONS).map(|r| capital[t - 1][r] * (1.0 + growth[r])).collect());
    }
    let read = |table: Vec<Vec<f64>>| move |t: usize, r: usize, _: usize| -> Value { Ok(table[t][r]) };
    panel((years, REGIONS, 0), &[stock("capital", read(capital)), stock("gdp", read(gdp))])
}

fn asked(horizon: usize, draws: usize, first: i32, last: i32) -> Request {
    Request {
        forecast: agglo::forecast::Request { groups: Some("macro".into()), ..request(horizon, draws, Vec::new()) },
        origins: Origins { first: Some(year(first)), last: Some(year(last)), count: 0, step: 1 },
        rivals: Vec::new(),
        scores: Vec::new(),
    }
}

fn run(panel: &Panel, text: &str, request: &Request) -> Result<Backtest, Error> {
    let (formula, spec, stop) = (parse(text).unwrap(), Spec::default(), Stop::default());
    backtest(&refitted(&formula[0], &spec, &stop), panel, request, &stop)
}

fn pooled(quantity: Quantity) -> Place {
    Place { quantity, area: None, horizon: None }
}

fn score(backtest: &Backtest, label: &str) -> usize {
    backtest.scores.iter().position(|s| s == label).unwrap_or_else(|| panic!("{label} is not in {:?}", backtest.scores))
}

fn value(backtest: &Backtest, contender: usize, label: &str, place: Place) -> f64 {
    backtest.total(contender, score(backtest, label), place).value.unwrap()
}

#[test]
fn errors_of_the_naive_forecast_are_those_of_a_hand_calculation() {
    let panel = economy(1, 20);
    let answer = run(&panel, FORMULA, &asked(3, 50, 2012, 2016)).unwrap();
    let naive = answer.contenders.iter().position(|name| name == "naive").unwrap();
    let level = |t: usize, r: usize| panel.grid(1, panel.periods()[t]).unwrap().values[r].unwrap();
    let changes = |t: usize| (1..=t).map(|s| (level(s, 2) - level(s - 1, 2)).abs()).sum::<f64>() / t as f64;
    let errors: Vec<f64> = (12..=16).map(|t| level(t + 3, 2) - level(t, 2)).collect();
    let place = Place { quantity: Quantity::Level, area: Some(2), horizon: Some(3) };
    let bias = errors.iter().sum::<f64>() / 5.0;
    let mase = (12..=16).zip(&errors).map(|(t, e)| e.abs() / changes(t)).sum::<f64>() / 5.0;
    assert!(close(value(&answer, naive, "bias", place), bias, 1e-12));
    assert!(close(value(&answer, naive, "mase season=1", place), mase, 1e-12));
    let growth: Vec<f64> = (12..=16).map(|t| 100.0 * (level(t + 3, 2) / level(t + 2, 2) - 1.0)).collect();
    let place = Place { quantity: Quantity::Growth, ..place };
    let square = growth.iter().map(|g| g * g).sum::<f64>() / 5.0;
    assert!(close(value(&answer, naive, "rmse", place), square.sqrt(), 1e-12), "naive growth is zero");
    let cases = answer.cases(naive, Quantity::Level, 2, 3);
    assert_eq!(cases.iter().map(|case| case.origin).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(close(cases[1].told.unwrap().actual, level(16, 2), 1e-15));
}

#[test]
fn rivals_grow_as_their_names_say() {
    let panel = economy(2, 15);
    let answer = run(&panel, FORMULA, &asked(2, 200, 2010, 2010)).unwrap();
    let level = |t: usize, r: usize| panel.grid(1, panel.periods()[t]).unwrap().values[r].unwrap();
    let nation = |t: usize| (0..REGIONS).map(|r| level(t, r)).sum::<f64>();
    let point = |name: &str, area: usize, step: usize| {
        let contender = answer.contenders.iter().position(|n| n == name).unwrap();
        answer.cases(contender, Quantity::Level, area, step)[0].told.unwrap()
    };
    let drift = level(10, 3) * (level(10, 3) / level(0, 3)).powf(0.2);
    assert!(close(point("random_walk_with_drift", 3, 2).point, drift, 1e-12));
    let share = level(10, 3) * (nation(10) / nation(0)).powf(0.2);
    assert!(close(point("constant_share", 3, 2).point, share, 1e-12));
    let total = answer.areas.iter().position(|area| area.kind == AreaKind::Nation).unwrap();
    let sum: f64 = (0..REGIONS).map(|r| point("constant_share", r, 2).point).sum();
    assert!(close(point("constant_share", total, 2).point, sum, 1e-12), "constant shares add up");
    let width = |name: &str, step: usize| {
        let (low, high) = point(name, 3, step).interval.unwrap();
        high - low
    };
    assert!(width("naive", 2) > width("naive", 1), "errors accumulate");
    assert!(width("random_walk_with_drift", 2) > width("naive", 2), "the drift is uncertain");
}

#[test]
fn a_model_that_is_the_naive_forecast_has_no_skill_over_it() {
    let panel = economy(3, 16);
    let naive = |panel: &Panel| -> Result<Estimated, Error> {
        let program = program("growth(gdp) ~ 0 + capital", panel);
        let model = given(&program, &[0.0], None, None);
        Ok((program, model).into())
    };
    let answer = backtest(&naive, &panel, &asked(2, 0, 2008, 2013), &Stop::default()).unwrap();
    let rival = answer.contenders.iter().position(|name| name == "naive").unwrap();
    for quantity in Quantity::ALL {
        let compared = answer.comparison((MODEL, rival), score(&answer, "mae"), pooled(quantity));
        assert_eq!((compared.skill, compared.test), (Ok(0.0), Err(Absent::ZeroDenominator)), "{quantity:?}");
    }
    // Points without draws: CRPS is the absolute error, intervals and calibration are absent and counted.
    let place = pooled(Quantity::Level);
    assert!(close(value(&answer, MODEL, "crps", place), value(&answer, MODEL, "mae", place), 1e-14));
    let coverage = answer.total(MODEL, score(&answer, "coverage level=0.95"), place);
    assert_eq!((coverage.value, coverage.without), (Err(Absent::Undetermined), 6 * 2 * REGIONS));
    assert_eq!(answer.calibration(MODEL, place, 10).without, 6 * 2 * REGIONS);
}

#[test]
fn what_comes_later_does_not_change_a_forecast() {
    let (whole, request) = (economy(4, 20), asked(2, 40, 2012, 2012));
    let before = run(&whole.until(year(2014)), FORMULA, &request).unwrap();
    let after = run(&whole, FORMULA, &request).unwrap();
    let known = whole.until(year(2012));
    assert!(whole.continues(&known) && known.periods().len() == 13);
    for contender in 0..before.contenders.len() {
        for area in 0..before.areas.len() {
            let case = |answer: &Backtest| answer.cases(contender, Quantity::Growth, area, 2).to_vec();
            assert_eq!(case(&before), case(&after));
        }
    }
    // The future drivers are told to one contender only.
    let other = economy(5, 20);
    let moved = panel(
        (15, REGIONS, 0),
        &["capital", "gdp"].map(|name| {
            let (old, new) = (whole.clone(), other.clone());
            stock(name, move |t, r, _| {
                let panel = if t > 12 { &new } else { &old };
                panel.grid(panel.find_measure(name).unwrap(), panel.periods()[t]).unwrap().values[r]
            })
        }),
    );
    let elsewhere = run(&moved, FORMULA, &request).unwrap();
    let point = |answer: &Backtest, contender| answer.cases(contender, Quantity::Level, 1, 2)[0].told.unwrap().point;
    for contender in 0..before.contenders.len() {
        let same = point(&before, contender).to_bits() == point(&elsewhere, contender).to_bits();
        assert_eq!(same, contender != DRIVERS_KNOWN, "{}", before.contenders[contender]);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (panel, request) = (economy(6, 18), asked(3, 60, 2010, 2013));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        format!("{:?}", pool.install(|| run(&panel, FORMULA, &request)).unwrap())
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn origins_that_fail_are_told_with_their_reason() {
    let panel = economy(7, 14);
    let answer = run(&panel, FORMULA, &asked(2, 20, 2000, 2010)).unwrap();
    let failed: Vec<_> = answer.origins.iter().filter(|origin| !origin.failures.is_empty()).collect();
    assert_eq!(answer.origins.len(), 11);
    assert!(!failed.is_empty() && failed.len() < 4, "{failed:?}");
    assert!(failed.iter().all(|origin| origin.failures[0].0 == MODEL && !origin.failures[0].1.is_empty()));
    assert_eq!(answer.cases(MODEL, Quantity::Level, 0, 1).len(), 11 - failed.len());
    let never = run(&panel, FORMULA, &asked(2, 20, 2000, 2001)).unwrap_err();
    assert!(matches!(never, Error::Invalid(_)), "{never}");
    // Near the end of the data fewer steps are known.
    let late = run(&panel, FORMULA, &asked(4, 20, 2010, 2012)).unwrap();
    let counts: Vec<usize> = (1..=4).map(|step| late.cases(MODEL, Quantity::Level, 0, step).len()).collect();
    assert_eq!(counts, [3, 2, 1, 0]);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let mut wrong = asked(2, 10, 1990, 2030);
    wrong.origins.step = 0;
    wrong.forecast.scenarios = vec![scenario("s", Closure::NewActivity, Vec::new())];
    wrong.rivals = vec!["naiv".into(), "naive".into(), "naive".into()];
    let wanted = |score: &str| Wanted { score: score.into(), ..Wanted::default() };
    wrong.scores = vec![wanted("crsp"), wanted("mae")];
    let error = run(&economy(8, 12), FORMULA, &wrong).unwrap_err();
    let Error::Invalid(violations) = error else { panic!("{error}") };
    let fields: Vec<&str> = violations.told().iter().map(|v| v.field.as_str()).collect();
    let expected = ["forecast.scenarios", "origins.step", "origins.first", "rivals[0]", "rivals[2]", "scores[0].score"];
    assert_eq!(fields, expected, "{violations}");
    assert!(violations.to_string().contains("did you mean crps?"), "{violations}");
}

/// Coverage, calibration and skill where the model is true, over several economies, printed.
#[test]
fn a_true_model_is_calibrated_and_beats_its_rivals() {
    let (mut covered, mut cases, mut small, mut tested) = ([0.0; 2], 0.0, 0, 0);
    let mut skills = vec![0.0; 5];
    let worlds = 12;
    for world in 0..worlds {
        let answer = run(&economy(100 + world, 34), FORMULA, &asked(3, 200, 2018, 2030)).unwrap();
        let place = pooled(Quantity::Growth);
        for (sum, level) in covered.iter_mut().zip(["0.8", "0.95"]) {
            let label = format!("coverage level={level}");
            *sum += value(&answer, DRIVERS_KNOWN, &label, place) / worlds as f64;
        }
        for (contender, sum) in skills.iter_mut().enumerate() {
            let compared = answer.comparison((DRIVERS_KNOWN, contender), score(&answer, "crps"), place);
            *sum += compared.skill.unwrap() / worlds as f64;
        }
        for area in 0..REGIONS {
            let place = Place { area: Some(area), horizon: Some(2), ..place };
            let calibration = answer.calibration(DRIVERS_KNOWN, place, 10);
            cases += calibration.histogram.iter().sum::<usize>() as f64;
            tested += 1;
            small += usize::from(calibration.uniformity.unwrap().p_value < 0.05);
        }
    }
    println!("growth with drivers known, {worlds} economies: 80 % and 95 % intervals cover {covered:.3?}");
    println!("uniformity rejected at 5 % in {small} of {tested} regions ({cases} cases)");
    println!("skill by CRPS over model, itself, naive, drift, constant share: {skills:.3?}");
    assert!((covered[0] - 0.8).abs() < 0.04 && (covered[1] - 0.95).abs() < 0.025, "{covered:?}");
    assert!(small as f64 / (tested as f64) < 0.12, "{small} of {tested}");
    assert!(skills[1].abs() < 1e-12 && [0, 2, 3, 4].iter().all(|rival| skills[*rival] > 0.3), "{skills:?}");
}
