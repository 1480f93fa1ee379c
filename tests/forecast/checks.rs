//! Bad requests: all violations at once, and limits before any work.

use crate::support::{change, feedback, given, panel, program, request, run, scenario, stock, year};
use agglo::error::Error;
use agglo::forecast::{
    Action, Change, Closure, Code, DriverPath, Forecast, Given, GivenPath, Group, Model, Request, forecast,
};
use agglo::numeric::Stop;
use agglo::panel::{Absent, Panel};
use std::collections::BTreeMap;

fn economy() -> Panel {
    let level = |x: f64| move |t: usize, r: usize, _| Ok(x * (1.0 + t as f64 + r as f64));
    panel((3, 4, 0), &[stock("firms", level(10.0)), stock("gdp", level(100.0)), stock("other", level(1.0))])
}

fn outcome(request: &Request) -> Result<Forecast, Error> {
    let panel = economy();
    let program = program("growth(gdp) ~ ln(firms)", &panel);
    run(&program, &panel, &given(&program, &[1.0, 0.5], None, None), request)
}

/// The fields that are refused, in order.
fn refused(result: Result<Forecast, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(violations)) => violations.told().iter().map(|v| v.field.clone()).collect(),
        other => panic!("not refused: {other:?}"),
    }
}

fn driver(measure: &str, method: &str, given: Vec<GivenPath>) -> DriverPath {
    DriverPath { measure: measure.into(), method: method.into(), params: BTreeMap::new(), given }
}

#[test]
fn every_violation_is_told_with_its_field() {
    let to = |names: &[&str]| Action::Move { to: names.iter().map(|n| (*n).to_owned()).collect() };
    let changes = vec![
        Change { regions: vec!["r00".into(), "r9".into()], ..change("firms", Action::Scale, -1.0, &[]) },
        change("frims", Action::Add, 1.0, &[0]),
        change("gdp", Action::Add, 1.0, &[0]),
        change("other", Action::Add, f64::NAN, &[0]),
        change("firms", to(&[]), 0.5, &[0]),
        change("firms", to(&["r00"]), 1.5, &[0]),
        Change {
            first_period: Some(year(2002)),
            last_period: Some(year(2020)),
            ..change("firms", Action::Set, 1.0, &[0])
        },
        Change {
            first_period: Some(year(2004)),
            last_period: Some(year(2003)),
            ..change("firms", Action::Set, 1.0, &[0])
        },
        Change { industries: vec!["a".into()], ..change("firms", Action::Set, 1.0, &[1]) },
        Change {
            group: Some(Group { attribute: "macro".into(), value: "north".into() }),
            ..change("firms", Action::Set, 1.0, &[])
        },
    ];
    let scenarios = vec![
        scenario("baseline", Closure::RelocateFrom(vec!["r1".into()]), changes),
        scenario(
            "twice",
            Closure::NewActivity,
            vec![change("firms", Action::Set, 5.0, &[1]), change("firms", Action::Set, 6.0, &[1])],
        ),
    ];
    let request = Request {
        draws: 100_001,
        quantiles: vec![0.9, 1.5],
        drivers: vec![
            driver("firms", "arima", vec![]),
            driver("gdp", "constant", vec![]),
            driver("firms", "given_path", vec![]),
        ],
        feedback: vec![feedback("gdp", f64::INFINITY)],
        groups: Some("division".into()),
        population: Some("people".into()),
        ..request(3, 0, scenarios)
    };
    let fields = [
        "draws",
        "quantiles[1]",
        "population",
        "drivers[0].method",
        "drivers[1].measure",
        "drivers[2].given",
        "feedback[0].elasticity",
        "feedback[0].measure",
        "groups",
        "scenarios[0].name",
        "scenarios[0].changes[0].regions[1]",
        "scenarios[0].changes[0].amount",
        "scenarios[0].changes[1].measure",
        "scenarios[0].changes[2].measure",
        "scenarios[0].changes[3].measure",
        "scenarios[0].changes[3].amount",
        "scenarios[0].changes[4].action.to",
        "scenarios[0].changes[5].amount",
        "scenarios[0].changes[5].action.to",
        "scenarios[0].changes[6].first_period",
        "scenarios[0].changes[6].last_period",
        "scenarios[0].changes[7].last_period",
        "scenarios[0].changes[8].industries",
        "scenarios[0].changes[9].group.value",
        "scenarios[0].closure.regions[0]",
        "scenarios[1].changes[1]",
    ];
    assert_eq!(refused(outcome(&request)), fields);
}

#[test]
fn the_horizon_has_bounds() {
    assert_eq!(refused(outcome(&request(0, 10, Vec::new()))), ["horizon"]);
    assert_eq!(refused(outcome(&request(201, 10, Vec::new()))), ["horizon"]);
}

#[test]
fn names_come_with_suggestions() {
    let error = outcome(&request(
        1,
        0,
        vec![scenario("s", Closure::NewActivity, vec![change("frims", Action::Add, 1.0, &[])])],
    ));
    assert!(error.unwrap_err().to_string().contains("did you mean firms?"));
}

#[test]
fn more_than_there_is_cannot_be_taken() {
    let too_much = vec![change("firms", Action::Add, -1000.0, &[0])];
    assert_eq!(
        refused(outcome(&request(2, 0, vec![scenario("s", Closure::NewActivity, too_much)]))),
        ["scenarios[0].changes"]
    );
    let everywhere = vec![change("firms", Action::Scale, 1.1, &[])];
    assert_eq!(
        refused(outcome(&request(2, 0, vec![scenario("s", Closure::RelocateProRata, everywhere)]))),
        ["scenarios[0].closure"]
    );
}

#[test]
fn a_request_too_large_for_its_memory_is_refused_with_numbers() {
    let error = outcome(&Request { memory_limit_bytes: 10_000, ..request(100, 100_000, Vec::new()) }).unwrap_err();
    assert!(matches!(error, Error::Limit { needed, limit: 10_000, .. } if needed > 100_000_000), "{error}");
}

#[test]
fn a_raised_flag_stops_the_forecast() {
    let panel = economy();
    let program = program("growth(gdp) ~ ln(firms)", &panel);
    let stop = Stop::default();
    stop.raise();
    let model = given(&program, &[1.0, 0.5], None, None);
    assert!(matches!(forecast(&program, &panel, &model, &request(2, 5, Vec::new()), &stop), Err(Error::Cancelled)));
}

#[test]
fn formulas_that_cannot_be_forecast_are_refused() {
    let panel = economy();
    for text in ["growth(gdp) ~ f(ln(firms))", "ln(gdp) * 2 ~ ln(firms)", "growth(gdp) ~ ln(gdp)"] {
        let program = program(text, &panel);
        let model = given(&program, &[1.0, 0.5], None, None);
        assert_eq!(refused(run(&program, &panel, &model, &request(2, 0, Vec::new()))), ["formula"], "{text}");
    }
}

#[test]
fn given_coefficients_are_checked() {
    let panel = economy();
    let program = program("growth(gdp) ~ ln(firms) | region", &panel);
    let coefficients = vec![("ln(firms)".to_owned(), 1.0), ("ln(firm)".to_owned(), f64::NAN)];
    let covariance = Some(vec![vec![1.0, 2.0], vec![2.0, 1.0]]);
    let given = Given { coefficients, covariance, residual_standard_deviation: Some(-1.0) };
    let violations = Model::given(&program, &given).unwrap_err();
    let fields: Vec<_> = violations.told().iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["formula", "coefficients[1].estimate", "coefficients[1].term", "residual_standard_deviation"]);
}

#[test]
fn missing_regions_are_left_out_and_counted() {
    let firms = |t: usize, r: usize, _| if (t, r) == (2, 1) { Err(Absent::Suppressed) } else { Ok(10.0 + t as f64) };
    let panel = panel((3, 4, 0), &[stock("firms", firms), stock("gdp", |_, _, _| Ok(100.0))]);
    let program = program("growth(gdp) ~ ln(firms)", &panel);
    let forecast =
        run(&program, &panel, &given(&program, &[1.0, 0.5], None, Some(1.0)), &request(2, 9, Vec::new())).unwrap();
    assert_eq!(forecast.rows[1].left_out, Some(Absent::Suppressed));
    assert_eq!(forecast.areas.last().unwrap().rows, [0, 2, 3]);
    assert_eq!(forecast.outlooks[0].areas[1].outcome[0].point, Err(Absent::Suppressed));
    let nation = forecast.outlooks[0].areas.last().unwrap();
    assert!(nation.level[1].quantiles.iter().all(Result::is_ok));
    assert!(forecast.warnings.iter().any(|w| w.code == Code::RowsLeftOut && w.message.contains("r01")));
    assert!(forecast.warnings.iter().any(|w| w.code == Code::NoCoefficientUncertainty));
}

#[test]
fn a_future_unlike_the_history_is_warned_about() {
    let scenarios = vec![scenario("s", Closure::NewActivity, vec![change("firms", Action::Scale, 100.0, &[2])])];
    let forecast =
        outcome(&Request { drivers: vec![driver("firms", "constant", vec![])], ..request(2, 0, scenarios) }).unwrap();
    let outside: Vec<_> = forecast.warnings.iter().filter(|w| w.code == Code::OutsideHistory).collect();
    assert_eq!(outside.len(), 1);
    assert!(outside[0].place == "s" && outside[0].message.contains("r02"), "{outside:?}");
}

/// Regions r00 and r01 differ so much in size that they overflow at different times.
fn explosive(horizon: usize) -> Forecast {
    let gdp = |_, r: usize, _| Ok(if r == 0 { 1e100 } else { 1.0 });
    let panel = panel((2, 2, 0), &[stock("gdp", gdp)]);
    let program = program("growth(gdp) ~ 1", &panel);
    let request = Request { groups: Some("macro".into()), ..request(horizon, 0, Vec::new()) };
    run(&program, &panel, &given(&program, &[10_000.0], None, None), &request).unwrap()
}

#[test]
fn each_period_is_told_on_its_own() {
    let (short, long) = (explosive(3), explosive(200));
    let levels = |forecast: &Forecast, area: usize| -> Vec<_> {
        forecast.outlooks[0].areas[area].level.iter().map(|band| band.point).collect()
    };
    for area in 0..short.areas.len() {
        assert_eq!(levels(&short, area), levels(&long, area)[..3], "{:?}", short.areas[area]);
    }
    let (big, small, nation) = (levels(&long, 0), levels(&long, 1), levels(&long, long.areas.len() - 1));
    assert!(nation[0].is_ok_and(|x| (x / 101e100 - 1.0).abs() < 1e-12), "{:?}", nation[0]);
    let end = big.iter().position(|x| x.is_err()).unwrap();
    assert!(small[end].is_ok() && nation[end - 1].is_ok());
    assert!(nation[end..].iter().all(|x| *x == Err(Absent::Overflow)));
    assert!(long.rows.iter().all(|row| row.left_out.is_none()));
    let told = long.warnings.iter().find(|w| w.code == Code::TotalsAbsent).unwrap();
    assert!(told.message.contains("1 region (r00)") && told.message.contains("overflow"), "{told:?}");
}

#[test]
fn a_sum_of_nothing_is_absent_for_its_reason() {
    let gdp = |t: usize, r: usize, _| if (t, r % 2) == (2, 1) { Err(Absent::Suppressed) } else { Ok(100.0) };
    let panel = panel((3, 4, 0), &[stock("gdp", gdp)]);
    let program = program("growth(gdp) ~ 1", &panel);
    let request = Request { groups: Some("macro".into()), ..request(2, 5, Vec::new()) };
    let forecast = run(&program, &panel, &given(&program, &[1.0], None, Some(1.0)), &request).unwrap();
    let west = forecast.areas.iter().position(|area| area.name == "west").unwrap();
    for band in &forecast.outlooks[0].areas[west].level {
        assert_eq!((band.point, band.quantiles[1]), (Err(Absent::Suppressed), Err(Absent::Suppressed)));
    }
    assert!(forecast.outlooks[0].areas.last().unwrap().level.iter().all(|band| band.point.is_ok()));
}

#[test]
fn negative_levels_are_refused_or_warned_about() {
    let path = |level: f64| GivenPath { region: "r01".into(), industry: None, values: vec![50.0, level] };
    let with = |level: f64| {
        let drivers = vec![driver("firms", "given_path", vec![path(level)])];
        outcome(&Request { drivers, ..request(2, 0, Vec::new()) })
    };
    assert_eq!(refused(with(-1.0)), ["drivers[0].given[0].values"]);
    assert!(with(40.0).unwrap().warnings.iter().all(|w| w.code != Code::NegativeLevel));
    let panel = economy();
    let program = program("growth(gdp) ~ 1", &panel);
    let model = given(&program, &[-150.0], None, None);
    let told = run(&program, &panel, &model, &request(2, 0, Vec::new())).unwrap().warnings;
    let negative: Vec<_> = told.iter().filter(|w| w.code == Code::NegativeLevel).collect();
    assert!(negative.len() == 1 && negative[0].message.contains("r00 in 2003: 4 values"), "{negative:?}");
}

#[test]
fn a_baseline_unlike_the_history_is_warned_about() {
    let panel = panel((9, 3, 0), &[stock("gdp", |t, _, _| Ok(100.0 * 1.02_f64.powi(t as i32)))]);
    let program = program("growth(gdp) ~ 1", &panel);
    let doubted = |growth: f64| {
        let told = run(&program, &panel, &given(&program, &[growth], None, None), &request(3, 0, Vec::new())).unwrap();
        told.warnings.into_iter().find(|w| w.code == Code::BaselineOutsideHistory).map(|w| w.message)
    };
    assert_eq!(doubted(2.0), None);
    let message = doubted(5.0).unwrap();
    assert!(message.contains("5.0000 %") && message.contains("2.0000"), "{message}");
}

#[test]
fn a_lagged_value_of_the_history_is_not_outside_it() {
    let panel = economy();
    let program = program("growth(gdp) ~ l(ln(firms))", &panel);
    let scenarios = vec![scenario("s", Closure::NewActivity, vec![change("firms", Action::Scale, 1.01, &[2])])];
    let told = |horizon| {
        let request = request(horizon, 0, scenarios.clone());
        let told = run(&program, &panel, &given(&program, &[1.0, 0.5], None, None), &request).unwrap().warnings;
        told.into_iter().filter(|w| w.code == Code::OutsideHistory).map(|w| w.place).collect::<Vec<_>>()
    };
    assert!(told(1).is_empty());
    assert_eq!(told(4), ["baseline"], "what the baseline has is not told again");
}
