//! Laws and figures of the family `specialisation`.

use crate::scene::{Dice, Scene};
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Classes, Index, Input, find};
use agglo::panel::{Absent, Slice, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

const OF_REGIONS: [&str; 6] = [
    "relative_specialisation",
    "relative_diversity",
    "hachman",
    "simpson_diversity",
    "related_variety",
    "unrelated_variety",
];

fn params(index: &dyn Index) -> Params {
    let required = index.card().params.iter().filter(|param| param.domain.is_required());
    let given = required.map(|param| (param.name.to_owned(), Raw::Text("column".into()))).collect();
    Params::parse(index.card(), &given, "params").unwrap()
}

fn parts(id: &str, input: &Input<'_>) -> BTreeMap<&'static str, Vec<Value>> {
    let index = find(id).unwrap();
    index.compute(input, &params(index)).parts.into_iter().collect()
}

fn grouped<'a>(slice: Slice<'a>, groups: &[Option<usize>]) -> Input<'a> {
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    Input::new(slice).with_industry_classes("groups", Cow::Owned(Classes { of: groups.to_vec(), names }))
}

fn scenes() -> impl Iterator<Item = Scene> {
    (0..300).map(|seed| Dice::new(seed).scene())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn variety_adds_up_to_the_entropy_of_the_catalogue() {
    for scene in scenes().filter(|scene| scene.measure.width > 1) {
        let input = grouped(scene.measure.slice(), &scene.industry_groups);
        let (variety, unrelated) = (parts("related_variety", &input), parts("unrelated_variety", &input));
        let entropy = parts("entropy", &input);
        for (region, total) in variety["total"].iter().enumerate() {
            assert_eq!(variety["unrelated"][region], unrelated["value"][region]);
            match (total, entropy["value"][region]) {
                (Ok(bits), Ok(nats)) => {
                    let sum = variety["related"][region].unwrap() + unrelated["value"][region].unwrap();
                    assert!(near(*bits, nats / 2.0_f64.ln()) && near(*bits, sum));
                }
                (bits, nats) => assert_eq!(*bits, nats),
            }
        }
    }
}

#[test]
fn one_class_has_no_unrelated_variety_and_classes_of_one_no_related() {
    for scene in scenes().filter(|scene| scene.measure.width > 1) {
        let width = scene.measure.width;
        let together = grouped(scene.measure.slice(), &vec![Some(0); width]);
        assert!(parts("unrelated_variety", &together)["value"].iter().flatten().all(|x| x.abs() < 1e-12));
        let apart = grouped(scene.measure.slice(), &(0..width).map(Some).collect::<Vec<_>>());
        assert!(parts("related_variety", &apart)["related"].iter().flatten().all(|x| x.abs() < 1e-12));
    }
}

#[test]
fn an_industry_of_unknown_class_spoils_the_split_where_it_is_present() {
    let slice = || Slice::dense(2, [1.0, 0.0, 1.0, 3.0].map(Ok).to_vec());
    let input = grouped(slice(), &[Some(0), None]);
    let variety = parts("related_variety", &input);
    assert_eq!(variety["related"], [Ok(0.0), Err(Absent::Missing)]);
    assert!(variety["total"].iter().all(Result::is_ok));
}

#[test]
fn the_indices_of_the_catalogue_agree() {
    for scene in scenes().filter(|scene| scene.measure.width > 1) {
        let input = Input::new(scene.measure.slice());
        let (krugman, hhi) = (parts("krugman", &input), parts("hhi", &input));
        let (diversity, simpson) = (parts("relative_diversity", &input), parts("simpson_diversity", &input));
        let (hachman, largest) = (parts("hachman", &input), parts("relative_specialisation", &input));
        for region in 0..scene.measure.regions() {
            if let (Ok(k), Ok(d)) = (krugman["value"][region], diversity["value"][region]) {
                assert!(near(k * d, 1.0) && d >= 0.5 - 1e-12);
            }
            if let (Ok(h), Ok(s)) = (hhi["value"][region], simpson["value"][region]) {
                assert!(near(h, 1.0 - s));
            }
            if let (Ok(h), Ok(q)) = (hachman["value"][region], hachman["average_location_quotient"][region]) {
                assert!(near(h * q, 1.0) && q <= largest["value"][region].unwrap() * (1.0 + 1e-12));
            }
        }
    }
}

#[test]
fn cells_that_are_not_listed_are_missing_ones() {
    for scene in scenes().filter(|scene| scene.measure.width > 1) {
        let slice = scene.measure.slice();
        let listed: Vec<Vec<(u32, Value)>> = (0..slice.regions())
            .map(|r| slice.region(r).filter(|(_, x)| *x != Err(Absent::Missing)).map(|(i, x)| (i as u32, x)).collect())
            .collect();
        let sparse = Slice::listed(slice.width(), &listed);
        let (dense, thin) = (grouped(slice, &scene.industry_groups), grouped(sparse, &scene.industry_groups));
        for id in OF_REGIONS {
            assert_eq!(parts(id, &dense), parts(id, &thin), "{id}");
        }
    }
}

#[test]
fn analytic_intervals_cover_the_truth() {
    const DRAWS: u64 = 1000;
    const THINGS: usize = 600;
    let chances = [0.4, 0.3, 0.2, 0.1];
    let groups = [Some(0), Some(0), Some(1), Some(1)];
    let ask = Ask { infer: Infer::Analytic, draws: 1, seed: 0, level: 0.95, alternative: Alternative::TwoSided };
    let truth = grouped(Slice::dense(4, chances.map(Ok).to_vec()), &groups);
    for (id, part) in [
        ("simpson_diversity", "value"),
        ("unrelated_variety", "value"),
        ("related_variety", "related"),
        ("related_variety", "total"),
    ] {
        let index = find(id).unwrap();
        let true_value = parts(id, &truth)[part][0].unwrap();
        let covers = |seed: u64| {
            let mut dice = Dice::new(seed);
            let mut counts = [0.0; 4];
            for _ in 0..THINGS {
                let place = dice.positive() / 1000.0;
                counts[[0.4, 0.7, 0.9, 1.0].iter().filter(|end| place > **end).count()] += 1.0;
            }
            let input = grouped(Slice::dense(4, counts.map(Ok).to_vec()), &groups);
            let columns: BTreeMap<_, _> = index.infer(&input, &params(index), &ask).unwrap().into_iter().collect();
            let bound = |name: &str| columns[&format!("{part}_{name}")][0].unwrap();
            (bound("lower")..=bound("upper")).contains(&true_value)
        };
        let covered = (0..DRAWS).filter(|seed| covers(*seed)).count() as f64 / DRAWS as f64;
        println!("{id} {part}: 95 % intervals cover the truth in {covered:.3}");
        assert!((covered - 0.95).abs() < 0.025);
    }
}
