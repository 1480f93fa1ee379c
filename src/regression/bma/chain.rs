//! A Markov chain over models (MC³).

use super::model::Problem;
use super::posterior::Posterior;
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::random::stream;
use crate::regression::Figure;
use rand::RngExt;
use std::collections::BTreeMap;

/// A model that the chain came to.
#[derive(Debug, Clone, Copy)]
struct Visited {
    log_weight: f64,
    times: u32,
}

/// The average over the models that a chain visits, each as often as it was there; and how well it has converged: the
/// correlation of the terms' inclusion probabilities by frequency with those by the models' own weights.
pub(super) fn walk(problem: &Problem, draws: usize, seed: u64, stop: &Stop) -> Result<(Posterior, Vec<Figure>), Error> {
    let visited = visit(problem, draws, seed, stop)?;
    let heaviest = visited.values().fold(f64::NEG_INFINITY, |most, found| most.max(found.log_weight));
    let mut posterior = Posterior::new(problem);
    let mut by_weight = vec![0.0; problem.len()];
    for (terms, found) in visited.iter().filter(|(_, found)| found.times > 0) {
        stop.check()?;
        posterior.add(problem, &problem.model(*terms), f64::from(found.times).ln());
        let weight = (found.log_weight - heaviest).exp();
        by_weight.iter_mut().enumerate().filter(|(j, _)| terms >> j & 1 == 1).for_each(|(_, sum)| *sum += weight);
    }
    let convergence = correlation(&posterior.inclusion(), &by_weight);
    Ok((posterior, vec![Figure::new("correlation_of_inclusion_probabilities", convergence)]))
}

fn visit(problem: &Problem, draws: usize, seed: u64, stop: &Stop) -> Result<BTreeMap<u128, Visited>, Error> {
    let mut random = stream(seed, 0);
    let mut visited: BTreeMap<u128, Visited> = BTreeMap::new();
    let weigh = |terms: u128, visited: &mut BTreeMap<u128, Visited>| {
        let weight = || Visited { log_weight: problem.log_weight(&problem.model(terms)), times: 0 };
        visited.entry(terms).or_insert_with(weight).log_weight
    };
    let mut at = 0;
    let mut weight = weigh(at, &mut visited);
    let burn_in = draws / 10;
    for step in 0..burn_in + draws {
        stop.check()?;
        let flipped = at ^ (1 << random.random_range(0..problem.len()));
        let proposed = weigh(flipped, &mut visited);
        if random.random::<f64>().ln() < proposed - weight {
            (at, weight) = (flipped, proposed);
        }
        if step >= burn_in
            && let Some(found) = visited.get_mut(&at)
        {
            found.times += 1;
        }
    }
    Ok(visited)
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}
