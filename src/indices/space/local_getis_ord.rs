//! Getis and Ord's local G: which regions lie among large values.

use super::conditional::{Pool, conditional};
use super::moments::tail;
use super::neighbourhood::{DISTANCE, K, KERNEL, NEIGHBOURS, check_neighbours, convention, scratch};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, power_sum, scores};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value, ratio};

/// `Σ_j w_ij x_j / Σ_j x_j`.
#[derive(Debug)]
pub(super) struct LocalGetisOrd;

impl Index for LocalGetisOrd {
    fn card(&self) -> &'static Card {
        &Card {
            id: "local_getis_ord",
            aliases: &["hot_spots", "local_g"],
            title: "Getis and Ord's local G and G*: which regions lie among large values (hot spots) or small ones",
            kind: Kind::Index,
            formula: "value G_i = Σ_j w_ij x_j / Σ_j x_j, with x the measure, not negative, and w_ij = 1 for a \
                      neighbour j; G leaves the region itself out of both sums, G* has it in both (w_ii = 1). \
                      z = (Σ_j w_ij x_j − W m) / (s √((N S − W²)/(N − 1))), with W = Σ_j w_ij, S = Σ_j w_ij², and N, m \
                      and s the number, mean and standard deviation (divisor N) of the values in the sum; z is defined \
                      for negative values too",
            reference: "Getis and Ord (1992), Geographical Analysis 24, 189–206; z: Ord and Getis (1995), \
                        Geographical Analysis 27, 286–306",
            params: &[
                Param {
                    name: "star",
                    doc: "`no`: G, a region's neighbours without itself. `yes`: G*, the region among its neighbours.",
                    domain: Domain::Choice(&["no", "yes"]),
                },
                NEIGHBOURS,
                K,
                DISTANCE,
                KERNEL,
                X,
                Y,
                METRIC,
            ],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_neighbours(params, facts)
    }

    fn scratch(&self, params: &Params, regions: usize, _width: usize) -> u64 {
        scratch(params, regions)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let own =
            if is_star(params) { "G*: the region itself is in both sums" } else { "G: the region itself is left out" };
        let null = "the test by permutation keeps a region's own value and deals out the others".to_owned();
        vec![convention(params), super::ISLANDS.to_owned(), own.to_owned(), null]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sample = Sample::connected(input, params);
        let rows: Vec<Result<[Value; 2], Absent>> = match sample.plural() {
            Ok(_) => {
                let (values, z) = (values(&sample, is_star(params)), standardised(&sample, is_star(params)));
                values.into_iter().zip(z).map(|(value, z)| Ok([value, z])).collect()
            }
            Err(absent) => vec![Err(absent); sample.len()],
        };
        Output::of_rows(Shape::Region, ["value", "z"], &sample.spread(&rows))
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let sample = Sample::connected(input, params);
        match ask.infer {
            Infer::Analytic => {
                let z = standardised(&sample, is_star(params));
                let p: Vec<Value> = z.into_iter().map(|z| z.map(|z| tail(z, ask.alternative))).collect();
                Some(vec![("z_p".to_owned(), sample.spread(&p))])
            }
            // The sums rise with the lag, the rest of them being the same in every draw.
            Infer::Permutation => {
                let p = match sample.plural().and_then(|sample| scores(&sample.values)) {
                    Ok(x) => conditional(input, ask, &sample.weights, &x, |_, lag| lag),
                    Err(absent) => vec![Err(absent); sample.len()],
                };
                Some(vec![("z_p".to_owned(), sample.spread(&p))])
            }
            _ => None,
        }
    }
}

fn is_star(params: &Params) -> bool {
    params.chooses("star", "yes")
}

/// The share of the neighbours in the sum of all values, those of the regions themselves in or out.
fn values(sample: &Sample, star: bool) -> Vec<Value> {
    let x = &sample.values;
    if x.iter().any(|x| *x < 0.0) {
        return vec![Err(Absent::OutsideDomain); x.len()];
    }
    let total = power_sum(x, 1);
    let value = |i: usize| {
        let near = sample.weights.lag(i, x);
        // Neighbours are some of all others: only rounding could make them more.
        if star { ratio(near + x[i], total) } else { ratio(near, total - x[i]) }.map(|share| share.min(1.0))
    };
    (0..x.len()).map(value).collect()
}

/// How many standard errors each sum is away from its expectation.
fn standardised(sample: &Sample, star: bool) -> Vec<Value> {
    let x = match sample.plural().and_then(|sample| scores(&sample.values)) {
        Ok(x) => x,
        Err(absent) => return vec![Err(absent); sample.len()],
    };
    let all = Pool::of(&x);
    let z = |i: usize| {
        let (own, near) = (star.then_some(1.0), sample.weights.row(i).1.iter().copied());
        let pool = if star { all } else { all.without(x[i]) };
        let (expected, variance) = pool.lag(near.chain(own));
        ratio(sample.weights.lag(i, &x) + own.map_or(0.0, |own| own * x[i]) - expected, variance.sqrt())
    };
    (0..x.len()).map(z).collect()
}
