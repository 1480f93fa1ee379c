//! Known coefficients and the coverage of intervals, on simulated panels of 100 regions × 20 years.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normal, normals, stream};
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

/// Shares of the 95% intervals of the `j`-th coefficient that cover `truth`, one a covariance.
fn coverage<const N: usize>(covariances: [&str; N], j: usize, truth: f64, designs: &[Design]) -> [f64; N] {
    covariances.map(|covariance| {
        let covers = |design: &&Design| {
            let mut design = (*design).clone();
            design.clusters.truncate(Choice::read(covariance).clusters.len());
            let (low, high) = fit(design, covariance).intervals(0.95)[j];
            low <= truth && truth <= high
        };
        designs.iter().filter(covers).count() as f64 / designs.len() as f64
    })
}

/// 40 regions in one period, a skewed regressor, errors that grow with it.
fn skewed(random: &mut Random) -> Design {
    let x: Vec<f64> = normals(random, 40).iter().map(|z| (0.5 * z).exp()).collect();
    let y = x.iter().zip(normals(random, 40)).map(|(x, z)| 1.0 + 0.5 * x + x * z).collect();
    Design {
        y,
        x: vec![vec![1.0; 40], x],
        names: vec!["(Intercept)".into(), "x".into()],
        rows: (0..40).map(|region| RowId { region, industry: 0, period: 0 }).collect(),
        ..Design::default()
    }
}

#[test]
fn leverages_help_in_small_samples_of_differing_variances() {
    let designs: Vec<Design> = (0..4_000).map(|draw| skewed(&mut stream(11, draw))).collect();
    let names = ["iid", "hc0", "hc1", "hc2", "hc3"];
    let shares = coverage(names, 1, 0.5, &designs);
    println!("coverage of 95% intervals, 40 rows, variance by a skewed regressor: {names:?} {shares:.3?}");
    let [iid, hc0, hc1, hc2, hc3] = shares;
    assert!(hc0 <= hc1 && hc0 <= hc2 && hc2 <= hc3 && iid < hc3);
    assert!((0.88..=0.97).contains(&hc3));
}

/// 20 regions × 60 years whose regressor and errors have a persistent part in common, or one of each region.
fn persistent(random: &mut Random, common: bool) -> Design {
    let (regions, years) = (20, 60);
    let mut design = Design {
        x: vec![Vec::new()],
        names: vec!["x".into()],
        effects: vec![effect("region", regions)],
        clusters: vec![groups("region", regions)],
        ..Design::default()
    };
    let mut state = vec![[0.0; 2]; regions];
    for t in 0..years {
        let shared = normals(random, 2);
        for (r, state) in state.iter_mut().enumerate() {
            let (own, noise) = (normals(random, 2), normals(random, 2));
            let shocks = if common { &shared } else { &own };
            state.iter_mut().zip(shocks).for_each(|(s, shock)| *s = 0.8 * *s + shock);
            design.x[0].push(state[0] + noise[0]);
            design.y.push(0.5 * (state[0] + noise[0]) + state[1] + noise[1]);
            design.effects[0].groups.codes.push(r as u32);
            design.clusters[0].codes.push(r as u32);
            design.rows.push(RowId { region: r as u32, industry: 0, period: t });
        }
    }
    design
}

#[test]
fn correlation_over_time_and_across_regions_is_covered_by_the_covariance_meant_for_it() {
    let names =
        ["iid", "hc1", "newey_west", "newey_west:lag=6", "cluster:region", "driscoll_kraay", "driscoll_kraay:lag=6"];
    for common in [false, true] {
        let designs: Vec<Design> = (0..400).map(|draw| persistent(&mut stream(12, draw), common)).collect();
        let shares = coverage(names, 0, 0.5, &designs);
        let whose = if common { "all regions" } else { "each region" };
        println!("coverage of 95% intervals, persistent errors of {whose}: {names:?} {shares:.3?}");
        let [iid, hc1, short, long, by_region, common_short, common_long] = shares;
        if common {
            // Sixty years of errors that persist so much are few: Bartlett's weights leave a part of them out.
            assert!(0.75 < common_short && common_short < common_long);
            assert!(iid.max(hc1).max(short).max(long).max(by_region) < 0.4);
        } else {
            assert!(iid.max(hc1) < short && short < long && long > 0.88 && by_region > 0.92);
        }
    }
}
