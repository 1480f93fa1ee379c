//! The laws on the cards hold for random data, with zeros and absent cells, under every choice of parameters.

use crate::scene::{Dice, Scene, choices};
use agglo::card::{Law, Params};
use agglo::indices::{Index, Output, Shape, all};
use agglo::panel::{Absent, Value};
use std::collections::BTreeMap;

/// Random cross-sections an index and a choice of its parameters are tried on.
const SCENES: u64 = 300;
/// Differences below this, relative to the larger number (or to 1), are rounding.
const ROUNDING: f64 = 1e-9;

/// Calls `check` for every index, choice of parameters and random scene that go together.
fn everywhere(law: impl Fn(&dyn Index) -> bool, check: impl Fn(&Trial<'_>, &mut Dice)) {
    let mut tried = 0;
    for index in all().filter(|index| law(*index)) {
        for (number, given) in choices(index).iter().enumerate() {
            let params = Params::parse(index.card(), given, "params").unwrap();
            for seed in 0..SCENES {
                let mut dice = Dice::new(seed * 1000 + number as u64);
                let scene = dice.scene();
                if index.check(&params, &scene.facts()).is_ok() {
                    tried += 1;
                    check(&Trial { index, params: &params, scene: &scene }, &mut dice);
                }
            }
        }
    }
    assert!(tried > 0, "no index obeys the law");
}

/// One index with its parameters on one scene.
struct Trial<'a> {
    index: &'a dyn Index,
    params: &'a Params,
    scene: &'a Scene,
}

impl Trial<'_> {
    fn output(&self) -> Output {
        self.of(self.scene)
    }

    fn of(&self, scene: &Scene) -> Output {
        scene.compute(self.index, self.params)
    }

    fn label(&self) -> String {
        format!("{} with {:?} on {:?}", self.index.card().id, self.params, self.scene)
    }

    fn obeys(&self, law: Law) -> bool {
        self.index.card().laws.contains(&law)
    }
}

fn near(a: Value, b: Value) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() <= ROUNDING * a.abs().max(b.abs()).max(1.0),
        (a, b) => a == b,
    }
}

fn law(law: Law) -> impl Fn(&dyn Index) -> bool {
    move |index| index.card().laws.contains(&law)
}

#[test]
fn answers_have_their_shape_and_absent_cells_their_reason() {
    everywhere(
        |_| true,
        |trial, _| {
            let (output, grid) = (trial.output(), &trial.scene.measure);
            assert_eq!(output.shape, trial.index.shape(trial.params, grid.width), "{}", trial.label());
            let rows = match output.shape {
                Shape::Cell | Shape::Grid => grid.values.len(),
                Shape::Region => grid.regions(),
                Shape::Industry => grid.width,
                Shape::Nation => 1,
                Shape::Listed => output.parts[0].1.len(),
            };
            for (name, key) in &output.keys {
                assert_eq!(length(key), rows, "{name} of {}", trial.label());
            }
            for (name, values) in &output.parts {
                assert_eq!(values.len(), rows, "{name} of {}", trial.label());
                assert!(values.iter().flatten().all(|x| x.is_finite()), "{name} of {}", trial.label());
            }
            // An absent cell has no value of its own; a grid and a table of sectors speak of other things.
            if output.shape == Shape::Cell {
                for (own, value) in grid.values.iter().zip(&output.parts[0].1).filter(|(own, _)| own.is_err()) {
                    assert_eq!(own, value, "{}", trial.label());
                }
            }
        },
    );
}

#[test]
fn scale_changes_nothing() {
    everywhere(law(Law::ScaleInvariant), |trial, _| {
        let (output, scaled) = (trial.output(), trial.of(&trial.scene.scaled(7.3)));
        for ((name, before), (_, after)) in output.parts.iter().zip(&scaled.parts) {
            for (a, b) in before.iter().zip(after) {
                assert!(near(*a, *b), "{name}: {a:?} becomes {b:?}, {}", trial.label());
            }
        }
    });
}

#[test]
fn scale_multiplies() {
    everywhere(law(Law::ScaleEquivariant), |trial, _| {
        let (output, scaled) = (trial.output(), trial.of(&trial.scene.scaled(7.3)));
        for (a, b) in output.parts[0].1.iter().zip(&scaled.parts[0].1) {
            assert!(near(a.map(|a| a * 7.3), *b), "{a:?} becomes {b:?}, {}", trial.label());
        }
    });
}

#[test]
fn order_does_not_matter() {
    everywhere(law(Law::PermutationEquivariant), |trial, dice| {
        let grid = &trial.scene.measure;
        let (regions, industries) = (dice.shuffled(grid.regions()), dice.shuffled(grid.width));
        let (output, permuted) = (trial.output(), trial.of(&trial.scene.permuted(&regions, &industries)));
        let place = |row: usize| match output.shape {
            Shape::Cell | Shape::Grid => regions[row / grid.width] * grid.width + industries[row % grid.width],
            Shape::Region => regions[row],
            Shape::Industry => industries[row],
            Shape::Nation => 0,
            Shape::Listed => row,
        };
        for ((name, before), (_, after)) in output.parts.iter().zip(&permuted.parts) {
            for (row, after) in after.iter().enumerate() {
                let before = before[place(row)];
                assert!(near(before, *after), "{name}: {before:?} becomes {after:?}, {}", trial.label());
            }
        }
    });
}

#[test]
fn regions_sum_to_their_number() {
    everywhere(law(Law::SumsToRegions), |trial, _| {
        let values = trial.output().parts.remove(0).1;
        let present: Vec<f64> = values.into_iter().flatten().collect();
        let sum: f64 = present.iter().sum();
        assert!(near(Ok(sum), Ok(present.len() as f64)), "{sum}, {}", trial.label());
    });
}

#[test]
fn equal_shares_are_zero_or_one() {
    everywhere(
        |index| [Law::ZeroWhenEqual, Law::OneWhenEqual].iter().any(|law| index.card().laws.contains(law)),
        |trial, dice| {
            let expected = if trial.obeys(Law::ZeroWhenEqual) { 0.0 } else { 1.0 };
            let grid = &trial.scene.measure;
            let mut scenes = vec![trial.scene.equal()];
            let relative = trial.index.needs_industries()
                || ["total", "others"].iter().any(|word| trial.params.chooses("reference", word));
            if relative && grid.width > 1 && trial.params.text("weights").is_none() {
                scenes.push(trial.scene.same_structure(dice));
            }
            for scene in scenes {
                for value in &trial.of(&scene).parts[0].1 {
                    let alone = grid.regions() == 1 || grid.width == 1;
                    let lacks_others = alone && *value == Err(Absent::TooFewCategories);
                    let equal = value.is_ok_and(|x| (x - expected).abs() <= 1e-12);
                    assert!(equal || lacks_others, "{value:?} of {scene:?}, {}", trial.label());
                }
            }
        },
    );
}

#[test]
fn values_stay_in_their_bounds() {
    let bounds = |index: &dyn Index| {
        index.card().laws.iter().find_map(|law| match law {
            Law::Within(least, most) => Some((f64::from(*least), f64::from(*most))),
            Law::NonNegative => Some((0.0, f64::INFINITY)),
            Law::AtLeast(least) => Some((f64::from(*least), f64::INFINITY)),
            _ => None,
        })
    };
    everywhere(
        |index| bounds(index).is_some(),
        |trial, _| {
            let (least, most) = bounds(trial.index).unwrap();
            for x in trial.output().parts[0].1.iter().flatten() {
                assert!((least - 1e-12..=most + 1e-12).contains(x), "{x}, {}", trial.label());
            }
        },
    );
}

#[test]
fn between_and_within_add_up() {
    everywhere(law(Law::AddsUp), |trial, _| {
        let parts: BTreeMap<_, _> = trial.output().parts.into_iter().collect();
        if let (Some(between), Some(within)) = (parts.get("between"), parts.get("within")) {
            let sum = between[0].and_then(|b| Ok(b + within[0]?));
            assert!(near(parts["total"][0], sum), "{parts:?}, {}", trial.label());
        }
    });
}

#[test]
fn parts_sum_to_what_they_decompose() {
    let parts_of = |index: &dyn Index| {
        index.card().laws.iter().find_map(|law| match law {
            Law::Decomposes(total, parts) => Some((*total, *parts)),
            _ => None,
        })
    };
    everywhere(
        |index| parts_of(index).is_some(),
        |trial, _| {
            let (total, names) = parts_of(trial.index).unwrap();
            let parts: BTreeMap<_, _> = trial.output().parts.into_iter().collect();
            for (row, total) in parts[total].iter().enumerate() {
                let sum = names.iter().map(|name| parts[name][row]).sum::<Value>();
                assert!(sum.is_err() || near(*total, sum), "row {row}: {total:?} {sum:?}, {}", trial.label());
            }
        },
    );
}

#[test]
fn a_constant_added_changes_nothing() {
    everywhere(law(Law::TranslationInvariant), |trial, _| {
        let (output, shifted) = (trial.output(), trial.of(&trial.scene.shifted(100.0)));
        for (a, b) in output.parts[0].1.iter().zip(&shifted.parts[0].1) {
            assert!(near(*a, *b), "{a:?} becomes {b:?}, {}", trial.label());
        }
    });
}

#[test]
fn values_sum_to_a_whole_number() {
    let sum_of = |index: &dyn Index| {
        index.card().laws.iter().find_map(|law| if let Law::SumsTo(sum) = law { Some(f64::from(*sum)) } else { None })
    };
    everywhere(
        |index| sum_of(index).is_some(),
        |trial, _| {
            let present: Vec<f64> = trial.output().parts.remove(0).1.into_iter().flatten().collect();
            let sum: f64 = present.iter().sum();
            let size: f64 = present.iter().map(|x| x.abs()).sum();
            let expected = sum_of(trial.index).unwrap();
            let holds = present.is_empty() || (sum - expected).abs() <= ROUNDING * size.max(1.0);
            assert!(holds, "{sum}, {}", trial.label());
        },
    );
}

#[test]
fn every_region_twice_changes_nothing() {
    everywhere(law(Law::ReplicationInvariant), |trial, _| {
        let (regions, width) = (trial.scene.measure.regions(), trial.scene.measure.width);
        let twice: Vec<usize> = (0..regions).chain(0..regions).collect();
        let output = trial.output();
        let doubled = trial.of(&trial.scene.permuted(&twice, &(0..width).collect::<Vec<_>>()));
        let (first, again) = (&output.parts[0].1, &doubled.parts[0].1);
        for (a, b) in first.iter().zip(again) {
            assert!(near(*a, *b), "{a:?} becomes {b:?}, {}", trial.label());
        }
    });
}

fn length(key: &agglo::indices::Key) -> usize {
    use agglo::indices::Key;
    match key {
        Key::Regions(rows) | Key::Industries(rows) => rows.len(),
        Key::Texts(rows) => rows.len(),
        Key::Numbers(_, rows) => rows.len(),
    }
}
