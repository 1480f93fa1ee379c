//! Intervals against simulated truth.

use crate::support::{nation, panel, program, region, request, run, stock};
use agglo::forecast::{Band, DriverPath, Forecast, GivenPath, Model, Request};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normal, normals, stream};
use agglo::panel::Panel;
use agglo::regression::covariance::Choice;
use agglo::regression::{Spec, fit};
use rayon::prelude::*;
use std::collections::BTreeMap;

const REGIONS: usize = 100;
const YEARS: usize = 20;
const HORIZON: usize = 5;
const DRIVERS: [&str; 3] = ["firms", "capital", "employees"];
/// The study's coefficients.
const TRUTH: [f64; 3] = [0.153, 1.42, -0.11];
const FORMULA: &str =
    "growth(gdp) ~ agglomeration(firms) + agglomeration(capital) + agglomeration(employees) | region + year";

/// What the simulated economy is made of.
#[derive(Debug, Clone, Copy)]
struct Economy {
    /// Standard deviation of the errors.
    errors: f64,
    /// Standard deviation of the effects of the year.
    years: f64,
    /// Degrees of freedom of Student errors; 0 for normal ones.
    tails: u32,
}

/// A simulated past and its true future.
struct World {
    panel: Panel,
    /// By driver, region, year and horizon.
    drivers: Vec<Vec<Vec<f64>>>,
    /// By region: level of each year and of the horizon.
    levels: Vec<Vec<f64>>,
}

impl Economy {
    fn error(self, random: &mut Random) -> f64 {
        if self.tails == 0 {
            return self.errors * normal(random);
        }
        // A Student variable of variance one.
        let nu = f64::from(self.tails);
        let chi_squared: f64 = normals(random, self.tails as usize).iter().map(|z| z * z).sum();
        self.errors * normal(random) / (chi_squared / nu).sqrt() * ((nu - 2.0) / nu).sqrt()
    }

    fn simulate(self, random: &mut Random) -> World {
        let drivers: Vec<Vec<Vec<f64>>> = DRIVERS.iter().map(|_| paths(random)).collect();
        let regional: Vec<f64> = normals(random, REGIONS);
        let mut levels: Vec<Vec<f64>> = (0..REGIONS).map(|_| vec![100.0 * normal(random).exp()]).collect();
        for t in 1..=YEARS + HORIZON {
            let yearly = 3.0 + self.years * normal(random);
            let totals: Vec<f64> = drivers.iter().map(|d| d.iter().map(|r| r[t]).sum()).collect();
            for r in 0..REGIONS {
                let index = |j: usize| REGIONS as f64 * drivers[j][r][t] / totals[j];
                let systematic: f64 = (0..DRIVERS.len()).map(|j| TRUTH[j] * index(j)).sum();
                let growth = regional[r] + yearly + systematic + self.error(random);
                let next = levels[r][t - 1] * (1.0 + growth / 100.0);
                levels[r].push(next);
            }
        }
        let (known, past) = (drivers.clone(), levels.clone());
        let column = |j: usize| {
            let known = known[j].clone();
            stock(DRIVERS[j], move |t, r, _| Ok(known[r][t]))
        };
        let columns = [column(0), column(1), column(2), stock("gdp", move |t, r, _| Ok(past[r][t]))];
        World { panel: panel((YEARS + 1, REGIONS, 0), &columns), drivers, levels }
    }
}

/// A driver of every region: erratic growth in the past, constant growth over the horizon.
fn paths(random: &mut Random) -> Vec<Vec<f64>> {
    let path = |_| {
        let trend = 0.03 + 0.01 * normal(random);
        let mut level = 100.0 * (0.7 * normal(random)).exp();
        let step = |t: usize| {
            let erratic = if t <= YEARS { 0.15 * normal(random) } else { 0.0 };
            level *= (trend + erratic).exp();
            level
        };
        (0..=YEARS + HORIZON).map(step).collect()
    };
    (0..REGIONS).map(path).collect()
}

/// Forecasts the world from its past, the future drivers known.
fn predict(world: &World, program: &Program, request: &Request) -> Forecast {
    let spec = Spec { covariance: Choice::read("cluster:region"), ..Spec::default() };
    let fit = fit(program, &world.panel, &spec, &Stop::default()).unwrap();
    let model = Model::fitted(program, &world.panel, &fit, &Stop::default()).unwrap();
    let given = |j: usize, r: usize| {
        let values = world.drivers[j][r][YEARS + 1..].to_vec();
        GivenPath { region: region(r), industry: None, values }
    };
    let path = |j: usize| DriverPath {
        measure: DRIVERS[j].into(),
        method: "given_path".into(),
        params: BTreeMap::new(),
        given: (0..REGIONS).map(|r| given(j, r)).collect(),
    };
    run(program, &world.panel, &model, &Request { drivers: (0..3).map(path).collect(), ..request.clone() }).unwrap()
}

/// What the coverage is measured of.
const TARGETS: [&str; 3] = ["next growth of a region", "level of a region after 5 years", "next growth of the nation"];

/// Share of the true numbers that lie in their 95 % intervals.
fn hits(world: &World, forecast: &Forecast) -> [f64; 3] {
    let inside = |band: &Band, x: f64| {
        let covers = band.quantiles[0].unwrap() <= x && x <= band.quantiles[2].unwrap();
        if covers { 1.0 } else { 0.0 }
    };
    let areas = &forecast.outlooks[0].areas;
    let total = |t: usize| world.levels.iter().map(|levels| levels[t]).sum::<f64>();
    let mut hits =
        [0.0, 0.0, inside(&areas[nation(forecast)].growth[0], 100.0 * (total(YEARS + 1) / total(YEARS) - 1.0))];
    for (area, truth) in areas.iter().zip(&world.levels) {
        let growth = 100.0 * (truth[YEARS + 1] / truth[YEARS] - 1.0);
        hits[0] += inside(&area.outcome[0], growth) / REGIONS as f64;
        hits[1] += inside(&area.level[HORIZON - 1], truth[YEARS + HORIZON]) / REGIONS as f64;
    }
    hits
}

/// Mean coverage over simulated worlds, printed.
fn coverage(economy: Economy, worlds: u64) -> [f64; 3] {
    let request = request(HORIZON, 300, Vec::new());
    let all: Vec<[f64; 3]> = (0..worlds)
        .into_par_iter()
        .map(|w| {
            let world = economy.simulate(&mut stream(2024, w));
            let program = program(FORMULA, &world.panel);
            hits(&world, &predict(&world, &program, &Request { seed: w, ..request.clone() }))
        })
        .collect();
    let mean = |i: usize| all.iter().map(|h| h[i]).sum::<f64>() / worlds as f64;
    for (i, target) in TARGETS.iter().enumerate() {
        println!("{economy:?}, {worlds} panels: the 95 % interval covers the {target} {:.2} %", 100.0 * mean(i));
    }
    std::array::from_fn(mean)
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let [growth, level, _] = coverage(Economy { errors: 1.0, years: 0.7, tails: 0 }, 1000);
    assert!((0.93..=0.97).contains(&growth), "next growth is covered {growth}");
    assert!((0.93..=0.97).contains(&level), "level is covered {level}");
}

/// 200 panels tell a coverage to about ±1.5 points, as all regions of a panel share its years.
#[test]
fn intervals_cover_under_fat_tails_and_strong_years() {
    for economy in [Economy { errors: 1.0, years: 0.0, tails: 5 }, Economy { errors: 1.0, years: 3.0, tails: 0 }] {
        let [growth, level, _] = coverage(economy, 200);
        assert!((0.91..=0.98).contains(&growth), "next growth is covered {growth} in {economy:?}");
        assert!((0.91..=0.98).contains(&level), "level is covered {level} in {economy:?}");
    }
}
