//! Laws and figures of the family `space`.

use crate::golden;
use crate::scene::Dice;
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Extra, Facts, Index, Input, Output, find};
use agglo::numeric::random::{normals, stream};
use agglo::panel::{Absent, Slice, SpatialWeights, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Every way to say who is a neighbour, of points in a square of 10 by 10.
const NEIGHBOURS: [&str; 6] = [
    "neighbours=contiguity",
    "neighbours=contiguity transformation=binary",
    "neighbours=knn k=3",
    "neighbours=band distance=1.7",
    "neighbours=kernel distance=2.5 kernel=quartic",
    "neighbours=kernel k=4 kernel=triangular",
];

/// Regions on a map.
#[derive(Debug, Clone)]
struct Map {
    values: Vec<Value>,
    other: Vec<Value>,
    x: Vec<Value>,
    y: Vec<Value>,
    pairs: Vec<(usize, usize)>,
}

impl Map {
    /// Values that are dealt out at random over random points, each of which touches a few others.
    fn random(seed: u64, n: usize) -> Self {
        let mut dice = Dice::new(seed);
        let mut numbers = |scale: f64| -> Vec<Value> { (0..n).map(|_| Ok(dice.positive() * scale)).collect() };
        let (values, other, x, y) = (numbers(1.0), numbers(1.0), numbers(0.01), numbers(0.01));
        let pairs = (0..3 * n).map(|_| (dice.below(n), dice.below(n))).filter(|(a, b)| a != b).collect();
        Self { values, other, x, y, pairs }
    }

    /// What an index reads of the map when its parameters name the columns.
    fn with<T>(&self, params: &Params, f: impl Fn(&Input<'_>) -> T) -> T {
        let neighbours = SpatialWeights::from_contiguity(self.values.len(), self.pairs.iter().copied());
        let mut input = Input::new(Slice::dense(1, &self.values[..]));
        input.neighbours = Some(&neighbours);
        for (name, column) in [("x", &self.x), ("y", &self.y), ("other", &self.other), ("area", &self.y)] {
            if params.text(name).is_some() {
                input = input.with_regional(name, &column[..]);
            }
        }
        f(&input)
    }

    fn compute(&self, index: &str, given: &str) -> Output {
        let (index, params) = call(index, given);
        self.with(&params, |input| index.compute(input, &params))
    }

    fn infer(&self, index: &str, given: &str, ask: Ask) -> Vec<Extra> {
        let (index, params) = call(index, given);
        self.with(&params, |input| index.infer(input, &params, &ask).unwrap())
    }

    /// The regions of these numbers, in this order.
    fn pick(&self, regions: &[usize]) -> Self {
        let take = |values: &[Value]| regions.iter().map(|r| values[*r]).collect();
        let place = |region: usize| regions.iter().position(|r| *r == region);
        let pairs = self.pairs.iter().filter_map(|(a, b)| Some((place(*a)?, place(*b)?))).collect();
        Self { values: take(&self.values), other: take(&self.other), x: take(&self.x), y: take(&self.y), pairs }
    }
}

/// The index and what `given` says, as in `k=3 metric=sphere`; coordinates, where it has them, are x and y.
fn call(index: &str, given: &str) -> (&'static dyn Index, Params) {
    let index = find(index).unwrap();
    let has = |name: &str| index.card().params.iter().any(|param| param.name == name);
    let text = |name: &str, value: &str| (name.to_owned(), Raw::Text(value.to_owned()));
    let given = given.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    let columns = ["x", "y", "other"].map(|name| (name, name));
    let all: BTreeMap<_, _> = columns.into_iter().chain(given).map(|(name, value)| text(name, value)).collect();
    let known = all.into_iter().filter(|(name, _)| has(name)).collect();
    (index, Params::parse(index.card(), &known, "").unwrap())
}

fn ask(infer: Infer, draws: usize) -> Ask {
    Ask { infer, draws, seed: 11, level: 0.95, alternative: Alternative::Greater }
}

fn part<'o>(output: &'o Output, name: &str) -> &'o [Value] {
    &output.parts.iter().find(|(part, _)| *part == name).unwrap().1
}

fn column(extras: &[Extra], name: &str) -> Vec<Value> {
    extras.iter().find(|(column, _)| column == name).unwrap().1.clone()
}

fn near(a: Value, b: Value) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        (a, b) => a == b,
    }
}

fn same(a: &[Value], b: &[Value]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| near(*a, *b)), "{a:?}\n{b:?}");
}

const ASSOCIATION: [&str; 8] = [
    "moran",
    "bivariate_moran",
    "geary",
    "getis_ord_g",
    "local_moran",
    "local_getis_ord",
    "join_counts",
    "spatial_gini",
];

#[test]
fn a_constant_added_changes_no_deviation() {
    let tests = [("moran", "value"), ("geary", "value"), ("bivariate_moran", "value"), ("local_moran", "value")];
    for (index, name) in tests.into_iter().chain([("local_getis_ord", "z"), ("join_counts", "bb")]) {
        for given in NEIGHBOURS {
            for seed in 0..20 {
                let map = Map::random(seed, 12);
                let values = map.values.iter().map(|x| x.map(|x| x - 345.0)).collect();
                let shifted = Map { values, ..map.clone() };
                same(part(&map.compute(index, given), name), part(&shifted.compute(index, given), name));
            }
        }
    }
}

#[test]
fn order_does_not_matter_whoever_are_neighbours() {
    for index in ASSOCIATION.into_iter().chain(["hansen_accessibility", "market_potential"]) {
        for given in NEIGHBOURS {
            let given = if index.contains('_') && index.ends_with('l') { "area=y" } else { given };
            for seed in 0..10 {
                let map = Map::random(seed, 15);
                let order = Dice::new(seed + 99).shuffled(15);
                let (before, after) = (map.compute(index, given), map.pick(&order).compute(index, given));
                for ((_, before), (_, after)) in before.parts.iter().zip(&after.parts) {
                    let moved = |row: usize| before[if before.len() == 1 { 0 } else { order[row] }];
                    same(&(0..before.len()).map(moved).collect::<Vec<_>>(), after);
                }
            }
        }
    }
}

#[test]
fn local_indices_average_to_the_global_one() {
    for given in NEIGHBOURS.iter().filter(|given| !given.contains("binary")) {
        for seed in 0..20 {
            let map = Map::random(seed, 15);
            let local = part(&map.compute("local_moran", given), "value").to_vec();
            let present: Vec<f64> = local.into_iter().flatten().collect();
            let mean = present.iter().sum::<f64>() / present.len() as f64;
            same(&[Ok(mean)], part(&map.compute("moran", given), "value"));
        }
    }
}

/// Two groups that do not touch, a region without neighbours, and one whose value is missing.
fn islands() -> Map {
    let mut map = Map::random(1, 9);
    map.pairs = vec![(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (7, 8)];
    map.values[8] = Err(Absent::Missing);
    map
}

#[test]
fn a_region_without_neighbours_is_left_out_and_says_so() {
    let (map, connected) = (islands(), islands().pick(&[0, 1, 2, 3, 4, 5]));
    for index in ASSOCIATION.into_iter().filter(|index| *index != "spatial_gini") {
        let (all, without) = (map.compute(index, ""), connected.compute(index, ""));
        for ((name, all), (_, without)) in all.parts.iter().zip(&without.parts) {
            same(&all[..without.len()], without);
            if all.len() > 1 {
                // Region 6 has no neighbour; that of region 7 is missing.
                assert_eq!(
                    all[6..],
                    [Err(Absent::NoNeighbour), Err(Absent::NoNeighbour), Err(Absent::Missing)],
                    "{name}"
                );
            }
        }
        for infer in [Infer::Analytic, Infer::Permutation] {
            let (extras, without) = (map.infer(index, "", ask(infer, 99)), connected.infer(index, "", ask(infer, 99)));
            for ((_, extras), (_, without)) in extras.iter().zip(&without) {
                same(&extras[..without.len()], without);
            }
        }
    }
    let gini = map.compute("spatial_gini", "");
    assert_eq!(part(&gini, "regions"), [Ok(8.0)]);
}

#[test]
fn where_nobody_has_a_neighbour_there_is_no_index() {
    let map = Map { pairs: Vec::new(), ..Map::random(1, 5) };
    for index in ASSOCIATION.into_iter().filter(|index| *index != "spatial_gini") {
        for (name, values) in map.compute(index, "").parts {
            assert!(values.iter().all(|value| *value == Err(Absent::NoNeighbour)), "{index} {name}: {values:?}");
        }
        map.infer(index, "", ask(Infer::Permutation, 9));
    }
}

#[test]
fn where_all_are_neighbours_nothing_is_left_to_chance() {
    let pairs = (0..7).flat_map(|a| (0..a).map(move |b| (b, a))).collect();
    let map = Map { pairs, ..Map::random(4, 7) };
    for (index, expected) in [("moran", -1.0 / 6.0), ("geary", 1.0), ("getis_ord_g", 1.0)] {
        let output = map.compute(index, "");
        same(part(&output, "value"), &[Ok(expected)]);
        same(part(&output, "expected"), &[Ok(expected)]);
        let absent = Err(Absent::ZeroDenominator);
        let z = if index == "getis_ord_g" { "z" } else { "z_random" };
        assert_eq!(part(&output, z), [absent], "{index}");
    }
}

#[test]
fn neighbours_are_demanded_of_the_data_or_of_coordinates() {
    let facts = Facts { has_industries: false, has_neighbours: false };
    let refused = |given: &[(&str, &str)]| {
        let index = find("moran").unwrap();
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), Raw::Text((*value).to_owned()))).collect();
        index.check(&Params::parse(index.card(), &given, "").unwrap(), &facts).map_err(|refusal| refusal.param)
    };
    assert_eq!(refused(&[]), Err("neighbours"));
    assert_eq!(refused(&[("neighbours", "knn"), ("x", "lon")]), Err("y"));
    assert_eq!(refused(&[("neighbours", "band"), ("x", "lon"), ("y", "lat")]), Err("distance"));
    assert_eq!(refused(&[("neighbours", "kernel"), ("x", "lon"), ("y", "lat")]), Ok(()));
}

#[test]
fn permutations_agree_with_the_moments() {
    const DRAWS: usize = 4999;
    for (index, columns) in [
        ("moran", vec!["value"]),
        ("bivariate_moran", vec!["value"]),
        ("geary", vec!["value"]),
        ("getis_ord_g", vec!["value"]),
        ("join_counts", vec!["bb", "bw", "ww"]),
        ("local_moran", vec!["value"]),
        ("local_getis_ord", vec!["z"]),
    ] {
        for given in ["neighbours=band distance=3", "neighbours=knn k=10"] {
            let map = Map::random(5, 80);
            let analytic = map.infer(index, given, ask(Infer::Analytic, 0));
            let dealt = map.infer(index, given, ask(Infer::Permutation, DRAWS));
            for name in &columns {
                let name = format!("{name}_p");
                for (a, d) in column(&analytic, &name).into_iter().zip(column(&dealt, &name)) {
                    let (a, d) = (a.unwrap(), d.unwrap());
                    // The chance of the draws, and how far sums are from normality; counts leap by whole joins.
                    let shape = if index == "join_counts" { 0.08 } else { 0.035 };
                    let room = 4.0 * (a * (1.0 - a) / DRAWS as f64).sqrt() + shape;
                    assert!((a - d).abs() < room, "{index} {given} {name}: {a} {d}");
                }
            }
        }
    }
}

#[test]
fn random_neighbours_are_as_likely_as_counting_says() {
    for given in ["neighbours=knn k=2", "neighbours=kernel k=2 kernel=gaussian"] {
        let map = Map::random(8, 7);
        let dealt = column(&map.infer("local_moran", given, ask(Infer::Permutation, 20_000)), "value_p");
        let local = part(&map.compute("local_moran", given), "value").to_vec();
        for (region, (p, observed)) in dealt.into_iter().zip(local).enumerate() {
            let others: Vec<usize> = (0..7).filter(|other| *other != region).collect();
            let mut at_least = 0;
            for first in &others {
                for second in others.iter().filter(|second| *second != first) {
                    let mut order: Vec<usize> = vec![*first, *second];
                    order.extend(others.iter().filter(|other| *other != first && *other != second));
                    // Values move; places stay.
                    let near = nearest(&map, region);
                    let mut values = map.values.clone();
                    for (place, from) in near.iter().zip(&order) {
                        values[*place] = map.values[*from];
                    }
                    let moved = Map { values, ..map.clone() };
                    let value = part(&moved.compute("local_moran", given), "value")[region].unwrap();
                    at_least += usize::from(value >= observed.unwrap() - 1e-12);
                }
            }
            let exact = at_least as f64 / 30.0;
            assert!((p.unwrap() - exact).abs() < 0.02, "{given}, region {region}: {p:?} is not {exact}");
        }
    }
}

/// The other regions, nearest first.
fn nearest(map: &Map, region: usize) -> Vec<usize> {
    let square = |other: &usize| {
        let gap = |axis: &[Value]| axis[region].unwrap() - axis[*other].unwrap();
        gap(&map.x).powi(2) + gap(&map.y).powi(2)
    };
    let mut others: Vec<usize> = (0..map.values.len()).filter(|other| *other != region).collect();
    others.sort_by(|a, b| square(a).total_cmp(&square(b)));
    others
}

#[test]
fn the_homicides_around_st_louis() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/indices/moran.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let panel = golden::panel(&json["cases"][0]["data"]);
    let mut input = Input::new(panel.slice(0, panel.periods()[0]).unwrap());
    input.neighbours = panel.weights();
    let (moran, params) = call("moran", "");
    let two_sided = Ask { alternative: Alternative::TwoSided, ..ask(Infer::Analytic, 0) };
    let p = column(&moran.infer(&input, &params, &two_sided).unwrap(), "z_normal_p")[0].unwrap();
    // esda 2.8.2: Moran(HR8893, stl).p_norm, as printed in its documentation
    assert!((p - 0.000_271_478_628).abs() < 1e-12, "{p}");
    let (local, params) = call("local_moran", "");
    let p = column(&local.infer(&input, &params, &ask(Infer::Permutation, 9999)).unwrap(), "value_p");
    // esda 2.8.2: Moran_Local(HR8893, stl, permutations=99_999, seed=1), share of rlisas that are not below Is
    let theirs = [0.8115, 0.069, 0.4154, 0.2812, 0.3474, 0.9355, 0.7148, 0.2269];
    for (p, theirs) in p.iter().zip(theirs) {
        assert!((p.unwrap() - theirs).abs() < 0.02, "{p:?} is not {theirs}");
    }
    assert!((p.iter().flatten().sum::<f64>() - 36.126).abs() < 0.3);
}

#[test]
fn tests_reject_a_true_null_hypothesis_as_often_as_they_say() {
    const TRIALS: usize = 1000;
    let map = Map::random(3, 60);
    for (index, name) in [("moran", "value_p"), ("geary", "value_p"), ("bivariate_moran", "value_p")] {
        let rejected = (0..TRIALS).filter(|trial| {
            let mut numbers = normals(&mut stream(5, *trial as u64), 120).into_iter().map(Ok);
            let values = numbers.by_ref().take(60).collect();
            let two_sided = Ask { alternative: Alternative::TwoSided, ..ask(Infer::Analytic, 0) };
            let drawn = Map { values, other: numbers.collect(), ..map.clone() };
            let extras = drawn.infer(index, "neighbours=knn k=5", two_sided);
            column(&extras, name)[0].unwrap() < 0.05
        });
        let share = rejected.count() as f64 / TRIALS as f64;
        println!("{index}: rejects {share:.3} of true null hypotheses at 0.05");
        assert!((0.03..0.07).contains(&share), "{index}: {share}");
    }
}

#[test]
fn threads_change_no_bit() {
    let map = Map::random(2, 300);
    let answers = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let all = ASSOCIATION.into_iter().flat_map(|index| NEIGHBOURS.map(|given| (index, given)));
            let association: Vec<_> = all
                .map(|(index, given)| (map.compute(index, given), map.infer(index, given, ask(Infer::Permutation, 99))))
                .collect();
            (association, map.compute("hansen_accessibility", "beta=2"))
        })
    };
    assert!(answers(1) == answers(3));
}

#[test]
fn the_market_potential_is_hansens_with_the_own_market() {
    let mut map = Map::random(6, 12);
    map.values[3] = Err(Absent::Suppressed);
    map.y[5] = Err(Absent::Missing);
    let harris = map.compute("market_potential", "area=y");
    assert_eq!(harris.parts, map.compute("hansen_accessibility", "area=y").parts);
    assert_eq!(part(&harris, "value")[3], Err(Absent::Suppressed));
    assert_eq!(part(&harris, "value")[5], Err(Absent::Missing));
    // Without its area a region's own value does not matter.
    let hansen = map.compute("hansen_accessibility", "");
    assert!(part(&hansen, "value")[3].is_ok());
    let sum = map.compute("hansen_accessibility", "beta=0");
    let others: f64 = [0, 1, 2, 4, 6, 7, 8, 9, 10, 11].iter().map(|r| map.values[*r].unwrap()).sum();
    assert!(near(part(&sum, "value")[3], Ok(others)));
}

#[test]
fn regions_at_one_point_have_no_power_of_their_distance() {
    let mut map = Map::random(6, 4);
    (map.x[1], map.y[1]) = (map.x[0], map.y[0]);
    let absent = Err(Absent::ZeroDenominator);
    assert_eq!(part(&map.compute("hansen_accessibility", ""), "value")[..2], [absent, absent]);
    assert!(part(&map.compute("hansen_accessibility", "decay=exponential"), "value").iter().all(Value::is_ok));
}
