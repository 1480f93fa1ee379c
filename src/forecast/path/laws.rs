//! Laws of changed paths, on random scenarios.

use super::*;
use crate::forecast::request::{Action, Change, Closure as Asked, Companion, Entrants, Group, Request, Uncertainty};
use crate::forecast::request::{Feedback, Scenario as Counterfactual};
use crate::formula::{Program, parse};
use crate::numeric::Stop;
use crate::numeric::random::{Random, normal, stream};
use crate::panel::{KeyNames, Measure, MeasureKind, PanelBuilder, Period, RowKey, Value};
use std::collections::HashMap;

const REGIONS: usize = 6;
const INDUSTRIES: [&str; 3] = ["farms", "mines", "shops"];
const HORIZON: usize = 5;
const TRIALS: u64 = 40;

/// Three stocks by region and industry over three years, some cells without a value; industries of two classes.
fn panel(seed: u64) -> Panel {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: Some("industry".into()) };
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Stock };
    let mut builder = PanelBuilder::new(keys, ["firms", "capital", "gdp"].map(measure).into());
    let random = &mut stream(seed, 0);
    for (t, r, i) in (0..3).flat_map(|t| (0..REGIONS).flat_map(move |r| (0..3).map(move |i| (t, r, i)))) {
        let mut value = || -> Value { Ok((3.0 + 0.1 * normal(random)).exp()) };
        let values = [value(), if (r, i) == (4, 1) { Err(Absent::Suppressed) } else { value() }, value()];
        let (region, period) = (name(r), (2000 + t).to_string());
        builder.push(RowKey { row: 0, region: &region, period: &period, industry: Some(INDUSTRIES[i]) }, &values);
    }
    let class = |name: &str| (name.to_owned(), if name == "shops" { "services" } else { "goods" }.to_owned());
    builder.industry_text_attribute("sector", INDUSTRIES.map(class).into_iter().collect::<HashMap<_, _>>());
    let size = |name: &str| (name.to_owned(), if name == "mines" { "large" } else { "small" }.to_owned());
    builder.industry_text_attribute("size", INDUSTRIES.map(size).into_iter().collect::<HashMap<_, _>>());
    builder.finish().unwrap()
}

fn name(region: usize) -> String {
    format!("r{region}")
}

fn change(measure: &str, action: Action, amount: f64, regions: &[usize]) -> Change {
    Change {
        policy: None,
        measure: measure.into(),
        action,
        amount,
        regions: regions.iter().map(|r| name(*r)).collect(),
        group: None,
        industries: Vec::new(),
        industry_classes: Vec::new(),
        first_period: None,
        last_period: None,
        phase_periods: 0,
        fade_periods: 0,
    }
}

/// The path of a scenario and the baseline's.
fn paths(seed: u64, closure: Asked, changes: Vec<Change>) -> Result<(Vec<Step>, Vec<Step>), Violations> {
    let panel = panel(seed);
    let plan = plan(&panel, closure, changes)?;
    let projected = baseline(&plan, &panel, &mut Vec::new(), &Stop::default()).unwrap().steps;
    Ok((scenario(&plan.scenarios[0], &plan, &panel, &projected)?, projected))
}

fn plan(panel: &Panel, closure: Asked, changes: Vec<Change>) -> Result<Plan, Violations> {
    let program = Program::compile(&parse("growth(gdp) ~ firms + capital").unwrap()[0], panel).unwrap();
    let request = Request {
        horizon: HORIZON,
        draws: 0,
        seed: 0,
        quantiles: Vec::new(),
        drivers: Vec::new(),
        feedback: Vec::<Feedback>::new(),
        scenarios: vec![Counterfactual { name: "s".into(), changes, closure }],
        groups: None,
        population: None,
        uncertainty: Uncertainty::ALL,
        variance_shares: false,
        reconciliation: None,
        memory_limit_bytes: u64::MAX,
    };
    Plan::read(&request, panel, &[(&program, program.link().unwrap())], &[])
}

fn uniform(random: &mut Random) -> f64 {
    let x = normal(random).abs();
    x / (1.0 + x)
}

/// A few changes of every kind of the regions 0 to 3 that do not contradict each other; what is moved goes to 4 and 5.
fn random_changes(seed: u64) -> Vec<Change> {
    let random = &mut stream(seed, 1);
    let services = Group { attribute: "sector".into(), value: "services".into() };
    let to = |regions: &[usize]| Action::Move { to: regions.iter().map(|r| name(*r)).collect() };
    let bring = |relative_size| vec![Companion { measure: "capital".into(), relative_size }];
    let mut changes = vec![
        change("firms", Action::Set, 50.0 + 20.0 * uniform(random), &[0]),
        change("firms", Action::Scale, 0.8 + 0.4 * uniform(random), &[0, 1]),
        change("firms", Action::Add, 10.0 * uniform(random), &[1]),
        change("capital", Action::Add, -uniform(random), &[2]),
        change("firms", to(&[4, 5]), 0.5 * uniform(random), &[1, 2]),
        change(
            "firms",
            Action::Extensive { entrants: Entrants::Rate, companions: bring(0.6) },
            0.3 * uniform(random),
            &[2, 3],
        ),
        change("capital", Action::Intensive { companions: Vec::new() }, 0.5 * uniform(random), &[3]),
    ];
    for change in &mut changes {
        change.phase_periods = (4.0 * uniform(random)) as usize;
        if uniform(random) < 0.3 {
            change.last_period = Period::parse("2006");
            change.fade_periods = (4.0 * uniform(random)) as usize;
        }
    }
    changes[6].industry_classes = vec![services];
    changes
}

fn total(grid: &Grid, industry: Option<usize>) -> f64 {
    let cells = grid.values.iter().enumerate().filter(|(cell, _)| industry.is_none_or(|i| cell % grid.width == i));
    cells.filter_map(|(_, x)| x.ok()).sum()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs()
}

#[test]
fn the_order_of_changes_leaves_the_bits() {
    for seed in 0..TRIALS {
        let changes = random_changes(seed);
        let (path, _) = paths(seed, Asked::NewActivity, changes.clone()).unwrap();
        for turn in 1..changes.len() {
            let mut turned = changes.clone();
            turned.rotate_left(turn);
            turned.swap(0, 3);
            assert_eq!(paths(seed, Asked::NewActivity, turned).unwrap().0, path);
        }
    }
}

#[test]
fn changes_of_nothing_leave_the_bits_of_the_baseline() {
    let lever = |entrants| Action::Extensive {
        entrants,
        companions: vec![Companion { measure: "capital".into(), relative_size: 3.0 }],
    };
    let all: Vec<usize> = (0..REGIONS).collect();
    for closure in [Asked::NewActivity, Asked::RelocateProRata, Asked::FixedNationalTotal] {
        for seed in 0..TRIALS {
            let nothing = vec![
                Change { phase_periods: 3, ..change("firms", Action::Scale, 1.0, &all) },
                change("firms", Action::Add, 0.0, &[0]),
                change("firms", Action::Move { to: vec![name(5)] }, 0.0, &[2]),
                change("firms", lever(Entrants::Rate), 0.0, &[1]),
                change("capital", Action::Intensive { companions: vec![] }, 0.0, &[1]),
                change("firms", lever(Entrants::Number), 0.0, &[3]),
            ];
            let (path, projected) = paths(seed, closure.clone(), nothing).unwrap();
            assert_eq!(path, projected);
            assert_eq!(paths(seed, closure.clone(), Vec::new()).unwrap().0, projected);
        }
    }
}

#[test]
fn a_share_that_is_there_already_leaves_the_bits() {
    for closure in [Asked::NewActivity, Asked::RelocateProRata, Asked::FixedNationalTotal] {
        for seed in 0..TRIALS {
            let projected = paths(seed, Asked::NewActivity, Vec::new()).unwrap().1;
            let grid = &projected[0][&0];
            let regions: f64 = grid.values[..6].iter().filter_map(|x| x.ok()).sum();
            let share = change("firms", Action::SetShare, regions / total(grid, None), &[0, 1]);
            let first = Change { last_period: Period::parse("2003"), ..share };
            assert_eq!(paths(seed, closure.clone(), vec![first]).unwrap().0, projected);
        }
    }
}

#[test]
fn closures_and_moves_keep_national_totals() {
    for seed in 0..TRIALS {
        let from = Asked::RelocateFrom(vec![name(4), name(5)]);
        for closure in [Asked::RelocateProRata, from, Asked::FixedNationalTotal] {
            let fixed = closure == Asked::FixedNationalTotal;
            let mut changes = random_changes(seed);
            // Where moves go nobody pays.
            changes.retain(|change| !matches!(change.action, Action::Move { .. }));
            let (path, projected) = paths(seed, closure, changes).unwrap();
            for (now, before) in path.iter().zip(&projected).flat_map(|(p, b)| (0..2).map(move |m| (&p[&m], &b[&m]))) {
                let industries: Vec<_> = if fixed { vec![None] } else { (0..3).map(Some).collect() };
                assert!(industries.into_iter().all(|i| close(total(now, i), total(before, i))));
            }
        }
        let moves = random_changes(seed).into_iter().filter(|c| matches!(c.action, Action::Move { .. })).collect();
        let (path, projected) = paths(seed, Asked::NewActivity, moves).unwrap();
        for (now, before) in path.iter().zip(&projected) {
            assert!((0..3).all(|i| close(total(&now[&0], Some(i)), total(&before[&0], Some(i)))));
        }
        assert!(path[0][&0].values[12..] != projected[0][&0].values[12..], "something arrives");
    }
}

#[test]
fn entrants_scale_what_they_bring() {
    let goods = vec![Group { attribute: "sector".into(), value: "goods".into() }];
    for seed in 0..TRIALS {
        let random = &mut stream(seed, 2);
        let (rate, size) = (uniform(random), 2.0 * uniform(random));
        let companions = vec![Companion { measure: "capital".into(), relative_size: size }];
        let lever = |entrants, amount| Change {
            phase_periods: 2,
            industry_classes: goods.clone(),
            ..change("firms", Action::Extensive { entrants, companions: companions.clone() }, amount, &[1])
        };
        let scale = |measure, factor| Change {
            phase_periods: 2,
            industries: vec!["farms".into(), "mines".into()],
            ..change(measure, Action::Scale, factor, &[1])
        };
        let run = |changes| paths(seed, Asked::RelocateProRata, changes).unwrap().0;
        let scaled = run(vec![scale("firms", 1.0 + rate), scale("capital", 1.0 + size * rate)]);
        assert_eq!(run(vec![lever(Entrants::Rate, rate)]), scaled);
        let incumbents: f64 = panel(seed).grid(0, Period::parse("2002").unwrap()).unwrap().region(1)[..2]
            .iter()
            .map(|x| x.unwrap())
            .sum();
        let counted = run(vec![lever(Entrants::Number, rate * incumbents)]);
        for (ours, scaled) in counted.iter().zip(&scaled).flat_map(|(a, b)| a.values().zip(b.values())) {
            let pairs = ours.values.iter().zip(&scaled.values);
            assert!(pairs.into_iter().all(|(a, b)| a == b || close(a.unwrap(), b.unwrap())));
        }
    }
}

#[test]
fn shares_are_met_under_every_closure() {
    for seed in 0..TRIALS {
        for closure in [Asked::NewActivity, Asked::RelocateProRata, Asked::FixedNationalTotal] {
            let targets = vec![
                Change { phase_periods: 2, ..change("firms", Action::SetShare, 0.3, &[0, 1]) },
                change("firms", Action::SetShare, 0.25, &[2]),
            ];
            let (path, projected) = paths(seed, closure.clone(), targets).unwrap();
            for h in 1..HORIZON {
                let (now, before) = (&path[h][&0], &projected[h][&0]);
                let share = |grid: &Grid, regions: std::ops::Range<usize>| -> f64 {
                    regions.flat_map(|r| grid.region(r)).filter_map(|x| x.ok()).sum::<f64>() / total(grid, None)
                };
                assert!(close(share(now, 0..2), 0.3) && close(share(now, 2..3), 0.25));
                if closure == Asked::NewActivity {
                    assert_eq!(now.values[9..], before.values[9..], "others keep their levels");
                } else {
                    assert!(close(total(now, None), total(before, None)));
                }
            }
        }
    }
}

#[test]
fn growth_is_met_and_ends() {
    for seed in 0..TRIALS {
        let last = panel(seed).grid(0, Period::parse("2002").unwrap()).unwrap();
        let growth = change("firms", Action::SetGrowth, 4.0, &[1]);
        let (path, projected) =
            paths(seed, Asked::NewActivity, vec![Change { last_period: Period::parse("2005"), ..growth }]).unwrap();
        let level = |grid: &Grid| grid.region(1).iter().map(|x| x.unwrap()).sum::<f64>();
        for h in 0..HORIZON {
            if h < 3 {
                assert!(close(level(&path[h][&0]), level(&last) * 1.04_f64.powi(h as i32 + 1)));
            } else {
                assert_eq!(path[h], projected[h]);
            }
        }
    }
}

#[test]
fn policies_can_be_taken_one_by_one() {
    let panel = panel(0);
    let labelled = |policy: &str, change: Change| Change { policy: Some(policy.into()), ..change };
    let changes = vec![
        labelled("roads", change("capital", Action::Scale, 1.1, &[0])),
        change("firms", Action::Scale, 1.2, &[1]),
        labelled("roads", change("firms", Action::Add, 3.0, &[2])),
        labelled("start-ups", random_changes(1)[5].clone()),
    ];
    let whole = plan(&panel, Asked::NewActivity, changes).unwrap().scenarios.remove(0);
    assert_eq!(whole.policies(), ["roads", "s", "start-ups"]);
    let count = |chosen: &[bool]| whole.with_policies(chosen).changes.len();
    assert_eq!([count(&[true; 3]), count(&[true, false, false]), count(&[false, true]), count(&[])], [5, 2, 1, 0]);
    let extensive = whole.with_margins(&[super::super::change::Margin::Extensive]);
    assert!(extensive.changes.len() == 2 && extensive.changes.iter().all(|change| change.policy == 2));
    let empty = Scenario::empty("nothing");
    let projected = Step::from([(0, Arc::new(panel.grid(0, Period::parse("2002").unwrap()).unwrap()))]);
    assert_eq!(super::change(&empty, 0, 0, &projected[&0], true), projected[&0]);
    assert!(empty.policies().is_empty() && empty.name() == "nothing");
}
