//! Small panels, models and requests.

use agglo::error::Error;
use agglo::forecast::{
    Action, Area, AreaKind, Change, Closure, Feedback, Forecast, Given, Model, Request, Scenario, Uncertainty, forecast,
};
use agglo::formula::{Program, parse};
use agglo::numeric::Stop;
use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, Period, RowKey, Value};
use std::collections::HashMap;

/// A measure of a test panel.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: MeasureKind,
    /// Value of (period, region, industry), each counted from 0.
    pub(crate) values: Box<dyn Fn(usize, usize, usize) -> Value>,
}

/// A column of stocks.
pub(crate) fn stock(name: &'static str, values: impl Fn(usize, usize, usize) -> Value + 'static) -> Column {
    Column { name, kind: MeasureKind::Stock, values: Box::new(values) }
}

/// Regions r00, r01 … over years from 2000; industries a, b … when there are any. Even regions are
/// in the macro-region `east`, odd ones in `west`.
pub(crate) fn panel((periods, regions, industries): (usize, usize, usize), columns: &[Column]) -> Panel {
    let industry = (industries > 0).then(|| "industry".to_owned());
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry };
    let measure = |c: &Column| Measure { name: c.name.into(), unit: String::new(), kind: c.kind };
    let mut builder = PanelBuilder::new(keys, columns.iter().map(measure).collect());
    for t in 0..periods {
        for r in 0..regions {
            for i in 0..industries.max(1) {
                let (region, period) = (region(r), (2000 + t).to_string());
                let industry = char::from(b'a' + i as u8).to_string();
                let industry = (industries > 0).then_some(industry.as_str());
                let values: Vec<Value> = columns.iter().map(|c| (c.values)(t, r, i)).collect();
                builder.push(RowKey { row: 0, region: &region, period: &period, industry }, &values);
            }
        }
    }
    let macro_region = |r: usize| (region(r), if r.is_multiple_of(2) { "east" } else { "west" }.to_owned());
    builder.text_attribute("macro", (0..regions).map(macro_region).collect::<HashMap<_, _>>());
    builder.finish().unwrap()
}

/// Name of a region.
pub(crate) fn region(number: usize) -> String {
    format!("r{number:02}")
}

/// A year.
pub(crate) fn year(year: i32) -> Period {
    Period::parse(&year.to_string()).unwrap()
}

/// The program of a text.
pub(crate) fn program(text: &str, panel: &Panel) -> Program {
    Program::compile(&parse(text).unwrap()[0], panel).unwrap_or_else(|violations| panic!("{violations}"))
}

/// A model of given coefficients, in the order of the program.
pub(crate) fn given(
    program: &Program,
    coefficients: &[f64],
    covariance: Option<Vec<Vec<f64>>>,
    sd: Option<f64>,
) -> Model {
    let coefficients = program.regressors().iter().cloned().zip(coefficients.iter().copied()).collect();
    Model::given(program, &Given { coefficients, covariance, residual_standard_deviation: sd }).unwrap()
}

/// A request with all sources of uncertainty.
pub(crate) fn request(horizon: usize, draws: usize, scenarios: Vec<Scenario>) -> Request {
    Request {
        horizon,
        draws,
        seed: 7,
        quantiles: vec![0.025, 0.5, 0.975],
        drivers: Vec::new(),
        feedback: Vec::new(),
        scenarios,
        groups: None,
        population: None,
        uncertainty: Uncertainty::ALL,
        variance_shares: false,
        reconciliation: None,
        memory_limit_bytes: 1 << 30,
    }
}

/// A scenario.
pub(crate) fn scenario(name: &str, closure: Closure, changes: Vec<Change>) -> Scenario {
    Scenario { name: name.into(), changes, closure }
}

/// A permanent change from the first period on.
pub(crate) fn change(measure: &str, action: Action, amount: f64, regions: &[usize]) -> Change {
    Change {
        policy: None,
        measure: measure.into(),
        action,
        amount,
        regions: regions.iter().map(|r| region(*r)).collect(),
        group: None,
        industries: Vec::new(),
        industry_classes: Vec::new(),
        first_period: None,
        last_period: None,
        phase_periods: 0,
        fade_periods: 0,
    }
}

/// A measure that responds without migrating.
pub(crate) fn feedback(measure: &str, elasticity: f64) -> Feedback {
    Feedback { measure: measure.into(), elasticity, migrates: false }
}

/// Runs a forecast.
pub(crate) fn run(program: &Program, panel: &Panel, model: &Model, request: &Request) -> Result<Forecast, Error> {
    forecast(program, panel, model, request, &Stop::default())
}

/// Position of the nation among the areas.
pub(crate) fn nation(forecast: &Forecast) -> usize {
    forecast.areas.iter().position(|area: &Area| area.kind == AreaKind::Nation).unwrap()
}

/// Point effects on the outcome by row in step `h` of scenario `s`, counted from 0.
pub(crate) fn effects(forecast: &Forecast, s: usize, h: usize) -> Vec<f64> {
    let effect = forecast.outlooks[s + 1].effect.as_ref().unwrap();
    (0..forecast.rows.len()).map(|row| effect.areas[row].outcome[h].point.unwrap()).collect()
}

/// Whether two numbers agree to a relative or, near zero, absolute tolerance.
pub(crate) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs().max(1.0)
}
