//! Laws and figures of the family `concentration`.

use crate::scene::Dice;
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Classes, Input, Key, Output, find};
use agglo::panel::{Absent, Slice, Value};
use std::borrow::Cow;

const PLACES: usize = 12;

fn params(index: &str, given: &[(&str, &str)]) -> Params {
    let given = given.iter().map(|(name, word)| ((*name).to_owned(), Raw::Text((*word).to_owned()))).collect();
    Params::parse(find(index).unwrap().card(), &given, "").unwrap()
}

fn compute(index: &str, input: &Input<'_>, given: &[(&str, &str)]) -> Output {
    find(index).unwrap().compute(input, &params(index, given))
}

fn part(output: &Output, name: &str) -> Vec<Value> {
    output.parts.iter().find(|(part, _)| *part == name).unwrap().1.clone()
}

fn near(a: Value, b: Value, label: &str) {
    match (a, b) {
        (Ok(a), Ok(b)) => assert!((a - b).abs() < 1e-11, "{label}: {a} and {b}"),
        (a, b) => assert_eq!(a, b, "{label}"),
    }
}

/// Plants of one industry of these sizes, each with the region it lies in.
fn plants<'a>(sizes: &[f64], places: &[usize], chances: &[f64]) -> Input<'a> {
    let values: Vec<Value> = sizes.iter().map(|size| Ok(*size)).collect();
    let carried: Vec<Value> = places.iter().map(|place| Ok(chances[*place])).collect();
    let mut of: Vec<Option<usize>> = places.iter().copied().map(Some).collect();
    // Regions without a plant are known from plants of nothing.
    let (mut values, mut carried) = (values, carried);
    for (place, chance) in chances.iter().enumerate() {
        values.push(Ok(0.0));
        carried.push(Ok(*chance));
        of.push(Some(place));
    }
    Input::new(Slice::dense(1, values))
        .with_classes("region", Cow::Owned(Classes { of, names: Vec::new() }))
        .with_regional("size", carried)
}

/// The chances of twelve regions of unlike sizes.
fn chances() -> Vec<f64> {
    (1..=PLACES).map(|r| r as f64 / (PLACES * (PLACES + 1) / 2) as f64).collect()
}

fn fall(dice: &mut Dice, chances: &[f64]) -> usize {
    let mut rest = dice.positive() / 1000.0;
    chances
        .iter()
        .position(|chance| {
            rest -= chance;
            rest < 0.0
        })
        .unwrap_or(chances.len() - 1)
}

#[test]
fn plants_that_fall_by_chance_are_not_concentrated() {
    const THROWS: usize = 4000;
    let chances = chances();
    let sizes: Vec<f64> = (1..=15).map(|k| f64::from(k * k)).collect();
    for index in ["ellison_glaeser", "maurel_sedillot"] {
        let mut dice = Dice::new(5);
        let (mut values, mut scores) = (Vec::new(), Vec::new());
        for _ in 0..THROWS {
            let places: Vec<usize> = sizes.iter().map(|_| fall(&mut dice, &chances)).collect();
            let output = compute(index, &plants(&sizes, &places, &chances), &[("region", "r"), ("size", "s")]);
            values.push(part(&output, "value")[0].unwrap());
            scores.push(part(&output, "z")[0].unwrap());
        }
        let mean = values.iter().sum::<f64>() / THROWS as f64;
        let variance = scores.iter().map(|z| z * z).sum::<f64>() / THROWS as f64;
        let error = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>()).sqrt() / THROWS as f64;
        let rejected = scores.iter().filter(|z| z.abs() > 1.959_963_985).count() as f64 / THROWS as f64;
        println!("{index}: mean {mean:.5} ± {error:.5}, variance of z {variance:.3}, |z| > 1.96 in {rejected:.3}");
        assert!(mean.abs() < 4.0 * error && (variance - 1.0).abs() < 0.12 && (0.02..0.09).contains(&rejected));
    }
}

#[test]
fn thrown_plants_give_p_values_as_the_chances_say() {
    let chances = chances();
    let ask = Ask { infer: Infer::Permutation, draws: 199, seed: 7, level: 0.95, alternative: Alternative::Greater };
    for index in ["ellison_glaeser", "maurel_sedillot"] {
        let (found, mut dice) = (find(index).unwrap(), Dice::new(11));
        let given = params(index, &[("region", "r"), ("size", "s")]);
        let p = |input: &Input<'_>| found.infer(input, &given, &ask).unwrap().remove(0).1[0].unwrap();
        let sizes: Vec<f64> = (0..15).map(|k| 1.0 + f64::from(k % 4)).collect();
        assert!(p(&plants(&sizes, &[3; 15], &chances)) <= 1.0 / 200.0 + 1e-12, "all plants in one region");
        let small = (0..300).filter(|_| {
            let places: Vec<usize> = sizes.iter().map(|_| fall(&mut dice, &chances)).collect();
            p(&plants(&sizes, &places, &chances)) <= 0.1
        });
        let share = small.count() as f64 / 300.0;
        println!("{index}: p ≤ 0.1 in {share:.3} of throws by chance");
        assert!((0.05..0.15).contains(&share));
    }
}

#[test]
fn counted_plants_and_plants_of_one_size_agree() {
    let chances = chances();
    let mut dice = Dice::new(3);
    for index in ["ellison_glaeser", "maurel_sedillot"] {
        let places: Vec<usize> = (0..9).map(|_| fall(&mut dice, &chances)).collect();
        let one = compute(index, &plants(&[2.5; 9], &places, &chances), &[("region", "r"), ("size", "s")]);
        let count = |r: usize| places.iter().filter(|place| **place == r).count() as f64;
        let counts: Vec<Value> = (0..PLACES).map(|r| Ok(count(r))).collect();
        let size: Vec<Value> = chances.iter().map(|x| Ok(*x)).collect();
        let input = Input::new(Slice::dense(1, counts.clone()))
            .with_cells("plants", Slice::dense(1, counts))
            .with_regional("size", size);
        let other = compute(index, &input, &[("plants", "n"), ("size", "s")]);
        for ((name, a), (_, b)) in one.parts.iter().zip(&other.parts) {
            near(a[0], b[0], name);
        }
    }
}

#[test]
fn plants_that_disagree_on_their_region_have_no_sizes() {
    let values = vec![Ok(1.0), Ok(2.0), Ok(3.0)];
    let classes = Classes { of: vec![Some(0), Some(0), Some(1)], names: Vec::new() };
    let size: Vec<Value> = vec![Ok(5.0), Ok(6.0), Ok(1.0)];
    let input =
        Input::new(Slice::dense(1, values)).with_classes("region", Cow::Owned(classes)).with_regional("size", size);
    let output = compute("ellison_glaeser", &input, &[("region", "r"), ("size", "s")]);
    // What lies in the region of unknown size is left out, and a plant alone has no index.
    assert_eq!(part(&output, "value")[0], Err(Absent::TooFewCategories));
}

/// A table without absent cells.
fn table(dice: &mut Dice, regions: usize, width: usize) -> Vec<Value> {
    (0..regions * width).map(|_| Ok(if dice.below(5) == 0 { 0.0 } else { dice.positive() })).collect()
}

/// The identity of Ellison and Glaeser: G/(1 − X) of the group is Σ_ij w_i w_j γ_ij, with γ_ii = γ_i (1 − H_i) + H_i.
#[test]
fn pairs_aggregate_to_their_group() {
    let mut dice = Dice::new(17);
    for _ in 0..100 {
        let (regions, width) = (2 + dice.below(6), 2 + dice.below(5));
        let values = table(&mut dice, regions, width);
        let slice = Slice::dense(width, values);
        let counts: Vec<Value> = slice.values().iter().map(|x| x.map(|x| (x / 100.0).ceil())).collect();
        let input = Input::new(slice.clone()).with_cells("plants", slice.clone().replaced(counts));
        let pairs = compute("ellison_glaeser_coagglomeration", &input, &[]);
        let group = compute("ellison_glaeser_coagglomeration_group", &input, &[]);
        let own = compute("ellison_glaeser", &input, &[("plants", "n")]);
        let (gamma, h) = (part(&own, "value"), part(&own, "herfindahl"));
        if gamma.iter().any(Result::is_err) {
            continue;
        }
        let totals: Vec<f64> = slice.industry_totals().into_iter().flatten().collect();
        let all: f64 = totals.iter().sum();
        let w: Vec<f64> = totals.iter().map(|x| x / all).collect();
        let square: f64 = w.iter().map(|w| w * w).sum();
        let [(_, Key::Industries(first)), (_, Key::Industries(second))] = &pairs.keys[..] else { panic!("keys") };
        let off: f64 = pairs.parts[0]
            .1
            .iter()
            .zip(first.iter().zip(second))
            .map(|(c, (i, j))| 2.0 * w[*i as usize] * w[*j as usize] * c.unwrap())
            .sum();
        near(group.parts[0].1[0], Ok(off / (1.0 - square)), "the mean of pairs");
        let diagonal: f64 =
            (0..width).map(|i| w[i] * w[i] * (gamma[i].unwrap() * (1.0 - h[i].unwrap()) + h[i].unwrap())).sum();
        // The group is everything here, so that its own G is 0.
        near(Ok(off + diagonal), Ok(0.0), "G of the group");
    }
}

#[test]
fn order_does_not_matter_to_pairs() {
    let mut dice = Dice::new(23);
    for index in ["ellison_glaeser_coagglomeration", "howard_colocation"] {
        for _ in 0..50 {
            let (regions, width) = (5, 4);
            let values: Vec<Value> = (0..regions * width).map(|_| dice.value()).collect();
            let (order, industries) = (dice.shuffled(regions), dice.shuffled(width));
            let cells = order.iter().flat_map(|r| industries.iter().map(move |i| r * width + i));
            let other: Vec<Value> = cells.map(|cell| values[cell]).collect();
            let rows = |values: Vec<Value>, names: &[usize]| {
                let output = compute(index, &Input::new(Slice::dense(width, values)), &[]);
                let [(_, Key::Industries(a)), (_, Key::Industries(b))] = &output.keys[..] else { panic!("keys") };
                let pair = |(a, b): (&u32, &u32)| {
                    let (a, b) = (names[*a as usize], names[*b as usize]);
                    (a.min(b), a.max(b))
                };
                let mut rows: Vec<_> = a.iter().zip(b).map(pair).zip(output.parts[0].1.clone()).collect();
                rows.sort_by_key(|(pair, _)| *pair);
                rows
            };
            let plain: Vec<usize> = (0..width).collect();
            for ((pair, a), (_, b)) in rows(values, &plain).into_iter().zip(rows(other, &industries)) {
                near(a, b, &format!("{index} {pair:?}"));
            }
        }
    }
}

#[test]
fn industries_of_one_distribution_coagglomerate() {
    let column = [8.0, 1.0, 1.0, 0.0];
    let values: Vec<Value> = column.iter().flat_map(|x| [Ok(*x), Ok(3.0 * x), Ok(2.0)]).collect();
    let output = compute("ellison_glaeser_coagglomeration", &Input::new(Slice::dense(3, values)), &[]);
    let values = part(&output, "value");
    assert!(values[0].unwrap() > 0.0 && values[1].unwrap() < 0.0 && values[2].unwrap() < 0.0, "{values:?}");
}

#[test]
fn information_adds_up_over_industries_and_groups() {
    let mut dice = Dice::new(29);
    for _ in 0..200 {
        let (regions, width) = (1 + dice.below(7), 1 + dice.below(5));
        let values: Vec<Value> = (0..regions * width).map(|_| dice.value()).collect();
        let slice = Slice::dense(width, values);
        let mut groups = |n: usize, of: usize| {
            let of = (0..n).map(|_| Some(dice.below(of))).collect();
            Cow::Owned(Classes { of, names: Vec::new() })
        };
        let (of_regions, of_industries) = (groups(regions, 3), groups(width, 2));
        let input = Input::new(slice)
            .with_classes("groups", of_regions)
            .with_industry_classes("industry_groups", of_industries);
        let whole = compute("mutual_information", &input, &[("groups", "g"), ("industry_groups", "k")]);
        let m = part(&whole, "value")[0];
        for of in ["regions", "industries"] {
            let [between, within] = ["between", "within"].map(|name| part(&whole, &format!("{name}_{of}"))[0]);
            near(m, between.and_then(|between| Ok(between + within?)), of);
        }
        let local = compute("local_mutual_information", &input, &[]);
        let terms = part(&local, "value").into_iter().zip(part(&local, "weight"));
        let sum: f64 = terms.map(|(value, weight)| value.and_then(|d| Ok(d * weight?)).unwrap_or_default()).sum();
        near(m, m.map(|_| sum), "Σ p_i D_i");
        assert!(part(&whole, "h")[0].is_err() || part(&whole, "h")[0].unwrap() <= 1.0 + 1e-12);
    }
}

#[test]
fn cells_that_are_not_listed_are_missing() {
    let mut dice = Dice::new(31);
    for _ in 0..100 {
        let (regions, width) = (6, 4);
        let listed: Vec<Vec<(u32, Value)>> = (0..regions)
            .map(|_| (0..width as u32).map(|i| (i, dice.value())).filter(|(_, x)| *x != Err(Absent::Missing)).collect())
            .collect();
        let sparse = Slice::listed(width, &listed);
        let dense = Slice::dense(width, sparse.spread().into_owned());
        let twos = |slice: &Slice<'_>| vec![Ok(2.0); slice.values().len()];
        let input = |slice: &Slice<'static>| {
            Input::new(slice.clone()).with_cells("plants", slice.clone().replaced(twos(slice)))
        };
        for (index, given) in [
            ("gini", &[("over", "regions"), ("reference", "total")][..]),
            ("gini_of_quotients", &[("over", "regions")]),
            ("concentration_ratio", &[]),
            ("ellison_glaeser", &[("plants", "n")]),
            ("ellison_glaeser", &[("plants", "n"), ("reference", "mean")]),
            ("maurel_sedillot", &[("plants", "n")]),
            ("ellison_glaeser_coagglomeration", &[]),
            ("ellison_glaeser_coagglomeration_group", &[("reference", "mean")]),
            ("howard_colocation", &[]),
            ("mutual_information", &[]),
            ("local_mutual_information", &[]),
        ] {
            assert_eq!(compute(index, &input(&sparse), given), compute(index, &input(&dense), given), "{index}");
        }
    }
}
