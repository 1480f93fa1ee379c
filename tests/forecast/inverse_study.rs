//! Inverse questions put to a study: closed forms of the toy, laws, refusals and speed.

use crate::support::{change, close, given, panel, program, region, request, run, scenario, stock, year};
use agglo::error::Error;
use agglo::forecast::inverse::{
    AllocateBudget, BudgetAnswer, Free, Goal, Outcome, Place, SeekTarget, Sense, Subject, TargetAnswer,
};
use agglo::forecast::{
    Action, Change, Closure, Code, Companion, Draws, Entrants, Model, Quantity, Request, Study, Target, Warning,
};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::Panel;
use proptest::prelude::*;
use std::time::Instant;

/// A panel, its program and model.
struct World {
    panel: Panel,
    program: Program,
    model: Model,
}

impl World {
    /// The three regions of the golden toy.
    fn toy() -> Self {
        let column = |name, values: [f64; 3]| stock(name, move |_, r, _| Ok(values[r]));
        let columns = [
            column("n", [100.0, 60.0, 40.0]),
            column("K", [500.0, 200.0, 100.0]),
            column("L", [50.0, 30.0, 20.0]),
            column("Y", [1000.0, 400.0, 200.0]),
        ];
        let panel = panel((1, 3, 0), &columns);
        let program = program("growth(Y) ~ 0 + agglomeration(n) + agglomeration(K) + agglomeration(L)", &panel);
        let model = given(&program, &[0.153, 1.42, -0.11], None, None);
        Self { panel, program, model }
    }

    /// Regions with stocks that grow at random rates, coefficients known up to a covariance.
    fn regions(count: usize) -> Self {
        let column = |number: u64, name| {
            let at = move |t: usize, r: usize, _| {
                let random = &mut stream(3, 1000 * number + r as u64);
                Ok((4.0 + normal(random) + (0..t).map(|_| 0.02 + 0.02 * normal(random)).sum::<f64>()).exp())
            };
            stock(name, at)
        };
        let columns = [column(1, "n"), column(2, "K"), column(3, "Y")];
        let panel = panel((12, count, 0), &columns);
        let program = program("growth(Y) ~ 0 + ln(n) + ln(K)", &panel);
        let covariance = vec![vec![0.01, 0.002], vec![0.002, 0.02]];
        let model = given(&program, &[0.3, 0.5], Some(covariance), Some(0.8));
        Self { panel, program, model }
    }

    fn study<T>(&self, request: &Request, ask: impl FnOnce(&Study<'_>) -> T) -> T {
        let stop = Stop::default();
        ask(&Study::new(&self.program, &self.panel, &self.model, request, &stop).unwrap())
    }

    fn seek(&self, request: &Request, asked: &SeekTarget) -> TargetAnswer {
        asked.check((&[&self.program], &[]), &self.panel, request).unwrap();
        self.study(request, |study| asked.answer(study).unwrap())
    }

    fn allocate(&self, request: &Request, asked: &AllocateBudget) -> BudgetAnswer {
        asked.check((&[&self.program], &[]), &self.panel, request).unwrap();
        self.study(request, |study| asked.answer(study).unwrap())
    }
}

fn free(change: Change, low: f64, high: f64) -> Free {
    Free { change, low, high }
}

fn scale(measure: &str, regions: &[usize]) -> Change {
    change(measure, Action::Scale, 1.0, regions)
}

fn of(quantity: Quantity, place: Place) -> Subject {
    Subject { quantity, place, less: None, period: None }
}

fn growth_of(number: usize) -> Subject {
    of(Quantity::Growth, Place::Region(region(number)))
}

fn goal(value: f64, sense: Sense, probability: Option<f64>) -> Goal {
    Goal { value, sense, probability }
}

fn seek(subject: Subject, goal: Goal, instruments: Vec<Free>) -> SeekTarget {
    SeekTarget { subject, goal, instruments: instruments.into_iter().map(|free| (free, 1.0)).collect() }
}

/// What the search has to say; the rest is said of the policy that it found, as of any other.
fn of_search(warnings: &[Warning]) -> Vec<&Warning> {
    let codes = [Code::SignPerverse, Code::OutOfReach, Code::SeveralSolutions, Code::SearchNotConverged];
    warnings.iter().filter(|warning| codes.contains(&warning.code)).collect()
}

#[test]
fn capital_that_brings_the_smallest_region_to_one_percent() {
    // In r3, 0.153·0.6 + 1.42·3·100f/(100f + 700) − 0.11·0.6 per cent, with a factor f of capital.
    let world = World::toy();
    let rest = 0.153 * 0.6 - 0.11 * 0.6;
    let factor = (1.0 - rest) * 700.0 / (100.0 * (1.42 * 3.0 - (1.0 - rest)));
    let capital = vec![free(scale("K", &[2]), 0.0, 10.0)];
    let answer =
        world.seek(&request(1, 0, Vec::new()), &seek(growth_of(2), goal(1.0, Sense::AtLeast, None), capital.clone()));
    assert!(close(answer.sought.amounts[0], factor, 1e-10), "{answer:?}");
    assert!(answer.sought.converged && of_search(&answer.warnings).is_empty());
    assert!(close(answer.start.point.unwrap(), 0.5583, 1e-12) && close(answer.found.point.unwrap(), 1.0, 1e-12));
    // The forecast of that policy says the same.
    let policy = scenario("capital", Closure::NewActivity, vec![Change { amount: factor, ..scale("K", &[2]) }]);
    let forecast = run(&world.program, &world.panel, &world.model, &request(1, 0, vec![policy])).unwrap();
    assert!(close(forecast.outlooks[1].areas[2].growth[0].point.unwrap(), 1.0, 1e-10));
    // No capital at all brings more than its share: R times the coefficient is the supremum.
    let far = world.seek(&request(1, 0, Vec::new()), &seek(growth_of(2), goal(5.0, Sense::AtLeast, None), capital));
    let Outcome::OutOfReach { within, beyond } = &far.sought.outcome else { panic!("{far:?}") };
    assert!(close(within.value, rest + 1.42 * 3.0 * 1000.0 / 1700.0, 1e-10) && close(within.amounts[0], 10.0, 0.0));
    assert!(close(beyond.value, rest + 1.42 * 3.0, 1e-9), "{beyond:?}");
    assert_eq!(of_search(&far.warnings).iter().map(|w| w.code).collect::<Vec<_>>(), [Code::OutOfReach]);
}

#[test]
fn more_growth_by_fewer_employees_is_perverse() {
    let world = World::toy();
    let jobs = vec![free(scale("L", &[2]), 0.0, 3.0)];
    let answer = world.seek(&request(1, 0, Vec::new()), &seek(growth_of(2), goal(0.6, Sense::AtLeast, None), jobs));
    // −0.11·3·20f/(20f + 80) must rise from −0.066 by 0.6 − 0.5583.
    let share = (0.066 - (0.6 - 0.5583)) / 0.33;
    assert!(close(answer.sought.amounts[0], 4.0 * share / (1.0 - share), 1e-9), "{answer:?}");
    let [warning] = &of_search(&answer.warnings)[..] else { panic!("{:?}", answer.warnings) };
    assert_eq!((warning.code, warning.place.as_str()), (Code::SignPerverse, "instruments[0]"));
}

#[test]
fn gaps_close_and_inequality_falls_to_their_targets() {
    let world = World::toy();
    let with = |subject: Subject, target: f64| {
        let both = vec![free(scale("K", &[2]), 1.0, 20.0), free(scale("n", &[2]), 1.0, 20.0)];
        world.seek(&request(3, 0, Vec::new()), &seek(subject, goal(target, Sense::AtMost, None), both))
    };
    let gap = Subject { less: Some(Place::Region(region(2))), period: Some(year(2002)), ..growth_of(0) };
    let closed = with(gap, 1.0);
    assert!(closed.sought.converged && close(closed.found.point.unwrap(), 1.0, 1e-9), "{closed:?}");
    assert!(of_search(&closed.warnings).is_empty(), "raising it in the other region is meant to close the gap");
    let theil = with(of(Quantity::Theil, Place::Nation), 0.19);
    assert!(theil.start.point.unwrap() > 0.19 && theil.found.point.unwrap() <= 0.19 + 1e-9, "{theil:?}");
    // A move from the largest region to the smallest does the same, and what is in place stays in place.
    let moved = free(change("K", Action::Move { to: vec![region(2)] }, 0.0, &[0]), 0.0, 1.0);
    let in_place = scenario("in place", Closure::NewActivity, vec![change("n", Action::Scale, 1.5, &[2])]);
    let asked = seek(growth_of(2), goal(1.5, Sense::Equal, None), vec![moved]);
    let answer = world.seek(&request(1, 0, vec![in_place]), &asked);
    // n: 3·60/220 of it in r3; K: 3·(100 + 500m)/800.
    let needed = (1.5 - 0.153 * 180.0 / 220.0 + 0.066) / 1.42;
    assert!(close(answer.sought.amounts[0], (needed * 800.0 / 3.0 - 100.0) / 500.0, 1e-9), "{answer:?}");
}

#[test]
fn the_probability_is_that_of_the_draws_and_fast() {
    let world = World::regions(31);
    let asked = |p| seek(growth_of(4), goal(5.0, Sense::AtLeast, p), vec![free(scale("K", &[4]), 0.0, 1000.0)]);
    let request = request(15, 1000, Vec::new());
    world.study(&request, |study| {
        let start = Instant::now();
        let answer = asked(Some(0.8)).answer(study).unwrap();
        println!("31 regions, 15 years, 1,000 draws: {:?}, {:?}", start.elapsed(), answer.sought.amounts);
        assert!(answer.sought.converged, "{:?}", answer.sought.outcome);
        // The draws of the policy itself, and of one that is a little smaller.
        let share = |amount: f64| {
            let policy = Change { amount, ..scale("K", &[4]) };
            let request =
                Request { scenarios: vec![scenario("K", Closure::NewActivity, vec![policy])], ..request.clone() };
            world.study(&request, |study| {
                let target = Target { quantity: Quantity::Growth, area: 4, step: 15 };
                let scenario = &study.scenarios()[0];
                let draws = study.values(Some(scenario), &[target], Draws::All).unwrap()[0].draws.clone().unwrap();
                draws.iter().filter(|x| **x >= 5.0 - 1e-8).count() as f64 / draws.len() as f64
            })
        };
        assert!(close(share(answer.sought.amounts[0]), 0.8, 1e-12) && share(answer.sought.amounts[0] * 0.9999) < 0.8);
        assert!(close(answer.sought.probability.unwrap(), 0.8, 1e-12));
        let even = asked(None).answer(study).unwrap();
        assert!(even.sought.amounts[0] < answer.sought.amounts[0]);
    });
}

#[test]
fn levers_and_targets_of_the_scenario_language_are_instruments_too() {
    let world = World::toy();
    // A quarter more enterprises with capital and labour of the average size bring 0.117868831168831 points (toy.json).
    let companion = |measure: &str| Companion { measure: measure.into(), relative_size: 1.0 };
    let companions = vec![companion("K"), companion("L")];
    let entrants = change("n", Action::Extensive { entrants: Entrants::Rate, companions }, 0.0, &[2]);
    let target = goal(0.5583 + 0.117_868_831_168_831_12, Sense::AtLeast, None);
    let answer = world.seek(&request(1, 0, Vec::new()), &seek(growth_of(2), target, vec![free(entrants, 0.0, 1.0)]));
    assert!(close(answer.sought.amounts[0], 0.25, 1e-9), "{answer:?}");
    // What a growth target of 7 % a year brings in three years is sought, and found.
    let grows = change("K", Action::SetGrowth, 0.0, &[2]);
    let policy = scenario("K", Closure::NewActivity, vec![Change { amount: 7.0, ..grows.clone() }]);
    let forecast = run(&world.program, &world.panel, &world.model, &request(3, 0, vec![policy])).unwrap();
    let brought = forecast.outlooks[1].areas[2].growth[2].point.unwrap();
    let target = goal(brought, Sense::Equal, None);
    let answer = world.seek(&request(3, 0, Vec::new()), &seek(growth_of(2), target, vec![free(grows, -10.0, 30.0)]));
    assert!(close(answer.sought.amounts[0], 7.0, 1e-8), "{answer:?}");
}

fn budget(levers: Vec<(Free, f64)>, budget: f64, gammas: &[f64]) -> AllocateBudget {
    let subject = of(Quantity::Level, Place::Nation);
    AllocateBudget { subject, is_small_aim: false, gammas: gammas.to_vec(), levers, budget, seed: 5 }
}

/// Money on enterprises and capital of every region.
fn levers() -> Vec<(Free, f64)> {
    let add = |measure: &str| change(measure, Action::Add, 0.0, &[]);
    vec![(free(add("n"), 0.0, 50.0), 1.5), (free(add("K"), 0.0, 50.0), 1.0)]
}

#[test]
fn a_budget_over_regions_and_levers_is_spent_best() {
    let world = World::regions(7);
    let request = request(3, 200, Vec::new());
    let start = Instant::now();
    let answer = world.allocate(&request, &budget(levers(), 100.0, &[]));
    println!("{} items: {:?}", answer.items.len(), start.elapsed());
    let [plan] = &answer.plans[..] else { panic!("one plan") };
    let found = &plan.allocation;
    println!(
        "residual {:e}, {} of {} starts, price {}",
        found.residual, found.agreeing, found.starts, found.shadow_price
    );
    assert!(found.converged && found.agreeing == found.starts);
    assert!(of_search(&answer.warnings).is_empty(), "{:?}", answer.warnings);
    assert!(close(found.spending.iter().sum::<f64>(), 100.0, 1e-9) && answer.items.len() == 14);
    let equal = answer.equal_numbers.as_ref().unwrap()[0].point.unwrap();
    assert!(found.value > equal && equal > answer.start[0].point.unwrap());
    assert!(close(plan.lead.as_ref().unwrap().point.unwrap(), found.value - equal, 1e-9));
    println!("better than an equal split with probability {}", plan.probability.unwrap());
    // The price is what the next unit of money brings.
    let at = |money| world.allocate(&request, &budget(levers(), money, &[])).plans[0].allocation.value;
    let measured = (at(101.0) - at(99.0)) / 2.0;
    assert!((found.shadow_price - measured).abs() < 1e-4 * measured, "{} {measured}", found.shadow_price);
    for (i, gain) in found.gains.iter().enumerate() {
        let (gain, price) = (gain.unwrap(), found.shadow_price * (1.0 + 1e-4));
        assert!(found.at_most[i] || gain <= price, "item {i}: {gain} is more than {price}");
    }
}

#[test]
fn growth_is_traded_for_equality_along_the_frontier() {
    let world = World::regions(7);
    let request = request(3, 0, Vec::new());
    let answer = world.allocate(&request, &budget(levers(), 100.0, &[0.0, 2000.0, 8000.0, 50_000.0]));
    for pair in answer.plans.windows(2) {
        let at = |i: usize, number: usize| pair[i].numbers[number].point.unwrap();
        assert!(at(1, 0) < at(0, 0) && at(1, 1) < at(0, 1) && pair[1].gamma > pair[0].gamma);
    }
    assert!(
        answer.plans.len() >= 3 && answer.plans.iter().all(|plan| plan.allocation.converged),
        "{:?}",
        answer.warnings
    );
    assert!(answer.plans.iter().all(|plan| plan.lead.is_none() && plan.probability.is_none()));
}

#[test]
fn answers_are_the_same_bits_on_one_and_two_threads() {
    let world = World::regions(7);
    let request = request(2, 50, Vec::new());
    let answer = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let asked = seek(
                growth_of(4),
                goal(4.0, Sense::AtLeast, Some(0.9)),
                vec![free(scale("K", &[4]), 0.0, 50.0), free(scale("n", &[4]), 0.0, 50.0)],
            );
            let sought = world.seek(&request, &asked).sought;
            (format!("{sought:?}"), format!("{:?}", world.allocate(&request, &budget(levers(), 40.0, &[]))))
        })
    };
    assert_eq!(answer(1), answer(2));
}

fn fields(found: Result<(), agglo::error::Violations>) -> Vec<String> {
    found.unwrap_err().told().iter().map(|violation| violation.field.clone()).collect()
}

#[test]
fn everything_wrong_is_refused_at_once() {
    let world = World::toy();
    let request = request(2, 0, Vec::new());
    let unknown = Change { measure: "k".into(), ..scale("K", &[7]) };
    let wrong = seek(
        Subject { period: Some(year(2050)), less: Some(Place::Group("east".into())), ..growth_of(9) },
        goal(1.0, Sense::AtLeast, Some(1.5)),
        vec![free(unknown, 2.0, 1.0), free(scale("K", &[2]), -1.0, 2000.0)],
    );
    let told = fields(wrong.check((&[&world.program], &[]), &world.panel, &request));
    let expected = [
        "instruments[0].change.regions[0]",
        "instruments[0].change.measure",
        "instruments[1].low",
        "instruments[1].high",
        "subject.period",
        "subject.place.region",
        "target.probability",
        "target.probability",
        "instruments[0].high",
    ];
    assert_eq!(told, expected);
    let wrong = AllocateBudget {
        gammas: vec![-1.0],
        subject: of(Quantity::Outcome, Place::Nation),
        ..budget(vec![(free(scale("K", &[0]), 0.5, 2.0), -1.0)], f64::NAN, &[])
    };
    let told = fields(wrong.check((&[&world.program], &[]), &world.panel, &request));
    assert_eq!(told, ["subject.place", "gammas[0]", "budget", "levers[0].cost"]);
    let two = [scenario("a", Closure::NewActivity, Vec::new()), scenario("b", Closure::NewActivity, Vec::new())];
    let asked = seek(growth_of(0), goal(1.0, Sense::Equal, None), vec![free(scale("K", &[0]), 0.0, 2.0)]);
    let told = fields(asked.check(
        (&[&world.program], &[]),
        &world.panel,
        &Request { scenarios: two.to_vec(), ..request.clone() },
    ));
    assert_eq!(told, ["scenarios"]);
    // A study may be put a question that was not checked.
    let answer = world.study(&request, |study| wrong.answer(study));
    assert!(matches!(answer, Err(Error::Invalid(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What an amount brings about is reached by that amount: a target of the draws or of the point inverts its forecast.
    #[test]
    fn seeking_what_a_policy_brings_finds_the_policy(factor in 0.2..5.0_f64, step in 1..4_i32, with_draws: bool) {
        let world = World::regions(7);
        let request = request(3, 40, Vec::new());
        let policy = scenario("K", Closure::NewActivity, vec![Change { amount: factor, ..scale("K", &[1]) }]);
        let brought = world.study(&Request { scenarios: vec![policy], ..request.clone() }, |study| {
            let target = Target { quantity: Quantity::Level, area: 1, step: step as usize };
            study.values(Some(&study.scenarios()[0]), &[target], Draws::All).unwrap().remove(0)
        });
        let mut draws = brought.draws.unwrap();
        draws.sort_by(f64::total_cmp);
        // 30 of 40 draws are at or above the eleventh from below.
        let (value, p) = if with_draws { (draws[10], Some(0.75)) } else { (brought.point.unwrap(), None) };
        let sense = if factor > 1.0 { Sense::AtLeast } else { Sense::AtMost };
        let p = p.map(|p| if factor > 1.0 { p } else { 11.0 / 40.0 });
        let subject = Subject { period: Some(year(2011 + step)), ..of(Quantity::Level, Place::Region(region(1))) };
        let answer = world.seek(&request, &seek(subject, goal(value, sense, p), vec![free(scale("K", &[1]), 0.0, 10.0)]));
        prop_assert!(answer.sought.converged && close(answer.sought.amounts[0], factor, 1e-5), "{answer:?}");
    }
}
