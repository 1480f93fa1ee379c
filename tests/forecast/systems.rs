//! Several equations, and several models of one outcome.

use crate::support::{change, close, given, panel, program, request, scenario, stock, year};
use agglo::error::Error;
use agglo::forecast::{Action, Closure, Draws, Models, Quantity, Request, Study, Target, Uncertainty, forecast_with};
use agglo::numeric::Stop;
use agglo::panel::Panel;

fn economy() -> Panel {
    let gdp = stock("gdp", |t, r, _| Ok((50.0 + 10.0 * r as f64) * 1.02_f64.powi(t as i32)));
    let capital = stock("capital", |t, r, _| Ok((30.0 + 5.0 * r as f64) * 1.03_f64.powi(t as i32)));
    panel((4, 3, 0), &[gdp, capital])
}

fn growth(study: &Study<'_>, step: usize) -> f64 {
    let target = Target { quantity: Quantity::Growth, area: 0, step };
    study.values(None, &[target], Draws::Point).unwrap()[0].point.unwrap()
}

#[test]
fn a_recursive_system_runs_its_equations_in_turn() {
    let panel = economy();
    let main = program("growth(gdp) ~ l(growth(capital))", &panel);
    let capital = program("growth(capital) ~ l(growth(capital))", &panel);
    let (of_gdp, of_capital) = (given(&main, &[1.0, 0.5], None, None), given(&capital, &[0.4, 0.8], None, None));
    let models = Models { outcome: vec![(&main, &of_gdp, 1.0)], drivers: vec![(&capital, &of_capital)] };
    let stop = Stop::default();
    let study = Study::of(&models, &panel, &request(4, 0, Vec::new()), &stop).unwrap();
    let mut capital = 3.0;
    for step in 1..=4 {
        assert!(close(growth(&study, step), 1.0 + 0.5 * capital, 1e-12), "step {step}");
        capital = 0.4 + 0.8 * capital;
    }
}

/// g = a + b k and k = c + d g meet where g = (a + b c)/(1 − b d).
#[test]
fn a_simultaneous_system_comes_to_its_fixed_point() {
    let panel = economy();
    let (main, capital) =
        (program("growth(gdp) ~ growth(capital)", &panel), program("growth(capital) ~ growth(gdp)", &panel));
    let (of_gdp, of_capital) = (given(&main, &[1.0, 0.5], None, None), given(&capital, &[0.6, 0.9], None, None));
    let models = Models { outcome: vec![(&main, &of_gdp, 1.0)], drivers: vec![(&capital, &of_capital)] };
    let stop = Stop::default();
    let study = Study::of(&models, &panel, &request(3, 0, Vec::new()), &stop).unwrap();
    for step in 1..=3 {
        assert!(close(growth(&study, step), (1.0 + 0.5 * 0.6) / (1.0 - 0.5 * 0.9), 1e-8), "step {step}");
    }
    let told = forecast_with(&models, &panel, &request(3, 0, Vec::new()), &stop).unwrap();
    assert!(told.rounds > 2 && told.warnings.iter().all(|w| w.code.name() != "NOT_CONVERGED"), "{}", told.rounds);
}

#[test]
fn a_system_that_does_not_settle_is_told() {
    let panel = economy();
    let (main, capital) =
        (program("growth(gdp) ~ growth(capital)", &panel), program("growth(capital) ~ growth(gdp)", &panel));
    let (of_gdp, of_capital) = (given(&main, &[1.0, 1.5], None, None), given(&capital, &[0.6, 1.1], None, None));
    let models = Models { outcome: vec![(&main, &of_gdp, 1.0)], drivers: vec![(&capital, &of_capital)] };
    let told = forecast_with(&models, &panel, &request(2, 0, Vec::new()), &Stop::default()).unwrap();
    assert!(told.warnings.iter().any(|w| w.code.name() == "NOT_CONVERGED"));
}

/// A change of a driver that has an equation of its own multiplies what the equation says, once.
#[test]
fn changes_act_on_what_an_equation_projects() {
    let panel = economy();
    let main = program("growth(gdp) ~ ln(capital)", &panel);
    let capital = program("growth(capital) ~ l(growth(capital))", &panel);
    let (of_gdp, of_capital) = (given(&main, &[0.0, 2.0], None, None), given(&capital, &[3.0, 0.0], None, None));
    let models = Models { outcome: vec![(&main, &of_gdp, 1.0)], drivers: vec![(&capital, &of_capital)] };
    let scenarios = vec![scenario("more", Closure::NewActivity, vec![change("capital", Action::Scale, 1.1, &[0])])];
    let told = forecast_with(&models, &panel, &request(3, 0, scenarios), &Stop::default()).unwrap();
    for band in &told.outlooks[1].effect.as_ref().unwrap().areas[0].outcome {
        assert!(close(band.point.unwrap(), 2.0 * 1.1_f64.ln(), 1e-12));
    }
}

#[test]
fn several_models_share_the_draws_by_their_weights() {
    let panel = economy();
    let program = program("growth(gdp) ~ 1", &panel);
    let (low, high) = (given(&program, &[1.0], None, None), given(&program, &[3.0], None, None));
    let models = Models { outcome: vec![(&program, &low, 1.0), (&program, &high, 3.0)], drivers: Vec::new() };
    let (stop, target) = (Stop::default(), [Target { quantity: Quantity::Outcome, area: 0, step: 1 }]);
    let ask = |request: &Request| {
        let study = Study::of(&models, &panel, request, &stop).unwrap();
        study.values(None, &target, Draws::All).unwrap().remove(0)
    };
    let asked = request(2, 4000, Vec::new());
    let series = ask(&asked);
    let draws = series.draws.clone().unwrap();
    let high = draws.iter().filter(|x| **x > 2.0).count() as f64 / draws.len() as f64;
    assert!(close(series.point.unwrap(), 2.5, 1e-15) && (high - 0.75).abs() < 0.03, "{high}");
    let known = ask(&Request { uncertainty: Uncertainty { models: false, ..Uncertainty::ALL }, ..asked });
    assert!(known.draws.unwrap().iter().all(|x| close(*x, 2.5, 1e-15)));
}

#[test]
fn models_that_do_not_go_together_are_refused() {
    let panel = economy();
    let (gdp, capital) = (program("growth(gdp) ~ ln(capital)", &panel), program("growth(capital) ~ 1", &panel));
    let (a, b) = (given(&gdp, &[1.0, 0.1], None, None), given(&capital, &[1.0], None, None));
    let refused = |models: &Models<'_>| match Study::of(models, &panel, &request(2, 0, Vec::new()), &Stop::default()) {
        Err(Error::Invalid(found)) => found.to_string(),
        other => panic!("{other:?}"),
    };
    let mixed = Models { outcome: vec![(&gdp, &a, 1.0), (&capital, &b, 0.0)], drivers: Vec::new() };
    let told = refused(&mixed);
    assert!(told.contains("models[1].formula") && told.contains("models[1].weight"), "{told}");
    let twice = Models { outcome: vec![(&gdp, &a, 1.0)], drivers: vec![(&capital, &b), (&capital, &b)] };
    assert!(refused(&twice).contains("equations[1]"));
    assert_eq!(
        year(2004),
        Study::new(&gdp, &panel, &a, &request(1, 0, Vec::new()), &Stop::default()).unwrap().periods()[0]
    );
}
