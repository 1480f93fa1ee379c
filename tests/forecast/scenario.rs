//! The scenario language as a caller meets it: levers, targets, policies, migration, and what is refused.

use crate::support::{Column, change, close, effects, feedback, given, panel, program, region, request, run};
use crate::support::{scenario, stock, year};
use agglo::error::{Error, Violation};
use agglo::forecast::{
    Action, Change, Closure, Companion, Draws, Entrants, Feedback, Forecast, Group, Margin, Model, Request, Study,
};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::panel::{Absent, MeasureKind, Panel};

const FORMULA: &str = "growth(gdp) ~ 0 + agglomeration(firms) + agglomeration(capital)";

/// Four regions; the last has no capital and no firms, the one before no shops.
fn economy(industries: usize) -> Panel {
    let level = |x: f64| move |t: usize, r: usize, i: usize| Ok((x + t as f64 + i as f64) * (3 - r) as f64);
    let rate = Column { name: "rate", kind: MeasureKind::Rate, values: Box::new(|_, _, _| Ok(5.0)) };
    let gdp = stock("gdp", |t, r, i| Ok(100.0 + (t + r + i) as f64));
    let count = |_, r: usize, _| if r == 2 { Err(Absent::Missing) } else { Ok(4.0) };
    panel(
        (3, 4, industries),
        &[stock("firms", level(10.0)), stock("capital", level(50.0)), rate, gdp, stock("shops", count)],
    )
}

fn model(program: &Program) -> Model {
    given(program, &[0.153, 1.42, 0.1][..program.regressors().len()], None, Some(0.5))
}

fn forecast(request: &Request) -> Result<Forecast, Error> {
    let panel = economy(2);
    let program = program(FORMULA, &panel);
    run(&program, &panel, &model(&program), request)
}

fn extensive(entrants: Entrants, companions: &[(&str, f64)]) -> Action {
    let companion = |(measure, relative_size): &(&str, f64)| Companion {
        measure: (*measure).into(),
        relative_size: *relative_size,
    };
    Action::Extensive { entrants, companions: companions.iter().map(companion).collect() }
}

fn intensive(companions: &[&str]) -> Action {
    Action::Intensive { companions: companions.iter().map(|name| (*name).to_owned()).collect() }
}

fn told(result: Result<Forecast, Error>) -> Vec<Violation> {
    match result {
        Err(Error::Invalid(violations)) => violations.told().to_vec(),
        other => panic!("not refused: {other:?}"),
    }
}

fn only(changes: Vec<Change>, closure: Closure) -> Request {
    request(4, 0, vec![scenario("s", closure, changes)])
}

/// The places in the only scenario that are refused.
fn places(told: Vec<Violation>) -> Vec<String> {
    told.into_iter().map(|v| v.field.strip_prefix("scenarios[0].changes").unwrap().to_owned()).collect()
}

fn refused(changes: Vec<Change>) -> Vec<String> {
    places(told(forecast(&only(changes, Closure::NewActivity))))
}

#[test]
fn levers_tell_their_margin_and_policies_add_up_to_the_scenario() {
    let panel = economy(2);
    let program = program(FORMULA, &panel);
    let attract = change("firms", extensive(Entrants::Rate, &[("capital", 0.5)]), 0.2, &[0]);
    let raise = Change { policy: Some("grants".into()), ..change("capital", intensive(&[]), 0.1, &[0]) };
    let whole = scenario("whole", Closure::NewActivity, vec![attract.clone(), raise.clone()]);
    let scaled = |measure, factor| change(measure, Action::Scale, factor, &[0]);
    let alone = |name: &str, changes| scenario(name, Closure::NewActivity, changes);
    let scenarios = vec![
        whole,
        alone("attract", vec![scaled("firms", 1.2), scaled("capital", 1.0 + 0.5 * 0.2)]),
        alone("raise", vec![scaled("capital", 1.1)]),
    ];
    let (model, stop) = (model(&program), Stop::default());
    let study = Study::new(&program, &panel, &model, &request(3, 5, scenarios), &stop).unwrap();
    let whole = &study.scenarios()[0];
    assert_eq!(
        (whole.policies(), whole.margins()),
        (&["whole".to_owned(), "grants".to_owned()][..], vec![Margin::Extensive, Margin::Intensive])
    );
    let target = |step| agglo::forecast::Target { quantity: agglo::forecast::Quantity::Level, area: 0, step };
    let values = |scenario: Option<_>| {
        let values = study.values(scenario.as_ref(), &[target(1), target(3)], Draws::All).unwrap();
        values.into_iter().map(|series| (series.point, series.draws)).collect::<Vec<_>>()
    };
    let levels = |scenario| values(Some(scenario));
    let (attract, raise) = (&study.scenarios()[1], &study.scenarios()[2]);
    assert_eq!(levels(whole.with_policies(&[true, false])), levels(attract.clone()));
    assert_eq!(levels(whole.with_policies(&[false, true])), levels(raise.clone()));
    assert_eq!(levels(whole.with_margins(&[Margin::Intensive])), levels(raise.clone()));
    assert_eq!(levels(whole.with_policies(&[true, true])), levels(whole.clone()));
    assert_eq!(levels(whole.with_policies(&[])), values(None));
}

/// Capital moves towards the region that is above its baseline, away from the others.
#[test]
fn activity_that_migrates_leaves_the_nation_as_it_was() {
    let at = |_, r: usize, _| Ok(50.0 * (1 + r) as f64);
    let panel = panel((4, 3, 0), &[stock("firms", at), stock("capital", at), stock("gdp", |_, _, _| Ok(100.0))]);
    let program = program("growth(gdp) ~ 0 + firms + capital", &panel);
    let model = given(&program, &[0.01, 0.02], None, None);
    let changes = vec![change("firms", Action::Scale, 1.4, &[0])];
    let migrates = Feedback { migrates: true, ..feedback("capital", 2.0) };
    let run = |feedback| {
        let request = Request {
            feedback: vec![feedback],
            ..request(3, 0, vec![scenario("s", Closure::NewActivity, changes.clone())])
        };
        run(&program, &panel, &model, &request).unwrap()
    };
    let (created, migrated) = (run(feedback("capital", 2.0)), run(migrates));
    let through_capital = |forecast: &Forecast, h: usize| -> Vec<f64> {
        let effect = forecast.outlooks[1].effect.as_ref().unwrap();
        effect.decomposition[h].iter().map(|terms| terms[1].unwrap()).collect()
    };
    assert_eq!(through_capital(&migrated, 0), [0.0; 3]);
    for h in 1..3 {
        let (created, migrated) = (through_capital(&created, h), through_capital(&migrated, h));
        assert!(created[0] > 0.0 && created[1..] == [0.0, 0.0], "{created:?}");
        assert!(migrated[0] > 0.0 && migrated[1] < 0.0 && migrated[2] < 0.0, "{migrated:?}");
        assert!(migrated.iter().sum::<f64>().abs() < 1e-12);
    }
    // Relative to a region at its baseline, capital is where its elasticity takes it.
    let moved = through_capital(&migrated, 1);
    let ratio = |r: usize| 1.0 + moved[r] / (0.02 * 50.0 * (1 + r) as f64);
    let level = |s: usize| migrated.outlooks[s].areas[0].level[0].point.unwrap();
    assert!(close(ratio(0) / ratio(1), (level(1) / level(0)).powi(2), 1e-12));
}

#[test]
fn levers_and_targets_are_checked() {
    let north = Group { attribute: "size".into(), value: "small".into() };
    let changes = vec![
        change("firms", extensive(Entrants::Rate, &[("capitol", 1.0), ("firms", -1.0), ("rate", 1.0)]), 0.1, &[0]),
        change("gdp", extensive(Entrants::Rate, &[]), 0.1, &[0]),
        change("shops", extensive(Entrants::Rate, &[]), 0.1, &[1]),
        change("firms", extensive(Entrants::Number, &[]), 5.0, &[1, 3]),
        change("firms", extensive(Entrants::Rate, &[("capital", 2.0)]), -0.6, &[2]),
        change("capital", intensive(&["capital", "shop"]), -1.5, &[3]),
        change("rate", Action::SetShare, 1.0, &[0]),
        Change { first_period: Some(year(2004)), ..change("rate", Action::SetGrowth, f64::NAN, &[0]) },
        Change { industry_classes: vec![north], ..change("capital", Action::Scale, 1.1, &[1]) },
        Change { policy: Some(String::new()), fade_periods: 2, ..change("capital", Action::Scale, 1.1, &[1]) },
        Change { last_period: Some(year(2004)), phase_periods: 3, ..change("capital", Action::Scale, 1.1, &[1]) },
    ];
    let expected = [
        "[0].action.companions[0].measure",
        "[0].action.companions[1].relative_size",
        "[0].action.companions[1].measure",
        "[0].action.companions[2].measure",
        "[1].measure",
        "[2].measure",
        "[3].regions",
        "[4].amount",
        "[5].amount",
        "[5].action.companions[0]",
        "[5].action.companions[1]",
        "[6].amount",
        "[6].measure",
        "[7].amount",
        "[7].first_period",
        "[7].measure",
        "[8].industries",
        "[9].policy",
        "[9].fade_periods",
        "[10].phase_periods",
    ];
    let panel = economy(0);
    let program = program(&format!("{FORMULA} + rate"), &panel);
    let result = run(&program, &panel, &model(&program), &only(changes, Closure::NewActivity));
    assert_eq!(places(told(result)), expected);
    let class = Group { attribute: "size".into(), value: "small".into() };
    let small = Change { industry_classes: vec![class], ..change("capital", Action::Scale, 1.1, &[1]) };
    assert_eq!(refused(vec![small]), ["[0].industry_classes[0].attribute"]);
}

#[test]
fn contradictions_name_both_changes() {
    let to = |r: usize| Action::Move { to: vec![region(r)] };
    let goods = |change| Change { industries: vec!["a".into()], ..change };
    let later = |change| Change { first_period: Some(year(2005)), ..change };
    let pairs: Vec<(Vec<Change>, bool)> = vec![
        (vec![change("firms", Action::Set, 5.0, &[0]), change("firms", Action::SetGrowth, 1.0, &[0])], true),
        (vec![change("firms", Action::Set, 5.0, &[0]), change("firms", Action::SetShare, 0.4, &[0, 1])], true),
        (vec![change("firms", Action::SetShare, 0.4, &[0]), change("firms", to(2), 0.1, &[0])], true),
        (vec![change("firms", Action::SetShare, 0.4, &[0]), change("firms", to(2), 0.1, &[1])], false),
        (vec![change("firms", Action::SetShare, 0.4, &[0]), goods(change("firms", Action::SetShare, 0.1, &[1]))], true),
        (
            vec![change("firms", Action::Set, 9.0, &[0]), change("firms", extensive(Entrants::Rate, &[]), 0.1, &[0])],
            true,
        ),
        (vec![change("firms", Action::Set, 9.0, &[0]), change("firms", Action::Scale, 1.1, &[0])], false),
        (vec![change("firms", Action::Scale, 0.0, &[0]), change("firms", Action::Add, 1.0, &[0])], true),
        (vec![change("firms", Action::Set, 5.0, &[0]), change("firms", Action::Set, 6.0, &[1])], false),
        (
            vec![
                Change { last_period: Some(year(2004)), ..change("firms", Action::Set, 5.0, &[0]) },
                later(change("firms", Action::Set, 6.0, &[0])),
            ],
            false,
        ),
        (
            vec![
                Change { last_period: Some(year(2004)), fade_periods: 2, ..change("firms", Action::Set, 5.0, &[0]) },
                later(change("firms", Action::Set, 6.0, &[0])),
            ],
            true,
        ),
    ];
    for (i, (changes, contradict)) in pairs.into_iter().enumerate() {
        let result = forecast(&only(changes, Closure::NewActivity));
        assert_eq!(result.is_err(), contradict, "{i}");
        if contradict {
            let told = told(result);
            assert_eq!((told.len(), told[0].field.as_str()), (1, "scenarios[0].changes[1]"), "{i}: {told:?}");
            assert!(told[0].rule.starts_with("contradicts changes[0] in firms: "), "{told:?}");
        }
    }
    let attract = change("firms", extensive(Entrants::Rate, &[]), 0.1, &[0]);
    assert_eq!(refused(vec![attract, change("firms", intensive(&[]), 0.1, &[1])]), ["[1].measure"]);
}

#[test]
fn shares_leave_room_for_the_rest_of_the_nation() {
    let share = |amount, regions: &[usize]| change("firms", Action::SetShare, amount, regions);
    assert_eq!(refused(vec![share(0.7, &[0]), share(0.3, &[1])]), ["[1].amount"]);
    assert_eq!(refused(vec![share(0.5, &[0, 1]), share(0.3, &[2, 3])]), ["[1].regions"]);
    let early = Change { last_period: Some(year(2004)), ..share(0.7, &[0]) };
    let late = Change { first_period: Some(year(2005)), ..share(0.6, &[1]) };
    forecast(&only(vec![late, early], Closure::NewActivity)).unwrap();
    let goods = Change { industries: vec!["a".into()], ..share(0.5, &[0]) };
    let told = told(forecast(&only(vec![goods], Closure::FixedNationalTotal)));
    assert_eq!(places(told), ["[0].industries"]);
}

/// What entrants bring may be read where their number is not.
#[test]
fn enterprises_need_not_be_read_themselves() {
    let bring = vec![change("shops", extensive(Entrants::Number, &[("capital", 1.0)]), 2.0, &[0])];
    let scaled = vec![change("capital", Action::Scale, 1.25, &[0])];
    let scenarios = vec![scenario("a", Closure::NewActivity, bring), scenario("b", Closure::NewActivity, scaled)];
    let forecast = forecast(&request(2, 0, scenarios)).unwrap();
    assert_eq!(effects(&forecast, 0, 1), effects(&forecast, 1, 1));
}
