//! Forecasts whose levels are reconciled with the aggregates' own.

use crate::support::{change, close, nation, panel, program, request, run, scenario, stock};
use agglo::error::Error;
use agglo::forecast::{
    Action, AreaKind, Closure, Draws, Forecast, Model, Quantity, Reconciliation, Request, Study, Target,
};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::Panel;
use agglo::regression::{Spec, fit};

fn economy() -> Panel {
    let erratic = |number: u64, drift: f64| {
        move |t: usize, r: usize, _: usize| {
            let random = &mut stream(number, r as u64);
            let start = 4.0 + 0.3 * normal(random);
            let moves: f64 = (0..t).map(|_| drift + 0.04 * normal(random)).sum();
            Ok((start + moves).exp())
        }
    };
    panel((20, 8, 0), &[stock("gdp", erratic(31, 0.03)), stock("firms", erratic(32, 0.02))])
}

fn fitted(panel: &Panel) -> (Program, Model) {
    let program = program("growth(gdp) ~ l(agglomeration(firms)) | region", panel);
    let fit = fit(&program, panel, &Spec::default(), &Stop::default()).unwrap();
    let model = Model::fitted(&program, panel, &fit, &Stop::default()).unwrap();
    (program, model)
}

fn asked(method: &str, nation: Vec<f64>) -> Request {
    let changes = vec![change("firms", Action::Scale, 1.3, &[1])];
    Request {
        groups: Some("macro".into()),
        reconciliation: Some(Reconciliation { method: method.into(), allow_negative: false, nation }),
        ..request(4, 200, vec![scenario("more", Closure::NewActivity, changes)])
    }
}

fn levels(forecast: &Forecast, outlook: usize, kind: AreaKind, h: usize) -> f64 {
    let areas = forecast.areas.iter().zip(&forecast.outlooks[outlook].areas).filter(|(area, _)| area.kind == kind);
    areas.map(|(_, path)| path.level[h].point.unwrap()).sum()
}

#[test]
fn levels_add_up_and_growth_follows_them() {
    let panel = economy();
    let (program, model) = fitted(&panel);
    for method in ["bottom_up", "ols", "wls_structural", "wls_variance", "mint_shrink"] {
        let told = run(&program, &panel, &model, &asked(method, Vec::new())).unwrap();
        assert!(told.reconciliation.contains(method), "{}", told.reconciliation);
        for outlook in 0..2 {
            for h in 0..4 {
                let [regions, groups, nation] =
                    [AreaKind::Region, AreaKind::Group, AreaKind::Nation].map(|kind| levels(&told, outlook, kind, h));
                assert!(close(regions / nation, 1.0, 1e-12) && close(groups / nation, 1.0, 1e-12), "{method} {h}");
            }
            for path in &told.outlooks[outlook].areas[..8] {
                let growth = 100.0 * (path.level[2].point.unwrap() / path.level[1].point.unwrap() - 1.0);
                assert!(close(path.growth[2].point.unwrap(), growth, 1e-12), "{method}");
            }
        }
    }
}

/// What is reconciled from the bottom up is what was there.
#[test]
fn the_bottom_up_is_the_model_and_effects_in_per_cent_stay() {
    let panel = economy();
    let (program, model) = fitted(&panel);
    let plain = run(&program, &panel, &model, &Request { reconciliation: None, ..asked("ols", Vec::new()) }).unwrap();
    let effects = |told: &Forecast| -> Vec<f64> {
        let of = |area: usize| told.outlooks[1].effect.as_ref().unwrap().areas[area].level_percent[3].clone();
        (0..8).flat_map(|area| std::iter::once(of(area).point).chain(of(area).quantiles)).map(Result::unwrap).collect()
    };
    for method in ["bottom_up", "mint_shrink"] {
        let told = run(&program, &panel, &model, &asked(method, Vec::new())).unwrap();
        for (ours, theirs) in effects(&told).into_iter().zip(effects(&plain)) {
            assert!(close(ours, theirs, 1e-9), "{method}: {ours} {theirs}");
        }
        let same = (0..8).all(|area| {
            let level = |told: &Forecast| told.outlooks[0].areas[area].level[3].point.unwrap();
            close(level(&told) / level(&plain), 1.0, 1e-12)
        });
        assert_eq!(same, method == "bottom_up");
    }
}

#[test]
fn a_given_nation_is_met_in_every_draw() {
    let panel = economy();
    let (program, model) = fitted(&panel);
    for method in ["bottom_up", "mint_shrink"] {
        let nations = vec![900.0, 950.0, 1000.0, 1100.0];
        let request = asked(method, nations.clone());
        let stop = Stop::default();
        let study = Study::new(&program, &panel, &model, &request, &stop).unwrap();
        let area = study.areas().len() - 1;
        let targets: Vec<Target> = (1..=4).map(|step| Target { quantity: Quantity::Level, area, step }).collect();
        for (series, nation) in study.values(None, &targets, Draws::All).unwrap().iter().zip(&nations) {
            assert!(close(series.point.unwrap(), *nation, 1e-12));
            assert!(series.draws.as_ref().unwrap().iter().all(|x| close(*x, *nation, 1e-12)));
        }
        let told = run(&program, &panel, &model, &request).unwrap();
        assert!(close(told.outlooks[0].areas[nation(&told)].level[3].point.unwrap(), 1100.0, 1e-12));
    }
}

#[test]
fn what_cannot_be_reconciled_is_refused_in_words() {
    let panel = economy();
    let told = |formula: &str, request: &Request| {
        let program = program(formula, &panel);
        let fit = fit(&program, &panel, &Spec::default(), &Stop::default()).unwrap();
        let model = Model::fitted(&program, &panel, &fit, &Stop::default()).unwrap();
        match run(&program, &panel, &model, request) {
            Err(Error::Invalid(found)) => found.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let ratio = told("growth(gdp/firms) ~ 1 | region", &Request { scenarios: Vec::new(), ..asked("ols", Vec::new()) });
    assert!(ratio.contains("reconciliation") && ratio.contains("adds up"), "{ratio}");
    let wrong = told("growth(gdp) ~ l(agglomeration(firms)) | region", &asked("mint_shrnk", vec![1.0, -2.0]));
    assert!(wrong.contains("mint_shrink?") && wrong.contains("-2") && wrong.contains("one level a period"), "{wrong}");
}

/// Economies whose regions grow by a drift of their own, shocks of the year and shocks of the region.
fn shaken(seed: u64) -> impl Fn(usize, usize) -> f64 {
    move |t: usize, r: usize| {
        let (own, common) = (&mut stream(1000 + seed, r as u64 + 1), &mut stream(1000 + seed, 0));
        let start = 4.0 + normal(own);
        let moves: f64 = (0..t).map(|_| 0.03 + 0.02 * normal(common) + 0.02 * normal(own)).sum();
        (start + moves).exp()
    }
}

/// Reconciling learns that forecasts of regions, groups and nation err together; if draws erred apart, it would make much
/// of differences that no history has.
#[test]
fn reconciled_bands_are_no_wider_and_cover() {
    const ECONOMIES: u64 = 150;
    let (years, regions) = (25, 12);
    for method in ["mint_shrink", "wls_variance", "wls_structural", "ols"] {
        let (mut widths, mut covered) = ([[0.0; 2]; 2], [0.0; 2]);
        for seed in 0..ECONOMIES {
            let (level, history) = (shaken(seed), shaken(seed));
            let panel = panel((years, regions, 0), &[stock("gdp", move |t, r, _| Ok(history(t, r)))]);
            let program = program("growth(gdp) ~ 1 | region", &panel);
            let fit = fit(&program, &panel, &Spec::default(), &Stop::default()).unwrap();
            let model = Model::fitted(&program, &panel, &fit, &Stop::default()).unwrap();
            let reconciled = Request { scenarios: Vec::new(), ..asked(method, Vec::new()) };
            let plain = Request { reconciliation: None, ..reconciled.clone() };
            for (which, request) in [&plain, &reconciled].into_iter().enumerate() {
                let told = run(&program, &panel, &model, request).unwrap();
                for (place, area) in [0, nation(&told)].into_iter().enumerate() {
                    let band = &told.outlooks[0].areas[area].level[3];
                    let ends = [band.quantiles[0], *band.quantiles.last().unwrap()].map(Result::unwrap);
                    widths[which][place] += (ends[1] - ends[0]) / band.point.unwrap();
                    if which == 1 {
                        let truth: f64 = if place == 0 {
                            level(years + 3, 0)
                        } else {
                            (0..regions).map(|r| level(years + 3, r)).sum()
                        };
                        covered[place] += f64::from(u8::from((ends[0]..=ends[1]).contains(&truth)));
                    }
                }
            }
        }
        let ratio = |place: usize| widths[1][place] / widths[0][place];
        let covers = covered.map(|count| count / ECONOMIES as f64);
        println!("{method}: widths of region and nation {:.3} {:.3}, coverage {covers:?}", ratio(0), ratio(1));
        for (place, covers) in covers.into_iter().enumerate() {
            assert!((0.9..1.1).contains(&ratio(place)), "{method} makes bands {} times as wide", ratio(place));
            // Three standard errors of a share of 0.95 among so many economies.
            let three = 3.0 * (0.95 * 0.05 / ECONOMIES as f64).sqrt();
            assert!((covers - 0.95).abs() < three, "{method} covers {covers}");
        }
    }
}
