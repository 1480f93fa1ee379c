//! What can be told of a scenario without data.

use crate::support::{change, region, scenario, year};
use agglo::error::Error;
use agglo::forecast::{Action, Change, Closure, Companion, Entrants, Group, check_scenario};
use agglo::numeric::Stop;
use agglo::panel::Period;

/// The fields that are refused, sorted.
fn refused(name: &str, closure: Closure, changes: Vec<Change>) -> Vec<String> {
    match check_scenario(&scenario(name, closure, changes), &Stop::default()) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(found)) => {
            let mut fields: Vec<_> = found.told().iter().map(|violation| violation.field.clone()).collect();
            fields.sort();
            fields
        }
        Err(other) => panic!("{other}"),
    }
}

fn new_activity(changes: Vec<Change>) -> Vec<String> {
    refused("s", Closure::NewActivity, changes)
}

fn class(attribute: &str, value: &str) -> Group {
    Group { attribute: attribute.into(), value: value.into() }
}

fn extensive(companions: &[(&str, f64)]) -> Action {
    let companion = |(measure, relative_size): &(&str, f64)| Companion {
        measure: (*measure).into(),
        relative_size: *relative_size,
    };
    Action::Extensive { entrants: Entrants::Rate, companions: companions.iter().map(companion).collect() }
}

fn words(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_no_data_can_put_right_is_told_at_once() {
    let to = |regions: &[usize]| Action::Move { to: regions.iter().map(|r| region(*r)).collect() };
    let from = |first, last, change| Change { first_period: Some(first), last_period: Some(last), ..change };
    let changes = vec![
        Change { measure: String::new(), ..change("", Action::Scale, 1001.0, &[0, 1, 0]) },
        Change { group: Some(class("macro", "north")), ..change("firms", Action::Add, f64::NAN, &[0]) },
        change("firms", to(&[]), 0.5, &[0]),
        change("firms", to(&[1, 0, 1]), 1.5, &[0]),
        from(year(2030), year(2028), change("firms", Action::Add, 1.0, &[3])),
        Change { phase_periods: 4, ..from(year(2030), year(2032), change("firms", Action::Add, 1.0, &[3])) },
        Change { first_period: Period::parse("2030Q1"), ..change("firms", Action::Add, 1.0, &[3]) },
        Change {
            industries: words(&["steel", "steel", ""]),
            industry_classes: vec![class("sector", "metal")],
            fade_periods: 2,
            policy: Some("two\nlines".into()),
            ..change("firms", Action::SetShare, 1.0, &[4])
        },
        change("plants", extensive(&[("capital", -1.0), ("plants", 1.0), ("capital", 1.0), ("", 1.0)]), 0.1, &[0]),
        change("capital", Action::Intensive { companions: words(&["jobs", "plants", "jobs"]) }, -1.5, &[0]),
        change("firms", Action::SetGrowth, 1001.0, &[5]),
    ];
    let expected = [
        "changes[0].amount",
        "changes[0].measure",
        "changes[0].regions[2]",
        "changes[10].amount",
        "changes[1].amount",
        "changes[1].regions",
        "changes[2].action.to",
        "changes[3].action.to",
        "changes[3].action.to[2]",
        "changes[3].amount",
        "changes[4].last_period",
        "changes[5].phase_periods",
        "changes[6].first_period",
        "changes[7].amount",
        "changes[7].fade_periods",
        "changes[7].industries",
        "changes[7].industries[1]",
        "changes[7].industries[2]",
        "changes[7].policy",
        "changes[8].action.companions[0].relative_size",
        "changes[8].action.companions[1].measure",
        "changes[8].action.companions[2].measure",
        "changes[8].action.companions[3].measure",
        "changes[9].action.companions[2]",
        "changes[9].amount",
        "changes[9].measure",
        "closure.regions[1]",
        "closure.regions[2]",
        "name",
    ];
    let payers = Closure::RelocateFrom(vec![region(9), region(0), region(9)]);
    assert_eq!(refused("", payers, changes), expected);
    assert_eq!(refused("baseline", Closure::NewActivity, Vec::new()), ["name"]);
    assert_eq!(refused(&"n".repeat(201), Closure::NewActivity, Vec::new()), ["name"]);
}

#[test]
fn what_data_may_put_right_is_let_through() {
    let set = |regions: &[usize]| change("firms", Action::Set, -1.0, regions);
    let of = |value: &str| Change { group: Some(class("macro", value)), ..set(&[]) };
    let until = Change { last_period: Some(year(2031)), ..set(&[0]) };
    let after = Change { first_period: Some(year(2032)), ..set(&[0]) };
    let goods = |industry: &str| Change { industries: words(&[industry]), ..set(&[1]) };
    let jobs = change("jobs", Action::Set, 1.0, &[0]);
    let number = Action::Extensive { entrants: Entrants::Number, companions: Vec::new() };
    let changes =
        vec![of("north"), of("south"), until, after, goods("a"), goods("b"), jobs, change("plants", number, -1e9, &[])];
    let found = refused("s", Closure::RelocateFrom(vec![region(2)]), changes.clone());
    assert_eq!(found, ["closure.regions[0]"], "a change of every region is one of the payer too");
    assert!(refused("s", Closure::RelocateFrom(vec![region(2)]), changes[..7].to_vec()).is_empty());
}

#[test]
fn contradictions_are_told_where_words_suffice() {
    let set = |regions: &[usize]| change("firms", Action::Set, 1.0, regions);
    let share = |regions: &[usize]| change("firms", Action::SetShare, 0.1, regions);
    let north = |change| Change { group: Some(class("macro", "north")), ..change };
    let metal = |change| Change { industry_classes: vec![class("sector", "metal")], ..change };
    let steel = |change| Change { industries: words(&["steel"]), ..change };
    let until = |year| move |change| Change { last_period: Some(year), ..change };
    let from = |year| move |change| Change { first_period: Some(year), ..change };
    let (until, from) = (until(year(2030)), |y| from(year(y)));
    let grows = |regions: &[usize]| change("firms", Action::SetGrowth, 2.0, regions);
    for (i, (a, b, contradict)) in [
        (set(&[0, 1]), set(&[1, 2]), true),
        (set(&[]), grows(&[2]), true),
        (set(&[]), north(set(&[])), true),
        (north(set(&[])), north(set(&[])), true),
        (north(set(&[])), set(&[0]), false),
        (metal(set(&[0])), metal(set(&[0])), true),
        (metal(set(&[0])), steel(set(&[0])), false),
        (metal(set(&[0])), set(&[0]), true),
        (until(set(&[0])), from(2030)(set(&[0])), true),
        (until(set(&[0])), from(2031)(set(&[0])), false),
        (share(&[0, 1]), change("firms", Action::Add, 1.0, &[1]), true),
        (share(&[0, 1]), change("firms", Action::Add, 1.0, &[2]), false),
        (share(&[0]), share(&[1]), false),
        (set(&[0]), change("firms", Action::Scale, 1.1, &[0]), false),
    ]
    .into_iter()
    .enumerate()
    {
        for changes in [vec![a.clone(), b.clone()], vec![b, a]] {
            let expected: &[&str] = if contradict { &["changes[1]"] } else { &[] };
            assert_eq!(new_activity(changes), expected, "{i}");
        }
    }
}

#[test]
fn a_raised_flag_stops_the_check() {
    let stop = Stop::default();
    stop.raise();
    let changes = vec![change("firms", Action::Scale, 1.1, &[0])];
    let checked = check_scenario(&scenario("s", Closure::NewActivity, changes), &stop);
    assert!(matches!(checked, Err(Error::Cancelled)));
}
