//! Simulated panels as designs.

use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{Random, normal, normals, stream};
use agglo::panel::Absent;
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, Incomplete, RowId};
use agglo::regression::{Fit, Spec, fit_design};

pub(super) fn try_fit(design: &Design, estimator: &str, parameters: &[(&str, &str)], vcov: &str) -> Result<Fit, Error> {
    let spec = Spec {
        estimator: estimator.to_owned(),
        parameters: parameters.iter().map(|(k, v)| ((*k).to_owned(), Raw::Text((*v).to_owned()))).collect(),
        covariance: Choice::read(vcov),
        ..Spec::default()
    };
    let mut design = design.clone();
    design.clusters.truncate(spec.covariance.clusters.len());
    fit_design(design, &spec, &Stop::default())
}

pub(super) fn fit(design: &Design, estimator: &str, parameters: &[(&str, &str)]) -> Fit {
    try_fit(design, estimator, parameters, "iid").unwrap()
}

pub(super) fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.to_owned(), codes, levels }
}

pub(super) fn region_effect(design: &Design) -> Effect {
    let codes = design.rows.iter().map(|row| row.region).collect();
    Effect { name: "region".into(), groups: groups("region", codes), intercept: true, slope: None }
}

/// y = rho·l(y) + 0.5·x + effect + e, where x follows past y; observations are left out with this probability.
pub(super) fn dynamic(seed: u64, units: u32, periods: i32, rho: f64, gaps: f64) -> Design {
    let mut random = stream(seed, 0);
    let mut observed = Vec::new();
    for region in 0..units {
        let effect = normal(&mut random);
        let mut y = effect / (1.0 - rho) + normal(&mut random);
        for period in -20..periods {
            let x = 0.3 * y + normal(&mut random);
            y = rho * y + 0.5 * x + effect + normal(&mut random);
            let is_seen = period >= 0 && !chance(&mut random, gaps);
            observed.extend(is_seen.then_some((RowId { region, industry: 0, period }, y, x)));
        }
    }
    let mut design = Design { names: vec!["l(y)".into(), "x".into()], x: vec![Vec::new(); 2], ..Design::default() };
    for (row, y, x) in &observed {
        let earlier = RowId { period: row.period - 1, ..*row };
        match observed.iter().find(|(other, _, _)| *other == earlier) {
            Some((_, lag, _)) => {
                design.rows.push(*row);
                design.y.push(*y);
                design.x[0].push(*lag);
                design.x[1].push(*x);
            }
            None => design.incomplete.push(Incomplete { row: *row, y: Ok(*y), x: vec![Err(Absent::NoPeriod), Ok(*x)] }),
        }
    }
    design.clusters = vec![groups("region", design.rows.iter().map(|row| row.region).collect())];
    design
}

fn chance(random: &mut Random, probability: f64) -> bool {
    agglo::numeric::distributions::normal_tail(normal(random)) < probability
}

/// y = x·(1 + jump·1(q > 0)) + effect + e with q and x drawn anew each period.
pub(super) fn threshold(seed: u64, units: u32, periods: i32, jump: f64) -> Design {
    let mut random = stream(seed, 1);
    let rows: Vec<RowId> =
        (0..units).flat_map(|region| (0..periods).map(move |period| RowId { region, industry: 0, period })).collect();
    let (q, x, e) =
        (normals(&mut random, rows.len()), normals(&mut random, rows.len()), normals(&mut random, rows.len()));
    let y = |i: usize| x[i] * if q[i] > 0.0 { 1.0 + jump } else { 1.0 } + f64::from(rows[i].region) + e[i];
    let mut design = Design {
        y: (0..rows.len()).map(y).collect(),
        x: vec![q.clone(), x.clone()],
        names: vec!["q".into(), "x".into()],
        rows,
        ..Design::default()
    };
    design.effects = vec![region_effect(&design)];
    design
}

pub(super) fn shuffled(design: &Design, seed: u64) -> Design {
    let keys = normals(&mut stream(seed, 2), design.y.len());
    let mut order: Vec<usize> = (0..design.y.len()).collect();
    order.sort_by(|i, j| keys[*i].total_cmp(&keys[*j]));
    let mut shuffled = design.clone();
    shuffled.keep(&order);
    shuffled.incomplete.reverse();
    shuffled
}

pub(super) fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-2), "{what}: {got} is not {expected}");
    }
}
