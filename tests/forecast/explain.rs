//! Explanations of the three-region example against their golden file, and laws on random economies.

use crate::support::{change, close, given, panel, program, region, request, run, scenario, stock};
use agglo::error::Error;
use agglo::forecast::explain::{By, EffectKind, Explanation, Options, Split, explain};
use agglo::forecast::{
    Action, Area, AreaKind, Band, Change, Closure, Companion, Entrants, Model, Request, Scenario, Study,
};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::Panel;
use agglo::regression::{Spec, fit};
use serde_json::Value as Json;
use std::time::Instant;

fn options(splits: &[By]) -> Options {
    Options {
        splits: splits.to_vec(),
        spillovers: false,
        within_policies: false,
        step: None,
        intervals: false,
        quantiles: vec![0.025, 0.5, 0.975],
        pairs: 50,
        seed: 3,
    }
}

fn spillovers() -> Options {
    Options { spillovers: true, ..options(&[]) }
}

fn golden(case: &str) -> Json {
    let text = std::fs::read_to_string("tests/golden/forecast/explain.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().iter().find(|c| c["name"] == case).unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The example of the golden file, with its three policies in one scenario.
fn toy(options: &Options) -> (Vec<Area>, Explanation) {
    let inputs = golden("by_driver")["inputs"].clone();
    let column = |name, json: &Json| {
        let values = numbers(json);
        stock(name, move |_, r, _| Ok(values[r]))
    };
    let drivers = &inputs["drivers"];
    let [n, k, l] = ["n", "K", "L"].map(|name| column(name, &drivers[name]));
    let panel = panel((1, 3, 0), &[n, k, l, column("Y", &inputs["output"])]);
    let program = program("growth(Y) ~ 0 + agglomeration(n) + agglomeration(K) + agglomeration(L)", &panel);
    let coefficients = ["n", "K", "L"].map(|name| inputs["coefficients"][name].as_f64().unwrap());
    let model = given(&program, &coefficients, None, None);
    let steps = inputs["periods"].as_u64().unwrap() as usize;
    let (request, stop) = (request(steps, 0, vec![toy_scenario()]), Stop::default());
    let study = Study::new(&program, &panel, &model, &request, &stop).unwrap();
    (study.areas().to_vec(), explain(&study, 0, options).unwrap())
}

/// A quarter more enterprises in r3, 10 % more capital each there, 5 % fewer employees each in r1.
fn toy_scenario() -> Scenario {
    let bring = |measure: &str| Companion { measure: measure.into(), relative_size: 1.0 };
    let entrants = Action::Extensive { entrants: Entrants::Rate, companions: vec![bring("K"), bring("L")] };
    let each = || Action::Intensive { companions: Vec::new() };
    let policy = |name: &str, change| Change { policy: Some(name.into()), ..change };
    let changes = vec![
        policy("P1", change("n", entrants, 0.25, &[2])),
        policy("P2", change("K", each(), 0.10, &[2])),
        policy("P3", change("L", each(), -0.05, &[0])),
    ];
    scenario("three policies", Closure::NewActivity, changes)
}

/// The points of one kind of effect of the three regions at a step.
fn points(split: &Split, bands: &[Band], kind: EffectKind, step: usize) -> Vec<f64> {
    let numbers = split.explained.iter().zip(bands);
    let chosen =
        numbers.filter(|(explained, _)| (explained.kind, explained.step) == (kind, step) && explained.area < 3);
    chosen.map(|(_, band)| band.point.unwrap()).collect()
}

fn assert_golden(split: &Split, case: &str, name: impl Fn(usize) -> String, kinds: &[(&str, EffectKind)]) {
    let golden = golden(case);
    let tolerance = golden["tolerance"].as_f64().unwrap();
    for (word, kind) in kinds {
        let expected = &golden["expected"][word];
        let agrees = |what: &str, bands: &[Band], expected: &Json| {
            let (ours, expected) = (points(split, bands, *kind, 3), numbers(expected));
            assert_eq!(ours.len(), expected.len(), "{case} {word} {what}");
            let near = ours.iter().zip(&expected).all(|(a, b)| close(*a, *b, tolerance));
            assert!(near, "{case} {word} {what}: {ours:?} is not {expected:?}");
        };
        agrees("total", &split.total, &expected["total"]);
        agrees("interaction", &split.interaction, &expected["interaction"]);
        assert_eq!(split.players.len(), expected["shapley"].as_object().unwrap().len());
        for (player, parts) in split.contributions.iter().enumerate() {
            let name = name(player);
            agrees(&name, &parts.shapley, &expected["shapley"][&name]);
            agrees(&name, &parts.alone, &expected["alone"][&name]);
            agrees(&name, &parts.last, &expected["last"][&name]);
        }
    }
}

const SHARES: [(&str, EffectKind); 2] = [("growth", EffectKind::Growth), ("level_percent", EffectKind::LevelPercent)];

#[test]
fn drivers_agree_with_the_golden_file() {
    let (_, explanation) = toy(&options(&[By::Driver]));
    let split = &explanation.splits[0].1;
    assert_golden(split, "by_driver", |player| split.players[player].name.clone(), &SHARES);
    assert_eq!((split.sampled_orders, explanation.step, explanation.spillovers.is_none()), (None, 3, true));
}

#[test]
fn policies_and_margins_agree_with_the_golden_file() {
    let (_, explanation) = toy(&options(&[By::Policy, By::Margin]));
    for ((_, split), case) in explanation.splits.iter().zip(["by_policy", "by_margin"]) {
        assert_golden(split, case, |player| split.players[player].name.clone(), &SHARES);
    }
}

#[test]
fn drivers_within_policies_agree_with_the_golden_file() {
    let (_, explanation) = toy(&Options { within_policies: true, ..options(&[By::Driver]) });
    let split = &explanation.splits[0].1;
    let name = |player: usize| {
        let player = &split.players[player];
        format!("{} {}", player.policy.as_ref().unwrap(), player.name)
    };
    assert_golden(split, "drivers_within_policies", name, &SHARES);
}

#[test]
fn origins_agree_with_the_golden_file() {
    let (areas, explanation) = toy(&spillovers());
    let spillovers = explanation.spillovers.unwrap();
    let split = &spillovers.split;
    let toy_name = |player: usize| if split.players[player].name == region(0) { "r1" } else { "r3" }.to_owned();
    let kinds = [SHARES[0], SHARES[1], ("level", EffectKind::Level)];
    assert_golden(split, "by_origin", toy_name, &kinds);
    let expected = &golden("by_origin")["expected"];
    for sum in &spillovers.origins {
        let (own, name) = (sum.area, if sum.area == 0 { "r1" } else { "r3" });
        let by_destination = numbers(&expected["level"]["shapley"][name]);
        let others: f64 = (0..3).filter(|area| *area != own).map(|area| by_destination[area]).sum();
        assert!(close(sum.direct.unwrap(), by_destination[own], 1e-10));
        assert!(close(sum.spillover.unwrap().unwrap(), others, 1e-10));
        assert!(close(sum.nation.unwrap(), by_destination.iter().sum(), 1e-10));
    }
    let percent = &expected["level_percent"];
    for sum in spillovers.destinations.iter().filter(|sum| areas[sum.area].kind == AreaKind::Region) {
        let own = match sum.area {
            0 => numbers(&percent["shapley"]["r1"])[0],
            1 => 0.0,
            _ => numbers(&percent["shapley"]["r3"])[2],
        };
        let total = numbers(&percent["total"])[sum.area];
        assert!(close(sum.own.unwrap(), own, 1e-10) && close(sum.received.unwrap(), total - own, 1e-10));
    }
}

#[test]
fn the_gainers_of_the_example_are_those_of_the_golden_file() {
    let (_, explanation) = toy(&options(&[]));
    let (expected, gains) = (&golden("by_driver")["expected"], explanation.gains);
    let (level, percent) = (numbers(&expected["level"]["total"]), numbers(&expected["level_percent"]["total"]));
    for r in 0..3 {
        assert!(close(gains.areas[r].level.point.unwrap(), level[r], 1e-10));
        assert!(close(gains.areas[r].level_percent.point.unwrap(), percent[r], 1e-10));
        assert_eq!(gains.areas[r].probability_of_gain, None);
    }
    assert_eq!((gains.gainers, gains.losers, gains.unchanged, gains.absent), (1, 2, 0, 0));
    assert_eq!([0, 1, 2].map(|r| gains.areas[r].rank), [Some(3), Some(2), Some(1)]);
    assert!(close(gains.gained.unwrap().point.unwrap(), level[2], 1e-10));
    assert!(close(gains.lost.unwrap().point.unwrap(), level[0] + level[1], 1e-10));
    assert_eq!(gains.areas[3].rank, None);
}

/// A random economy of three drivers.
fn economy(seed: u64, regions: usize) -> Panel {
    let column = |number: u64, name| {
        let at = move |t: usize, r: usize, _| {
            let random = &mut stream(seed, 1000 * number + 37 * r as u64);
            let start = 4.0 + normal(random);
            Ok((start + (0..t).map(|_| 0.03 + 0.1 * normal(random)).sum::<f64>()).exp())
        };
        stock(name, at)
    };
    panel((12, regions, 0), &[column(1, "firms"), column(2, "capital"), column(3, "jobs"), column(4, "gdp")])
}

const FORMULA: &str =
    "growth(gdp) ~ agglomeration(firms) + agglomeration(capital) + agglomeration(jobs) | region + year";

fn fitted(program: &Program, panel: &Panel) -> Model {
    let fit = fit(program, panel, &Spec::default(), &Stop::default()).unwrap();
    Model::fitted(program, panel, &fit, &Stop::default()).unwrap()
}

/// Changes of every measure, a move and a closure.
fn mixed() -> Vec<Change> {
    vec![
        change("firms", Action::Move { to: vec![region(4)] }, 0.2, &[0, 1]),
        change("firms", Action::Add, 10.0, &[1]),
        Change { phase_periods: 2, ..change("capital", Action::Scale, 1.3, &[0, 2]) },
        change("jobs", Action::Scale, 0.9, &[3]),
        change("jobs", Action::Set, 80.0, &[0]),
    ]
}

fn explained(panel: &Panel, request: &Request, options: &Options) -> Result<Explanation, Error> {
    let program = program(FORMULA, panel);
    let (model, stop) = (fitted(&program, panel), Stop::default());
    explain(&Study::new(&program, panel, &model, request, &stop)?, 0, options)
}

#[test]
fn contributions_add_up_to_the_effects_of_the_forecast() {
    for (seed, closure) in [(1, Closure::NewActivity), (2, Closure::RelocateProRata), (3, Closure::FixedNationalTotal)]
    {
        let panel = economy(seed, 7);
        let request = Request { groups: Some("macro".into()), ..request(4, 30, vec![scenario("s", closure, mixed())]) };
        let ours = explained(&panel, &request, &Options { spillovers: true, ..options(&[By::Driver]) }).unwrap();
        let program = program(FORMULA, &panel);
        let forecast = run(&program, &panel, &fitted(&program, &panel), &request).unwrap();
        let effect = forecast.outlooks[1].effect.as_ref().unwrap();
        for split in [&ours.splits[0].1, &ours.spillovers.as_ref().unwrap().split] {
            for (number, explained) in split.explained.iter().enumerate() {
                let area = &effect.areas[explained.area];
                let expected = match explained.kind {
                    EffectKind::Level => &area.level,
                    EffectKind::LevelPercent => &area.level_percent,
                    EffectKind::Growth => &area.growth,
                };
                let expected = expected[explained.step - 1].point.unwrap();
                let sum: f64 = split.contributions.iter().map(|parts| parts.shapley[number].point.unwrap()).sum();
                let alone: f64 = split.contributions.iter().map(|parts| parts.alone[number].point.unwrap()).sum();
                let interaction = split.interaction[number].point.unwrap();
                assert!(close(sum, expected, 1e-9), "{explained:?}: {sum} is not {expected}");
                assert!(close(split.total[number].point.unwrap(), expected, 1e-9));
                assert!(close(alone + interaction, expected, 1e-9));
            }
        }
        for gain in &ours.gains.areas {
            assert_eq!(gain.level, effect.areas[gain.area].level[3]);
            // Computed from the level here, there the outcome itself.
            let (ours, theirs) = (&gain.growth, &effect.areas[gain.area].growth[3]);
            let pairs = ours.quantiles.iter().zip(&theirs.quantiles).chain([(&ours.point, &theirs.point)]);
            assert!(pairs.into_iter().all(|(a, b)| close(a.unwrap(), b.unwrap(), 1e-9)));
        }
    }
}

#[test]
fn a_driver_that_one_step_takes_linearly_gets_its_term() {
    let panel = economy(4, 6);
    let request = request(2, 0, vec![scenario("s", Closure::RelocateProRata, mixed())]);
    let ours = explained(&panel, &request, &options(&[By::Driver])).unwrap();
    let program = program(FORMULA, &panel);
    let forecast = run(&program, &panel, &fitted(&program, &panel), &request).unwrap();
    let decomposition = &forecast.outlooks[1].effect.as_ref().unwrap().decomposition;
    let split = &ours.splits[0].1;
    for (number, explained) in split.explained.iter().enumerate() {
        if explained.kind == EffectKind::Growth && explained.area < 6 {
            for (player, parts) in split.contributions.iter().enumerate() {
                let term = decomposition[explained.step - 1][explained.area][player].unwrap();
                assert!(close(parts.shapley[number].point.unwrap(), term, 1e-10), "{explained:?}");
            }
        }
    }
}

#[test]
fn intervals_are_those_of_the_draws() {
    let panel = economy(5, 5);
    let changes = vec![change("capital", Action::Scale, 1.2, &[0])];
    let request = request(3, 200, vec![scenario("s", Closure::NewActivity, changes)]);
    let ours = explained(&panel, &request, &Options { intervals: true, ..options(&[By::Driver]) }).unwrap();
    // A single player's value is the whole effect, draw by draw.
    let split = &ours.splits[0].1;
    assert_eq!(split.contributions[0].shapley, split.total);
    assert_eq!(split.contributions[0].last, split.total);
    for (number, explained) in split.explained.iter().enumerate().filter(|(_, e)| e.step == 3) {
        let gain = &ours.gains.areas[explained.area];
        let expected = if explained.kind == EffectKind::Growth { &gain.growth } else { &gain.level_percent };
        assert_eq!(&split.total[number], expected);
    }
    let sure: Vec<f64> = ours.gains.areas.iter().map(|gain| gain.probability_of_gain.unwrap().unwrap()).collect();
    assert!(sure.iter().all(|p| (0.0..=1.0).contains(p)) && sure.iter().any(|p| *p > 0.0 && *p < 1.0), "{sure:?}");
    let (gained, lost) = (ours.gains.gained.unwrap(), ours.gains.lost.unwrap());
    let nation = &ours.gains.areas.last().unwrap().level;
    assert!(close(gained.mean.unwrap() + lost.mean.unwrap(), nation.mean.unwrap(), 1e-9));
}

#[test]
fn many_origins_are_sampled_and_add_up() {
    let panel = economy(6, 20);
    let all: Vec<usize> = (0..20).collect();
    let changes = vec![change("capital", Action::Scale, 1.3, &all[..17]), change("firms", Action::Scale, 0.8, &[3, 4])];
    let request = request(5, 0, vec![scenario("s", Closure::NewActivity, changes)]);
    let spillovers = explained(&panel, &request, &spillovers()).unwrap().spillovers.unwrap();
    let split = &spillovers.split;
    assert_eq!((split.players.len(), split.sampled_orders), (17, Some(100)));
    for number in 0..split.explained.len() {
        let sum: f64 = split.contributions.iter().map(|parts| parts.shapley[number].point.unwrap()).sum();
        assert!(close(sum, split.total[number].point.unwrap(), 1e-9));
    }
    let errors = split.contributions.iter().flat_map(|parts| &parts.standard_error);
    assert!(errors.clone().all(|error| error.unwrap() >= 0.0) && errors.clone().any(|error| error.unwrap() > 0.0));
    let direct: f64 = spillovers.origins.iter().map(|sum| sum.nation.unwrap()).sum();
    assert!(close(direct, split.total[split.total.len() - 3].point.unwrap(), 1e-9));
}

#[test]
fn origins_beyond_sixty_are_told_by_group_or_refused() {
    let panel = economy(7, 70);
    let request =
        request(2, 0, vec![scenario("s", Closure::NewActivity, vec![change("jobs", Action::Scale, 1.1, &[])])]);
    let refused = explained(&panel, &request, &spillovers()).unwrap_err().to_string();
    assert!(refused.contains("at most 60") && refused.contains("changes 70"), "{refused}");
    let request = Request { groups: Some("macro".into()), ..request };
    let spillovers = explained(&panel, &request, &spillovers()).unwrap().spillovers.unwrap();
    let names: Vec<_> = spillovers.split.players.iter().map(|player| player.name.as_str()).collect();
    assert_eq!((names, spillovers.destinations.len()), (vec!["east", "west"], 3));
}

#[test]
fn everything_out_of_range_is_told_at_once() {
    let panel = economy(8, 4);
    let request = request(2, 0, Vec::new());
    let wrong = Options { step: Some(3), pairs: 1, ..options(&[By::Driver, By::Driver]) };
    let Err(Error::Invalid(violations)) = explained(&panel, &request, &wrong) else { panic!("not refused") };
    let fields: Vec<_> = violations.told().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["scenario", "step", "pairs", "splits"]);
}

#[test]
fn too_many_runs_are_refused_with_their_number() {
    let panel = economy(9, 16);
    let policy = |r: usize| Change { policy: Some(format!("p{r}")), ..change("jobs", Action::Scale, 1.1, &[r]) };
    let changes = (0..12).map(policy).collect();
    let request = request(1, 1500, vec![scenario("s", Closure::NewActivity, changes)]);
    let refused = explained(&panel, &request, &Options { intervals: true, ..options(&[By::Policy]) }).unwrap_err();
    let Error::Limit { needed, limit, .. } = refused else { panic!("{refused}") };
    assert_eq!((needed, limit), (4096 * 1501, 5_000_000));
}

#[test]
fn parts_that_cannot_stand_alone_and_joint_shares_are_refused() {
    let panel = economy(11, 5);
    let policy = |name: &str, amount| Change { policy: Some(name.into()), ..change("jobs", Action::Add, amount, &[0]) };
    let changes = vec![policy("give", 1e4), policy("take", -9e3)];
    let request = request(2, 0, vec![scenario("s", Closure::NewActivity, changes)]);
    let refused = explained(&panel, &request, &options(&[By::Policy])).unwrap_err().to_string();
    assert!(refused.contains("splits off take alone, which takes more jobs"), "{refused}");
    let changes = vec![change("jobs", Action::SetShare, 0.5, &[0, 1])];
    let request = Request { scenarios: vec![scenario("s", Closure::NewActivity, changes)], ..request };
    let refused = explained(&panel, &request, &spillovers()).unwrap_err().to_string();
    assert!(refused.contains("2 regions take a share of jobs together"), "{refused}");
}

#[test]
fn answers_do_not_depend_on_the_number_of_threads() {
    let panel = economy(10, 15);
    let all: Vec<usize> = (0..14).collect();
    let changes = [mixed(), vec![change("capital", Action::Scale, 0.95, &all)]].concat();
    let request = request(3, 20, vec![scenario("s", Closure::NewActivity, changes)]);
    let options = Options { spillovers: true, intervals: true, pairs: 20, ..options(&[By::Driver]) };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| format!("{:?}", explained(&panel, &request, &options).unwrap()))
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn six_drivers_of_31_regions_are_split_in_a_second() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let column = |number: usize, name| {
        let at = move |t: usize, r: usize, _| {
            let random = &mut stream(number as u64, r as u64);
            Ok((3.0 + normal(random) + (0..t).map(|_| 0.03 + 0.1 * normal(random)).sum::<f64>()).exp())
        };
        stock(name, at)
    };
    let columns: Vec<_> = names.iter().chain(&["gdp"]).enumerate().map(|(i, name)| column(i, *name)).collect();
    let panel = panel((21, 31, 0), &columns);
    let terms: Vec<String> = names.iter().map(|name| format!("agglomeration({name})")).collect();
    let program = program(&format!("growth(gdp) ~ {} | region + year", terms.join(" + ")), &panel);
    let (model, stop) = (fitted(&program, &panel), Stop::default());
    let changes = names.iter().map(|name| change(name, Action::Scale, 1.1, &[0, 1, 2])).collect();
    let request = request(15, 0, vec![scenario("s", Closure::NewActivity, changes)]);
    let study = Study::new(&program, &panel, &model, &request, &stop).unwrap();
    let start = Instant::now();
    let explanation = explain(&study, 0, &options(&[By::Driver])).unwrap();
    let took = start.elapsed();
    println!("64 coalitions of six drivers, 31 regions, 15 years: {took:?}");
    assert_eq!(explanation.splits[0].1.players.len(), 6);
    assert!(took.as_secs_f64() < 1.0, "{took:?}");
}
