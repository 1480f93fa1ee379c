//! Laws and figures of the family `location`.

use crate::scene::Dice;
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Companion, Index, Input, Key, Output, find};
use agglo::panel::{Absent, Slice, Value};
use std::collections::BTreeMap;

/// The indices of a cell and of pairs of industries that this file looks at.
const OF_CELLS: [&str; 8] = [
    "location_quotient",
    "log_location_quotient",
    "symmetric_location_quotient",
    "standardized_location_quotient",
    "additive_location_quotient",
    "normalized_rca",
    "cluster_size",
    "per_head_quotient",
];

fn compute(id: &str, given: &[(&str, f64)], input: &Input<'_>) -> Output {
    let index = find(id).unwrap();
    index.compute(input, &params(index, given))
}

fn params(index: &dyn Index, given: &[(&str, f64)]) -> Params {
    let text = |name: &str| (name.to_owned(), Raw::Text("column".into()));
    let required = index.card().params.iter().filter(|param| param.domain.is_required());
    let mut all: BTreeMap<String, Raw> = required.map(|param| text(param.name)).collect();
    all.extend(given.iter().map(|(name, x)| ((*name).to_owned(), Raw::Number(*x))));
    Params::parse(index.card(), &all, "params").unwrap()
}

fn value(id: &str, input: &Input<'_>) -> Vec<Value> {
    compute(id, &[], input).parts.remove(0).1
}

/// Random positive cells: regions, industries and values.
fn complete(dice: &mut Dice) -> (usize, usize, Vec<Value>) {
    let (regions, width) = (1 + dice.below(6), 2 + dice.below(4));
    (regions, width, (0..regions * width).map(|_| Ok(dice.positive())).collect())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn weighted_quotients_average_to_one_and_deviations_to_zero() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let (regions, width, cells) = complete(&mut dice);
        let heads: Vec<Value> = (0..regions).map(|_| Ok(dice.positive())).collect();
        let slice = Slice::dense(width, &cells[..]);
        let (of_regions, of_industries) = (slice.region_totals(), slice.industry_totals());
        let input = Input::new(slice).with_regional("population", &heads[..]);
        let sum = |values: &[Value]| values.iter().flatten().sum::<f64>();
        let total = sum(&of_regions);
        let of: BTreeMap<_, _> = OF_CELLS.iter().map(|id| (*id, value(id, &input))).collect();
        let cell = |id: &str, r: usize, i: usize| of[id][r * width + i].unwrap();
        for i in 0..width {
            let over =
                |id: &str, weights: &[Value]| (0..regions).map(|r| weights[r].unwrap() * cell(id, r, i)).sum::<f64>();
            let ones = vec![Ok(1.0); regions];
            assert!(near(over("location_quotient", &of_regions) / total, 1.0));
            assert!(near(over("per_head_quotient", &heads) / sum(&heads), 1.0));
            assert!(near(over("additive_location_quotient", &ones), 0.0));
            assert!(near(over("normalized_rca", &ones), 0.0));
            assert!(near(over("cluster_size", &ones) / total, 0.0));
        }
        for r in 0..regions {
            let over =
                |id: &str, weight: &dyn Fn(usize) -> f64| (0..width).map(|i| weight(i) * cell(id, r, i)).sum::<f64>();
            assert!(near(over("location_quotient", &|i| of_industries[i].unwrap() / total), 1.0));
            assert!(near(over("normalized_rca", &|_| 1.0), 0.0));
            assert!(near(over("cluster_size", &|_| 1.0) / total, 0.0));
        }
    }
}

#[test]
fn the_structure_of_the_reference_is_neutral() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let scene = dice.scene();
        let scene = scene.same_structure(&mut dice);
        let (regions, width) = (scene.measure.regions(), scene.measure.width);
        let industries: Vec<Value> = (0..width).map(|i| scene.measure.values[i].map(|x| 1000.0 * x)).collect();
        let outside = Companion {
            measure: Some(Slice::dense(width, industries)),
            regions: vec![None; regions],
            industries: (0..width).map(Some).collect(),
            suppliers: vec![None; width],
        };
        let inside = Input::new(scene.measure.slice());
        for input in [inside.clone(), inside.with_companion("reference", outside)] {
            for (id, neutral) in
                [("location_quotient", 1.0), ("log_location_quotient", 0.0), ("symmetric_location_quotient", 0.0)]
            {
                assert!(value(id, &input).into_iter().all(|x| (x.unwrap() - neutral).abs() < 1e-12), "{id}");
            }
            let sizes = value("cluster_size", &input);
            assert!(sizes.iter().zip(&scene.measure.values).all(|(size, x)| size.unwrap().abs() <= 1e-9 * x.unwrap()));
        }
    }
}

#[test]
fn cells_that_are_not_listed_are_missing_ones() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let scene = dice.scene();
        let slice = scene.measure.slice();
        let regions = 0..slice.regions();
        let listed: Vec<Vec<(u32, Value)>> = regions
            .map(|r| slice.region(r).filter(|(_, x)| *x != Err(Absent::Missing)).map(|(i, x)| (i as u32, x)).collect())
            .collect();
        let sparse = Slice::listed(slice.width(), &listed);
        let dense = Input::new(slice.clone()).with_regional("population", &scene.regional[0][..]);
        let thin = Input::new(sparse.clone()).with_regional("population", &scene.regional[0][..]);
        for id in OF_CELLS {
            let kept =
                dense.measure.values().iter().zip(value(id, &dense)).filter(|(x, _)| **x != Err(Absent::Missing));
            assert_eq!(kept.map(|(_, value)| value).collect::<Vec<_>>(), value(id, &thin), "{id} {seed}");
        }
        for id in ["cilq", "flq", "aflq"] {
            let (dense, thin) = (by_pair(&compute(id, &[], &dense)), by_pair(&compute(id, &[], &thin)));
            assert!(thin.iter().all(|(pair, value)| dense[pair] == *value), "{id} {seed}");
            assert!(dense.iter().all(|(pair, value)| value.is_err() || thin[pair] == *value), "{id} {seed}");
        }
    }
}

type Pairs = BTreeMap<(u32, u32, u32), Value>;

fn by_pair(output: &Output) -> Pairs {
    let numbers = |place: usize| match &output.keys[place].1 {
        Key::Regions(rows) | Key::Industries(rows) => rows.clone(),
        other => panic!("{other:?}"),
    };
    let (regions, suppliers, users) = (numbers(0), numbers(1), numbers(2));
    let keys = (0..regions.len()).map(|row| (regions[row], suppliers[row], users[row]));
    keys.zip(output.parts[0].1.iter().copied()).collect()
}

#[test]
fn pairs_are_known_by_their_keys_whatever_the_order() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let scene = dice.scene();
        let (regions, industries) = (dice.shuffled(scene.measure.regions()), dice.shuffled(scene.measure.width));
        let permuted = scene.permuted(&regions, &industries);
        for id in ["cilq", "flq", "aflq"] {
            let before = by_pair(&compute(id, &[], &Input::new(scene.measure.slice())));
            for ((r, i, j), after) in by_pair(&compute(id, &[], &Input::new(permuted.measure.slice()))) {
                let old = (regions[r as usize] as u32, industries[i as usize] as u32, industries[j as usize] as u32);
                match (before[&old], after) {
                    (Ok(a), Ok(b)) => assert!(near(a, b), "{id} {seed}"),
                    (a, b) => assert_eq!(a, b, "{id} {seed}"),
                }
            }
        }
    }
}

#[test]
fn small_regions_import_and_specialised_users_import_less() {
    for seed in 0..100 {
        let (_, width, cells) = complete(&mut Dice::new(seed));
        let input = Input::new(Slice::dense(width, &cells[..]));
        let quotients = value("location_quotient", &input);
        let own = |r: u32, i: u32| quotients[r as usize * width + i as usize].unwrap();
        let cross = by_pair(&compute("cilq", &[], &input));
        let sized = by_pair(&compute("flq", &[], &input));
        let plain = by_pair(&compute("flq", &[("delta", 0.0)], &input));
        let augmented = by_pair(&compute("aflq", &[], &input));
        for (pair @ (r, i, j), sized) in &sized {
            let base = if i == j { own(*r, *i) } else { cross[pair].unwrap() };
            assert!(near(plain[pair].unwrap(), base));
            assert!(sized.unwrap() <= base * (1.0 + 1e-12));
            let rise = augmented[pair].unwrap() / sized.unwrap();
            assert!(if own(*r, *j) > 1.0 { rise >= 1.0 } else { near(rise, 1.0) });
        }
    }
}

/// What a region draws of an industry with this chance.
fn binomial(dice: &mut Dice, n: usize, chance: f64) -> f64 {
    (0..n).filter(|_| dice.positive() < 1000.0 * chance).count() as f64
}

#[test]
fn intervals_cover_the_true_quotient_and_p_values_are_uniform() {
    const DRAWS: u64 = 2000;
    let ask = Ask { infer: Infer::Analytic, draws: 1, seed: 0, level: 0.95, alternative: Alternative::TwoSided };
    let sizes = [300, 500, 700];
    for (name, chances) in [("equal", [0.2, 0.2, 0.2]), ("unequal", [0.35, 0.2, 0.1])] {
        let mean = sizes.iter().zip(chances).map(|(n, p)| f64::from(*n) * p).sum::<f64>() / 1500.0;
        let (mut covered, mut covered_log, mut rejected) = (0, 0, 0);
        for seed in 0..DRAWS {
            let mut dice = Dice::new(seed);
            let cells: Vec<Value> = sizes
                .iter()
                .zip(chances)
                .flat_map(|(n, p)| {
                    let x = binomial(&mut dice, *n as usize, p);
                    [Ok(x), Ok(f64::from(*n) - x)]
                })
                .collect();
            let input = Input::new(Slice::dense(2, cells));
            let first = |id: &str| {
                let index = find(id).unwrap();
                let columns = index.infer(&input, &params(index, &[]), &ask).unwrap();
                columns.into_iter().map(|(_, column)| column[0].unwrap()).collect::<Vec<f64>>()
            };
            let truth = chances[0] / mean;
            let [_, lower, upper, p] = first("location_quotient")[..] else { panic!("four columns") };
            covered += usize::from((lower..=upper).contains(&truth));
            rejected += usize::from(p < 0.05);
            let [_, lower, upper, _] = first("log_location_quotient")[..] else { panic!("four columns") };
            covered_log += usize::from((lower..=upper).contains(&truth.ln()));
        }
        let share = |count: usize| count as f64 / DRAWS as f64;
        println!(
            "{name} chances: 95 % intervals cover LQ in {:.3} and ln LQ in {:.3}, LQ = 1 rejected at 5 % in {:.3}",
            share(covered),
            share(covered_log),
            share(rejected)
        );
        assert!((share(covered) - 0.95).abs() < 0.02 && (share(covered_log) - 0.95).abs() < 0.02);
        assert!(if name == "equal" { (share(rejected) - 0.05).abs() < 0.02 } else { share(rejected) > 0.9 });
    }
}

#[test]
fn analytic_columns_belong_to_the_cells() {
    let ask = Ask { infer: Infer::Analytic, draws: 1, seed: 0, level: 0.95, alternative: Alternative::Less };
    for index in ["location_quotient", "log_location_quotient"].map(|id| find(id).unwrap()) {
        let params = params(index, &[]);
        for seed in 0..200 {
            let scene = Dice::new(seed).scene();
            let input = Input::new(scene.measure.slice());
            for (name, column) in index.infer(&input, &params, &ask).unwrap() {
                assert_eq!(column.len(), scene.measure.values.len(), "{name}");
                let sane = |x: &f64| x.is_finite() && (!name.ends_with("_p") || (0.0..=1.0).contains(x));
                assert!(column.iter().flatten().all(sane), "{name}");
            }
            assert!(index.infer(&input, &params, &Ask { infer: Infer::BootstrapUnits, ..ask }).is_none());
        }
    }
}
