//! Known coefficients and the coverage of intervals, on simulated panels of 100 regions × 20 years.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normal, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::{Fit, Point, Spec, fit_design};

const PANELS: u64 = 2_000;
const REGIONS: usize = 100;
const YEARS: usize = 20;
/// Growth on agglomeration, capital and lagged income.
const TRUTH: [f64; 3] = [0.153, 1.42, -0.11];

/// One simulated panel and the expected outcome of each row.
struct Simulated {
    design: Design,
    expected: Vec<f64>,
}

/// What the errors of a simulation are like.
#[derive(Clone, Copy)]
struct Errors {
    /// Correlation from one year to the next within a region.
    persistence: f64,
    /// A row is there when a standard normal draw is below this.
    present_below: f64,
}

/// y = x'b + region + year + u with persistent regressors and errors.
fn simulate(random: &mut Random, errors: Errors) -> Simulated {
    let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| normal(random)).collect() };
    let (regions, years) = (draw(REGIONS), draw(YEARS));
    let mut design = Design {
        x: vec![Vec::new(); 3],
        names: ["agglomeration", "capital", "income"].map(str::to_owned).to_vec(),
        effects: vec![effect("region", REGIONS), effect("year", YEARS)],
        clusters: vec![groups("region", REGIONS)],
        ..Design::default()
    };
    let mut expected = Vec::new();
    let stays = errors.persistence;
    let innovation = (1.0 - stays * stays).sqrt();
    for (r, region) in regions.iter().enumerate() {
        let mut state = draw(4);
        for (t, year) in years.iter().enumerate() {
            let shocks = draw(5);
            state.iter_mut().zip(&shocks).for_each(|(s, e)| *s = stays * *s + innovation * e);
            if shocks[4] > errors.present_below {
                continue;
            }
            let x: Vec<f64> = state[..3].iter().map(|s| s + 0.5 * region + 0.5 * year).collect();
            let mean = x.iter().zip(TRUTH).map(|(x, b)| x * b).sum::<f64>() + region + year;
            design.y.push(mean + state[3]);
            design.x.iter_mut().zip(x).for_each(|(column, x)| column.push(x));
            design.effects[0].groups.codes.push(r as u32);
            design.effects[1].groups.codes.push(t as u32);
            design.clusters[0].codes.push(r as u32);
            design.rows.push(RowId { region: r as u32, industry: 0, period: t as i32 });
            expected.push(mean);
        }
    }
    Simulated { design, expected }
}

fn groups(name: &str, levels: usize) -> Groups {
    Groups { name: name.into(), codes: Vec::new(), levels: (0..levels).map(|g| g.to_string()).collect() }
}

fn effect(name: &str, levels: usize) -> Effect {
    Effect { name: name.into(), groups: groups(name, levels), intercept: true, slope: None }
}

fn fit(design: Design, covariance: &str) -> Fit {
    let spec = Spec { covariance: Choice::read(covariance), ..Spec::default() };
    fit_design(design, &spec, &Stop::default()).unwrap()
}

#[test]
fn clustered_intervals_cover_the_truth() {
    let errors = Errors { persistence: 0.7, present_below: f64::INFINITY };
    let mut sums = [0.0; 3];
    let (mut clustered, mut iid) = ([0.0; 3], [0.0; 3]);
    for panel in 0..PANELS {
        let design = simulate(&mut stream(20_241_123, panel), errors).design;
        let covers = |fit: &Fit, counts: &mut [f64; 3]| {
            for ((count, (low, high)), truth) in counts.iter_mut().zip(fit.intervals(0.95)).zip(TRUTH) {
                *count += f64::from(u8::from(low <= truth && truth <= high)) / PANELS as f64;
            }
        };
        let by_region = fit(design.clone(), "cluster:region");
        covers(&by_region, &mut clustered);
        let mut plain = design;
        plain.clusters.clear();
        covers(&fit(plain, "iid"), &mut iid);
        sums.iter_mut().zip(&by_region.coefficients).for_each(|(sum, b)| *sum += b);
    }
    let means = sums.map(|sum| sum / PANELS as f64);
    println!("{PANELS} panels, mean coefficients {means:.4?}, truth {TRUTH:?}");
    println!("coverage of 95% intervals: clustered {clustered:.3?}, iid {iid:.3?}");
    for j in 0..3 {
        assert!((means[j] - TRUTH[j]).abs() < 0.005, "coefficient {j} is biased");
        assert!((0.93..=0.97).contains(&clustered[j]), "clustered intervals of coefficient {j}");
        assert!(iid[j] < 0.90, "ignoring persistent errors must show in coefficient {j}");
    }
}

#[test]
fn prediction_intervals_cover_means_and_new_observations() {
    let errors = Errors { persistence: 0.0, present_below: 0.4 };
    let (mut mean, mut new, mut naive, mut count) = (0.0, 0.0, 0.0, 0.0);
    for panel in 0..PANELS {
        let mut random = stream(7, panel);
        let Simulated { design, expected } = simulate(&mut random, errors);
        let places: Vec<usize> = (0..design.y.len()).step_by(97).collect();
        let level = |effect: usize, i: usize| design.effects[effect].groups.codes[i].to_string();
        let point = |i: &usize| Point {
            x: design.x.iter().map(|column| Ok(column[*i])).collect(),
            levels: (0..2).map(|q| Ok(level(q, *i))).collect(),
            slopes: vec![Ok(0.0); 2],
        };
        let points: Vec<Point> = places.iter().map(point).collect();
        let mut design = design;
        design.clusters.clear();
        let fit = fit(design, "iid");
        let critical = fit.critical(0.95);
        for (prediction, i) in fit.predict(&points, &Stop::default()).unwrap().into_iter().zip(places) {
            let within =
                |se: f64, truth: f64| f64::from(u8::from((prediction.fit.unwrap() - truth).abs() <= critical * se));
            mean += within(prediction.se_mean.unwrap(), expected[i]);
            new += within(prediction.se_forecast.unwrap(), expected[i] + normal(&mut random));
            naive += within(fit.statistics.sigma2.sqrt(), expected[i] + normal(&mut random));
            count += 1.0;
        }
    }
    let (mean, new, naive) = (mean / count, new / count, naive / count);
    println!(
        "{PANELS} unbalanced panels, {count} points: coverage of the mean {mean:.3}, of a new observation {new:.3}"
    );
    println!("without the variance of the estimates {naive:.3}");
    assert!((0.93..=0.97).contains(&mean) && (0.93..=0.97).contains(&new));
    assert!(naive < new);
}
