//! Laws and figures of the family `dynamics`.

use crate::scene::{Cells, Dice};
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Index, Input, Output, Shape, find};
use agglo::numeric::Stop;
use agglo::panel::{Absent, Slice, SpatialWeights, Value};
use std::collections::BTreeMap;

const FAMILY: [&str; 15] = [
    "growth_rate",
    "instability",
    "entry",
    "exit",
    "survival",
    "specialisation_turnover",
    "concentration_change",
    "shift_share",
    "shift_share_esteban_marquillas",
    "shift_share_arcelus",
    "shift_share_dynamic",
    "shift_share_spatial",
    "markov_transition",
    "markov_mobility",
    "markov_steady_state",
];

fn params(index: &dyn Index, given: &[(&str, Raw)]) -> Params {
    let given: BTreeMap<_, _> = given.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())).collect();
    Params::parse(index.card(), &given, "params").unwrap()
}

fn number(x: f64) -> Raw {
    Raw::Number(x)
}

fn word(word: &str) -> Raw {
    Raw::Text(word.to_owned())
}

/// Every region borders on the next.
fn ring(regions: usize) -> SpatialWeights {
    SpatialWeights::from_contiguity(regions, (0..regions).map(|r| (r, (r + 1) % regions)).filter(|(a, b)| a != b))
}

/// Of periods, the latest first.
fn compute(id: &str, periods: &[Option<Slice<'_>>], given: &[(&str, Raw)]) -> Output {
    let index = find(id).unwrap();
    let now = periods[0].clone().unwrap();
    let neighbours = ring(now.regions());
    let mut input = Input::new(now);
    input.past = periods[1..].to_vec();
    input.neighbours = Some(&neighbours);
    index.compute(&input, &params(index, given))
}

fn part(output: &Output, name: &str) -> Vec<Value> {
    output.parts.iter().find(|(part, _)| *part == name).unwrap_or_else(|| panic!("no part {name}")).1.clone()
}

/// Complete periods of positive numbers.
fn complete(dice: &mut Dice, periods: usize, regions: usize, width: usize) -> Vec<Cells> {
    let cells = |dice: &mut Dice| (0..regions * width).map(|_| Ok(dice.positive())).collect();
    (0..periods).map(|_| Cells { width, values: cells(dice) }).collect()
}

fn slices(periods: &[Cells]) -> Vec<Option<Slice<'_>>> {
    periods.iter().map(|cells| Some(cells.slice())).collect()
}

fn assert_near(a: Value, b: Value, label: &str) {
    match (a, b) {
        (Ok(a), Ok(b)) => assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0), "{a} and {b}: {label}"),
        (a, b) => assert_eq!(a, b, "{label}"),
    }
}

#[test]
fn sparse_periods_say_the_same_as_dense_ones() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let (regions, width) = (2 + dice.below(6), 2 + dice.below(4));
        let listed = |dice: &mut Dice| -> Vec<Vec<(u32, Value)>> {
            let region = |dice: &mut Dice| {
                let some: Vec<u32> = (0..width as u32).filter(|_| dice.below(3) > 0).collect();
                some.into_iter().map(|industry| (industry, dice.value())).collect()
            };
            (0..regions).map(|_| region(dice)).collect()
        };
        let sparse: Vec<_> = (0..4).map(|_| Some(Slice::listed(width, &listed(&mut dice)))).collect();
        let spread = |slice: &Slice<'_>| Slice::dense(width, slice.spread().into_owned());
        let dense: Vec<_> = sparse.iter().map(|slice| slice.as_ref().map(spread)).collect();
        for id in FAMILY {
            for by in ["region", "cell"] {
                let splits = id.starts_with("shift");
                let given = if splits { vec![("by", word(by)), ("span", number(3.0))] } else { vec![] };
                let (ours, theirs) = (compute(id, &sparse, &given), compute(id, &dense, &given));
                for ((name, ours_of), (_, theirs_of)) in ours.parts.iter().zip(&theirs.parts) {
                    let theirs_of: Vec<Value> = match ours.shape {
                        Shape::Cell => {
                            let cells = sparse[0].as_ref().unwrap().cells();
                            cells.map(|(region, industry, _)| theirs_of[region * width + industry]).collect()
                        }
                        _ => theirs_of.clone(),
                    };
                    assert_eq!(ours_of.len(), theirs_of.len(), "{id} {name}");
                    for (a, b) in ours_of.iter().zip(theirs_of) {
                        assert_near(*a, b, &format!("{id} {name} of seed {seed}"));
                    }
                }
            }
        }
    }
}

#[test]
fn a_gap_at_the_start_leaves_nothing() {
    let mut dice = Dice::new(7);
    let periods = complete(&mut dice, 2, 4, 3);
    for id in FAMILY.iter().filter(|id| !id.starts_with("markov")) {
        let output = compute(id, &[Some(periods[0].slice()), None, Some(periods[1].slice())], &[("span", number(1.0))]);
        for (name, values) in &output.parts {
            assert!(values.iter().all(|value| *value == Err(Absent::NoPeriod)), "{id} {name}: {values:?}");
        }
    }
    for id in FAMILY.iter().filter(|id| id.starts_with("markov")) {
        let output = compute(id, &[Some(periods[0].slice()), None, Some(periods[1].slice())], &[]);
        assert!(output.parts[0].1.iter().all(|value| *value == Err(Absent::NoPeriod)), "{id}");
    }
}

#[test]
fn the_mix_cancels_over_the_nation_and_the_shift_over_an_industry() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let (regions, width) = (1 + dice.below(6), 1 + dice.below(5));
        let periods = complete(&mut dice, 4, regions, width);
        for id in ["shift_share", "shift_share_dynamic"] {
            let output = compute(id, &slices(&periods), &[("by", word("cell")), ("span", number(3.0))]);
            let mix: f64 = part(&output, "industry_mix").into_iter().flatten().sum();
            assert!(mix.abs() < 1e-8, "{id}: the mix sums to {mix}");
            let shift = part(&output, "regional_shift");
            for industry in 0..width {
                let sum: f64 = shift.iter().skip(industry).step_by(width).flatten().sum();
                assert!(sum.abs() < 1e-8, "{id}: the shift of an industry sums to {sum}");
            }
        }
        let one = compute("shift_share", &slices(&periods), &[]);
        let dynamic = compute("shift_share_dynamic", &slices(&periods), &[("span", number(1.0))]);
        for ((name, a), (_, b)) in one.parts.iter().zip(&dynamic.parts) {
            a.iter().zip(b).for_each(|(a, b)| assert_near(*a, *b, name));
        }
    }
}

#[test]
fn arcelus_nests_esteban_marquillas_nests_dunn() {
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let (regions, width) = (1 + dice.below(6), 1 + dice.below(4));
        let cells = |dice: &mut Dice| (0..regions * width).map(|_| dice.value()).collect();
        let periods: Vec<_> = (0..2).map(|_| Cells { width, values: cells(&mut dice) }).collect();
        for by in ["region", "cell"] {
            let of = |id: &str| compute(id, &slices(&periods), &[("by", word(by))]);
            let (dunn, esteban, arcelus) =
                (of("shift_share"), of("shift_share_esteban_marquillas"), of("shift_share_arcelus"));
            let same = |wide: &Output, name: &str, narrow: &Output, names: &[&str]| {
                for (row, whole) in part(wide, name).into_iter().enumerate() {
                    let sum = names.iter().map(|name| part(narrow, name)[row]).sum::<Value>();
                    assert_near(whole, sum, &format!("{name} = {names:?}, seed {seed}"));
                }
            };
            same(&dunn, "regional_shift", &esteban, &["competitive", "allocation", "from_zero"]);
            same(&dunn, "national", &arcelus, &["national_expected", "national_differential"]);
            same(&dunn, "industry_mix", &arcelus, &["industry_expected", "industry_differential"]);
            same(&esteban, "competitive", &arcelus, &["region_expected", "region_industry_expected"]);
            same(&esteban, "allocation", &arcelus, &["region_differential", "region_industry_differential"]);
        }
    }
}

#[test]
fn growth_rates_have_their_bounds_and_add_up() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let cells = |dice: &mut Dice| (0..12).map(|_| dice.value()).collect();
        let periods: Vec<_> = (0..3).map(|_| Cells { width: 3, values: cells(&mut dice) }).collect();
        let of = |periods: &[Cells], kind: &str, span: f64| {
            part(&compute("growth_rate", &slices(periods), &[("kind", word(kind)), ("span", number(span))]), "value")
        };
        let bounded = of(&periods, "davis_haltiwanger", 1.0);
        assert!(bounded.iter().flatten().all(|rate| (-2.0..=2.0).contains(rate)), "{bounded:?}");
        let steps = of(&periods, "log", 1.0).into_iter().zip(of(&periods[1..], "log", 1.0));
        for (whole, (last, first)) in of(&periods, "log", 2.0).into_iter().zip(steps) {
            if let (Ok(last), Ok(first)) = (last, first) {
                assert_near(whole, Ok(first + last), "log growth adds up");
            }
        }
    }
}

/// The table whose rows and columns are multiplied by numbers keeps its odds ratios.
fn rescaled(dice: &mut Dice, cells: &Cells) -> Cells {
    let rows: Vec<f64> = (0..cells.regions()).map(|_| dice.positive()).collect();
    let columns: Vec<f64> = (0..cells.width).map(|_| dice.positive()).collect();
    let values = cells.values.iter().enumerate();
    let values = values.map(|(cell, x)| x.map(|x| x * rows[cell / cells.width] * columns[cell % cells.width]));
    Cells { width: cells.width, values: values.collect() }
}

#[test]
fn margins_alone_change_no_structure() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let (regions, width) = (2 + dice.below(4), 2 + dice.below(3));
        let mut periods = complete(&mut dice, 2, regions, width);
        let there = compute("concentration_change", &slices(&periods), &[]);
        periods.reverse();
        let back = compute("concentration_change", &slices(&periods), &[]);
        for name in ["structural", "region_marginal", "industry_marginal", "total"] {
            assert_near(part(&there, name)[0], part(&back, name)[0].map(|x| -x), name);
        }
        periods[0] = rescaled(&mut dice, &periods[1]);
        let margins = compute("concentration_change", &slices(&periods), &[]);
        assert_near(part(&margins, "structural")[0], Ok(0.0), "structural");
        assert_near(part(&margins, "additions")[0], Ok(0.0), "additions");
    }
}

#[test]
fn a_raised_flag_ends_the_fitting() {
    let stop = Stop::default();
    stop.raise();
    let periods = complete(&mut Dice::new(1), 2, 3, 3);
    let index = find("concentration_change").unwrap();
    let mut input = Input::new(periods[0].slice());
    input.past = vec![Some(periods[1].slice())];
    input.stop = Some(&stop);
    assert!(part(&index.compute(&input, &params(index, &[])), "structural")[0].is_err());
}

/// A chain that is known, of three classes.
const KNOWN: [[f64; 3]; 3] = [[0.8, 0.2, 0.0], [0.1, 0.7, 0.2], [0.0, 0.3, 0.7]];

/// Periods of regions that move by the known chain; the cut points of Quah tell the classes apart.
fn moved(dice: &mut Dice, regions: usize, periods: usize) -> Vec<Cells> {
    let mut class: Vec<usize> = (0..regions).map(|_| dice.below(3)).collect();
    let mut found = Vec::new();
    for _ in 0..periods {
        for class in &mut class {
            let draw = dice.positive() / 1000.0;
            *class = (0..2).find(|to| draw < KNOWN[*class][..=*to].iter().sum()).unwrap_or(2);
        }
        let values = class.iter().map(|class| Ok(VALUES[*class])).collect();
        found.insert(0, Cells { width: 1, values });
    }
    found
}

/// What the regions of each class have, so that their mean stays near 1.
const VALUES: [f64; 3] = [0.02, 0.65, 2.25];
/// The classes of Quah that they then fall into.
const CLASSES: [usize; 3] = [0, 2, 4];

#[test]
fn a_known_chain_is_recovered_and_its_intervals_cover() {
    let index = find("markov_transition").unwrap();
    let params = params(index, &[("cuts", word("quah"))]);
    let ask = Ask { infer: Infer::Analytic, draws: 1, seed: 1, level: 0.9, alternative: Alternative::TwoSided };
    let (mut covered, mut told) = (0, 0);
    for seed in 0..200 {
        let periods = moved(&mut Dice::new(seed), 1000, 6);
        let mut input = Input::new(periods[0].slice());
        input.past = slices(&periods[1..]);
        let probability = index.compute(&input, &params).parts.remove(0).1;
        let extra = index.infer(&input, &params, &ask).unwrap();
        for (from, row) in KNOWN.iter().enumerate() {
            for (to, truth) in row.iter().enumerate().filter(|(_, truth)| **truth > 0.0) {
                let cell = CLASSES[from] * 5 + CLASSES[to];
                assert!((probability[cell].unwrap() - truth).abs() < 0.08, "{from} {to}: {:?}", probability[cell]);
                told += 1;
                let inside = (extra[1].1[cell].unwrap()..=extra[2].1[cell].unwrap()).contains(truth);
                covered += usize::from(inside);
            }
        }
    }
    let share = f64::from(covered as u32) / f64::from(told);
    println!("{share:.3} of {told} intervals of level 0.9 cover the truth");
    assert!((share - 0.9).abs() < 0.03, "{share}");
}

#[test]
fn the_steady_state_maps_to_itself() {
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let periods = complete(&mut dice, 9, 12, 1);
        let given = [("classes", number(3.0))];
        let p = part(&compute("markov_transition", &slices(&periods), &given), "probability");
        let share = part(&compute("markov_steady_state", &slices(&periods), &given), "share");
        for to in 0..3 {
            let mapped = (0..3).map(|from| Ok(share[from]? * p[from * 3 + to]?)).sum::<Value>();
            assert_near(mapped, share[to], "steady state");
        }
    }
    // Nobody ever moves: every distribution is steady.
    let still = Cells { width: 1, values: (0..9).map(|x| Ok(f64::from(x))).collect() };
    let periods = vec![Some(still.slice()); 4];
    assert_eq!(part(&compute("markov_steady_state", &periods, &[]), "share"), [Err(Absent::OutsideDomain); 5]);
    let mobility = compute("markov_mobility", &periods, &[]);
    assert!(mobility.parts.iter().all(|(_, values)| values[0].is_ok_and(|x| x.abs() < 1e-12)), "{mobility:?}");
}
