//! Random designs with many terms.

use agglo::card::Raw;
use agglo::error::Error;
use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::{Fit, Part, Spec, fit_design};

fn groups(name: &str, codes: Vec<u32>) -> Groups {
    let levels = (0..=*codes.iter().max().unwrap()).map(|g| g.to_string()).collect();
    Groups { name: name.into(), codes, levels }
}

/// 20 regions × 10 years with holes; the first three of `terms` terms matter, by 1, −0.5 and 0.3.
pub(crate) fn random_design(terms: usize, seed: u64) -> Design {
    let mut random = stream(seed, 0);
    let holes = normals(&mut random, 200);
    let present: Vec<u32> = (0..200).filter(|i| holes[*i as usize] < 1.3).collect();
    let n = present.len();
    let (region, year) = (|i: &u32| i / 10, |i: &u32| i % 10);
    let lift = normals(&mut random, 20);
    let common = normals(&mut random, n);
    let column = |_| normals(&mut random, n).iter().zip(&common).map(|(z, c)| z + 0.5 * c).collect::<Vec<f64>>();
    let x: Vec<Vec<f64>> = (0..terms).map(column).collect();
    let noise = normals(&mut random, n);
    let sum = |i: usize| x.iter().zip([1.0, -0.5, 0.3]).map(|(x, b)| b * x[i]).sum::<f64>();
    let effect = |name: &str, codes: Vec<u32>| Effect {
        name: name.into(),
        groups: groups(name, codes),
        intercept: true,
        slope: None,
    };
    Design {
        y: (0..n).map(|i| sum(i) + lift[(present[i] / 10) as usize] + noise[i]).collect(),
        names: (0..terms).map(|j| format!("x{j}")).collect(),
        effects: vec![
            effect("region", present.iter().map(region).collect()),
            effect("year", present.iter().map(year).collect()),
        ],
        clusters: vec![groups("region", present.iter().map(region).collect())],
        rows: present.iter().map(|i| RowId { region: i / 10, industry: 0, period: (i % 10) as i32 }).collect(),
        x,
        ..Design::default()
    }
}

pub(crate) fn try_fit(
    mut design: Design,
    estimator: &str,
    parameters: &[(&str, &str)],
    covariance: &str,
) -> Result<Fit, Error> {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), Raw::Text((*value).to_owned())));
    let covariance = Choice::read(covariance);
    design.clusters.truncate(covariance.clusters.len());
    let spec = Spec { estimator: estimator.into(), parameters: parameters.collect(), covariance, ..Spec::default() };
    fit_design(design, &spec, &Stop::default())
}

pub(crate) fn fit(design: &Design, estimator: &str, parameters: &[(&str, &str)]) -> Fit {
    try_fit(design.clone(), estimator, parameters, "iid").unwrap()
}

pub(crate) fn part<'a>(fit: &'a Fit, name: &str) -> &'a Part {
    fit.parts.iter().find(|part| part.name == name).unwrap()
}

/// A column of a table.
pub(crate) fn column(fit: &Fit, name: &str, column: &str) -> Vec<f64> {
    let columns = &part(fit, name).columns;
    columns.iter().find(|c| c.0 == column).unwrap().1.iter().map(|v| v.unwrap()).collect()
}

pub(crate) fn figure(fit: &Fit, name: &str) -> f64 {
    fit.figures.iter().find(|figure| figure.name == name).unwrap().value.unwrap()
}

pub(crate) fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-3), "{what}: {got} is not {expected}");
    }
}
