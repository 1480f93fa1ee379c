//! Goal seek and budget allocation: golden numbers, closed forms and laws.

use agglo::error::Error;
use agglo::forecast::inverse::{
    Allocation, Goal, Instrument, Item, Outcome, Range, Response, Sense, Sought, allocate, compare, equal_split,
    frontier, seek,
};
use agglo::numeric::Stop;
use proptest::prelude::*;
use serde_json::Value as Json;

fn golden(case: &str) -> Json {
    let text = std::fs::read_to_string("tests/golden/forecast/inverse.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().iter().find(|c| c["name"] == case).unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A response made of plain functions.
struct Toy<P, D>(P, D);

impl<P, D> Response for Toy<P, D>
where
    P: Fn(&[f64]) -> Option<Vec<f64>> + Sync,
    D: Fn(&[f64]) -> Option<Vec<Vec<f64>>> + Sync,
{
    fn point(&self, amounts: &[f64]) -> Result<Option<Vec<f64>>, Error> {
        Ok((self.0)(amounts))
    }

    fn draws(&self, amounts: &[f64]) -> Result<Option<Vec<Vec<f64>>>, Error> {
        Ok((self.1)(amounts))
    }
}

/// A response without draws.
fn toy(point: impl Fn(&[f64]) -> f64 + Sync) -> impl Response {
    Toy(move |z: &[f64]| Some(vec![point(z)]), |_: &[f64]| Some(vec![Vec::new()]))
}

fn factor(high: f64, weight: f64) -> Instrument {
    let range = Range { start: 1.0, low: 0.0, high };
    Instrument { range, weight, limits: (0.0, 1e15), promise: 1.0 }
}

fn at_least(value: f64, probability: Option<f64>) -> Goal {
    Goal { value, sense: Sense::AtLeast, probability }
}

fn found(response: &dyn Response, instruments: &[Instrument], goal: Goal) -> Sought {
    seek(response, instruments, &goal, &Stop::default()).unwrap()
}

fn close(ours: f64, golden: f64, tolerance: f64) {
    assert!((ours - golden).abs() <= tolerance * golden.abs().max(1.0), "{ours} is not {golden}");
}

fn all_close(ours: &[f64], golden: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), golden.len());
    ours.iter().zip(golden).for_each(|(ours, golden)| close(*ours, *golden, tolerance));
}

/// The stock of the region, what the others have and the number of regions, a row an instrument.
fn shares(inputs: &Json) -> Vec<(f64, f64, f64)> {
    let region = inputs["region"].as_u64().unwrap() as usize;
    let stocks = inputs["stocks"].as_array().unwrap().iter().map(numbers);
    stocks.map(|x| (x[region], x.iter().sum::<f64>() - x[region], x.len() as f64)).collect()
}

fn growth(shares: &[(f64, f64, f64)], beta: &[f64], factors: &[f64]) -> f64 {
    let share = |((x, rest, regions), f): (&(f64, f64, f64), &f64)| regions * x * f / (x * f + rest);
    shares.iter().zip(factors).map(share).zip(beta).map(|(share, beta)| beta * share).sum()
}

fn one_share(inputs: &Json) -> impl Response + use<> {
    let number = |name: &str| inputs[name].as_f64().unwrap();
    let (beta, shares) = (number("beta"), [(number("stock"), number("rest"), number("regions"))]);
    toy(move |z| growth(&shares, &[beta], z))
}

#[test]
fn a_share_is_inverted_as_its_closed_form_says() {
    let case = golden("one_share");
    let (inputs, expected) = (&case["inputs"], &case["expected"]);
    let response = one_share(inputs);
    let target = inputs["target"].as_f64().unwrap();
    let sought = found(&response, &[factor(50.0, 1.0)], at_least(target, None));
    close(sought.amounts[0], expected["factor"].as_f64().unwrap(), 1e-10);
    assert!(sought.converged && sought.outcome == Outcome::Reached && sought.monotone == Some(true));
    assert!(sought.perverse.is_empty() && sought.probability.is_none());
    // The same from above, and exactly.
    let from_above = Instrument { range: Range { start: 40.0, low: 0.0, high: 50.0 }, ..factor(50.0, 1.0) };
    for sense in [Sense::AtMost, Sense::Equal] {
        let sought = found(&response, &[from_above], Goal { value: target, sense, probability: None });
        close(sought.amounts[0], expected["factor"].as_f64().unwrap(), 1e-10);
    }
}

#[test]
fn out_of_reach_the_supremum_is_certified() {
    let case = golden("one_share");
    let supremum = case["expected"]["supremum"].as_f64().unwrap();
    let response = one_share(&case["inputs"]);
    let sought = found(&response, &[factor(50.0, 1.0)], at_least(5.0, None));
    let Outcome::OutOfReach { within, beyond } = &sought.outcome else { panic!("{sought:?}") };
    assert!(sought.converged && within.converged);
    all_close(&within.amounts, &[50.0], 0.0);
    close(within.value, sought.point, 1e-15);
    close(beyond.value, supremum, 1e-10);
    // Any target below the supremum is reached once the bounds are wide enough.
    let wide = Instrument { range: Range { start: 1.0, low: 0.0, high: 1e9 }, ..factor(1.0, 1.0) };
    assert_eq!(found(&response, &[wide], at_least(supremum - 1e-6, None)).outcome, Outcome::Reached);
}

#[test]
fn several_instruments_move_as_little_as_they_can() {
    for name in ["two_shares", "two_shares_weighted", "two_shares_bound"] {
        let case = golden(name);
        let (inputs, expected) = (&case["inputs"], &case["expected"]);
        let (shares, beta) = (shares(inputs), numbers(&inputs["beta"]));
        let response = toy(move |z| growth(&shares, &beta, z));
        let highs = numbers(&inputs["high"]);
        let instruments: Vec<_> =
            numbers(&inputs["weights"]).iter().zip(highs).map(|(weight, high)| factor(high, *weight)).collect();
        let target = inputs["target"].as_f64().unwrap();
        let sought = found(&response, &instruments, at_least(target, None));
        println!("{name}: {:?} after {} curves", sought.amounts, sought.iterations);
        assert!(sought.converged, "{sought:?}");
        close(sought.point, target, 1e-9);
        all_close(&sought.amounts, &numbers(&expected["factors"]), 1e-8);
    }
}

fn chance(inputs: &Json) -> impl Response + use<> {
    let (shares, beta) = (shares(inputs), numbers(&inputs["beta"]));
    let draws: Vec<Vec<f64>> = inputs["draws"].as_array().unwrap().iter().map(numbers).collect();
    let noise = numbers(&inputs["noise"]);
    let for_draws = shares.clone();
    Toy(
        move |z: &[f64]| Some(vec![growth(&shares, &beta, z)]),
        move |z: &[f64]| {
            Some(vec![draws.iter().zip(&noise).map(|(beta, noise)| growth(&for_draws, beta, z) + noise).collect()])
        },
    )
}

#[test]
fn a_probability_is_met_by_just_so_many_draws() {
    let case = golden("chance_one");
    let inputs = &case["inputs"];
    let goal = at_least(inputs["target"].as_f64().unwrap(), inputs["probability"].as_f64());
    let held = Instrument { range: Range { start: 1.0, low: 1.0, high: 1.0 }, ..factor(1.0, 1.0) };
    let sought = found(&chance(inputs), &[held, factor(30.0, 1.0)], goal);
    assert!(sought.converged, "{sought:?}");
    assert_eq!(sought.probability, goal.probability);
    all_close(&sought.amounts, &[1.0, case["expected"]["factor"].as_f64().unwrap()], 1e-7);
}

#[test]
fn slopes_of_quantiles_lead_to_the_least_change() {
    let case = golden("chance_two");
    let inputs = &case["inputs"];
    let goal = at_least(inputs["target"].as_f64().unwrap(), inputs["probability"].as_f64());
    let sought = found(&chance(inputs), &[factor(30.0, 1.0); 2], goal);
    let change = sought.amounts.iter().map(|z| (z - 1.0).powi(2)).sum::<f64>().sqrt();
    let least = case["expected"]["change"].as_f64().unwrap();
    println!("{:?}: {change} against {least}, {} curves", sought.amounts, sought.iterations);
    assert_eq!(sought.probability, goal.probability);
    assert!(
        change >= least - 1e-6 && change <= least * (1.0 + case["tolerance"].as_f64().unwrap()),
        "{change} {least}"
    );
}

#[test]
fn an_instrument_that_works_against_its_name_is_told() {
    // Employees have a negative coefficient: more growth asks for fewer of them.
    let jobs = toy(|z| -0.11 * 3.0 * 20.0 * z[0] / (20.0 * z[0] + 80.0));
    let sought = found(&jobs, &[factor(3.0, 1.0)], at_least(-0.03, None));
    assert_eq!((sought.perverse.as_slice(), sought.converged), (&[0][..], true));
    assert!(sought.amounts[0] < 1.0 && sought.slopes[0] < 0.0);
}

#[test]
fn holes_humps_and_met_targets_are_told() {
    let hump = toy(|z| 1.0 - (z[0] - 2.0).powi(2));
    let sought = found(&hump, &[factor(4.0, 1.0)], at_least(0.75, None));
    close(sought.amounts[0], 1.5, 1e-10);
    assert_eq!(sought.monotone, Some(false));
    let met = found(&hump, &[factor(4.0, 1.0)], at_least(-1.0, None));
    assert_eq!((met.outcome, met.iterations, met.amounts), (Outcome::Met, 0, vec![1.0]));
    let Outcome::OutOfReach { within, .. } = found(&hump, &[factor(4.0, 1.0)], at_least(3.0, None)).outcome else {
        panic!("the top is 1")
    };
    close(within.value, 1.0, 1e-10);
    // A take-away that is more than there is cannot be carried out.
    let edge = Toy(|z: &[f64]| (z[0] <= 2.5).then(|| vec![z[0]]), |_: &[f64]| Some(vec![Vec::new()]));
    close(found(&edge, &[factor(4.0, 1.0)], at_least(2.0, None)).amounts[0], 2.0, 1e-10);
}

#[test]
fn every_wrong_field_of_a_search_is_refused_at_once() {
    let wrong = [
        Instrument { range: Range { start: 1.0, low: 2.0, high: 0.0 }, ..factor(1.0, 0.0) },
        Instrument { range: Range { start: 5.0, low: 0.0, high: f64::NAN }, ..factor(1.0, 1.0) },
    ];
    let goal = Goal { value: f64::INFINITY, sense: Sense::Equal, probability: Some(0.5) };
    let Err(Error::Invalid(told)) = seek(&toy(|z| z[0]), &wrong, &goal, &Stop::default()) else { panic!("refused") };
    let fields: Vec<&str> = told.told().iter().map(|violation| violation.field.as_str()).collect();
    let expected =
        ["target.value", "target.probability", "instruments[0].weight", "instruments[0].high", "instruments[1].high"];
    assert_eq!(fields, expected);
    let without_draws = seek(&toy(|z| z[0]), &[factor(3.0, 1.0)], &at_least(2.0, Some(0.9)), &Stop::default());
    assert!(without_draws.unwrap_err().to_string().contains("target.probability: needs draws"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is answered is within the bounds and meets the target, or nothing within them does.
    #[test]
    fn answers_meet_the_target_or_nothing_does(
        beta in prop::collection::vec(-1.0..2.0_f64, 1..5), target in -2.0..4.0_f64,
    ) {
        let count = beta.len();
        let value = |z: &[f64]| -> f64 { z.iter().zip(&beta).map(|(z, b)| 3.0 * b * z / (z + 4.0)).sum() };
        let sought = found(&toy(value), &vec![factor(5.0, 1.0); count], at_least(target, None));
        prop_assert!(sought.amounts.iter().all(|z| (0.0..=5.0).contains(z)));
        let top: f64 = beta.iter().map(|b| if *b > 0.0 { 3.0 * b * 5.0 / 9.0 } else { 0.0 }).sum();
        match &sought.outcome {
            Outcome::OutOfReach { within, .. } => {
                prop_assert!(top < target && (within.value - top).abs() < 1e-9, "{top} {sought:?}");
            }
            _ => prop_assert!(sought.point >= target - 2e-9 && sought.converged, "{sought:?}"),
        }
    }
}

fn item(low: f64, high: f64, cost: f64) -> Item {
    Item { range: Range { start: 0.0, low, high }, cost }
}

fn spent(response: &dyn Response, items: &[Item], budget: f64) -> Allocation {
    allocate(response, items, budget, &[1.0], 1, &Stop::default()).unwrap()
}

#[test]
fn a_linear_aim_is_a_fractional_knapsack() {
    let case = golden("linear");
    let (inputs, expected) = (&case["inputs"], &case["expected"]);
    let [gain, cost, low, high] = ["gain", "cost", "low", "high"].map(|name| numbers(&inputs[name]));
    let items: Vec<Item> = (0..gain.len()).map(|i| item(low[i], high[i], cost[i])).collect();
    let budget = inputs["budget"].as_f64().unwrap();
    let plan = spent(&toy(|z| z.iter().zip(&gain).map(|(z, g)| z * g).sum()), &items, budget);
    assert!(plan.converged && plan.agreeing == plan.starts, "{plan:?}");
    close(plan.value, expected["value"].as_f64().unwrap(), 1e-10);
    all_close(&plan.amounts, &numbers(&expected["amounts"]), 1e-8);
    close(plan.shadow_price, expected["shadow_price"].as_f64().unwrap(), 1e-8);
    close(plan.spending.iter().sum(), budget, 1e-12);
}

#[test]
fn hills_are_climbed_to_the_points_of_the_golden_file() {
    for number in 0..6 {
        let case = golden(&format!("quadratic_{number}"));
        let (inputs, expected) = (&case["inputs"], &case["expected"]);
        let q: Vec<Vec<f64>> = inputs["q"].as_array().unwrap().iter().map(numbers).collect();
        let [b, cost, high] = ["b", "cost", "high"].map(|name| numbers(&inputs[name]));
        let items: Vec<Item> = cost.iter().zip(&high).map(|(cost, high)| item(0.0, *high, *cost)).collect();
        let hill = move |z: &[f64]| {
            let bend: f64 = (0..z.len()).map(|i| (0..z.len()).map(|j| z[i] * q[i][j] * z[j]).sum::<f64>()).sum();
            z.iter().zip(&b).map(|(z, b)| z * b).sum::<f64>() - bend / 2.0
        };
        agrees(&spent(&toy(hill), &items, inputs["budget"].as_f64().unwrap()), expected, 1e-6);
    }
    let case = golden("water_filling");
    let (inputs, expected) = (&case["inputs"], &case["expected"]);
    let [weight, cost, high] = ["weight", "cost", "high"].map(|name| numbers(&inputs[name]));
    let items: Vec<Item> = cost.iter().zip(&high).map(|(cost, high)| item(0.0, *high, *cost)).collect();
    let water = toy(move |z| z.iter().zip(&weight).map(|(z, w)| w * z.ln_1p()).sum());
    agrees(&spent(&water, &items, inputs["budget"].as_f64().unwrap()), expected, 1e-6);
}

fn agrees(plan: &Allocation, expected: &Json, tolerance: f64) {
    println!(
        "residual {:e} after {} steps, {} of {} agree",
        plan.residual, plan.iterations, plan.agreeing, plan.starts
    );
    assert!(plan.converged && plan.agreeing == plan.starts, "{plan:?}");
    close(plan.value, expected["value"].as_f64().unwrap(), 1e-10);
    all_close(&plan.amounts, &numbers(&expected["amounts"]), tolerance);
    close(plan.shadow_price, expected["shadow_price"].as_f64().unwrap(), tolerance);
}

#[test]
fn the_frontier_is_that_of_the_golden_file() {
    let case = golden("frontier");
    let inputs = &case["inputs"];
    let [level, gain, cost] = ["level", "gain", "cost"].map(|name| numbers(&inputs[name]));
    let items: Vec<Item> = cost.iter().map(|cost| item(0.0, 5.0, *cost)).collect();
    let total: f64 = level.iter().sum();
    let regions = move |z: &[f64]| {
        let grown: Vec<f64> = (0..z.len()).map(|r| level[r] * (1.0 + gain[r] * z[r].ln_1p() / 100.0)).collect();
        let sum: f64 = grown.iter().sum();
        let theil = grown.iter().map(|x| x / sum * (x / sum * z.len() as f64).ln()).sum();
        Some(vec![100.0 * (sum / total - 1.0), theil])
    };
    let response = Toy(regions, |_: &[f64]| None);
    let points = case["expected"]["points"].as_array().unwrap();
    // A γ twice, and one that no other can be better than: both are left out.
    let gammas = [200.0, 0.0, 50.0, 20.0, 50.0];
    let budget = inputs["budget"].as_f64().unwrap();
    let table = frontier(&response, &items, budget, &gammas, 1, &Stop::default()).unwrap();
    assert_eq!(table.len(), points.len());
    for (point, expected) in table.iter().zip(points) {
        close(point.gamma, expected["gamma"].as_f64().unwrap(), 0.0);
        assert!(point.allocation.converged, "{point:?}");
        close(point.allocation.value, expected["value"].as_f64().unwrap(), 1e-8);
        all_close(&point.allocation.amounts, &numbers(&expected["amounts"]), case["tolerance"].as_f64().unwrap());
    }
    let pairs: Vec<_> =
        table.windows(2).map(|pair| [&pair[0].allocation.numbers, &pair[1].allocation.numbers]).collect();
    assert!(pairs.iter().all(|[low, high]| high[0] < low[0] && high[1] < low[1]));
}

#[test]
fn the_shadow_price_is_what_one_more_unit_brings() {
    let aim = |z: &[f64]| (1.0 + z[0]).ln() + 2.0 * (1.0 + z[1]).ln() + 0.3 * (z[0] * z[1]).sqrt();
    let items = [item(0.0, 5.0, 1.0), item(0.0, 5.0, 2.0)];
    let at = |budget| spent(&toy(aim), &items, budget);
    let measured = (at(4.001).value - at(3.999).value) / 0.002;
    close(at(4.0).shadow_price, measured, 1e-6);
    // Once everything is funded money has no price left, and what harms is left out.
    let plan = spent(&toy(|z| z[0] - z[1]), &items, 100.0);
    all_close(&plan.amounts, &[5.0, 0.0], 1e-12);
    assert_eq!((plan.shadow_price.to_bits(), plan.at_most[0], plan.at_least[1]), (0, true, true));
}

#[test]
fn a_plan_is_compared_with_an_equal_split_on_the_same_draws() {
    let gains = [[1.0, 2.0], [3.0, 1.0], [2.0, 3.0], [0.0, 1.0]];
    let each = move |z: &[f64]| gains.iter().map(|g| g[0] * z[0] + g[1] * z[1]).collect();
    let response = Toy(|z: &[f64]| Some(vec![1.5 * z[0] + 1.75 * z[1]]), move |z: &[f64]| Some(vec![each(z)]));
    let items = [item(0.0, 10.0, 1.0), item(0.0, 10.0, 1.0)];
    let split = equal_split(&items, 4.0).unwrap();
    all_close(&split, &[2.0, 2.0], 1e-15);
    let plan = spent(&response, &items, 4.0);
    let lead = compare(&response, &[1.0], &plan.amounts, &split).unwrap().unwrap();
    all_close(&lead.lead, &[2.0, -4.0, 2.0, 2.0], 1e-12);
    close(lead.probability, 0.75, 0.0);
}

#[test]
fn every_wrong_field_of_an_allocation_is_refused_at_once() {
    let response = toy(|z| z[0]);
    let items = [item(2.0, 1.0, -1.0), item(f64::NAN, 1.0, 1.0)];
    let Err(Error::Invalid(told)) = allocate(&response, &items, -1.0, &[1.0], 1, &Stop::default()) else { panic!() };
    let fields: Vec<&str> = told.told().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["budget", "items[0].high", "items[0].cost", "items[1].low"]);
    let dear = allocate(
        &response,
        &[Item { range: Range { start: 0.0, low: 1.0, high: 2.0 }, cost: 9.0 }],
        5.0,
        &[1.0],
        1,
        &Stop::default(),
    );
    assert!(dear.unwrap_err().to_string().contains("must pay for the least amounts, which cost 9"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The linear case is the greedy knapsack; money, bounds and units hold.
    #[test]
    fn linear_allocations_are_greedy(
        things in prop::collection::vec((-0.5..1.0_f64, 0.1..2.0_f64, 0.1..3.0_f64), 1..12),
        budget in 0.1..8.0_f64, unit in 0.01..100.0_f64,
    ) {
        let mut order: Vec<usize> = (0..things.len()).filter(|i| things[*i].0 > 0.0).collect();
        order.sort_by(|a, b| (things[*b].0 / things[*b].1).total_cmp(&(things[*a].0 / things[*a].1)));
        let (mut money, mut best) = (budget, 0.0);
        for i in order {
            let (gain, cost, high) = things[i];
            let z = high.min(money / cost);
            (money, best) = (money - z * cost, best + z * gain);
        }
        let items: Vec<Item> = things.iter().map(|(_, cost, high)| item(0.0, high * unit, cost / unit)).collect();
        let aim = |z: &[f64]| z.iter().zip(&things).map(|(z, thing)| z / unit * thing.0).sum::<f64>();
        let plan = spent(&toy(aim), &items, budget);
        prop_assert!((plan.value - best).abs() <= 1e-9 * best.max(1.0), "{} is not {best}", plan.value);
        prop_assert!(plan.spending.iter().sum::<f64>() <= budget * (1.0 + 1e-12));
        prop_assert!(plan.amounts.iter().zip(&items).all(|(z, item)| *z >= 0.0 && *z <= item.range.high));
    }
}
