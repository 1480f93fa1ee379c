//! Bands of levels, growth and effects of scenarios against simulated economies, at 1, 5 and 10 years.

use crate::support::{change, panel, program, region, request, run, scenario, stock};
use agglo::forecast::{Action, Band, Closure, DriverPath, Forecast, GivenPath, Model, Request};
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, normals, stream};
use agglo::panel::Panel;
use agglo::regression::covariance::Choice;
use agglo::regression::{Spec, fit};
use rayon::prelude::*;
use std::collections::BTreeMap;

const REGIONS: usize = 60;
const YEARS: usize = 25;
const HORIZON: usize = 10;
const STEPS: [usize; 3] = [1, 5, 10];
const DRIVERS: [&str; 2] = ["firms", "capital"];
const TRUTH: [f64; 2] = [0.153, 1.42];
const FORMULA: &str = "growth(gdp) ~ agglomeration(firms) + agglomeration(capital) | region + year";
/// The policy: more capital in the first region from the first forecast year on.
const FACTOR: f64 = 1.25;

/// An economy with its future, and the future that it would have had with the policy.
struct World {
    panel: Panel,
    /// By driver, region and year.
    drivers: Vec<Vec<Vec<f64>>>,
    /// By region and year: without and with the policy.
    levels: [Vec<Vec<f64>>; 2],
}

fn simulate(seed: u64) -> World {
    let random = &mut stream(77, seed);
    let path = |random: &mut _| {
        let mut log = 4.0 + 0.6 * normal(random);
        let drift = 0.02 + 0.01 * normal(random);
        let step = |_| {
            log += drift + 0.06 * normal(random);
            log.exp()
        };
        (0..=YEARS + HORIZON).map(step).collect::<Vec<f64>>()
    };
    let drivers: Vec<Vec<Vec<f64>>> = DRIVERS.iter().map(|_| (0..REGIONS).map(|_| path(random)).collect()).collect();
    let regional: Vec<f64> = normals(random, REGIONS);
    let start: Vec<f64> = (0..REGIONS).map(|_| 100.0 * (0.5 * normal(random)).exp()).collect();
    let errors: Vec<Vec<f64>> = (0..=YEARS + HORIZON)
        .map(|_| {
            let common = 0.7 * normal(random);
            normals(random, REGIONS).into_iter().map(|e| common + e).collect()
        })
        .collect();
    let grow = |policy: bool| {
        let mut levels: Vec<Vec<f64>> = start.iter().map(|x| vec![*x]).collect();
        for t in 1..=YEARS + HORIZON {
            let at = |j: usize, r: usize| {
                let changed = policy && t > YEARS && j == 1 && r == 0;
                drivers[j][r][t] * if changed { FACTOR } else { 1.0 }
            };
            for r in 0..REGIONS {
                let index = |j: usize| REGIONS as f64 * at(j, r) / (0..REGIONS).map(|q| at(j, q)).sum::<f64>();
                let growth = 2.0 + regional[r] + TRUTH[0] * index(0) + TRUTH[1] * index(1) + errors[t][r];
                let next = levels[r][t - 1] * (1.0 + growth / 100.0);
                levels[r].push(next);
            }
        }
        levels
    };
    let levels = [grow(false), grow(true)];
    let (known, past) = (drivers.clone(), levels[0].clone());
    let column = |j: usize| {
        let known = known[j].clone();
        stock(DRIVERS[j], move |t, r, _| Ok(known[r][t]))
    };
    let columns = [column(0), column(1), stock("gdp", move |t, r, _| Ok(past[r][t]))];
    World { panel: panel((YEARS + 1, REGIONS, 0), &columns), drivers, levels }
}

fn predict(world: &World, seed: u64, known: bool) -> Forecast {
    let program = program(FORMULA, &world.panel);
    let spec = Spec { covariance: Choice::read("crv3:region"), ..Spec::default() };
    let fit = fit(&program, &world.panel, &spec, &Stop::default()).unwrap();
    let model = Model::fitted(&program, &world.panel, &fit, &Stop::default()).unwrap();
    let given = |j: usize, r: usize| {
        let values = world.drivers[j][r][YEARS + 1..].to_vec();
        GivenPath { region: region(r), industry: None, values }
    };
    let path = |j: usize| DriverPath {
        measure: DRIVERS[j].into(),
        method: if known { "given_path" } else { "random_walk_drift" }.into(),
        params: BTreeMap::new(),
        given: if known { (0..REGIONS).map(|r| given(j, r)).collect() } else { Vec::new() },
    };
    let more = scenario("more", Closure::NewActivity, vec![change("capital", Action::Scale, FACTOR, &[0])]);
    let request = Request {
        drivers: (0..2).map(path).collect(),
        quantiles: vec![0.025, 0.1, 0.9, 0.975],
        seed,
        ..request(HORIZON, 300, vec![more])
    };
    run(&program, &world.panel, &model, &request).unwrap()
}

/// Shares of truths inside the 80 and 95 % bands: level, growth and effect, by step.
type Hits = [[[f64; 2]; 3]; 3];

fn hits(world: &World, told: &Forecast) -> Hits {
    let inside = |band: &Band, truth: f64| -> [f64; 2] {
        let q: Vec<f64> = band.quantiles.iter().map(|q| q.unwrap()).collect();
        [q[1] <= truth && truth <= q[2], q[0] <= truth && truth <= q[3]].map(|inside| f64::from(u8::from(inside)))
    };
    let mut hits = Hits::default();
    for (s, step) in STEPS.iter().enumerate() {
        let t = YEARS + step;
        for r in 0..REGIONS {
            let ([without, with], path) = ([0, 1].map(|i| &world.levels[i][r]), &told.outlooks[0].areas[r]);
            let effect = &told.outlooks[1].effect.as_ref().unwrap().areas[r].level_percent[step - 1];
            let truths = [
                inside(&path.level[step - 1], without[t]),
                inside(&path.growth[step - 1], 100.0 * (without[t] / without[t - 1] - 1.0)),
                inside(effect, 100.0 * (with[t] / without[t] - 1.0)),
            ];
            for (sum, hit) in hits[s].iter_mut().flatten().zip(truths.into_iter().flatten()) {
                *sum += hit / REGIONS as f64;
            }
        }
    }
    hits
}

fn covered(known: bool, worlds: u64) -> Hits {
    let all: Vec<Hits> = (0..worlds)
        .into_par_iter()
        .map(|w| {
            let world = simulate(w);
            hits(&world, &predict(&world, w, known))
        })
        .collect();
    let mut mean = Hits::default();
    for hits in &all {
        let both = mean.iter_mut().flatten().flatten().zip(hits.iter().flatten().flatten());
        both.for_each(|(sum, hit)| *sum += hit / worlds as f64);
    }
    let drivers = if known { "known" } else { "forecast" };
    for (step, of) in STEPS.iter().zip(&mean) {
        for (target, [of_80, of_95]) in ["level", "growth", "effect"].iter().zip(of) {
            let (a, b) = (100.0 * of_80, 100.0 * of_95);
            println!(
                "{worlds} economies, drivers {drivers}, {step:>2} years, {target:<6}: 80 % covers {a:.1}, 95 % {b:.1}"
            );
        }
    }
    mean
}

/// Within two points. A few regions hold much of the capital, so that plain clustering makes the estimate too sure of itself
/// (its effects are covered in 76 and 92 % of these economies); leaving regions out one by one does not.
#[test]
fn bands_cover_levels_growth_and_effects() {
    for known in [true, false] {
        for of_step in covered(known, 800) {
            for (target, [of_80, of_95]) in of_step.into_iter().enumerate() {
                assert!((of_80 - 0.80).abs() < 0.02 && (of_95 - 0.95).abs() < 0.02, "{known} {target} {of_80} {of_95}");
            }
        }
    }
}
