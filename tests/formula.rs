//! What programs compute: toy panels worked out by hand, and laws over random ones.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::formula::{Cache, CrossSection, Form, History, Options, Program, Source, Unit, classes, parse};
use agglo::panel::{
    Absent, Grid, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, Period, RowKey, SpatialWeights, Value,
};
use proptest::prelude::*;
use std::collections::HashMap;

const MISSING: Value = Err(Absent::Missing);
const SUPPRESSED: Value = Err(Absent::Suppressed);
const NO_PERIOD: Value = Err(Absent::NoPeriod);

fn year(year: i32) -> Period {
    Period::parse(&year.to_string()).unwrap()
}

fn measure(name: &str, kind: MeasureKind) -> Measure {
    Measure { name: name.into(), unit: String::new(), kind }
}

/// Regions a, b, c in 1990, 1991 and 1993 (1992 is a gap); b has no row in 1991, c is suppressed in 1990.
///
/// | | 1990 | 1991 | 1993 |
/// |---|---|---|---|
/// | a | x 2, z 1 | x 3, z 0 | x 6, z 2 |
/// | b | x 4, z 2 | – | x −1, z 3 |
/// | c | x (suppressed), z 3 | x 5, z 3 | x 10, z 3 |
fn gaps() -> Panel {
    let keys = KeyNames { region: "state".into(), period: "year".into(), industry: None };
    let mut builder = PanelBuilder::new(keys, vec![measure("x", MeasureKind::Flow), measure("z", MeasureKind::Count)]);
    let rows: [(&str, &str, Value, f64); 8] = [
        ("a", "1990", Ok(2.0), 1.0),
        ("b", "1990", Ok(4.0), 2.0),
        ("c", "1990", SUPPRESSED, 3.0),
        ("a", "1991", Ok(3.0), 0.0),
        ("c", "1991", Ok(5.0), 3.0),
        ("a", "1993", Ok(6.0), 2.0),
        ("b", "1993", Ok(-1.0), 3.0),
        ("c", "1993", Ok(10.0), 3.0),
    ];
    for (row, (region, period, x, z)) in rows.into_iter().enumerate() {
        builder.push(RowKey { row, region, period, industry: None }, &[x, Ok(z)]);
    }
    builder.text_attribute("side", HashMap::from([("a", "West"), ("b", "East")].map(|(r, s)| (r.into(), s.into()))));
    builder.numeric_attribute("area", "km2", HashMap::from([("a", 1.0), ("c", 4.0)].map(|(r, x)| (r.into(), Ok(x)))));
    builder.contiguity(vec![("a".into(), "b".into()), ("a".into(), "c".into())]);
    builder.finish().unwrap()
}

/// Regions a, b and industries f, m in 2000 and 2001; b has no m in 2000.
fn industries() -> Panel {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: Some("sector".into()) };
    let measures = vec![measure("x", MeasureKind::Flow), measure("rate", MeasureKind::Rate)];
    let mut builder = PanelBuilder::new(keys, measures);
    for (row, (region, industry, period, x)) in [
        ("a", "f", "2000", 1.0),
        ("a", "m", "2000", 3.0),
        ("b", "f", "2000", 5.0),
        ("a", "f", "2001", 2.0),
        ("a", "m", "2001", 4.0),
        ("b", "f", "2001", 6.0),
        ("b", "m", "2001", 8.0),
    ]
    .into_iter()
    .enumerate()
    {
        builder.push(RowKey { row, region, period, industry: Some(industry) }, &[Ok(x), Ok(x / 10.0)]);
    }
    builder.numeric_attribute("area", "km2", HashMap::from([("a", 2.0), ("b", 4.0)].map(|(r, x)| (r.into(), Ok(x)))));
    builder.finish().unwrap()
}

fn compile(panel: &Panel, text: &str) -> Program {
    let formulas = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    Program::compile(&formulas[0], panel).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn evaluate(panel: &Panel, text: &str, period: Period) -> CrossSection {
    compile(panel, text).evaluate(&History::new(panel), period)
}

/// The outcome of `expression ~ 1` in a year.
fn value(panel: &Panel, expression: &str, in_year: i32) -> Vec<Value> {
    evaluate(panel, &format!("{expression} ~ 1"), year(in_year)).outcome
}

#[test]
fn expressions_by_hand() {
    let panel = gaps();
    let outside = Err(Absent::OutsideDomain);
    for (expression, in_year, expected) in [
        ("x", 1990, [Ok(2.0), Ok(4.0), SUPPRESSED]),
        ("x", 1991, [Ok(3.0), MISSING, Ok(5.0)]),
        ("x", 1992, [NO_PERIOD; 3]),
        ("x + z*2 - 1", 1990, [Ok(3.0), Ok(7.0), SUPPRESSED]),
        ("-x^2", 1993, [Ok(-36.0), Ok(-1.0), Ok(-100.0)]),
        ("x/z", 1991, [Err(Absent::ZeroDenominator), MISSING, Ok(5.0 / 3.0)]),
        ("ln(x)", 1993, [Ok(6_f64.ln()), outside, Ok(10_f64.ln())]),
        ("sqrt(x)", 1993, [Ok(6_f64.sqrt()), outside, Ok(10_f64.sqrt())]),
        ("exp(1000*x)", 1993, [Err(Absent::Overflow), Ok(0.0), Err(Absent::Overflow)]),
        ("pow(x, 0.5)", 1993, [Ok(6_f64.powf(0.5)), outside, Ok(10_f64.powf(0.5))]),
        ("(x - x)^-1", 1993, [outside; 3]),
        ("abs(x)", 1993, [Ok(6.0), Ok(1.0), Ok(10.0)]),
        ("min(x, z, 2.5)", 1993, [Ok(2.0), Ok(-1.0), Ok(2.5)]),
        ("max(x, z)", 1993, [Ok(6.0), Ok(3.0), Ok(10.0)]),
        ("area*x", 1990, [Ok(2.0), MISSING, SUPPRESSED]),
        ("trend - l(trend, 5)", 1993, [Ok(5.0); 3]),
        ("period - 1990", 1993, [Ok(3.0); 3]),
        ("l(x)", 1990, [NO_PERIOD; 3]),
        ("l(x)", 1991, [Ok(2.0), Ok(4.0), SUPPRESSED]),
        ("l(x)", 1993, [NO_PERIOD; 3]),
        ("l(x, 2)", 1993, [Ok(3.0), MISSING, Ok(5.0)]),
        ("f(x, 2)", 1991, [Ok(6.0), Ok(-1.0), Ok(10.0)]),
        ("l(l(x), 2)", 1993, [Ok(2.0), Ok(4.0), SUPPRESSED]),
        ("l(area)", 1990, [Ok(1.0), MISSING, Ok(4.0)]),
        ("d(x, 2)", 1993, [Ok(3.0), MISSING, Ok(5.0)]),
        ("growth(x, 2)", 1993, [Ok(100.0), MISSING, Ok(100.0)]),
        ("growth(z)", 1991, [Ok(-100.0), MISSING, Ok(0.0)]),
        ("growth(z, 2)", 1993, [Err(Absent::ZeroDenominator), MISSING, Ok(0.0)]),
        ("dln(x, 3)", 1993, [Ok(6_f64.ln() - 2_f64.ln()), outside, SUPPRESSED]),
        ("ma(x, 2)", 1991, [Ok(2.5), MISSING, SUPPRESSED]),
        ("ma(x, 2)", 1993, [NO_PERIOD; 3]),
        ("w(x)", 1991, [MISSING, Ok(3.0), Ok(3.0)]),
        ("w(x)", 1993, [Ok(4.5), Ok(6.0), Ok(6.0)]),
        ("stock(x, 0.5)", 1990, [Ok(4.0), Ok(8.0), SUPPRESSED]),
        ("stock(x, 0.5)", 1991, [Ok(5.0), MISSING, Ok(10.0)]),
        ("stock(x, 0.5)", 1993, [NO_PERIOD, MISSING, NO_PERIOD]),
        ("l(stock(x, 0.5), 2)", 1993, [Ok(5.0), MISSING, Ok(10.0)]),
    ] {
        assert_eq!(value(&panel, expression, in_year), expected, "{expression} in {in_year}");
    }
}

#[test]
fn regions_sum_their_industries_and_cells_keep_them() {
    let panel = industries();
    let regional = evaluate(&panel, "x ~ x/area | region", year(2000));
    assert_eq!(regional.outcome, [Ok(4.0), Ok(5.0)]);
    assert_eq!(regional.regressors, [[Ok(2.0), Ok(1.25)]]);
    let cells = evaluate(&panel, "x ~ x/area + rate + l(x) | region^sector", year(2001));
    assert_eq!(cells.outcome, [Ok(2.0), Ok(4.0), Ok(6.0), Ok(8.0)]);
    assert_eq!(cells.regressors[0], [Ok(1.0), Ok(2.0), Ok(1.5), Ok(2.0)]);
    assert_eq!(cells.regressors[1], [Ok(0.2), Ok(0.4), Ok(0.6), Ok(0.8)]);
    assert_eq!(cells.regressors[2], [Ok(1.0), Ok(3.0), Ok(5.0), MISSING]);
    let factor = evaluate(&panel, "x ~ i(sector)", year(2000));
    assert_eq!(factor.regressors[1], [Ok(0.0), Ok(1.0), Ok(0.0), Ok(1.0)]);
    assert_eq!(factor.outcome, [Ok(1.0), Ok(3.0), Ok(5.0), MISSING]);
}

#[test]
fn factors_spread_into_dummies() {
    let panel = gaps();
    let names = |text| compile(&panel, text).regressors().to_vec();
    assert_eq!(names("x ~ i(year)"), ["(Intercept)", "year::1991", "year::1993"]);
    assert_eq!(names("x ~ 0 + i(year)"), ["year::1990", "year::1991", "year::1993"]);
    assert_eq!(names("x ~ i(year, ref=1991) | state"), ["year::1990", "year::1993"]);
    assert_eq!(names("x ~ i(side, z) | state"), ["side::East:z", "side::West:z"]);
    assert_eq!(names("x ~ z:i(side, ref=East)"), ["(Intercept)", "z:side::West"]);
    assert_eq!(names("x ~ i(z, ref=0)"), ["(Intercept)", "z::1", "z::2", "z::3"]);
    let run = |text, period| evaluate(&panel, text, year(period)).regressors;
    assert_eq!(run("x ~ 0 + i(side)", 1990), [[Ok(0.0), Ok(1.0), MISSING], [Ok(1.0), Ok(0.0), MISSING]]);
    assert_eq!(run("x ~ 0 + i(side, z, ref=East)", 1990), [[Ok(1.0), Ok(0.0), MISSING]]);
    assert_eq!(run("x ~ 0 + i(z, ref=0)", 1990)[1], [Ok(0.0), Ok(1.0), Ok(0.0)]);
    assert_eq!(run("x ~ 0 + i(year, ref=1990)", 1991), [[Ok(1.0); 3], [Ok(0.0); 3]]);
    assert_eq!(run("x ~ 0 + i(year, ref=1990)", 1994), [[Err(Absent::UnknownLevel); 3]; 2]);
}

#[test]
fn effects_know_their_classes_and_slopes() {
    let panel = gaps();
    let program = compile(&panel, "x ~ z | state + side^year + state[trend] + side[[z/2]]");
    assert_eq!(program.regressors(), ["z"]);
    let described: Vec<_> = program.effects().iter().map(|e| (e.name.as_str(), e.slope, e.intercept)).collect();
    assert_eq!(
        described,
        [
            ("state", None, true),
            ("side^year", None, true),
            ("state[trend]", Some(0), true),
            ("side[[z/2]]", Some(1), false)
        ]
    );
    assert_eq!(
        program.evaluate(&History::new(&panel), year(1991)).slopes,
        [[Ok(1991.0); 3], [Ok(0.0), MISSING, Ok(1.5)]]
    );
    let both = &program.effects()[1].classes;
    assert_eq!(both.len(), 6);
    assert_eq!(both.code(0, 0, year(1993)).map(|c| both.level(c)), Ok("West_1993".to_owned()));
    assert_eq!(both.code(2, 0, year(1993)), Err(Absent::Missing));
    assert_eq!(both.code(0, 0, year(1992)), Err(Absent::UnknownLevel));
    assert_eq!(compile(&panel, "x ~ z | state[[trend]]").regressors(), ["(Intercept)", "z"]);
    assert_eq!(classes(&panel, "period").unwrap().level(1), "1991");
    assert_eq!(classes(&panel, "industry").unwrap_err().rule, "the data have no industries");
}

#[test]
fn weights_are_a_column_of_their_own() {
    let panel = gaps();
    let formula = &parse("x ~ z").unwrap()[0];
    let options = Options { weights: Some("l(x) + 1"), ..Options::default() };
    let program = Program::compile_with(formula, &panel, options).unwrap();
    let weights = program.evaluate(&History::new(&panel), year(1991)).weights;
    assert_eq!(weights, Some(vec![Ok(3.0), Ok(5.0), SUPPRESSED]));
}

#[test]
fn a_program_may_leave_the_outcome_out() {
    let panel = gaps();
    let formula = &parse("growth(income) ~ z").unwrap()[0];
    assert!(Program::compile(formula, &panel).is_err());
    let program = Program::compile_with(formula, &panel, Options { predicts: true, ..Options::default() }).unwrap();
    assert_eq!(program.evaluate(&History::new(&panel), year(1991)).outcome, [MISSING; 3]);
    assert!(program.link().is_err());
}

#[test]
fn a_program_says_what_it_reads() {
    let panel = gaps();
    let program = compile(&panel, "growth(x) ~ l(z) + i(side) + area");
    assert_eq!(program.drivers(), [1]);
    assert!(!program.looks_ahead());
    assert!(compile(&panel, "x ~ l(f(z, 2))").looks_ahead());
    assert!(!compile(&panel, "f(x) ~ f(l(z), 1)").looks_ahead());
}

#[test]
fn links_are_recognised() {
    let panel = gaps();
    let link = |outcome: &str| compile(&panel, &format!("{outcome} ~ 1")).link();
    for (outcome, form, divisor) in [
        ("x", Form::Level, None),
        ("ln(x/z)", Form::Ln, Some(1)),
        ("growth(x)", Form::Growth(1), None),
        ("growth(x/z, 3)", Form::Growth(3), Some(1)),
        ("dln(x)", Form::LogDifference(1), None),
        ("d(ln(x), 2)", Form::LogDifference(2), None),
        ("d(x)", Form::Difference(1), None),
        ("I(log(x))", Form::Ln, None),
    ] {
        let found = link(outcome).unwrap();
        assert_eq!((found.form, found.measure, found.divisor), (form, 0, divisor), "{outcome}");
    }
    for outcome in ["x + z", "sqrt(x)", "growth(ln(x))", "ln(area)", "x/area", "l(x)", "growth(x)*2"] {
        assert!(link(outcome).unwrap_err().rule.contains(outcome), "{outcome}");
    }
}

/// A panel of three regions in eight years; zero stands for a row left out.
fn random_panel(x: &[f64], z: &[f64]) -> Panel {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let mut builder = PanelBuilder::new(keys, vec![measure("x", MeasureKind::Flow), measure("z", MeasureKind::Flow)]);
    for (row, (x, z)) in x.iter().zip(z).enumerate() {
        if *x > 0.0 {
            let period = (2000 + row / 3).to_string();
            let key = RowKey { row, region: ["a", "b", "c"][row % 3], period: &period, industry: None };
            builder.push(key, &[Ok(*x), Ok(*z)]);
        }
    }
    builder.contiguity(vec![("a".into(), "b".into()), ("b".into(), "c".into())]);
    builder.finish().unwrap()
}

/// A source that computes its grids from a list of rows on the spot: another store of the same values.
struct Rows {
    grids: HashMap<(usize, i32), Grid>,
    first: Period,
}

impl Rows {
    fn new(panel: &Panel) -> Self {
        let mut grids = HashMap::new();
        for t in 0..panel.periods().len() {
            for m in 0..panel.measures().len() {
                let mut grid = Grid::missing(panel.regions().len(), panel.width());
                for row in panel.rows_of(t).rev() {
                    let (region, industry) = panel.cell_of(row);
                    grid.values[region * panel.width() + industry] = panel.column(m)[row];
                }
                grids.insert((m, panel.periods()[t].ordinal), grid);
            }
        }
        Self { grids, first: panel.periods()[0] }
    }
}

impl Source for Rows {
    fn grid(&self, measure: usize, period: Period) -> Option<&Grid> {
        self.grids.get(&(measure, period.ordinal))
    }

    fn first_period(&self) -> Period {
        self.first
    }
}

/// Whether two values are both absent for the same reason, or equal within a few roundings.
fn close(a: Value, b: Value) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-12 * (1.0 + a.abs().max(b.abs())),
        (a, b) => a == b,
    }
}

fn cells() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![4 => 0.1..100.0, 1 => Just(0.0)], 24)
}

const EVERYTHING: &str = "growth(x) ~ l(ln(x/z), 2) + ma(z, 3) + stock(x, 0.1) + l(stock(z, 0.3)) + w(dln(x)) \
                          + x:z + i(region) + d(stock(x, 0.2), 2) | region[trend] + year";

proptest! {
    #[test]
    fn the_source_does_not_matter_nor_does_a_cache(x in cells(), z in cells()) {
        prop_assume!(x.iter().any(|x| *x > 0.0));
        let panel = random_panel(&x, &z);
        let program = compile(&panel, EVERYTHING);
        let (history, rows) = (History::new(&panel), Rows::new(&panel));
        let mut cache = Cache::default();
        for period in (1999..2009).map(year) {
            let section = program.evaluate(&history, period);
            prop_assert_eq!(&section, &program.evaluate(&rows, period));
            let kept = program.predictors(&rows, period, &mut cache);
            prop_assert_eq!(&section.regressors, &kept.regressors);
            let numbers = section.regressors.iter().chain(&section.slopes).chain([&section.outcome]).flatten();
            prop_assert!(numbers.flatten().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn a_rewound_cache_forgets_what_changed(x in cells(), z in cells(), from in 0..8_i32) {
        let before: Vec<f64> = x.iter().map(|x| x + 1.0).collect();
        let mut after = before.clone();
        for value in &mut after[3 * from as usize..] {
            *value *= 2.0;
        }
        let (one, other) = (random_panel(&before, &z), random_panel(&after, &z));
        let program = compile(&one, EVERYTHING);
        let mut cache = Cache::default();
        program.predictors(&History::new(&one), year(2007), &mut cache);
        cache.rewind(year(1999 + from));
        let other = History::new(&other);
        let again = program.predictors(&other, year(2007), &mut cache);
        prop_assert_eq!(program.evaluate(&other, year(2007)).regressors, again.regressors);
    }

    #[test]
    fn growth_difference_and_lags_agree(x in cells(), k in 1..4) {
        prop_assume!(x.iter().any(|x| *x > 0.0));
        let panel = random_panel(&x, &x);
        for (left, right) in [
            (format!("growth(x, {k})"), format!("100*(x/l(x, {k}) - 1)")),
            (format!("d(x, {k})"), format!("x - l(x, {k})")),
            (format!("dln(x, {k})"), format!("ln(x) - l(ln(x), {k})")),
            (format!("dln(x, {k})"), format!("ln(1 + growth(x, {k})/100)")),
            (format!("l(x, {k})"), format!("f(x, -{k})")),
            (format!("l(l(x, {k}), 1)"), format!("l(x, {})", k + 1)),
            (format!("f(l(x, {k}), {k})"), "x".to_owned()),
            (format!("ma(x, {})", k + 1), format!("ma(x, {k})*{k}/{0} + l(x, {k})/{0}", k + 1)),
            ("stock(x, 0.25)".to_owned(), "stock(2*x, 0.25)/2".to_owned()),
        ] {
            for t in 2000..2008 {
                let (a, b) = (value(&panel, &left, t), value(&panel, &right, t));
                prop_assert!(a.iter().zip(&b).all(|(a, b)| close(*a, *b)), "{} {:?}, {} {:?}", left, a, right, b);
            }
        }
    }

    #[test]
    fn a_link_gives_back_the_level(level in 0.1..1e4, before in 0.1..1e4, divisor in 0.1..1e4, ratio: bool) {
        let panel = random_panel(&[before, level, 1.0, level, level, 1.0], &[divisor; 6]);
        for outcome in ["m", "ln(m)", "growth(m)", "dln(m)", "d(m)", "d(ln(m))"] {
            let program = compile(&panel, &format!("{} ~ 1", outcome.replace('m', if ratio { "x/z" } else { "x" })));
            let link = program.link().unwrap();
            let divisor = if ratio { Ok(divisor) } else { Ok(1.0) };
            let predicted = program.evaluate(&History::new(&panel), year(2001)).outcome[0].unwrap();
            let found = link.level(predicted, link.quantity(Ok(before), divisor), divisor).unwrap();
            prop_assert!((found - level).abs() <= 1e-9 * level.max(before), "{} {}", outcome, found);
        }
    }
}

#[test]
fn a_spatial_lag_keeps_industries_apart() {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: Some("industry".into()) };
    let mut builder = PanelBuilder::new(keys, vec![measure("x", MeasureKind::Flow)]);
    for (row, (region, industry, x)) in
        [("a", "f", 1.0), ("a", "m", 2.0), ("b", "f", 3.0), ("b", "m", 4.0)].into_iter().enumerate()
    {
        builder.push(RowKey { row, region, period: "2000", industry: Some(industry) }, &[Ok(x)]);
    }
    builder.contiguity(vec![("a".into(), "b".into())]);
    let panel = builder.finish().unwrap();
    let run = |text| evaluate(&panel, text, year(2000)).regressors;
    assert_eq!(run("x ~ w(x) | industry"), [[Ok(3.0), Ok(4.0), Ok(1.0), Ok(2.0)]]);
    assert_eq!(run("x ~ 0 + w(x)"), [[Ok(7.0), Ok(3.0)]]);
    assert_eq!(panel.weights(), Some(&SpatialWeights::from_contiguity(2, [(0, 1)])));
    let options = Options { unit: Some(Unit::Cell), ..Options::default() };
    let program = Program::compile_with(&parse("x ~ 1").unwrap()[0], &panel, options).unwrap();
    assert_eq!(program.rows(), 4);
}

/// Suppressed in 2001 and disclosed in 2002: the total must not jump.
#[test]
fn a_total_with_a_suppressed_cell_is_suppressed_and_a_missing_cell_is_left_out() {
    let keys = KeyNames { region: "state".into(), period: "year".into(), industry: Some("sector".into()) };
    let mut builder = PanelBuilder::new(keys, vec![measure("x", MeasureKind::Flow)]);
    let rows = [("2000", "f", Ok(1.0)), ("2000", "m", Ok(99.0)), ("2001", "f", Ok(1.0)), ("2001", "m", SUPPRESSED)];
    let later = [("2002", "f", Ok(1.0)), ("2002", "m", Ok(99.0)), ("2003", "f", MISSING), ("2004", "m", Ok(3.0))];
    for (row, (period, industry, value)) in rows.into_iter().chain(later).enumerate() {
        builder.push(RowKey { row, region: "a", period, industry: Some(industry) }, &[value]);
    }
    let panel = builder.finish().unwrap();
    let run = |text, period| evaluate(&panel, text, year(period)).outcome[0];
    let totals: Vec<_> = (2000..2005).map(|period| run("x ~ 1", period)).collect();
    assert_eq!(totals, [Ok(100.0), SUPPRESSED, Ok(100.0), MISSING, Ok(3.0)]);
    assert_eq!(run("growth(x) ~ 1", 2002), SUPPRESSED);
    assert_eq!(compile(&panel, "x ~ 1").totals(), [0]);
}
