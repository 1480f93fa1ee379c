//! Backtests on real data, their tables printed: the bundled panel of US states, and where `AGGLO_KANSAS` names the CSV of
//! the states' quarters (from the R package augsynth, `data/kansas.rda`), that.

use crate::support::{request, year};
use agglo::forecast::backtest::{Backtest, MODEL, Origins, Place, Quantity, Request, backtest, refitted};
use agglo::forecast::score::diebold_mariano::DieboldMariano;
use agglo::formula::parse;
use agglo::numeric::Stop;
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, Period, RowKey, Value};
use agglo::regression::Spec;
use agglo::regression::covariance::Choice;

/// A panel of some columns of a CSV; a column of logarithms, `ln…`, becomes what it is the logarithm of.
pub(crate) fn read(path: &str, (region, period): (&str, fn(&str) -> String), columns: &[(&str, MeasureKind)]) -> Panel {
    let mut csv = csv::Reader::from_path(path).unwrap();
    let header: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let place = |name: &str| header.iter().position(|h| h == name).unwrap();
    let time = header.iter().position(|h| h.starts_with("year")).unwrap();
    let keys = KeyNames { region: region.into(), period: header[time].clone(), industry: None };
    let measure = |(name, kind): &(&str, MeasureKind)| Measure {
        name: name.trim_start_matches("ln").into(),
        unit: String::new(),
        kind: *kind,
    };
    let mut builder = PanelBuilder::new(keys, columns.iter().map(measure).collect());
    for (line, row) in csv.records().map(Result::unwrap).enumerate() {
        let number = |name: &str| -> Value {
            let x: f64 = row[place(name)].parse().map_err(|_| Absent::Missing)?;
            Ok(if name.starts_with("ln") { x.exp() } else { x })
        };
        let values: Vec<Value> = columns.iter().map(|(name, _)| number(name)).collect();
        let when = period(&row[time]);
        builder.push(RowKey { row: line, region: &row[place(region)], period: &when, industry: None }, &values);
    }
    builder.finish().unwrap()
}

/// A decimal year as a quarter: 1990.25 is the second one.
pub(crate) fn quarter(text: &str) -> String {
    let year: f64 = text.parse().unwrap();
    format!("{}Q{}", year as i64, ((year - year.floor()) * 4.0) as i64 + 1)
}

fn run(panel: &Panel, text: &str, covariance: &str, asked: &Request) -> Backtest {
    let (formula, stop) = (parse(text).unwrap(), Stop::default());
    let spec = Spec { covariance: Choice::read(covariance), ..Spec::default() };
    backtest(&refitted(&formula[0], &spec, &stop), panel, asked, &stop).unwrap()
}

fn told(value: Value) -> String {
    value.map_or_else(|absent| absent.to_string(), |x| format!("{x:.3}"))
}

/// The scores of each contender pooled over the regions by horizon, and the comparison with the model.
fn print(answer: &Backtest, horizons: &[usize]) {
    let (first, last) = (answer.origins[0].period, answer.origins[answer.origins.len() - 1].period);
    println!("{} ({} origins, {first} to {last})", answer.outcome, answer.origins.len());
    for origin in answer.origins.iter().filter(|origin| !origin.failures.is_empty()) {
        println!("  {} failed: {:?}", origin.period, origin.failures);
    }
    let columns = [
        "bias",
        "mae",
        "rmse",
        "mase season=1",
        "crps",
        "interval_score level=0.95",
        "coverage level=0.8",
        "coverage level=0.95",
    ];
    let number = |label: &str| answer.scores.iter().position(|s| s == label).unwrap();
    for quantity in Quantity::ALL {
        for horizon in horizons {
            println!("  {} {horizon} ahead: {}", quantity.name(), columns.join(", "));
            let place = Place { quantity, area: None, horizon: Some(*horizon) };
            for (contender, name) in answer.contenders.iter().enumerate() {
                let row = columns.map(|label| told(answer.total(contender, number(label), place).value));
                let compared = answer.comparison((MODEL, contender), number("crps"), place);
                let dm = |test: DieboldMariano| format!("{:.2} (p {:.3})", test.statistic, test.p_value);
                let dm = compared.test.map_or_else(|absent| absent.to_string(), dm);
                println!("    {name:<24} {} | skill of the model {}, DM {dm}", row.join(" "), told(compared.skill));
            }
            println!("    PIT of the model {:?}", answer.calibration(MODEL, place, 10).histogram);
        }
    }
}

#[test]
fn states_of_the_bundled_panel() {
    use MeasureKind::{Flow, Rate, Stock};
    let columns = [
        ("gsp", Flow),
        ("private_capital", Stock),
        ("public_capital", Stock),
        ("employment", Stock),
        ("unemployment", Rate),
    ];
    let panel = read("data/munnell.csv", ("state", str::to_owned), &columns);
    let formula = "growth(gsp) ~ l(agglomeration(private_capital)) + l(agglomeration(public_capital)) \
        + l(agglomeration(employment)) + l(ln(agglomeration(gsp))) + l(unemployment) | state + year";
    let asked = Request {
        forecast: request(3, 300, Vec::new()),
        origins: Origins { first: Some(year(1977)), last: Some(year(1985)), count: 0, step: 1 },
        rivals: Vec::new(),
        scores: Vec::new(),
    };
    let answer = run(&panel, formula, "driscoll_kraay", &asked);
    print(&answer, &[1, 3]);
    assert!(answer.origins.iter().all(|origin| origin.failures.is_empty()), "{:?}", answer.origins);
    let cases = |horizon| {
        let place = Place { quantity: Quantity::Level, area: None, horizon: Some(horizon) };
        answer.total(MODEL, 0, place).cases
    };
    assert_eq!([1, 2, 3].map(cases), [9 * 48, 8 * 48, 7 * 48]);
    let ohio = answer.areas.iter().position(|area| area.name == "Ohio").unwrap();
    let past = |score: &str, horizon| {
        let place = Place { quantity: Quantity::Level, area: Some(ohio), horizon: Some(horizon) };
        told(answer.total(MODEL, answer.scores.iter().position(|s| s == score).unwrap(), place).value)
    };
    for horizon in 1..=3 {
        println!(
            "Ohio's prior errors, level {horizon} ahead: mean {}, RMSE {}",
            past("bias", horizon),
            past("rmse", horizon)
        );
    }
}

#[test]
fn quarters_where_they_are_present() {
    let Some(path) = std::env::var_os("AGGLO_KANSAS") else {
        println!("AGGLO_KANSAS is not set: the states' quarters are skipped");
        return;
    };
    let columns = [
        ("lngdpcapita", MeasureKind::Rate),
        ("estabscapita", MeasureKind::Rate),
        ("emplvlcapita", MeasureKind::Rate),
        ("avgwklywagecapita", MeasureKind::Rate),
    ];
    let panel = read(path.to_str().unwrap(), ("state", quarter), &columns);
    let formula = "dln(gdpcapita) ~ l(dln(gdpcapita)) + l(dln(estabscapita)) + l(dln(emplvlcapita)) + l(dln(avgwklywagecapita)) | state";
    let asked = Request {
        forecast: request(8, 300, Vec::new()),
        origins: Origins { first: None, last: None, count: 30, step: 2 },
        rivals: Vec::new(),
        scores: Vec::new(),
    };
    let answer = run(&panel, formula, "driscoll_kraay", &asked);
    print(&answer, &[1, 4, 8]);
    assert!(answer.origins.iter().all(|origin: &agglo::forecast::backtest::Origin| origin.failures.is_empty()));
    assert_eq!(answer.origins[29].period, Period::parse("2014Q1").unwrap());
}
