//! A fit that new periods are added to is the fit of all periods.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::formula::{Options, Program, parse};
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use agglo::regression::covariance::Choice;
use agglo::regression::{Fit, Spec, extend, extends, fit, fit_several};

/// 14 regions in so many of 9 years, with holes; every region has years enough.
fn panel(seed: u64, years: usize) -> Panel {
    let mut random = stream(seed, 0);
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Flow };
    let mut builder = PanelBuilder::new(keys, ["y", "x", "z", "w"].map(measure).to_vec());
    let mut row = 0;
    for year in 0..9 {
        for region in 0..14 {
            let draws = normals(&mut random, 5);
            let holes = year > 1 && draws[4] > 1.2;
            if year >= years || holes {
                continue;
            }
            let x = 3.0 + draws[0] + 0.1 * f64::from(region);
            let y = if draws[3] > 1.8 { Err(Absent::Missing) } else { Ok(100.0 + 2.0 * x - draws[1] + draws[2]) };
            let values: [Value; 4] = [y, Ok(x), Ok(draws[1]), Ok(draws[3].abs() + 0.1)];
            let (name, period) = (format!("r{region:02}"), (2000 + year).to_string());
            builder.push(RowKey { row, region: &name, period: &period, industry: None }, &values);
            row += 1;
        }
    }
    let sides = (0..14).map(|r| (format!("r{r:02}"), if r < 6 { "east" } else { "west" }.to_owned()));
    builder.text_attribute("side", sides.collect());
    builder.finish().unwrap()
}

fn program(formula: &str, weights: Option<&str>, panel: &Panel) -> Program {
    Program::compile_with(&parse(formula).unwrap()[0], panel, Options { weights, ..Options::default() }).unwrap()
}

fn spec() -> Spec {
    Spec { covariance: Choice::read("iid"), ..Spec::default() }
}

fn close(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}

#[test]
fn later_periods_give_the_numbers_of_a_fit_of_all() {
    let stop = Stop::default();
    let formulas = ["y ~ x + z", "y ~ x + z | region", "y ~ l(x) + z | year", "y ~ 0 + x + z", "y ~ x + z | side"];
    for (seed, formula) in (0..10).flat_map(|seed| formulas.map(|f| (seed, f))) {
        for weights in [None, Some("w")] {
            let (before, after) = (panel(seed, 6), panel(seed, 9));
            assert!(after.continues(&before) && !before.continues(&after));
            let kept: Fit = fit(&program(formula, weights, &before), &before, &spec(), &stop).unwrap();
            let all = program(formula, weights, &after);
            let expected = fit(&all, &after, &spec(), &stop).unwrap();
            assert!(extends(&kept), "{formula}");
            let got = extend(&kept, &all, &after, 6, &stop).unwrap().unwrap();
            close(&got.coefficients, &expected.coefficients, "coefficients");
            close(&got.vcov.concat(), &expected.vcov.concat(), "covariance");
            close(&got.residuals, &expected.residuals, "residuals");
            close(&got.fitted, &expected.fitted, "fitted values");
            close(&got.sandwich.leverages, &expected.sandwich.leverages, "leverages");
            assert_eq!((&got.rows, &got.left_out, &got.terms), (&expected.rows, &expected.left_out, &expected.terms));
            for (got, expected) in got.effects.iter().zip(&expected.effects) {
                assert_eq!((&got.levels, &got.codes), (&expected.levels, &expected.codes));
                close(&got.values.intercepts, &expected.values.intercepts, "effects");
            }
            let statistics = |fit: &Fit| [fit.statistics.ssr, fit.statistics.r2.unwrap(), fit.statistics.sigma2];
            close(&statistics(&got), &statistics(&expected), "statistics");
        }
    }
}

#[test]
fn what_new_rows_could_bring_back_is_not_extended() {
    let stop = Stop::default();
    let data = panel(1, 6);
    let two = fit(&program("y ~ x | region + year", None, &data), &data, &spec(), &stop).unwrap();
    assert!(!extends(&two));
    let collinear = fit(&program("y ~ x + I(2*x)", None, &data), &data, &spec(), &stop).unwrap();
    assert!(!extends(&collinear));
    let slopes = fit(&program("y ~ x | region[z]", None, &data), &data, &spec(), &stop).unwrap();
    assert!(!extends(&slopes));
}

#[test]
fn models_of_one_call_are_those_of_calls_of_their_own() {
    let stop = Stop::default();
    let data = panel(3, 9);
    let formulas =
        ["y ~ x | region + year", "y ~ x + z | region + year", "z ~ x | region + year", "y ~ x + z | region"];
    for weights in [None, Some("w")] {
        let programs = formulas.map(|formula| program(formula, weights, &data));
        let spec = Spec { covariance: Choice::read("cluster:region"), ..Spec::default() };
        let models: Vec<_> = programs.iter().map(|program| (program, None)).collect();
        let together = fit_several(&models, &data, &spec, &stop).unwrap();
        for (program, got) in programs.iter().zip(together) {
            assert_eq!(got, fit(program, &data, &spec, &stop).unwrap(), "{}", program.formula());
        }
    }
}
