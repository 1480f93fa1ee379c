//! The laws on the cards hold for random data, with zeros and absent cells, under every choice of parameters.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::{Domain, Law, Params, Raw};
use agglo::indices::{ALL, Index, Input, Output, Shape};
use agglo::panel::{Absent, Grid, Value};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// Random cross-sections an index and a choice of its parameters are tried on.
const SCENES: u64 = 1000;
/// Differences below this, relative to the larger number (or to 1), are rounding.
const ROUNDING: f64 = 1e-9;

/// Everything an index may read.
#[derive(Debug, Clone)]
struct Scene {
    measure: Grid,
    earlier: Grid,
    beside: Vec<Value>,
    groups: Vec<Option<usize>>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n as u64) as usize
    }

    /// A number in (0, 1000).
    fn positive(&mut self) -> f64 {
        (self.below(1_000_000) as f64 + 0.5) / 1000.0
    }

    /// Mostly numbers, some zeros, some absent.
    fn value(&mut self) -> Value {
        match self.below(20) {
            0 => Err(Absent::Missing),
            1 => Err(Absent::Suppressed),
            2 | 3 => Ok(0.0),
            _ => Ok(self.positive()),
        }
    }

    fn grid(&mut self, regions: usize, width: usize) -> Grid {
        Grid { width, values: (0..regions * width).map(|_| self.value()).collect() }
    }

    fn scene(&mut self) -> Scene {
        let (regions, width) = (1 + self.below(7), [1, 1, 2, 4][self.below(4)]);
        Scene {
            measure: self.grid(regions, width),
            earlier: self.grid(regions, width),
            beside: (0..regions).map(|_| self.value()).collect(),
            groups: (0..regions).map(|_| Some(self.below(3))).collect(),
        }
    }

    fn shuffled(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

impl Scene {
    fn compute(&self, index: &dyn Index, params: &Params) -> Output {
        let named = |domain: fn(&Domain) -> bool| {
            index.card().params.iter().any(|p| domain(&p.domain) && params.text(p.name).is_some())
        };
        let input = Input {
            measure: &self.measure,
            earlier: Some(&self.earlier),
            beside: named(|d| matches!(d, Domain::Measure { .. })).then_some(&self.beside),
            groups: named(|d| matches!(d, Domain::Groups { .. })).then_some(&self.groups),
        };
        index.compute(&input, params)
    }

    fn scaled(&self, factor: f64) -> Self {
        let scale = |grid: &Grid| Grid { values: grid.values.iter().map(|x| x.map(|x| x * factor)).collect(), ..*grid };
        Self { measure: scale(&self.measure), earlier: scale(&self.earlier), ..self.clone() }
    }

    /// The scene with its regions and industries in another order.
    fn permuted(&self, regions: &[usize], industries: &[usize]) -> Self {
        let permute = |grid: &Grid| {
            let cells = regions.iter().flat_map(|r| industries.iter().map(move |i| (*r, *i)));
            Grid { width: grid.width, values: cells.map(|(r, i)| grid.region(r)[i]).collect() }
        };
        Self {
            measure: permute(&self.measure),
            earlier: permute(&self.earlier),
            beside: regions.iter().map(|r| self.beside[*r]).collect(),
            groups: regions.iter().map(|r| self.groups[*r]).collect(),
        }
    }

    /// The scene with the same value everywhere, which has grown everywhere alike.
    fn equal(&self) -> Self {
        let constant = |grid: &Grid, x: f64| Grid { width: grid.width, values: vec![Ok(x); grid.values.len()] };
        Self {
            measure: constant(&self.measure, 3.1),
            earlier: constant(&self.earlier, 2.3),
            beside: vec![Ok(0.7); self.beside.len()],
            groups: self.groups.clone(),
        }
    }

    /// Regions and industries of all sizes, but every region of the same structure.
    fn same_structure(&self, dice: &mut Dice) -> Self {
        let industries: Vec<f64> = (0..self.measure.width).map(|_| dice.positive()).collect();
        let regions: Vec<f64> = (0..self.measure.regions()).map(|_| dice.positive()).collect();
        let values = regions.iter().flat_map(|r| industries.iter().map(move |i| Ok(r * i))).collect();
        Self { measure: Grid { width: self.measure.width, values }, ..self.clone() }
    }
}

/// Every combination of words, of optional columns given or not, and of the smallest and default numbers.
fn choices(index: &dyn Index) -> Vec<BTreeMap<String, Raw>> {
    let mut all = vec![BTreeMap::new()];
    for param in index.card().params {
        let column = |required: bool| {
            let given = Some(Raw::Text("column".to_owned()));
            if required { vec![given] } else { vec![None, given] }
        };
        let options = match param.domain {
            Domain::Number { min, default, .. } => vec![Some(Raw::Number(min)), Some(Raw::Number(default))],
            Domain::Integer { min, default, .. } => {
                vec![Some(Raw::Number(min as f64)), Some(Raw::Number(default as f64))]
            }
            Domain::Choice(words) => words.iter().map(|word| Some(Raw::Text((*word).to_owned()))).collect(),
            Domain::Measure { required } | Domain::Groups { required } => column(required),
        };
        all = all
            .into_iter()
            .flat_map(|given: BTreeMap<String, Raw>| {
                options.iter().map(move |option| {
                    let mut given = given.clone();
                    given.extend(option.clone().map(|raw| (param.name.to_owned(), raw)));
                    given
                })
            })
            .collect();
    }
    all
}

/// Calls `check` for every index, choice of parameters and random scene that go together.
fn everywhere(law: impl Fn(&dyn Index) -> bool, check: impl Fn(&Trial<'_>, &mut Dice)) {
    let mut tried = 0;
    for index in ALL.iter().filter(|index| law(**index)) {
        for (number, given) in choices(*index).iter().enumerate() {
            let params = Params::parse(index.card(), given, "params").unwrap();
            for seed in 0..SCENES {
                let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed * 1000 + number as u64));
                let scene = dice.scene();
                if index.check(&params, scene.measure.width > 1).is_ok() {
                    tried += 1;
                    check(&Trial { index: *index, params: &params, scene: &scene }, &mut dice);
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
                Shape::Cell => grid.values.len(),
                Shape::Region => grid.regions(),
                Shape::Industry => grid.width,
                Shape::Nation => 1,
            };
            for (name, values) in &output.parts {
                assert_eq!(values.len(), rows, "{name} of {}", trial.label());
                assert!(values.iter().flatten().all(|x| x.is_finite()), "{name} of {}", trial.label());
            }
            let own = match output.shape {
                Shape::Cell => grid.values.clone(),
                Shape::Region => grid.region_totals(),
                Shape::Industry => grid.industry_totals(),
                Shape::Nation => return,
            };
            for (own, value) in own.iter().zip(&output.parts[0].1).filter(|(own, _)| own.is_err()) {
                assert_eq!(own, value, "{}", trial.label());
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
            Shape::Cell => regions[row / grid.width] * grid.width + industries[row % grid.width],
            Shape::Region => regions[row],
            Shape::Industry => industries[row],
            Shape::Nation => 0,
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
