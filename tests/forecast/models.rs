//! Fitted models: their effects carried into the future, cells, holes, slopes that differ by region.

use crate::support::{change, close, effects, panel, program, request, run, scenario, stock};
use agglo::forecast::{
    Action, AreaKind, Closure, Code, Draws, DriverPath, Forecast, Model, Quantity, Request, Source, Study, Target,
    Uncertainty,
};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::{Absent, Panel};
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, Spec, fit};
use std::collections::BTreeMap;

/// Capital is erratic; output grows with it, region 1 has no capital in 2003 and none at all of it in industry b.
fn economy(size: (usize, usize, usize)) -> Panel {
    let noise = |number: u64, t: usize, r: usize, i: usize| {
        normal(&mut stream(5, 1_000_000 * number + 10_000 * t as u64 + 100 * r as u64 + i as u64))
    };
    let capital = move |t, r, i| match (t, r, i) {
        (3, 1, _) | (_, 1, 1) => Err(Absent::Missing),
        _ => Ok((4.0 + noise(1, 0, r, i) + 0.02 * t as f64 + 0.1 * noise(1, t, r, i)).exp()),
    };
    let gdp = move |t: usize, r: usize, i: usize| {
        Ok((6.0 + r as f64 / 5.0 + 0.03 * t as f64 + 0.05 * noise(2, t, r, i)).exp())
    };
    panel(size, &[stock("capital", capital), stock("gdp", gdp)])
}

fn fitted(text: &str, panel: &Panel) -> (Program, Fit, Model) {
    let program = program(text, panel);
    let spec = Spec { covariance: Choice::read("hc1"), ..Spec::default() };
    let fit = fit(&program, panel, &spec, &Stop::default()).unwrap();
    let model = Model::fitted(&program, panel, &fit, &Stop::default()).unwrap();
    (program, fit, model)
}

fn point(forecast: &Forecast, row: usize, h: usize) -> f64 {
    forecast.outlooks[0].areas[row].outcome[h].point.unwrap()
}

/// The projected driver of a region: its geometric growth since 2000.
fn capital(panel: &Panel, row: usize, h: usize) -> f64 {
    let periods = panel.periods();
    let at = |t: usize| panel.grid(0, periods[t]).unwrap().values[row].unwrap();
    at(periods.len() - 1) * (at(periods.len() - 1) / at(0)).powf(h as f64 / (periods.len() - 1) as f64)
}

#[test]
fn effects_and_slopes_of_the_region_go_on() {
    let panel = economy((10, 4, 0));
    let (program, fit, model) = fitted("ln(gdp) ~ ln(capital) | region[year]", &panel);
    let forecast = run(&program, &panel, &model, &request(3, 0, Vec::new())).unwrap();
    let values = &fit.effects[0].values;
    for h in 1..=3 {
        for r in 0..4 {
            let year = 2009.0 + h as f64;
            let expected = fit.coefficients[0] * capital(&panel, r, h).ln() + values.at(r, year);
            assert!(close(point(&forecast, r, h - 1), expected, 1e-10), "{} {expected}", point(&forecast, r, h - 1));
        }
    }
}

#[test]
fn effects_of_the_year_go_on_with_their_mean() {
    let panel = economy((10, 4, 0));
    let (program, fit, model) = fitted("growth(gdp) ~ ln(capital) | region + year", &panel);
    let forecast = run(&program, &panel, &model, &request(2, 0, Vec::new())).unwrap();
    let years = &fit.effects[1].values.intercepts;
    let mean = years.iter().sum::<f64>() / years.len() as f64;
    for r in 0..4 {
        let expected = fit.coefficients[0] * capital(&panel, r, 2).ln() + fit.effects[0].values.intercepts[r] + mean;
        assert!(close(point(&forecast, r, 1), expected, 1e-10));
    }
    let uncertain = run(&program, &panel, &model, &request(2, 50, Vec::new())).unwrap();
    assert!(uncertain.outlooks[0].areas[1].outcome[0].quantiles.iter().all(Result::is_ok));
}

#[test]
fn cells_are_rows_and_regions_their_sums() {
    let panel = economy((10, 4, 2));
    let (program, _, model) = fitted("growth(gdp) ~ ln(capital) | region^industry + industry^year", &panel);
    let scenarios = vec![scenario("s", Closure::NewActivity, vec![change("capital", Action::Scale, 1.2, &[0])])];
    let forecast = run(&program, &panel, &model, &request(2, 40, scenarios)).unwrap();
    assert_eq!(forecast.rows.len(), 8);
    assert_eq!(forecast.rows[3].left_out, Some(Absent::UnknownLevel));
    assert!(forecast.warnings.iter().any(|w| w.code == Code::RowsLeftOut));
    let kinds: Vec<AreaKind> = forecast.areas.iter().map(|a| a.kind).collect();
    assert_eq!(kinds[..8], [AreaKind::Cell; 8]);
    assert_eq!(kinds[8..], [AreaKind::Region, AreaKind::Region, AreaKind::Region, AreaKind::Region, AreaKind::Nation]);
    let level = |area: usize| forecast.outlooks[0].areas[area].level[1].mean.unwrap();
    assert!(close(level(8), level(0) + level(1), 1e-12));
    assert!(close(level(9), level(2), 1e-12));
    let effect = effects(&Forecast { rows: forecast.rows[..3].to_vec(), ..forecast }, 0, 1);
    assert!(effect[0] != 0.0 && close(effect[0], effect[1], 1e-9) && effect[2] == 0.0);
}

#[test]
fn regions_new_to_the_model_are_left_out() {
    let small = economy((10, 3, 0));
    let (_, fit, _) = fitted("growth(gdp) ~ ln(capital) | region", &small);
    let large = economy((10, 4, 0));
    let program = program("growth(gdp) ~ ln(capital) | region", &large);
    let model = Model::fitted(&program, &large, &fit, &Stop::default()).unwrap();
    let forecast = run(&program, &large, &model, &request(1, 20, Vec::new())).unwrap();
    assert_eq!(forecast.rows[3].left_out, Some(Absent::UnknownLevel));
    assert!(forecast.rows[..3].iter().all(|row| row.left_out.is_none()));
}

#[test]
fn the_model_must_be_that_of_the_formula() {
    let panel = economy((10, 4, 0));
    let (_, fit, _) = fitted("growth(gdp) ~ ln(capital) | region", &panel);
    let other = program("growth(gdp) ~ capital | region", &panel);
    let error = Model::fitted(&other, &panel, &fit, &Stop::default()).unwrap_err();
    assert!(error.to_string().contains("another formula"), "{error}");
}

#[test]
fn a_far_future_has_high_leverage() {
    let panel = economy((10, 4, 0));
    let (program, _, model) = fitted("growth(gdp) ~ ln(capital) | region + year", &panel);
    let boom = vec![scenario("boom", Closure::NewActivity, vec![change("capital", Action::Scale, 20.0, &[2])])];
    let held =
        DriverPath { measure: "capital".into(), method: "constant".into(), params: BTreeMap::new(), given: Vec::new() };
    let told = run(&program, &panel, &model, &Request { drivers: vec![held], ..request(2, 0, boom) }).unwrap();
    let high: Vec<_> = told.warnings.iter().filter(|w| w.code == Code::HighLeverage).collect();
    assert!(high.len() == 1 && high[0].place == "boom" && high[0].message.contains("r02"), "{high:?}");
}

/// The wild bootstrap of regions has the covariance clustered by region.
#[test]
fn a_wild_bootstrap_spreads_as_the_clustered_covariance() {
    let panel = economy((12, 30, 0));
    let program = program("growth(gdp) ~ l(ln(capital)) | region", &panel);
    let spec = Spec { covariance: Choice::read("cluster:region"), ..Spec::default() };
    let fit = fit(&program, &panel, &spec, &Stop::default()).unwrap();
    let model = Model::fitted(&program, &panel, &fit, &Stop::default()).unwrap().wild(&fit).unwrap();
    let more = vec![change("capital", Action::Scale, std::f64::consts::E, &[0])];
    let request = Request {
        uncertainty: Uncertainty::only(Source::Coefficients),
        ..request(2, 20_000, vec![scenario("more", Closure::NewActivity, more)])
    };
    let stop = Stop::default();
    let study = Study::new(&program, &panel, &model, &request, &stop).unwrap();
    let target = [Target { quantity: Quantity::Outcome, area: 0, step: 2 }];
    let ours = study.values(Some(&study.scenarios()[0]), &target, Draws::All).unwrap().remove(0);
    let effect = ours.minus(&study.values(None, &target, Draws::All).unwrap()[0]);
    let (spread, error) = (effect.variance().unwrap().sqrt(), fit.vcov[0][0].sqrt());
    assert!((spread / error - 1.0).abs() < 0.03, "{spread} {error}");
}

/// Disturbances that run over several dates are drawn in stretches.
#[test]
fn runs_of_good_and_bad_years_stay_runs() {
    let stretch = |memory: f64| {
        let gdp = move |t: usize, r: usize, _: usize| {
            let (random, mut error, mut level) = (&mut stream(9, r as u64), 0.0, 100.0);
            for _ in 0..t {
                error = memory * error + normal(random);
                level *= 1.0 + (2.0 + error) / 100.0;
            }
            Ok(level)
        };
        let panel = panel((40, 8, 0), &[stock("gdp", gdp)]);
        let program = program("growth(gdp) ~ 1 | region", &panel);
        let fit = fit(&program, &panel, &Spec::default(), &Stop::default()).unwrap();
        Model::fitted(&program, &panel, &fit, &Stop::default()).unwrap().stretch()
    };
    assert_eq!((stretch(0.0), stretch(0.7)), (1, 4));
}
