//! How exact least squares are: NIST's certified problems, offsets, hard graphs of fixed effects, large samples.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::absorb::{Absorbed, Absorber, Factor};
use agglo::numeric::least_squares::Orthogonal;
use agglo::numeric::normal_equations;
use agglo::numeric::random::{normals, stream};
use agglo::numeric::vector::norm;
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::{Fit, Spec, fit_design};
use nalgebra::{DMatrix, DVector};
use std::path::Path;

/// A linear problem of NIST's Statistical Reference Datasets: certified values and data, as NIST publishes them.
struct Certified {
    y: Vec<f64>,
    x: Vec<Vec<f64>>,
    names: Vec<String>,
    coefficients: Vec<f64>,
    standard_errors: Vec<f64>,
}

fn certified(name: &str) -> Certified {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/nist/{name}.dat"));
    let text = std::fs::read_to_string(path).unwrap();
    let numbers = |line: &str| line.split_whitespace().map(|word| word.parse::<f64>().ok()).collect::<Option<Vec<_>>>();
    let parameters: Vec<Vec<f64>> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('B')?.split_once(char::is_whitespace))
        .filter(|(number, _)| number.parse::<usize>().is_ok())
        .map(|(number, rest)| [vec![number.parse().unwrap()], numbers(rest).unwrap()].concat())
        .collect();
    let data = text.lines().skip_while(|line| !(line.starts_with("Data:") && line.contains(" y "))).skip(1);
    let rows: Vec<Vec<f64>> = data.filter_map(numbers).filter(|row| row.len() > 1).collect();
    let column = |j: usize| rows.iter().map(|row| row[j]).collect::<Vec<f64>>();
    let variables = rows[0].len() - 1;
    let term = |b: f64| match (b as usize, variables) {
        (0, _) => vec![1.0; rows.len()],
        (power, 1) => column(1).iter().map(|x| x.powi(power as i32)).collect(),
        (j, _) => column(j),
    };
    Certified {
        y: column(0),
        x: parameters.iter().map(|row| term(row[0])).collect(),
        names: parameters
            .iter()
            .map(|row| if row[0] == 0.0 { "(Intercept)".into() } else { format!("B{}", row[0]) })
            .collect(),
        coefficients: parameters.iter().map(|row| row[1]).collect(),
        standard_errors: parameters.iter().map(|row| row[2]).collect(),
    }
}

/// Correct digits, the worst of all numbers: −log₁₀ of the relative error, at most 15.
fn digits(got: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let error = |(got, expected): (&f64, &f64)| {
        let scale = if *expected == 0.0 { 1.0 } else { expected.abs() };
        (got - expected).abs() / scale
    };
    got.iter().zip(expected).map(error).fold(15.0, |digits: f64, error| digits.min(-error.log10()))
}

/// Coefficients by Householder's QR of nalgebra in double precision.
fn by_householder(problem: &Certified) -> Vec<f64> {
    let x = DMatrix::from_fn(problem.y.len(), problem.x.len(), |i, j| problem.x[j][i]);
    let qr = x.qr();
    let right = qr.q().transpose() * DVector::from_column_slice(&problem.y);
    qr.r().solve_upper_triangular(&right).unwrap().as_slice().to_vec()
}

fn row(region: u32, period: i32) -> RowId {
    RowId { region, industry: 0, period }
}

fn fit(design: Design, covariance: &str) -> Fit {
    let spec = Spec { covariance: Choice::read(covariance), ..Spec::default() };
    fit_design(design, &spec, &Stop::default()).unwrap()
}

#[test]
fn nist_problems_keep_the_digits_of_householder() {
    // Each with the digits that it must keep whatever Householder does.
    let problems = [
        ("Norris", 12.0),
        ("NoInt1", 14.0),
        ("NoInt2", 14.0),
        ("Longley", 11.0),
        ("Filip", 7.0),
        ("Wampler1", 9.0),
        ("Wampler2", 12.0),
        ("Wampler3", 9.0),
        ("Wampler4", 8.0),
        ("Wampler5", 6.0),
    ];
    for (name, least) in problems {
        let problem = certified(name);
        let design = Design {
            y: problem.y.clone(),
            x: problem.x.clone(),
            names: problem.names.clone(),
            rows: (0..problem.y.len() as u32).map(|i| row(i, 0)).collect(),
            ..Design::default()
        };
        let fit = fit(design, "iid");
        let ours = digits(&fit.coefficients, &problem.coefficients);
        let theirs = digits(&by_householder(&problem), &problem.coefficients);
        let errors = digits(&fit.standard_errors(), &problem.standard_errors);
        println!("{name}: {ours:.1} digits, Householder {theirs:.1}, standard errors {errors:.1}");
        assert!(ours >= least && ours >= theirs - 1.0, "{name}");
        assert!(errors >= least.min(7.0), "{name}: standard errors");
    }
}

/// Regressors of which each depends on the one before it as much as `tie` says.
fn tied(seed: u64, n: usize, k: usize, tie: f64) -> Vec<Vec<f64>> {
    let mut random = stream(seed, 0);
    let mut columns: Vec<Vec<f64>> = vec![normals(&mut random, n)];
    for j in 1..k {
        let fresh = normals(&mut random, n);
        columns.push(fresh.iter().zip(&columns[j - 1]).map(|(z, x)| tie * x + (1.0 - tie) * z).collect());
    }
    columns
}

#[test]
fn normal_equations_are_those_of_an_orthogonalisation_or_refuse() {
    for (seed, tie) in (0..6).zip([0.0, 0.5, 0.9, 0.99, 0.9999, 1.0]) {
        let columns = tied(seed, 20_000, 4, tie);
        let noise = normals(&mut stream(seed, 1), 20_000);
        let y: Vec<f64> = (0..noise.len()).map(|i| columns[0][i] - columns[3][i] + noise[i]).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let Some(solution) = normal_equations::solve(&slices, &y) else {
            assert!(tie > 0.99, "refused at {tie}");
            continue;
        };
        assert!(tie < 0.9999);
        let qr = Orthogonal::new(columns.clone(), &Stop::default()).unwrap();
        let mut errors = y.clone();
        let expected = qr.solve(qr.project(&mut errors));
        for (got, expected) in solution.coefficients.iter().zip(&expected) {
            assert!((got - expected).abs() < 1e-13 / (1.0 - tie), "{tie}: {got} is not {expected}");
        }
        let off: Vec<f64> = solution.residual.iter().zip(&errors).map(|(a, b)| a - b).collect();
        assert!(norm(&off) < 1e-13 / (1.0 - tie) * norm(&errors));
        let leverage: f64 = qr.basis.iter().map(|q| q[7] * q[7]).sum();
        assert!((solution.leverages[7] / leverage - 1.0).abs() < 1e-10 / (1.0 - tie));
        let product = &solution.inverse_root * solution.inverse_root.transpose();
        let inverse = qr.inverse_triangle();
        let expected = &inverse * inverse.transpose();
        assert!((product - &expected).amax() < 1e-10 * expected.amax());
    }
}

fn absorb(factors: &[(&[u32], usize)], column: &[f64]) -> Absorbed {
    let factor =
        |(codes, levels): &(&'static [u32], usize)| Factor { codes, levels: *levels, intercept: true, slope: None };
    let leak: Vec<(&'static [u32], usize)> =
        factors.iter().map(|(codes, levels)| (&*Box::leak(codes.to_vec().into_boxed_slice()), *levels)).collect();
    let factors: Vec<_> = leak.iter().map(factor).collect();
    Absorber::new(column.len(), &factors, None, &Stop::default()).absorb(column).unwrap()
}

/// Each level meets the next one only: the hardest graph for any iteration.
#[test]
fn effects_along_a_ring_are_absorbed_or_told_not_to_be() {
    for levels in [50_usize, 500, 3_000] {
        let a: Vec<u32> = (0..2 * levels).map(|i| (i / 2) as u32).collect();
        let b: Vec<u32> = (0..2 * levels).map(|i| ((i / 2 + i % 2) % levels) as u32).collect();
        // The smoothest effects, of which the normal equations see next to nothing.
        let wave = |level: u32| (level as f64 / levels as f64 * std::f64::consts::TAU).sin();
        let column: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 3.0 * wave(*a) - 2.0 * wave(*b)).collect();
        let absorbed = absorb(&[(&a, levels), (&b, levels)], &column);
        let error = norm(&absorbed.residual) / norm(&column);
        println!("ring of {levels}: {} iterations, error {error:.1e}", absorbed.iterations);
        assert!(absorbed.converged && error < 1e-9);
    }
}

/// Workers who hardly ever change the firm: firms hang together by a few of them.
#[test]
fn effects_of_few_movers_are_absorbed() {
    let (workers, firms, years) = (6_000_usize, 600_usize, 5);
    let chance = normals(&mut stream(3, 0), workers * years);
    let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
    for worker in 0..workers {
        let mut firm = worker % firms;
        for year in 0..years {
            if chance[worker * years + year] > 1.9 {
                firm = (firm + 1) % firms;
            }
            a.push(worker as u32);
            b.push(firm as u32);
            c.push(year as u32);
        }
    }
    let (of_worker, of_firm) = (normals(&mut stream(3, 1), workers), normals(&mut stream(3, 2), firms));
    let effects = |i: usize| of_worker[a[i] as usize] + of_firm[b[i] as usize] + f64::from(c[i]);
    let column: Vec<f64> = (0..a.len()).map(effects).collect();
    let absorbed = absorb(&[(&a, workers), (&b, firms), (&c, years)], &column);
    let error = norm(&absorbed.residual) / norm(&column);
    println!("few movers: {} iterations, error {error:.1e}", absorbed.iterations);
    assert!(absorbed.converged && error < 1e-10);
}

fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

/// Regions × years, balanced or with holes, two regressors of which a level of `offset` differs by region.
fn panel(regions: u32, years: u32, offset: f64, holes: bool) -> Design {
    let n = (regions * years) as usize;
    let kept: Vec<u32> = (0..regions * years).filter(|i| !holes || i % 11 > 0).collect();
    let mut random = stream(9, 0);
    // Multiples of 2⁻¹⁰, so that an offset takes no digit of them.
    let mut draws = || normals(&mut random, n).iter().map(|z| (z * 1024.0).round() / 1024.0).collect::<Vec<_>>();
    let (x0, x1, u) = (draws(), draws(), draws());
    let level = |i: &u32| offset * f64::from(1 + i % regions % 7);
    let pick = |column: &[f64]| kept.iter().map(|i| column[*i as usize] + level(i)).collect::<Vec<f64>>();
    let y: Vec<f64> = (0..n).map(|i| x0[i] - 0.5 * x1[i] + u[i]).collect();
    let (region, year): (Vec<u32>, Vec<u32>) = kept.iter().map(|i| (i % regions, i / regions)).unzip();
    let effect = |name: &str, codes: &[u32]| Effect {
        name: name.into(),
        groups: groups(name, codes.to_vec()),
        intercept: true,
        slope: None,
    };
    Design {
        y: pick(&y),
        x: vec![pick(&x0), pick(&x1)],
        names: vec!["x0".into(), "x1".into()],
        effects: vec![effect("region", &region), effect("year", &year)],
        clusters: vec![groups("region", region.clone())],
        rows: region.iter().zip(&year).map(|(r, t)| row(*r, *t as i32)).collect(),
        ..Design::default()
    }
}

#[test]
fn an_offset_of_a_hundred_million_takes_no_digit() {
    for holes in [false, true] {
        let (near, far) =
            (fit(panel(60, 20, 0.0, holes), "cluster:region"), fit(panel(60, 20, 1e8, holes), "cluster:region"));
        for (near, far) in near.coefficients.iter().zip(&far.coefficients) {
            assert!((near - far).abs() < 1e-9, "{far} is not {near}");
        }
        for (near, far) in near.standard_errors().iter().zip(far.standard_errors()) {
            assert!((near / far - 1.0).abs() < 1e-8, "{far} is not {near}");
        }
    }
}

/// Samples of several blocks, which threads share.
#[test]
fn large_samples_have_the_same_bits_for_any_number_of_threads() {
    for (effects, covariance) in [(2, "cluster:region"), (2, "hc3"), (0, "hc1")] {
        let fit_with = |threads: usize| {
            let mut design = panel(900, 40, 5.0, true);
            design.effects.truncate(effects);
            design.clusters.truncate(Choice::read(covariance).clusters.len());
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(design, covariance))
        };
        assert!(fit_with(1) == fit_with(2) && fit_with(2) == fit_with(3), "{covariance}");
    }
}

/// A covariance among the smallest numbers, no coefficient, an exact fit: all are answered or refused, and soon.
#[test]
fn numbers_at_the_edge_are_answered_or_refused() {
    let stop = Stop::default();
    let mut random = stream(11, 0);
    let n = 60;
    for scale in [1e-160, 1e-158, 1e-161, 1.0] {
        for estimator in ["mean_group", "swamy", "random_effects", "ols", "between"] {
            for covariance in ["iid", "hc1", "cluster:region"] {
                let column = |random: &mut _| normals(random, n).iter().map(|z| scale * z).collect::<Vec<f64>>();
                let region: Vec<u32> = (0..n as u32).map(|i| i / 12).collect();
                let levels = (0..5).map(|g| g.to_string()).collect();
                let x = vec![vec![1.0; n], column(&mut random), column(&mut random)];
                let y = if scale > 0.5 { x[1].clone() } else { column(&mut random) };
                let mut design = Design {
                    y,
                    x,
                    names: ["(Intercept)", "x", "z"].map(str::to_owned).to_vec(),
                    clusters: vec![Groups { name: "region".into(), codes: region.clone(), levels }],
                    rows: (0..n).map(|i| RowId { region: region[i], industry: 0, period: (i % 12) as i32 }).collect(),
                    ..Design::default()
                };
                let covariance = Choice::read(covariance);
                design.clusters.truncate(covariance.clusters.len());
                let spec = Spec { estimator: estimator.into(), covariance, ..Spec::default() };
                match fit_design(design, &spec, &stop) {
                    Ok(fit) => {
                        assert!(fit.standard_errors().iter().all(|se| se.is_finite()), "{estimator} {scale}");
                        assert!(fit.condition_number().is_none_or(|c| c.is_finite()), "{estimator} {scale}");
                    }
                    Err(Error::Invalid(found)) => assert!(found.count() > 0),
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
}
