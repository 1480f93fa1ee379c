//! Reading formulas: canonical text, expansions, and errors that point at the column.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::formula::{Options, Program, Unit, parse};
use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey};
use std::collections::HashMap;

/// Three regions with two industries in one year; `rate` does not add up.
fn panel() -> Panel {
    let keys = KeyNames { region: "state".into(), period: "year".into(), industry: Some("sector".into()) };
    let measure = |name: &str, kind| Measure { name: name.into(), unit: String::new(), kind };
    let measures = vec![
        measure("gdp", MeasureKind::Flow),
        measure("firms", MeasureKind::Count),
        measure("unemployment", MeasureKind::Rate),
    ];
    let mut builder = PanelBuilder::new(keys, measures);
    for (row, region) in ["a", "b", "c"].into_iter().enumerate() {
        for industry in ["farms", "mines"] {
            builder
                .push(RowKey { row, region, period: "1990", industry: Some(industry) }, &[Ok(1.0), Ok(2.5), Ok(3.0)]);
        }
    }
    builder.text_attribute("division", [("a", "East"), ("b", "West")].map(|(r, d)| (r.into(), d.into())).into());
    builder.numeric_attribute("area", "km2", HashMap::from([("a".to_owned(), Ok(1.0))]));
    builder.finish().unwrap()
}

fn canonical(text: &str) -> Vec<String> {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).iter().map(ToString::to_string).collect()
}

/// The text of every violation, of reading or of compiling.
fn refused(text: &str) -> Vec<String> {
    let violations = match parse(text) {
        Err(violations) => violations,
        Ok(formulas) => Program::compile(&formulas[0], &panel()).expect_err(text),
    };
    assert_eq!(violations.count(), violations.told().len());
    for violation in violations.told() {
        assert_eq!(violation.field, "formula");
        assert_eq!(violation.to_string(), format!("formula: {}", violation.rule), "the rule tells the value");
    }
    violations.told().iter().map(|v| v.rule.clone()).collect()
}

#[test]
fn texts_become_canonical() {
    for (typed, written) in [
        ("y~x", "y ~ x"),
        ("ln( gdp )~l(ln(gdp/pop) ,2)|region+period", "ln(gdp) ~ l(ln(gdp/pop), 2) | region + period"),
        ("y ~ 0 + x", "y ~ 0 + x"),
        ("y ~ x - 1", "y ~ 0 + x"),
        ("y ~ 1", "y ~ 1"),
        ("y ~ 0 | a", "y ~ 0 | a"),
        ("y ~ x*z", "y ~ x + z + x:z"),
        ("y ~ a*b*c", "y ~ a + b + a:b + c + a:c + b:c + a:b:c"),
        ("y ~ x + x + x:x", "y ~ x"),
        ("y ~ x : z", "y ~ x:z"),
        ("y ~ x/z:w", "y ~ x/z:w"),
        ("y ~ (a + b)/c", "y ~ (a + b)/c"),
        ("y ~ (x) + x ^ 2", "y ~ x + x^2"),
        ("y ~ I( a+b*c )", "y ~ I(a + b*c)"),
        ("-(a - (b - c))*2 ~ x", "-(a - (b - c))*2 ~ x"),
        ("-a^-b^c ~ x", "-a^-b^c ~ x"),
        ("(-a)^(b^c) ~ x", "(-a)^b^c ~ x"),
        ("(a^b)^c ~ x", "(a^b)^c ~ x"),
        ("y ~ 2/x", "y ~ 2/x"),
        ("y ~ `lands area` + `x`", "y ~ `lands area` + x"),
        ("产值 ~ 企业数", "产值 ~ 企业数"),
        ("y ~ density(firms,per = area)", "y ~ density(firms, per=area)"),
        ("y ~ i(d, ref = 'Pacific')", "y ~ i(d, ref=\"Pacific\")"),
        ("y ~ 1e3/x + .5/x", "y ~ 1000/x + 0.5/x"),
        ("y ~ x | division ^ year + state[trend]", "y ~ x | division^year + state[trend]"),
        ("y ~ x | state[a, b]", "y ~ x | state[a] + state[[b]]"),
        ("y ~ x | state[[a]]", "y ~ x | state[[a]]"),
        ("y ~ x | 0", "y ~ x"),
        ("y ~ x | z ~ w + v", "y ~ x | z ~ w + v"),
        ("y ~ x | a | z ~ w", "y ~ x | a | z ~ w"),
        ("y ~ l(x, 1:3)", "y ~ l(x, 1) + l(x, 2) + l(x, 3)"),
        ("y ~ f(x, -1:1)", "y ~ f(x, -1) + f(x, 0) + f(x, 1)"),
        ("y ~ l(x, c(1, 4)):z", "y ~ l(x, 1):z + l(x, 4):z"),
        ("y ~\n  x +\n  z", "y ~ x + z"),
    ] {
        assert_eq!(canonical(typed), [written], "{typed}");
        assert_eq!(canonical(written), [written], "{written} is canonical");
    }
}

#[test]
fn choices_become_formulas() {
    for (typed, written) in [
        ("c(y, z) ~ x", vec!["y ~ x", "z ~ x"]),
        ("y ~ sw(a, b + c)", vec!["y ~ a", "y ~ b + c"]),
        ("y ~ x + csw0(a, b)", vec!["y ~ x", "y ~ x + a", "y ~ x + a + b"]),
        ("y ~ sw0(a) + z", vec!["y ~ z", "y ~ a + z"]),
        ("y ~ x | csw(state, year)", vec!["y ~ x | state", "y ~ x | state + year"]),
        ("c(y, z) ~ sw(a, b)", vec!["y ~ a", "y ~ b", "z ~ a", "z ~ b"]),
    ] {
        assert_eq!(canonical(typed), written, "{typed}");
    }
}

/// `(formula, the first line, the column of the caret)`; the whole text of an error is these three.
const UNREADABLE: &[(&str, &str, usize)] = &[
    ("", "expected a name, a number or a function, found the end", 1),
    ("y", "expected ~ between the outcome and the regressors, found the end", 2),
    ("y = x", "expected ~ between the outcome and the regressors, found =", 3),
    ("y ~ ", "expected a name, a number or a function, found the end", 4),
    ("y ~ x +", "expected a name, a number or a function, found the end", 8),
    ("y ~ ln(x", "expected an operator, a comma or ), found the end", 9),
    ("y ~ (x", "expected an operator or ), found the end", 7),
    ("y ~ x z", "expected an operator or the end of the formula, found z", 7),
    ("y ~ x ~ z", "expected an operator or the end of the formula, found ~", 7),
    ("y ~ x - z", "expected 1 after -, for no intercept (a difference is written I(a - b)), found z", 9),
    ("y ~ x | ", "expected the name of a key or of a text attribute, found the end", 8),
    ("y ~ x | i(year)", "expected a plain name: fixed effects are keys or attributes, joined by ^, found (", 10),
    ("y ~ x | state[trend", "expected ], found the end", 20),
    ("y ~ x | state[[trend]", "expected ], found the end", 22),
    ("y ~ x | s | z", "expected ~ between the endogenous regressors and their instruments, found the end", 14),
    ("y ~ 2*x", "a number alone is no term; arithmetic among terms is written I(2*x)", 5),
    ("y ~ \"x\"", "a word in quotes is no term; names of columns are written without quotes", 5),
    ("y ~ z + (a + b)", "arithmetic among terms is written I(a + b); several terms are written without parentheses", 9),
    ("y ~ `x", "the ` that opens here is never closed", 5),
    ("y ~ ``", "a name has at least one character", 5),
    ("y ~ x & z", "& has no meaning in a formula; names with such characters go between backticks", 7),
    ("y ~ 1e999/x", "the number is too large", 5),
    ("y ~ ln(a:b)", "within a call : makes a range of whole numbers, as in l(x, 1:3)", 9),
    (
        "y ~ ln(l(x, 1:3))",
        "a range of lags expands into terms, so l(x, 1:3) stands alone as a term or in a product of terms",
        13,
    ),
    ("y ~ l(x, 1:300)", "a range has at most 100 numbers", 10),
    ("c(y, z=x) ~ x", "several outcomes are written c(a, b)", 1),
    ("产值 ~ 企业数 +", "expected a name, a number or a function, found the end", 11),
];

#[test]
fn unreadable_text_is_pointed_at() {
    for (text, rule, column) in UNREADABLE {
        let expected = format!("{rule} (column {column})\n  {text}\n  {}^", " ".repeat(column - 1));
        assert_eq!(refused(text), [expected], "{text}");
    }
}

/// Formulas that can be read but mean nothing on the panel, with the first line of each violation.
const MEANINGLESS: &[(&str, &[&str])] = &[
    (
        "gdpp ~ firmss + ln(x)",
        &[
            "there is no measure or numeric attribute called gdpp; did you mean gdp? (column 1)",
            "there is no measure or numeric attribute called firmss; did you mean firms? (column 8)",
            "there is no measure or numeric attribute called x; known are gdp, firms, unemployment, area (column 20)",
        ],
    ),
    ("gdp ~ lnn(firms)", &["there is no function or index called lnn; did you mean ln? (column 7)"]),
    ("gdp ~ ln(firms, 2)", &["ln is written ln(x) (column 7)"]),
    ("gdp ~ l(firms, k=2)", &["l is written l(x, periods) (column 7)"]),
    ("gdp ~ l(firms, 1.5)", &["the periods in l(x, periods) are a whole number in [-1000, 1000], not 1.5 (column 16)"]),
    ("gdp ~ d(firms, 0)", &["the periods in d(x, periods) are a whole number in [1, 1000], not 0 (column 16)"]),
    (
        "gdp ~ stock(firms, 0)",
        &["the depreciation in stock(x, depreciation) is a number in (0, 1], a period, not 0 (column 20)"],
    ),
    ("gdp ~ w(firms)", &["w() needs to know which regions are neighbours, and the data do not say (column 7)"]),
    ("gdp ~ state", &["state is a key: write i(state), or state as a fixed effect after | (column 7)"]),
    ("gdp ~ division", &["division is text: write i(division), or division as a fixed effect after | (column 7)"]),
    (
        "gdp ~ ln(\"firms\")",
        &["a word in quotes is no number; names of columns are written without quotes (column 10)"],
    ),
    (
        "gdp ~ unemployment",
        &["unemployment is a rate, so it cannot be summed over industries to one value a region; name sector among \
           the fixed effects to keep industries apart (column 7)"],
    ),
    (
        "gdp ~ firms | divison",
        &["there is no key or text attribute called divison; did you mean division? (column 15)"],
    ),
    ("gdp ~ firms | area", &["area is numeric; classes are keys or text attributes (column 15)"]),
    ("gdp ~ firms | state^firms", &["firms is a measure; classes are keys or text attributes (column 21)"]),
    ("gdp ~ i(firms)", &["a factor has whole numbers or words as its levels, and firms has 2.5 (column 9)"]),
    ("gdp ~ i(division, ref=Est)", &["there is no level Est; did you mean East? (column 23)"]),
    ("gdp ~ i(ln(gdp))", &["a factor is written i(x), i(x, ref=level) or i(x, z), with x a name (column 7)"]),
    (
        "gdp ~ ln(i(state))",
        &["i() makes several regressors, so it stands alone as a term or in a product of terms (column 10)"],
    ),
    ("gdp ~ firms:sw(area)", &["sw() makes several formulas, so it stands alone between plus signs (column 13)"]),
    (
        "gdp ~ 1 | firms + period ~ area",
        &["as many instruments as endogenous terms are needed: 2 endogenous, 1 instruments (column 11)"],
    ),
    ("gdp ~ 0", &["there is nothing to estimate: no regressor, no intercept, no fixed effect (column 1)"]),
];

#[test]
fn every_name_that_means_nothing_is_reported() {
    for (text, rules) in MEANINGLESS {
        let first_lines: Vec<String> = refused(text).iter().map(|r| r.lines().next().unwrap().to_owned()).collect();
        assert_eq!(&first_lines, rules, "{text}");
    }
}

#[test]
fn weights_have_a_field_of_their_own() {
    let formula = &parse("gdp ~ firms").unwrap()[0];
    for (weights, rule) in [
        (
            "firmss",
            "there is no measure or numeric attribute called firmss; did you mean firms? (column 1)\n  firmss\n  ^",
        ),
        ("ln(", "expected a name, a number or a function, found the end (column 4)\n  ln(\n     ^"),
    ] {
        let options = Options { weights: Some(weights), ..Options::default() };
        let violations = Program::compile_with(formula, &panel(), options).unwrap_err();
        assert_eq!((violations.told()[0].field.as_str(), violations.told()[0].rule.as_str()), ("weights", rule));
    }
}

#[test]
fn a_unit_asked_for_must_fit() {
    let compile = |text: &str, unit| {
        let options = Options { unit: Some(unit), ..Options::default() };
        Program::compile_with(&parse(text).unwrap()[0], &panel(), options)
    };
    assert_eq!(compile("gdp ~ unemployment | state", Unit::Cell).unwrap().rows(), 6);
    let violations = compile("gdp ~ firms | sector", Unit::Region).unwrap_err();
    assert!(violations.to_string().contains("rows are regions here"), "{violations}");
    let violations = compile("gdp ~ i(sector)", Unit::Region).unwrap_err();
    assert!(violations.to_string().contains("rows are regions here"), "{violations}");
}

#[test]
fn the_size_of_a_formula_is_limited() {
    for text in [
        format!("y ~ {}x{}", "(".repeat(100), ")".repeat(100)),
        format!("y ~ {}x", "I(-".repeat(60)),
        format!("y ~ I({}x)", "x+".repeat(2000)),
        format!("y ~ x{}", " ".repeat(10_000)),
        format!("y ~ {}x", "l(x, 1:99) + ".repeat(20)),
        format!("y ~ {}x", "l(x, 1:99):".repeat(20)),
        format!("y ~ {}x", "a*".repeat(30).replace('a', "l(z, 1:9)")),
        format!("y ~ {}x", "sw(a, b) + ".repeat(30)),
        format!("c({}y) ~ sw(a, b)", "y, ".repeat(60)),
    ] {
        let violations = parse(&text).unwrap_err();
        assert!(violations.told()[0].rule.contains("at most"), "{violations}");
    }
    let deep = format!("gdp ~ {}firms{}", "growth(".repeat(30), ")".repeat(30));
    let violations = Program::compile(&parse(&deep).unwrap()[0], &panel()).unwrap_err();
    assert!(violations.told()[0].rule.contains("evaluations"), "{violations}");
}
