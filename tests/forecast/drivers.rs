//! Methods that project drivers: golden numbers, laws, holes in the history, and how often intervals cover.

use crate::support::{Column, panel, stock};
use agglo::card::{Params, Raw};
use agglo::forecast::driver::{ALL, Driver, Fitted, Past, find};
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::{Absent, MeasureKind, Panel, Value};
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Values of a cell over that many periods, from standard normal shocks.
type Model = fn(&mut dyn FnMut() -> f64, usize) -> Vec<f64>;

fn driver(method: &str, params: &[(&str, Raw)]) -> (&'static dyn Driver, Params) {
    let driver = find(method).unwrap();
    let given: BTreeMap<String, Raw> = params.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())).collect();
    (driver, Params::parse(driver.card(), &given, "params").unwrap())
}

fn fit(panel: &Panel, method: &str, params: &[(&str, Raw)], horizon: usize) -> Fitted {
    let (driver, params) = driver(method, params);
    driver.fit(&Past::new(panel, 0), &params, horizon, &Stop::default()).unwrap()
}

fn rate(name: &'static str, values: impl Fn(usize, usize, usize) -> Value + 'static) -> Column {
    Column { name, kind: MeasureKind::Rate, values: Box::new(values) }
}

fn word(text: &str) -> Raw {
    Raw::Text(text.to_owned())
}

/// Share of cells whose future falls between the quantiles (1 − level)/2 and (1 + level)/2 of the draws.
fn coverage(fitted: &Fitted, truth: &dyn Fn(usize, usize) -> f64, step: usize, levels: &[f64]) -> Vec<f64> {
    const DRAWS: u64 = 400;
    let simulator = fitted.simulator.as_ref().unwrap();
    let draws: Vec<Vec<f64>> = (0..DRAWS)
        .into_par_iter()
        .map(|d| simulator.draw(&mut stream(3, d))[step - 1].values.iter().map(|x| x.unwrap()).collect())
        .collect();
    let cells = draws[0].len();
    let mut inside = vec![0.0; levels.len()];
    for cell in 0..cells {
        let below = draws.iter().filter(|draw| draw[cell] < truth(cell, step)).count() as f64;
        let rank = (below + 0.5) / (DRAWS as f64 + 1.0);
        for (inside, level) in inside.iter_mut().zip(levels) {
            *inside += f64::from(u8::from((rank - 0.5).abs() < level / 2.0)) / cells as f64;
        }
    }
    inside
}

/// Paths of cells: `model` makes the values of a cell, on the scale of the logarithm, from standard normal shocks.
fn simulated(cells: usize, periods: usize, model: Model) -> Vec<Vec<f64>> {
    let path = |cell: usize| {
        let mut random = stream(11, cell as u64);
        model(&mut || normal(&mut random), periods)
    };
    (0..cells).map(path).collect()
}

/// Coverage at 80 and 95 % after 1, 5 and 10 periods of a method on cells with `history` periods.
fn covers(name: &str, params: &[(&str, Raw)], history: usize, model: Model) -> Vec<[f64; 2]> {
    let paths = simulated(1500, history + 10, model);
    let past = paths.clone();
    let panel = panel((history, paths.len(), 0), &[rate("x", move |t, r, _| Ok(past[r][t]))]);
    let fitted = fit(&panel, name, params, 10);
    let truth = |cell: usize, step: usize| {
        let cell: usize = panel.regions().name(cell)[1..].parse().unwrap();
        paths[cell][history + step - 1]
    };
    let at = |step: usize| {
        let found = coverage(&fitted, &truth, step, &[0.8, 0.95]);
        println!("{name:18} T = {history}, h = {step:2}: 80 % {:.3}, 95 % {:.3}", found[0], found[1]);
        [found[0], found[1]]
    };
    [1, 5, 10].map(at).to_vec()
}

fn walk(shock: &mut dyn FnMut() -> f64, periods: usize) -> Vec<f64> {
    let mut value = 0.0;
    (0..periods)
        .map(|_| {
            value += 0.03 + 0.02 * shock();
            value
        })
        .collect()
}

fn still(shock: &mut dyn FnMut() -> f64, periods: usize) -> Vec<f64> {
    walk(shock, periods).iter().enumerate().map(|(t, x)| x - 0.03 * t as f64).collect()
}

/// An autoregression of growth with coefficient ½.
fn persistent(shock: &mut dyn FnMut() -> f64, periods: usize) -> Vec<f64> {
    let (mut value, mut growth) = (0.0, 0.02 * shock() / 0.75_f64.sqrt());
    (0..periods)
        .map(|_| {
            growth = 0.5 * growth + 0.02 * shock();
            value += 0.03 + growth;
            value
        })
        .collect()
}

/// A level under measurement error: simple smoothing with α = 0.4.
fn level(shock: &mut dyn FnMut() -> f64, periods: usize) -> Vec<f64> {
    let mut level = 0.0;
    (0..periods)
        .map(|_| {
            let (before, error) = (level, shock());
            level += 0.4 * error;
            before + error
        })
        .collect()
}

/// Holt's local trend with α = 0.5, β = 0.1, growth multiplied by `phi`.
fn trend(phi: f64, shock: &mut dyn FnMut() -> f64, periods: usize) -> Vec<f64> {
    let (mut level, mut growth) = (0.0, 0.5);
    (0..periods)
        .map(|_| {
            let (ahead, error) = (level + phi * growth, shock());
            level = ahead + 0.5 * error;
            growth = phi * growth + 0.1 * error;
            ahead + error
        })
        .collect()
}

#[test]
fn intervals_cover_the_future_of_their_own_model() {
    // Least squares bends autoregressions towards zero in short histories (Kendall 1954), the more the further ahead,
    // and a method chosen by AICc is taken as the right one: both cover less than they say, by no more than told here.
    // Three points; at 80 %, where 1500 cells tell 0.01, a point and a half more.
    const NEAR: f64 = 0.03;
    let none = Raw::Text("none".to_owned());
    let additive = Raw::Text("additive".to_owned());
    for history in [20, 30] {
        let hold = |name: &str, params: &[(&str, Raw)], model: Model, below: f64| {
            for [eighty, ninety_five] in covers(name, params, history, model) {
                assert!(eighty > 0.785 - NEAR - below && eighty < 0.815 + NEAR, "{name}: {eighty}");
                assert!(ninety_five > 0.95 - NEAR - below && ninety_five < 0.95 + NEAR, "{name}: {ninety_five}");
            }
        };
        hold("constant", &[], still, 0.0);
        hold("random_walk_drift", &[], walk, 0.0);
        hold("ets", &[("trend", none.clone())], level, 0.0);
        hold("ets", &[("trend", additive.clone())], |s, n| trend(1.0, s, n), 0.0);
        hold("damped_trend", &[], |s, n| trend(0.9, s, n), 0.0);
        hold("theta", &[], level, 0.0);
        hold("ar", &[("of", word("growth")), ("lags", Raw::Number(1.0))], persistent, 0.08);
        hold("bvar", &[], persistent, 0.1);
        hold("ets", &[], |s, n| trend(1.0, s, n), 0.06);
    }
}

/// Growth of the nation shared by all regions, and growth of their own.
fn economy(periods: usize, regions: usize) -> Vec<Vec<f64>> {
    let nation = simulated(1, periods, walk).remove(0);
    let own = simulated(regions + 1, periods, still);
    own[1..].iter().map(|own| own.iter().zip(&nation).map(|(a, b)| 100.0 * (0.5 * a + b).exp()).collect()).collect()
}

#[test]
fn shares_cover_their_nation_and_regions() {
    let (history, nations) = (25, 300);
    let paths: Vec<Vec<Vec<f64>>> = (0..nations)
        .map(|n| {
            let shocks = |cell: u64| {
                let mut random = stream(100 + n as u64, cell);
                walk(&mut || normal(&mut random), history + 5)
            };
            let nation = shocks(0);
            let region = |r: u64| {
                shocks(r).iter().zip(&nation).enumerate().map(|(t, (a, b))| (b + a - 0.03 * t as f64).exp()).collect()
            };
            (1..5).map(region).collect()
        })
        .collect();
    let last = history + 4;
    let inside = |method: &str| {
        let covered = |n: usize| {
            let regions = paths[n].clone();
            let truth = [paths[n][0][last], (0..4).map(|r| paths[n][r][last]).sum::<f64>()];
            let panel = panel((history, 4, 0), &[stock("x", move |t, r, _| Ok(regions[r][t]))]);
            let fitted = fit(&panel, method, &[], 5);
            let draws: Vec<[f64; 2]> = (0..200)
                .map(|d| {
                    let values = &fitted.simulator.as_ref().unwrap().draw(&mut stream(n as u64, d))[4].values;
                    [values[0].unwrap(), values.iter().map(|x| x.unwrap()).sum()]
                })
                .collect();
            [0, 1].map(|k| {
                let rank = (draws.iter().filter(|draw| draw[k] < truth[k]).count() as f64 + 0.5) / 201.0;
                f64::from(u8::from((rank - 0.5).abs() < 0.4))
            })
        };
        let all: Vec<[f64; 2]> = (0..nations).into_par_iter().map(covered).collect();
        [0, 1].map(|k| all.iter().map(|c| c[k]).sum::<f64>() / nations as f64)
    };
    for method in ["constant_growth", "national_growth", "shift_share"] {
        let [region, nation] = inside(method);
        println!("{method:18} h = 5: 80 % region {region:.3}, nation {nation:.3}");
        assert!((region - 0.8).abs() < 0.07 && (nation - 0.8).abs() < 0.07, "{method}: {region} {nation}");
    }
}

/// The panel of a golden case: its values, or its measures of one region.
fn golden_panel(inputs: &Json) -> Panel {
    let rows = |name: &str| serde_json::from_value::<Vec<Vec<f64>>>(inputs[name].clone()).unwrap();
    if inputs["measures"].is_array() {
        let rows = rows("measures");
        let (own, other, periods) = (rows.clone(), rows.clone(), rows.len());
        let columns = [stock("x", move |t, _, _| Ok(own[t][0])), stock("other", move |t, _, _| Ok(other[t][1]))];
        return panel((periods, 1, 0), &columns);
    }
    let rows = rows("values");
    let (size, kind) = ((rows.len(), rows[0].len(), 0), inputs["kind"].as_str().unwrap());
    let values = move |t: usize, r: usize, _: usize| Ok(rows[t][r]);
    panel(size, &[if kind == "rate" { rate("x", values) } else { stock("x", values) }])
}

#[test]
fn paths_agree_with_the_golden_file() {
    let text = std::fs::read_to_string("tests/golden/forecast/drivers.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for case in file["cases"].as_array().unwrap() {
        let (inputs, name) = (&case["inputs"], case["name"].as_str().unwrap());
        let Some(given) = inputs["params"].as_object() else { continue };
        let raw = |raw: &Json| raw.as_f64().map_or_else(|| word(raw.as_str().unwrap()), Raw::Number);
        let params: Vec<(&str, Raw)> = given.iter().map(|(name, value)| (name.as_str(), raw(value))).collect();
        let path: Option<Vec<Vec<f64>>> = serde_json::from_value(case["expected"]["path"].clone()).ok();
        let horizon = path.as_ref().map_or_else(|| inputs["horizon"].as_u64().unwrap_or(1) as usize, Vec::len);
        let fitted = fit(&golden_panel(inputs), case["method"].as_str().unwrap(), &params, horizon);
        let tolerance = case["tolerance"].as_f64().unwrap();
        let close = |ours: f64, theirs: f64| {
            assert!((ours / theirs - 1.0).abs() <= tolerance, "{name}: {ours} is not {theirs}");
        };
        for (ours, theirs) in fitted.path.iter().zip(path.iter().flatten()) {
            ours.values.iter().zip(theirs).for_each(|(ours, theirs)| close(ours.unwrap(), *theirs));
        }
        let figure = |name: &str| fitted.figures.iter().find(|f| f.name == name).unwrap().value;
        if let Some(lambda) = case["expected"]["lambda"].as_f64() {
            close(figure("lambda"), lambda);
        }
        for (method, score) in case["expected"]["mase"].as_object().into_iter().flatten() {
            close(figure(&format!("mase_{method}")), score.as_f64().unwrap());
        }
        seen += 1;
    }
    assert!(seen >= 15);
}

/// Every method but `given_path`.
fn methods() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|driver| driver.card().id).filter(|id| *id != "given_path")
}

fn draw(fitted: &Fitted, d: u64) -> Vec<Vec<Value>> {
    let simulator = fitted.simulator.as_ref().unwrap();
    simulator.draw(&mut stream(5, d)).into_iter().map(|grid| grid.values).collect()
}

#[test]
fn histories_of_any_kind_have_a_path_or_a_reason() {
    // Regions: complete, from the last period on, from the one before, with a gap, zero at the end, zero amid,
    // constant, missing and suppressed at the end, all zero.
    let value = |t: usize, r: usize| match r {
        _ if t == 4 => Err(Absent::Missing),
        1 if t < 11 => Err(Absent::Missing),
        2 if t < 10 => Err(Absent::Missing),
        3 if (5..8).contains(&t) => Err(Absent::Suppressed),
        4 if t == 11 => Ok(0.0),
        5 if t == 6 => Ok(0.0),
        6 => Ok(7.0),
        7 if t == 11 => Err(Absent::Missing),
        8 if t == 11 => Err(Absent::Suppressed),
        9 => Ok(0.0),
        _ => Ok(100.0 + 10.0 * r as f64 + 5.0 * t as f64 + ((7 * t + 3 * r) % 5) as f64),
    };
    for kind in [MeasureKind::Stock, MeasureKind::Rate] {
        for periods in [1, 2, 3, 4, 12] {
            let back = 12 - periods;
            let sign = if kind == MeasureKind::Rate { -1.0 } else { 1.0 };
            let values = move |t: usize, r: usize, _: usize| value(t + back, r).map(|x| sign * x);
            let panel = panel((periods, 10, 0), &[Column { name: "x", kind, values: Box::new(values) }]);
            for method in methods() {
                let fitted = fit(&panel, method, &[], 4);
                let last = Past::new(&panel, 0).last().clone();
                let draws = fitted.simulator.iter().flat_map(|s| (0..20).map(|d| s.draw(&mut stream(1, d))));
                for path in std::iter::once(fitted.path.clone()).chain(draws) {
                    for grid in &path {
                        for r in 0..10 {
                            let at = format!("{method}, {kind:?}, {periods} periods, region {r}: {:?}", grid.values[r]);
                            assert_eq!(grid.values[r].is_ok(), last.values[r].is_ok(), "{at}");
                            assert!(grid.values[r].is_err() || grid.values[r].unwrap().is_finite(), "{at}");
                            assert!(
                                grid.values[r].is_err() || kind == MeasureKind::Rate || grid.values[r].unwrap() >= 0.0,
                                "{at}"
                            );
                        }
                        assert_eq!(grid.values[8], Err(Absent::Suppressed), "{method}");
                    }
                }
                assert!(fitted.held.iter().all(|cell| fitted.path[3].values[*cell] == last.values[*cell]), "{method}");
                assert!(fitted.held.is_sorted());
            }
        }
    }
}

#[test]
fn negative_rates_go_on() {
    let panel =
        panel((20, 3, 0), &[rate("x", |t, r, _| Ok(-2.0 + 0.1 * (t * (r + 1)) as f64 + ((t * t) % 3) as f64 / 9.0))]);
    for method in ["constant", "random_walk_drift", "ar", "ets", "damped_trend", "theta", "bvar"] {
        let fitted = fit(&panel, method, &[], 3);
        assert!(fitted.held.is_empty() && fitted.simulator.is_some(), "{method}");
    }
    let drift = fit(&panel, "random_walk_drift", &[], 2);
    let (first, last) = (-2.0, -2.0 + 1.9 + 1.0 / 9.0);
    assert!((drift.path[1].values[0].unwrap() - (last + 2.0 * (last - first) / 19.0)).abs() < 1e-12);
}

#[test]
fn paths_and_draws_scale_and_permute_with_the_data() {
    let values = economy(16, 6);
    for method in methods() {
        let of = |order: [usize; 6], factor: f64| {
            let values = values.clone();
            let panel = panel((16, 6, 0), &[stock("x", move |t, r, _| Ok(factor * values[order[r]][t]))]);
            let fitted = fit(&panel, method, &[], 5);
            let draws: Vec<_> = (0..3).map(|d| draw(&fitted, d)).collect();
            (fitted.path.iter().map(|grid| grid.values.clone()).collect::<Vec<_>>(), draws)
        };
        let order = [3, 1, 5, 0, 2, 4];
        let ((plain, draws), (moved, moved_draws)) = (of([0, 1, 2, 3, 4, 5], 1.0), of(order, 8.0));
        for (plain, moved) in std::iter::once(&plain).chain(&draws).zip(std::iter::once(&moved).chain(&moved_draws)) {
            for (plain, moved) in plain.iter().zip(moved) {
                for r in 0..6 {
                    let (expected, found) = (8.0 * plain[order[r]].unwrap(), moved[r].unwrap());
                    assert!((found / expected - 1.0).abs() < 1e-6, "{method}: {found} {expected}");
                }
            }
        }
    }
}

#[test]
fn shares_add_up_to_the_nation() {
    let values = economy(16, 6);
    let total = |t: usize| values.iter().map(|x| x[t]).sum::<f64>();
    let factor = (total(15) / total(0)).powf(1.0 / 15.0);
    let data = values.clone();
    let panel = panel((16, 6, 0), &[stock("x", move |t, r, _| Ok(data[r][t]))]);
    for shrinkage in [0.0, 0.3, 1.0] {
        let fitted = fit(&panel, "shift_share", &[("shrinkage", Raw::Number(shrinkage))], 8);
        let sum: f64 = fitted.path[7].values.iter().map(|x| x.unwrap()).sum();
        assert!((sum / (total(15) * factor.powi(8)) - 1.0).abs() < 1e-12);
        let constant = fit(&panel, "constant_share", &[], 8);
        let same = fitted.path[7].values == constant.path[7].values && draw(&fitted, 1) == draw(&constant, 1);
        assert_eq!(same, shrinkage == 0.0);
    }
}

#[test]
fn a_measure_without_changes_stays_for_certain() {
    let panel = panel((16, 3, 0), &[stock("x", |_, r, _| Ok(10.0 + r as f64))]);
    for method in methods() {
        let fitted = fit(&panel, method, &[], 4);
        assert!(fitted.simulator.is_none(), "{method}");
        assert!(fitted.path.iter().all(|grid| grid.values == [Ok(10.0), Ok(11.0), Ok(12.0)]), "{method}");
    }
}

#[test]
fn measures_and_cells_stay_correlated() {
    // Both measures and both regions share their shocks, with other sizes and one sign turned.
    let shocks = economy(30, 1).remove(0);
    let (a, b) = (shocks.clone(), shocks);
    let columns = [
        stock("x", move |t, r, _| Ok(a[t].powi(if r == 0 { 1 } else { -1 }))),
        stock("y", move |t, _, _| Ok(b[t].powf(0.5))),
    ];
    let panel = panel((30, 2, 0), &columns);
    for method in ["constant_growth", "constant", "theta", "national_growth"] {
        let (driver, params) = driver(method, &[]);
        let of = |measure: usize| driver.fit(&Past::new(&panel, measure), &params, 1, &Stop::default()).unwrap();
        let (x, y) = (of(0), of(1));
        let at = |fitted: &Fitted, d: u64, r: usize| {
            (draw(fitted, d)[0][r].unwrap() / fitted.path[0].values[r].unwrap()).ln()
        };
        for d in 0..20 {
            if method != "national_growth" {
                assert!((at(&x, d, 0) + at(&x, d, 1)).abs() < 1e-9, "{method}");
            }
            let ratio = at(&y, d, 0) / at(&x, d, 0);
            assert!((ratio - 0.5).abs() < 0.05, "{method}: {ratio}");
        }
    }
}

#[test]
fn systems_that_name_each_other_are_drawn_jointly() {
    let values = economy(24, 2);
    let (a, b) = (values[0].clone(), values[1].clone());
    let columns = [
        stock("x", move |t, _, _| Ok(a[t])),
        stock("y", move |t, _, _| Ok(b[t])),
        rate("z", |t, _, _| Ok((t % 5) as f64)),
    ];
    let panel = panel((24, 1, 0), &columns);
    let of = |measure: usize, with: &str| {
        let (driver, params) = driver("bvar", &[("with", word(with)), ("lags", Raw::Number(2.0))]);
        driver.fit(&Past::new(&panel, measure), &params, 3, &Stop::default()).unwrap()
    };
    let lambda = |fitted: &Fitted| fitted.figures.iter().find(|f| f.name == "lambda").unwrap().value.to_bits();
    assert_eq!(lambda(&of(0, "y;z")), lambda(&of(1, "z;x")));
    // Shocks to x and y in the draws have the correlation of the posterior; each draw of the pair is one system's.
    let (x, y) = (of(0, "y"), of(1, "x"));
    let logs: Vec<(f64, f64)> =
        (0..2000).map(|d| (draw(&x, d)[0][0].unwrap().ln(), draw(&y, d)[0][0].unwrap().ln())).collect();
    let growth = |t: usize, r: usize| (values[r][t] / values[r][t - 1]).ln();
    let history: Vec<(f64, f64)> = (1..24).map(|t| (growth(t, 0), growth(t, 1))).collect();
    let correlation = |pairs: &[(f64, f64)]| {
        let n = pairs.len() as f64;
        let (a, b) = pairs.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
        let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|p| f(p.0 - a, p.1 - b)).sum::<f64>();
        sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
    };
    let (drawn, past) = (correlation(&logs), correlation(&history));
    println!("correlation of growth {past:.3}, of draws {drawn:.3}");
    assert!((drawn - past).abs() < 0.15);
}

#[test]
fn auto_tells_what_it_chose_and_takes_each_cell_from_it() {
    // Region 0 trends, region 1 jumps back and forth.
    let panel = panel(
        (14, 2, 0),
        &[stock("x", |t, r, _| Ok(if r == 0 { 1.05_f64.powi(t as i32) } else { 5.0 + (t % 2) as f64 }))],
    );
    let fitted = fit(&panel, "auto", &[("choose", word("cell")), ("candidates", word("constant;trend"))], 3);
    assert_eq!(fitted.chosen[0], "constant_growth");
    let trend = fit(&panel, "constant_growth", &[], 3);
    assert_eq!(fitted.path[2].values[0], trend.path[2].values[0]);
    let whole = fit(&panel, "auto", &[("candidates", word("constant;trend"))], 3);
    assert_eq!(whole.chosen.len(), 1);
    let (driver, params) = driver("auto", &[("candidates", word("constant;auto;given_path;tend;last_value"))]);
    let refused = driver.check(&panel, 0, &params).unwrap_err();
    assert_eq!(refused.count(), 4, "{refused}");
    assert!(refused.told().iter().all(|v| v.field == "params.candidates"));
}

#[test]
fn given_levels_are_known_or_as_uncertain_as_told() {
    let values = economy(16, 2);
    let panel = panel((16, 2, 0), &[stock("x", move |t, r, _| Ok(values[r][t]))]);
    let of = |sd: f64| {
        let (driver, params) = driver("given_path", &[("standard_deviation", Raw::Number(sd))]);
        let past = Past::new(&panel, 0).with_given([(1, vec![50.0, 60.0, 70.0, 80.0])]);
        driver.fit(&past, &params, 4, &Stop::default()).unwrap()
    };
    let known = of(0.0);
    assert_eq!(known.path[2].values[1], Ok(70.0));
    assert!((0..5).all(|d| draw(&known, d)[3][1] == Ok(80.0) && draw(&known, d)[3][0] != known.path[3].values[0]));
    let uncertain = of(2.0);
    let squares: f64 = (0..4000).map(|d| (draw(&uncertain, d)[3][1].unwrap() / 80.0).ln().powi(2)).sum();
    assert!(((squares / 4000.0).sqrt() / (0.02 * 2.0) - 1.0).abs() < 0.05);
}

#[test]
fn a_longer_horizon_leaves_the_first_steps_alone() {
    let values = economy(16, 4);
    let panel = panel((16, 4, 0), &[stock("x", move |t, r, _| Ok(values[r][t]))]);
    for method in methods().filter(|method| *method != "auto") {
        let (short, long) = (fit(&panel, method, &[], 2), fit(&panel, method, &[], 6));
        assert!(short.path == long.path[..2] && draw(&short, 3) == draw(&long, 3)[..2], "{method}");
    }
}

#[test]
fn one_thread_and_many_give_the_same_bits() {
    let values = economy(16, 40);
    let panel = panel((16, 40, 0), &[stock("x", move |t, r, _| Ok(values[r][t]))]);
    for method in methods() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let fitted = fit(&panel, method, &[], 3);
                (fitted.path.clone(), draw(&fitted, 2), fitted.figures)
            })
        };
        assert!(run(1) == run(3), "{method}");
    }
}

#[test]
fn a_raised_flag_stops_every_method() {
    let values = economy(16, 3);
    let panel = panel((16, 3, 0), &[stock("x", move |t, r, _| Ok(values[r][t]))]);
    let stop = Stop::default();
    stop.raise();
    for method in methods() {
        let (driver, params) = driver(method, &[]);
        assert!(driver.fit(&Past::new(&panel, 0), &params, 2, &stop).is_err(), "{method}");
    }
}
