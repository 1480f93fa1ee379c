//! Many indices in one pass over a panel: tables, counts, refusals, threads.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::Raw;
use agglo::indices::{IndexCall, IndexTable, Key, Shape, Study, all, evaluate};
use agglo::numeric::Stop;
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use std::collections::{BTreeMap, HashMap};

const MISSING: Value = Err(Absent::Missing);
const SUPPRESSED: Value = Err(Absent::Suppressed);

fn measure(name: &str, kind: MeasureKind) -> Measure {
    Measure { name: name.to_owned(), unit: String::new(), kind }
}

fn keys(industry: Option<&str>) -> KeyNames {
    KeyNames { region: "state".into(), period: "year".into(), industry: industry.map(str::to_owned) }
}

/// Three states; 1991 is a gap, c withholds its firms in 1990 and is absent in 1993.
fn states() -> Panel {
    let measures = vec![measure("firms", MeasureKind::Count), measure("unemployment", MeasureKind::Rate)];
    let mut builder = PanelBuilder::new(keys(None), measures);
    let rows = [
        ("a", "1990", Ok(10.0), 5.0),
        ("b", "1990", Ok(30.0), 6.0),
        ("c", "1990", SUPPRESSED, 7.0),
        ("a", "1992", Ok(20.0), 5.0),
        ("b", "1992", Ok(20.0), 5.0),
        ("c", "1992", Ok(20.0), 5.0),
        ("a", "1993", Ok(22.0), 4.0),
        ("b", "1993", Ok(28.0), 8.0),
    ];
    for (row, (region, period, firms, rate)) in rows.into_iter().enumerate() {
        builder.push(RowKey { row, region, period, industry: None }, &[firms, Ok(rate)]);
    }
    builder.numeric_attribute("area", "km2", HashMap::from([("a".into(), Ok(2.0)), ("b".into(), Ok(4.0))]));
    builder.text_attribute("division", HashMap::from([("a", "north"), ("b", "south"), ("c", "south")].map(owned)));
    builder.finish().unwrap()
}

fn owned(pair: (&str, &str)) -> (String, String) {
    (pair.0.to_owned(), pair.1.to_owned())
}

/// Two regions, two industries, and a population without that dimension of its own.
fn industries() -> Panel {
    let measures = vec![measure("jobs", MeasureKind::Stock), measure("wage", MeasureKind::Rate)];
    let mut builder = PanelBuilder::new(keys(Some("sector")), measures);
    let rows = [("a", "x", Ok(1.0)), ("a", "y", Ok(3.0)), ("b", "x", MISSING), ("b", "y", Ok(4.0))];
    for (row, (region, industry, jobs)) in rows.into_iter().enumerate() {
        builder.push(RowKey { row, region, period: "2000", industry: Some(industry) }, &[jobs, Ok(1.0)]);
    }
    builder.finish().unwrap()
}

fn call(index: &str, measure: &str, parameters: &[(&str, &str)]) -> IndexCall {
    let parameters = parameters.iter().map(|(name, word)| ((*name).to_owned(), Raw::Text((*word).to_owned())));
    IndexCall { index: index.to_owned(), measure: measure.to_owned(), parameters: parameters.collect(), gap: None }
}

fn table(panel: &Panel, call: IndexCall) -> IndexTable {
    evaluate(panel, &Study::default(), &[call], panel.periods(), &Stop::default()).unwrap().remove(0).unwrap()
}

/// Field and rule of every violation of one call.
fn refusals(panel: &Panel, call: IndexCall) -> Vec<String> {
    let violations = evaluate(panel, &Study::default(), &[call], panel.periods(), &Stop::default()).unwrap().remove(0).unwrap_err();
    violations.told().iter().map(|v| format!("{}: {}", v.field, v.rule)).collect()
}

#[test]
fn a_table_has_one_row_a_region_and_period() {
    let table = table(&states(), call("relative_share", "firms", &[]));
    assert_eq!((table.index, table.shape), ("agglomeration", Shape::Region));
    let periods: Vec<String> = table.periods.iter().map(ToString::to_string).collect();
    assert_eq!(periods, ["1990", "1990", "1990", "1992", "1992", "1992", "1993", "1993", "1993"]);
    assert_eq!(table.keys, [("region", Key::Regions(vec![0, 1, 2, 0, 1, 2, 0, 1, 2]))]);
    let values = vec![Ok(0.5), Ok(1.5), SUPPRESSED, Ok(1.0), Ok(1.0), Ok(1.0), Ok(0.88), Ok(1.12), MISSING];
    assert_eq!(table.parts[0], ("value".to_owned(), values));
    assert_eq!(table.used, 7);
    assert_eq!(table.left_out, BTreeMap::from([(Absent::Missing, 1), (Absent::Suppressed, 1)]));
}

#[test]
fn what_stands_beside_counts_too() {
    let density = table(&states(), call("density", "firms", &[("per", "area")]));
    assert_eq!(density.parts[0].1[..3], [Ok(5.0), Ok(7.5), SUPPRESSED]);
    assert_eq!(density.parts[0].1[5], MISSING, "the area of c is not known");
    assert_eq!((density.used, density.left_out[&Absent::Missing]), (6, 2));
}

#[test]
fn growth_across_a_gap_is_absent() {
    let dynamic = table(&states(), call("dynamic_agglomeration", "firms", &[("span", "1")]));
    let expected = [
        [Err(Absent::NoPeriod), Err(Absent::NoPeriod), SUPPRESSED],
        [Err(Absent::NoPeriod); 3],
        [Ok(0.1 / 0.25), Ok(0.4 / 0.25), MISSING],
    ];
    for (value, expected) in dynamic.parts[0].1.iter().zip(expected.as_flattened()) {
        match (value, expected) {
            (Ok(value), Ok(expected)) => assert!((value - expected).abs() < 1e-12),
            _ => assert_eq!(value, expected),
        }
    }
    assert_eq!((dynamic.used, dynamic.left_out[&Absent::NoPeriod]), (2, 5));
    let over_two = table(&states(), call("dynamic_agglomeration", "firms", &[("span", "2")]));
    assert_eq!(over_two.parts[1].1[3], Ok(1.0));
}

#[test]
fn cells_and_industries_have_their_keys() {
    let quotients = table(&industries(), call("lq", "jobs", &[]));
    let expected = [("region", Key::Regions(vec![0, 0, 1, 1])), ("industry", Key::Industries(vec![0, 1, 0, 1]))];
    assert_eq!(quotients.keys, expected);
    assert_eq!(quotients.parts[0].1[2], MISSING);
    let concentration = table(&industries(), call("hhi", "jobs", &[("over", "regions")]));
    assert_eq!(concentration.keys, [("industry", Key::Industries(vec![0, 1]))]);
    let names: Vec<_> = concentration.parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["value", "normalised", "equivalent_number"]);
}

#[test]
fn groups_split_theil() {
    let theil = table(&states(), call("theil_t", "firms", &[("groups", "division")]));
    let names: Vec<_> = theil.parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["total", "between", "within"]);
    assert_eq!(theil.parts[2].1[1], Ok(0.0));
    assert_eq!(table(&states(), call("theil_t", "firms", &[])).parts.len(), 1);
}

#[test]
fn a_bad_call_does_not_spoil_the_others() {
    let panel = states();
    let calls = [call("hhi", "firms", &[]), call("gnii", "frims", &[]), call("density", "firms", &[])];
    let outcomes = evaluate(&panel, &Study::default(), &calls, panel.periods(), &Stop::default()).unwrap();
    assert!(outcomes[0].is_ok());
    let fields = |i: usize| -> Vec<String> {
        outcomes[i].as_ref().unwrap_err().told().iter().map(|v| format!("{}: {}", v.field, v.rule)).collect()
    };
    assert_eq!(
        fields(1),
        [
            "indices[1].measure: must be a measure of the dataset; did you mean firms?",
            "indices[1].index: must be an index of the catalogue; did you mean gini?"
        ]
    );
    assert_eq!(fields(2), ["indices[2].parameters.per: per of density must be given"]);
}

#[test]
fn names_are_looked_up_in_the_data() {
    let panel = states();
    assert_eq!(
        refusals(&panel, call("density", "firms", &[("per", "aera")])),
        ["indices[0].parameters.per: must be a measure or numeric attribute of the dataset; did you mean area?"]
    );
    assert_eq!(
        refusals(&panel, call("theil_l", "firms", &[("groups", "area"), ("weights", "heads")])),
        [
            "indices[0].parameters.weights: must be a measure or numeric attribute of the dataset; there are firms, \
             unemployment, area",
            "indices[0].parameters.groups: must be a text attribute of the regions; there are division"
        ]
    );
}

#[test]
fn a_rate_is_not_summed() {
    let panel = states();
    for index in ["agglomeration", "hhi", "dynamic_agglomeration"] {
        let rule = "unemployment is a rate, and this index adds its measure up over regions or divides it";
        assert_eq!(refusals(&panel, call(index, "unemployment", &[])), [format!("indices[0].measure: {rule}")]);
    }
    for index in ["sigma", "theil_t", "theil_l", "gini", "hoover"] {
        assert!(
            table(&panel, call(index, "unemployment", &[])).parts[0].1[0].is_ok(),
            "{index} of a rate over regions"
        );
        assert_eq!(refusals(&panel, call(index, "unemployment", &[("weights", "firms")])).len(), 1, "{index} per head");
    }
    let rule = "must be a measure that adds up or an attribute, not a rate";
    let per_rate = refusals(&panel, call("density", "firms", &[("per", "unemployment")]));
    assert_eq!(per_rate, [format!("indices[0].parameters.per: {rule}")]);
    let rule = "wage is a rate, and rates do not add up over industries";
    assert_eq!(refusals(&industries(), call("sigma", "wage", &[])), [format!("indices[0].measure: {rule}")]);
}

#[test]
fn indices_of_industries_need_them() {
    let panel = states();
    assert_eq!(
        refusals(&panel, call("lq", "firms", &[])),
        ["indices[0].index: location_quotient: needs data with industries"]
    );
    for (index, parameter, word) in [
        ("entropy", "over", "industries"),
        ("gini", "reference", "total"),
        ("hoover", "reference", "total"),
        ("krugman", "reference", "others"),
    ] {
        let refused = refusals(&panel, call(index, "firms", &[(parameter, word)]));
        let rule = format!("{index}: {word} needs data with industries");
        assert_eq!(refused, [format!("indices[0].parameters.{parameter}: {rule}")]);
    }
    let conflict = [("over", "industries"), ("weights", "jobs")];
    assert_eq!(
        refusals(&industries(), call("gini", "jobs", &conflict)),
        ["indices[0].parameters.weights: gini: weights are of regions, and the shares are of industries"]
    );
}

#[test]
fn periods_the_panel_lacks_are_absent() {
    let panel = states();
    let gap = panel.periods()[0].plus(1);
    let table = evaluate(&panel, &Study::default(), &[call("hhi", "firms", &[])], &[gap], &Stop::default()).unwrap().remove(0).unwrap();
    assert_eq!(table.parts[0].1, vec![MISSING]);
    assert_eq!((table.used, table.left_out[&Absent::Missing]), (0, 3));
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let panel = states();
    let calls: Vec<_> = all().map(|index| call(index.card().id, "firms", &[])).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| evaluate(&panel, &Study::default(), &calls, panel.periods(), &Stop::default()).unwrap())
    };
    let one = with(1);
    assert!(one.iter().flatten().count() > 8);
    assert_eq!(one, with(2));
    assert_eq!(one, with(7));
}
