//! Many indices in one pass over a panel: tables, counts, refusals, threads.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::{Infer, Raw};
use agglo::indices::{Alternative, Asked, Gap, IndexCall, IndexTable, Key, Shape, Study, all, evaluate};
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
    let violations =
        evaluate(panel, &Study::default(), &[call], panel.periods(), &Stop::default()).unwrap().remove(0).unwrap_err();
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
    assert_eq!(names, ["total", "between", "within", "covered"]);
    assert_eq!(theil.parts[2].1[1], Ok(0.0));
    assert_eq!(table(&states(), call("theil_t", "firms", &[])).parts.len(), 2, "the total and the share covered");
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
    let table = evaluate(&panel, &Study::default(), &[call("hhi", "firms", &[])], &[gap], &Stop::default())
        .unwrap()
        .remove(0)
        .unwrap();
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

/// What is asked about uncertainty in the tests below.
fn asked(infer: Infer) -> Option<Asked> {
    Some(Asked { infer: Some(infer), draws: 200, seed: 7, level: 0.9, alternative: Alternative::TwoSided })
}

fn part<'t>(table: &'t IndexTable, name: &str) -> &'t [Value] {
    &table.parts.iter().find(|(part, _)| part == name).unwrap_or_else(|| panic!("{name} of {:?}", table.parts)).1
}

/// Forty regions of two sides, the east larger, with two industries.
fn sides() -> Panel {
    let mut builder = PanelBuilder::new(keys(Some("sector")), vec![measure("jobs", MeasureKind::Count)]);
    let size = |r: usize, i: usize| (if r < 20 { 200 } else { 100 } + (r * 37 + i * 11) % 50) as f64;
    for (row, (r, i)) in (0..40_usize).flat_map(|r| (0..2_usize).map(move |i| (r, i))).enumerate() {
        let (region, industry) = (format!("r{r:02}"), format!("i{i}"));
        builder.push(RowKey { row, region: &region, period: "2000", industry: Some(&industry) }, &[Ok(size(r, i))]);
    }
    let side = |r: usize| (format!("r{r:02}"), if r < 20 { "east" } else { "west" }.to_owned());
    builder.text_attribute("side", (0..40).map(side).collect());
    builder.finish().unwrap()
}

#[test]
fn intervals_hold_the_value_and_repeat() {
    let panel = sides();
    for (index, infer, parameters) in [
        ("theil_t", Infer::BootstrapRegions, &[("groups", "side")][..]),
        ("hhi", Infer::BootstrapUnits, &[("over", "industries")][..]),
    ] {
        let study = Study { inference: asked(infer), ..Study::default() };
        let compute = || {
            let calls = [call(index, "jobs", parameters)];
            evaluate(&panel, &study, &calls, panel.periods(), &Stop::default()).unwrap().remove(0).unwrap()
        };
        let table = compute();
        let name = table.parts[0].0.clone();
        for (row, value) in table.parts[0].1.iter().enumerate() {
            let at = |suffix: &str| part(&table, &format!("{name}_{suffix}"))[row].unwrap();
            // The bootstrap of an inequality is biased a little, so the interval is compared loosely.
            let (value, slack) = (value.unwrap(), at("se"));
            assert!(at("se") > 0.0 && at("lower") - slack < value && value < at("upper") + slack, "{index} {row}");
        }
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(table, one.install(compute), "{index}");
    }
}

#[test]
fn an_index_says_which_ways_of_inference_it_offers() {
    let study = Study { inference: asked(Infer::BootstrapIndustries), ..Study::default() };
    let panel = sides();
    let calls = [call("theil_t", "jobs", &[])];
    let outcome = evaluate(&panel, &study, &calls, panel.periods(), &Stop::default()).unwrap().remove(0);
    let told = outcome.unwrap_err().to_string();
    assert!(told.starts_with("inference.method: theil_t offers "), "{told}");
}

#[test]
fn east_and_west_are_compared_by_any_index() {
    let panel = sides();
    let gap = Gap { groups: "side".into(), first: "east".into(), second: String::new() };
    let computed = |index: &str| {
        let calls = [IndexCall { gap: Some(gap.clone()), ..call(index, "jobs", &[]) }];
        evaluate(&panel, &Study::default(), &calls, panel.periods(), &Stop::default()).unwrap().remove(0).unwrap()
    };
    let table = computed("agglomeration");
    let found = table.gap.unwrap();
    let mean = |regions: std::ops::Range<usize>| {
        let values: Vec<f64> = table.parts[0].1[regions].iter().map(|x| x.unwrap()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (east, west) = (mean(0..20), mean(20..40));
    let names: Vec<_> = found.parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["first", "second", "difference", "ratio", "difference_se"]);
    for (ours, expected) in found.parts.iter().zip([east, west, east - west, east / west]) {
        assert!((ours.1[0].unwrap() - expected).abs() < 1e-12);
    }
    let calls = [IndexCall { gap: Some(gap.clone()), ..call("proximity", "jobs", &[]) }];
    let outcome = evaluate(&panel, &Study::default(), &calls, panel.periods(), &Stop::default()).unwrap().remove(0);
    let told = outcome.unwrap_err().to_string();
    assert!(told.starts_with("indices[0].gap: proximity has rows of its own"), "{told}");
    let alone = computed("theil_t").gap.unwrap();
    assert!(alone.parts[0].1[0].unwrap() < table_of_all(&panel), "the sides are more alike within");
    let calls = [IndexCall { gap: Some(Gap { first: "north".into(), ..gap }), ..call("hhi", "jobs", &[]) }];
    let outcome = evaluate(&panel, &Study::default(), &calls, panel.periods(), &Stop::default()).unwrap().remove(0);
    let told = outcome.unwrap_err().to_string();
    assert!(told.contains("indices[0].gap.first: must be a value of side: east, west"), "{told}");
}

fn table_of_all(panel: &Panel) -> f64 {
    table(panel, call("theil_t", "jobs", &[])).parts[0].1[0].unwrap()
}

#[test]
fn bounds_hold_whatever_a_suppressed_cell_holds() {
    let study = Study { most_suppressed: Some(40.0), ..Study::default() };
    let panel = states();
    let calls = [call("agglomeration", "firms", &[])];
    let period = panel.periods()[0];
    let table = evaluate(&panel, &study, &calls, &[period], &Stop::default()).unwrap().remove(0).unwrap();
    // a holds 10 of 40 to 80 firms, b 30, c 0 to 40 of 40 to 80.
    let expected =
        [(3.0 * 10.0 / 80.0, 3.0 * 10.0 / 40.0), (3.0 * 30.0 / 80.0, 3.0 * 30.0 / 40.0), (0.0, 3.0 * 40.0 / 80.0)];
    for (row, (least, most)) in expected.into_iter().enumerate() {
        assert!((part(&table, "value_least")[row].unwrap() - least).abs() < 1e-9, "{row}");
        assert!((part(&table, "value_most")[row].unwrap() - most).abs() < 1e-9, "{row}");
    }
    assert_eq!(part(&table, "covered"), [Ok(1.0), Ok(1.0), Ok(0.0)]);
}
