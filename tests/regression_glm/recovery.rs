//! Simulated panels with a known truth.

use super::laws::{effect, groups};
use agglo::numeric::Stop;
use agglo::numeric::distributions::normal_tail;
use agglo::numeric::random::{Random, normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, RowId};
use agglo::regression::{Fit, Spec, fit_design};

const DRAWS: u64 = 1000;
const TRUTH: [f64; 2] = [0.4, -0.25];

fn uniforms(random: &mut Random, n: usize) -> Vec<f64> {
    normals(random, n).into_iter().map(normal_tail).collect()
}

/// The number of events of a Poisson process with this mean, from one uniform number.
fn poisson(mean: f64, u: f64) -> f64 {
    let (mut count, mut mass) = (0.0, (-mean).exp());
    let mut below = mass;
    while below < u && count < 1e4 {
        count += 1.0;
        mass *= mean / count;
        below += mass;
    }
    count
}

/// 30 regions × 10 years; counts with a mean that a shock common to the region's years multiplies.
fn panel(estimator: &str, seed: u64) -> Design {
    let mut random = stream(seed, 7);
    let n = 300;
    let region: Vec<u32> = (0..n).map(|i| (i / 10) as u32).collect();
    let year: Vec<u32> = (0..n).map(|i| (i % 10) as u32).collect();
    let lift = normals(&mut random, 30);
    let x = vec![normals(&mut random, n), normals(&mut random, n)];
    let (u, shock) = (uniforms(&mut random, n), normals(&mut random, n));
    let sum = |i: usize| TRUTH[0] * x[0][i] + TRUTH[1] * x[1][i] + 0.3 * lift[region[i] as usize];
    let outcome = |i: usize| match estimator {
        "poisson" => poisson((sum(i) + 1.0 + 0.4 * shock[i] - 0.08).exp(), u[i]),
        "logit" => f64::from(u8::from(u[i] < 1.0 / (1.0 + (-sum(i)).exp()))),
        _ => f64::from(u8::from(u[i] < normal_tail(-sum(i)))),
    };
    Design {
        y: (0..n).map(outcome).collect(),
        names: vec!["a".into(), "b".into()],
        rows: (0..n).map(|i| RowId { region: region[i], industry: 0, period: year[i] as i32 }).collect(),
        // Effects of 30 rows a year do not bias a logit much; those of 10 rows a region would.
        effects: if estimator == "poisson" { vec![effect("region", &region)] } else { vec![effect("year", &year)] },
        clusters: vec![groups("region", region)],
        x,
        ..Design::default()
    }
}

fn covered(fit: &Fit, truth: [f64; 2]) -> f64 {
    let inside =
        |(interval, truth): (&(f64, f64), f64)| f64::from(u8::from(interval.0 <= truth && truth <= interval.1));
    fit.intervals(0.95).iter().zip(truth).map(inside).sum::<f64>() / 2.0
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    for (estimator, covariance, least) in [
        ("poisson", "hc1", 0.93),
        ("poisson", "cluster:region", 0.91),
        ("logit", "iid", 0.93),
        ("logit", "hc1", 0.93),
        ("probit", "iid", 0.93),
    ] {
        let spec = Spec { estimator: estimator.into(), covariance: Choice::read(covariance), ..Spec::default() };
        let mut coverage = 0.0;
        for seed in 0..DRAWS {
            let mut design = panel(estimator, seed);
            design.clusters.truncate(spec.covariance.clusters.len());
            coverage += covered(&fit_design(design, &spec, &Stop::default()).unwrap(), TRUTH) / DRAWS as f64;
        }
        println!("{estimator} {covariance}: intervals of 95 % cover {:.1} %", 100.0 * coverage);
        // Two coefficients in 1000 draws: a standard error of at most 0.7 points.
        assert!(coverage > least && coverage < 0.97, "{estimator} {covariance}: {coverage}");
    }
}
