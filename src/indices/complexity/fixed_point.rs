//! The fixed point of fitness and complexity: one calculation for regions and industries.

use super::network::{CUTOFF, Network, convention};
use crate::card::{Domain, Param, Params};
use crate::indices::{Input, Output, Shape};
use crate::panel::{Value, finite};

/// The parameters of both indices.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "iterations",
        doc: "Steps at most. The fitness of some regions may tend to zero ever more slowly; then the answer is that of \
              the last step and `converged` is 0.",
        domain: Domain::Integer { min: 1, max: 10_000, default: 200 },
    },
    Param {
        name: "tolerance",
        doc: "It has converged when no fitness differs from that of the step before by more than this, in either \
              direction. 0: take all steps.",
        domain: Domain::Number { min: 0.0, max: 1.0, default: 1e-10 },
    },
    CUTOFF,
];

/// The statements of an answer of either index.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let stop = format!(
        "starts from ones; at most {} steps, until no fitness changes by more than {}; each step divides by the mean",
        params.number("iterations"),
        params.number("tolerance")
    );
    vec![convention(params), stop, "converged and iterations are the same in all rows".to_owned()]
}

/// Fitness, complexity, and how they were reached.
struct FixedPoint {
    fitness: Vec<f64>,
    complexity: Vec<f64>,
    converged: bool,
    iterations: usize,
}

impl FixedPoint {
    fn of(network: &Network, params: &Params, input: &Input<'_>) -> Self {
        let (most, tolerance) = (params.number("iterations") as usize, params.number("tolerance"));
        let (regions, industries) = (&network.industries, &network.regions);
        let ones = |n: usize| vec![1.0; n];
        let mut now =
            Self { fitness: ones(regions.len()), complexity: ones(industries.len()), converged: false, iterations: 0 };
        while now.iterations < most && !now.converged && !input.stopped() {
            let inverse: Vec<f64> = now.fitness.iter().map(|fitness| 1.0 / fitness).collect();
            let fitness = by_mean(regions.sums(&now.complexity), network.active_regions());
            let complexity = industries.map(|row| match row {
                [] => 0.0,
                row => 1.0 / row.iter().map(|region| inverse[*region as usize]).sum::<f64>(),
            });
            let active = industries.rows().filter(|row| !row.is_empty()).count();
            let change = fitness.iter().zip(&now.fitness).enumerate().filter(|(r, _)| !regions.row(*r).is_empty());
            let change = change.fold(0.0_f64, |most, (_, (new, old))| most.max((new - old).abs()));
            now.complexity = by_mean(complexity, active);
            now.fitness = fitness;
            now.iterations += 1;
            // Nothing changes in the first step when all regions are equally diverse, though industries may differ.
            now.converged = tolerance > 0.0 && change <= tolerance && now.iterations > 1;
        }
        now
    }
}

/// Divides by the mean of those that are active; the others are zero.
fn by_mean(values: Vec<f64>, active: usize) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / active as f64;
    values.into_iter().map(|x| x / mean).collect()
}

/// Fitness (of regions) or complexity (of industries).
pub(super) fn compute(input: &Input<'_>, params: &Params, shape: Shape) -> Output {
    let network = Network::of(&input.measure, params);
    let found = FixedPoint::of(&network, params, input);
    let per_member = |of: &dyn Fn(usize) -> Value| match shape {
        Shape::Region => network.per_region(of),
        _ => network.per_industry(of),
    };
    let values = if shape == Shape::Region { &found.fitness } else { &found.complexity };
    let parts = vec![
        ("value", per_member(&|member| finite(values[member]))),
        ("converged", per_member(&|_| Ok(f64::from(u8::from(found.converged))))),
        ("iterations", per_member(&|_| Ok(found.iterations as f64))),
    ];
    Output { shape, keys: Vec::new(), parts }
}
