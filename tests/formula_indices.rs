//! Indices in formulas: the same numbers as the catalogue gives, at the unit their shape asks for.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::{Domain, Raw};
use agglo::formula::{Cache, History, Program, Unit, parse};
use agglo::indices::{self, IndexCall, IndexTable, Key, Shape, Study};
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, Period, RowKey, Value};
use std::collections::{BTreeMap, HashMap};

/// Five regions over 2000 to 2003, with or without three industries; some cells missing or suppressed.
fn panel(width: usize) -> Panel {
    let industry = (width > 1).then(|| "industry".to_owned());
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry };
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Count };
    let mut builder = PanelBuilder::new(keys, vec![measure("firms"), measure("people")]);
    for (row, (t, cell)) in (0..4_usize).flat_map(|t| (0..5 * width).map(move |cell| (t, cell))).enumerate() {
        let (region, industry) = (format!("r{}", cell / width), format!("i{}", cell % width));
        let x = match (row * 37 + 11) % 23 {
            3 => Err(Absent::Suppressed),
            7 => continue,
            x => Ok(1.0 + x as f64),
        };
        let period = (2000 + t).to_string();
        let industry = (width > 1).then_some(industry.as_str());
        let people = Ok(100.0 + (row * 13 % 50) as f64);
        builder.push(RowKey { row, region: &region, period: &period, industry }, &[x, people]);
    }
    let side = |r: usize| (format!("r{r}"), if r < 2 { "East" } else { "West" }.to_owned());
    builder.text_attribute("side", (0..5).map(side).collect());
    builder.numeric_attribute("area", "km2", (0..5).map(|r| (format!("r{r}"), Ok(10.0 + r as f64))).collect());
    let class = |i: usize| (format!("i{i}"), if i < 2 { "making" } else { "serving" }.to_owned());
    builder.industry_text_attribute("class", (0..width).map(class).collect());
    builder.contiguity([("r0", "r1"), ("r1", "r2"), ("r3", "r4")].map(|(a, b)| (a.into(), b.into())).to_vec());
    builder.finish().unwrap()
}

/// An index with every parameter that must be given, and the optional ones too where they are to be filled.
fn call(index: &dyn indices::Index, filled: bool) -> IndexCall {
    let given = |param: &agglo::card::Param| {
        let word = |word: &str| (param.domain.is_required() || filled).then(|| Raw::Text(word.to_owned()));
        let raw = match param.domain {
            Domain::Measure { .. } | Domain::Variable { .. } => word("area"),
            Domain::Cells { .. } => word("people"),
            Domain::Groups { .. } => word("side"),
            Domain::IndustryGroups { .. } => word("class"),
            Domain::Regions { .. } => word("r1"),
            Domain::Industries { .. } => word("i1"),
            Domain::Lags { .. } => filled.then_some(Raw::Number(1.0)),
            Domain::Integer { min, max, .. } => filled.then(|| Raw::Number(2.clamp(min, max) as f64)),
            Domain::Dataset { .. } | Domain::Number { .. } | Domain::Choice(_) | Domain::Terms { .. } => None,
        };
        raw.map(|raw| (param.name.to_owned(), raw))
    };
    let card = index.card();
    IndexCall {
        index: card.id.into(),
        measure: "firms".into(),
        parameters: card.params.iter().filter_map(given).collect::<BTreeMap<_, _>>(),
        gap: None,
    }
}

fn text(call: &IndexCall) -> String {
    let params: String = call.parameters.iter().map(|(name, raw)| format!(", {name}={raw}")).collect();
    format!("{}({}{params})", call.index, call.measure)
}

/// The value of the catalogue's answer that a row of the program belongs to; missing where it lists none.
fn at(table: &IndexTable, width: usize, row: usize, unit: Unit) -> Value {
    let (region, industry) = if unit == Unit::Cell { (row / width, row % width) } else { (row, 0) };
    let belongs = |place: &usize| {
        table.keys.iter().all(|(_, key)| match key {
            Key::Regions(regions) => regions[*place] as usize == region,
            Key::Industries(industries) => industries[*place] as usize == industry,
            other => panic!("formulas have no key {other:?}"),
        })
    };
    let values = &table.parts[0].1;
    (0..values.len()).find(belongs).map_or(Err(Absent::Missing), |place| values[place])
}

#[test]
fn formulas_and_the_catalogue_agree_on_every_index() {
    let mut compared = 0;
    for panel in [panel(1), panel(3)] {
        let history = History::new(&panel);
        for call in indices::all().flat_map(|index| [call(index, false), call(index, true)]) {
            for period in panel.periods() {
                let stop = agglo::numeric::Stop::default();
                let calls = std::slice::from_ref(&call);
                let outcome = indices::evaluate(&panel, &Study::default(), calls, &[*period], &stop).unwrap().remove(0);
                let table = match outcome {
                    Ok(table) if table.shape != Shape::Listed => table,
                    _ => {
                        let formula = &parse(&format!("firms ~ {}", text(&call))).unwrap()[0];
                        assert!(Program::compile(formula, &panel).is_err(), "{} is refused", text(&call));
                        continue;
                    }
                };
                let formula = &parse(&format!("firms ~ 0 + {}", text(&call))).unwrap()[0];
                let program = Program::compile(formula, &panel).unwrap_or_else(|e| panic!("{e}"));
                let by_industry =
                    matches!(table.shape, Shape::Cell | Shape::Grid | Shape::Industry) && panel.width() > 1;
                assert_eq!(program.unit() == Unit::Cell, by_industry, "{}", text(&call));
                let found = &program.predictors(&history, *period, &mut Cache::default()).regressors[0];
                let expected = |row| at(&table, panel.width(), row, program.unit());
                assert_eq!(*found, (0..program.rows()).map(expected).collect::<Vec<Value>>(), "{}", text(&call));
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared} comparisons");
}

#[test]
fn no_index_hides_behind_a_function() {
    let panel = panel(3);
    for card in indices::all().map(|index| index.card()) {
        for name in card.aliases.iter().chain([&card.id]) {
            let refused = parse(&format!("firms ~ {name}(nothing, no=1)")).unwrap();
            let told = Program::compile(&refused[0], &panel).unwrap_err().to_string();
            assert!(told.contains(card.id), "{name} is the index: {told}");
        }
    }
}

#[test]
fn an_agglomeration_regression_by_hand() {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Count };
    let mut builder = PanelBuilder::new(keys, vec![measure("gdp"), measure("firms")]);
    for (row, (region, period, gdp, firms)) in
        [("a", "2000", 10.0, 1.0), ("b", "2000", 20.0, 3.0), ("a", "2001", 11.0, 2.0), ("b", "2001", 30.0, 6.0)]
            .into_iter()
            .enumerate()
    {
        builder.push(RowKey { row, region, period, industry: None }, &[Ok(gdp), Ok(firms)]);
    }
    builder.numeric_attribute("area", "km2", HashMap::from([("a".to_owned(), Ok(4.0)), ("b".to_owned(), Ok(2.0))]));
    let panel = builder.finish().unwrap();
    let text = "growth(gdp) ~ agglomeration(firms) + l(agglomeration(firms)) + density(firms, per=area) \
                + growth(density(firms, per=area)) + agglomeration(firms/area) | region";
    let program = Program::compile(&parse(text).unwrap()[0], &panel).unwrap();
    let section = program.evaluate(&History::new(&panel), Period::parse("2001").unwrap());
    assert_eq!(section.regressors[0], [Ok(0.5), Ok(1.5)]);
    assert_eq!(section.regressors[1], [Ok(0.5), Ok(1.5)]);
    assert_eq!(section.regressors[2], [Ok(0.5), Ok(3.0)]);
    assert_eq!(section.regressors[3], [Ok(100.0), Ok(100.0)]);
    assert_eq!(section.regressors[4], [Ok(2.0 * 0.5 / 3.5), Ok(2.0 * 3.0 / 3.5)]);
    assert_eq!(section.outcome[1], Ok(50.0));
    let first = program.evaluate(&History::new(&panel), Period::parse("2000").unwrap());
    assert_eq!(first.regressors[1], [Err(Absent::NoPeriod); 2]);
}
