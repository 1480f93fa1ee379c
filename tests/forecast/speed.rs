//! How long a typical forecast takes; run it in release to judge.

use crate::support::{change, panel, program, request, run, scenario, stock};
use agglo::forecast::{Action, Closure, Model, Request};
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::regression::{Spec, fit};
use std::time::Instant;

#[test]
fn a_forecast_of_31_regions_is_printed_with_its_time() {
    let column = |number: u64, name| {
        let at = move |t: usize, r: usize, _| {
            let random = &mut stream(3, 1000 * number + r as u64);
            Ok((4.0 + normal(random) + (0..t).map(|_| 0.05 + 0.05 * normal(random)).sum::<f64>()).exp())
        };
        stock(name, at)
    };
    let columns = [column(1, "firms"), column(2, "capital"), column(3, "employees"), column(4, "gdp")];
    let panel = panel((21, 31, 0), &columns);
    let text = "growth(gdp) ~ agglomeration(firms) + agglomeration(capital) + agglomeration(employees) | region + year";
    let program = program(text, &panel);
    let fit = fit(&program, &panel, &Spec::default(), &Stop::default()).unwrap();
    let changes = vec![change("capital", Action::Scale, 1.1, &[0])];
    let scenarios = vec![scenario("capital", Closure::NewActivity, changes)];
    let request = Request { groups: Some("macro".into()), ..request(10, 1000, scenarios) };
    let best = (0..5).map(|_| {
        let start = Instant::now();
        let model = Model::fitted(&program, &panel, &fit, &Stop::default()).unwrap();
        let forecast = run(&program, &panel, &model, &request).unwrap();
        assert_eq!(forecast.outlooks.len(), 2);
        start.elapsed()
    });
    println!("31 regions, 10 years, 1,000 draws, one scenario: {:?}", best.min().unwrap());
}
