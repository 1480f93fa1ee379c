//! Least squares over the unit simplex: golden solutions, the conditions of optimality, symmetries.

use crate::support::close;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::numeric::simplex::{Nearest, Problem};
use serde_json::Value as Json;

fn nearest(points: &[Vec<f64>], target: &[f64], importance: Option<&[f64]>, ridge: f64) -> Nearest {
    let points: Vec<&[f64]> = points.iter().map(Vec::as_slice).collect();
    Problem { points: &points, target, importance, ridge }.nearest(&Stop::default()).unwrap()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// `n` random points of `width` coordinates with levels `level`, and a target.
fn random(seed: u64, (n, width): (usize, usize), level: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut random = stream(seed, 0);
    let mut point = || normals(&mut random, width).iter().map(|x| level + x).collect::<Vec<f64>>();
    ((0..n).map(|_| point()).collect(), point())
}

#[test]
fn weights_are_those_of_the_golden_file() {
    let text = std::fs::read_to_string("tests/golden/forecast/simplex.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let (inputs, expected) = (&case["inputs"], &case["expected"]);
        let points: Vec<Vec<f64>> = inputs["points"].as_array().unwrap().iter().map(numbers).collect();
        let importance = inputs["importance"].as_array().map(|_| numbers(&inputs["importance"]));
        let ridge = inputs["ridge"].as_f64().unwrap();
        let ours = nearest(&points, &numbers(&inputs["target"]), importance.as_deref(), ridge);
        let (name, tolerance) = (&case["name"], case["tolerance"].as_f64().unwrap());
        assert!(ours.converged, "{name}: {ours:?}");
        assert!(close(ours.distance, expected["distance"].as_f64().unwrap(), tolerance), "{name}: {}", ours.distance);
        assert_eq!(ours.non_unique, expected["non_unique"].as_bool().unwrap(), "{name}: {ours:?}");
        for (w, e) in ours.weights.iter().zip(numbers(&expected["weights"])) {
            assert!(close(*w, e, tolerance), "{name}: {:?} is not {}", ours.weights, expected["weights"]);
        }
    }
}

/// The largest excess of z'z over p'z, relative to the farthest point: how far from optimal at most.
fn excess(points: &[Vec<f64>], target: &[f64], ridge: f64, ours: &Nearest) -> f64 {
    let seen: Vec<Vec<f64>> = points.iter().map(|p| p.iter().zip(target).map(|(x, y)| x - y).collect()).collect();
    let z: Vec<f64> = (0..target.len()).map(|t| seen.iter().zip(&ours.weights).map(|(p, w)| w * p[t]).sum()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let square = dot(&z, &z) + ridge * dot(&ours.weights, &ours.weights);
    let far = seen.iter().map(|p| dot(p, p)).fold(0.0, f64::max);
    seen.iter().zip(&ours.weights).map(|(p, w)| square - dot(p, &z) - ridge * w).fold(0.0, f64::max) / far
}

#[test]
fn random_solutions_are_optimal() {
    let (mut worst, mut most) = (0.0_f64, 0);
    for seed in 0..200 {
        let size = (1 + seed as usize % 40, 1 + seed as usize % 17);
        for (level, ridge) in [(0.0, 0.0), (1e3, 0.0), (0.0, 0.1)] {
            let (points, target) = random(seed, size, level);
            let ours = nearest(&points, &target, None, ridge);
            assert!(ours.converged && ours.weights.iter().all(|w| *w >= 0.0), "{seed}: {ours:?}");
            assert!((ours.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            worst = worst.max(excess(&points, &target, ridge, &ours));
            most = most.max(ours.steps);
        }
    }
    println!("largest excess {worst:e} of the farthest point squared, most steps {most}");
    assert!(worst < 1e-11, "{worst:e}");
}

#[test]
fn near_collinear_points_keep_their_digits() {
    let base = random(3, (1, 30), 0.0).0.remove(0);
    let (noise, _) = random(4, (8, 30), 0.0);
    let points: Vec<Vec<f64>> =
        noise.iter().map(|n| base.iter().zip(n).map(|(b, n)| 1e3 * b + 1e-4 * n).collect()).collect();
    let target: Vec<f64> = (0..30).map(|t| 0.3 * points[1][t] + 0.7 * points[4][t]).collect();
    let ours = nearest(&points, &target, None, 0.0);
    assert!((ours.weights[1] - 0.3).abs() < 1e-6 && (ours.weights[4] - 0.7).abs() < 1e-6, "{ours:?}");
}

#[test]
fn the_unit_and_the_order_of_the_points_do_not_matter() {
    for (seed, size) in [(1, (9, 12)), (2, (30, 5)), (3, (50, 3))] {
        let (points, target) = random(seed, size, 10.0);
        let ours = nearest(&points, &target, None, 0.0);
        let scaled: Vec<Vec<f64>> = points.iter().map(|p| p.iter().map(|x| 3e90 * x).collect()).collect();
        let target_scaled: Vec<f64> = target.iter().map(|x| 3e90 * x).collect();
        let in_units = nearest(&scaled, &target_scaled, None, 0.0);
        let reversed = nearest(&points.iter().rev().cloned().collect::<Vec<_>>(), &target, None, 0.0);
        assert!(close(in_units.distance / 3e90, ours.distance, 1e-9));
        for ((w, s), r) in ours.weights.iter().zip(&in_units.weights).zip(reversed.weights.iter().rev()) {
            assert!((w - s).abs() < 1e-9 && (w - r).abs() < 1e-9, "{seed}: {w} {s} {r}");
        }
    }
}

#[test]
fn repeated_points_share_their_weight_and_it_is_told() {
    let (mut points, target) = random(11, (4, 9), 0.0);
    let alone = nearest(&points, &target, None, 0.0);
    points.extend(points.clone());
    let twice = nearest(&points, &target, None, 0.0);
    assert!(!alone.non_unique && twice.non_unique && twice.converged);
    for (i, w) in alone.weights.iter().enumerate() {
        assert!((twice.weights[i] - w / 2.0).abs() < 1e-9 && (twice.weights[i + 4] - w / 2.0).abs() < 1e-9);
    }
}

#[test]
fn a_target_inside_many_points_is_reached_evenly() {
    // 57 donors over 51 periods, the case in which solvers disagree.
    let (points, _) = random(12, (57, 51), 0.0);
    let target: Vec<f64> = (0..51).map(|t| points.iter().map(|p| p[t]).sum::<f64>() / 57.0).collect();
    let ours = nearest(&points, &target, None, 0.0);
    assert!(ours.reached && ours.non_unique && ours.converged, "{ours:?}");
    assert!(ours.weights.iter().all(|w| (w - 1.0 / 57.0).abs() < 1e-9), "{:?}", ours.weights);
}

#[test]
fn a_raised_flag_ends_the_search() {
    let stop = Stop::default();
    stop.raise();
    let points = [[1.0_f64].as_slice(), &[2.0]];
    assert!(Problem { points: &points, target: &[0.0], importance: None, ridge: 0.0 }.nearest(&stop).is_err());
}
