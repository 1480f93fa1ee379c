//! Tests and intervals from residuals whose signs change cluster by cluster.

use super::blocks::Blocks;
use super::cluster::{Cluster, told};
use super::{COARSE_BOOTSTRAP, Covariance, Vcov};
use crate::card::{Card, Domain, Kind, Param, Params, Raw};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::polynomial::{sign_changes, value};
use crate::numeric::random::{normal, stream};
use crate::regression::design::Design;
use crate::regression::inference::{Bootstrapped, OwnInference};
use crate::regression::{Estimate, Remark};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Differences, relative to their terms, that count as ties.
const TIE: f64 = 1e-10;

/// The wild cluster bootstrap of t statistics.
#[derive(Debug)]
pub(super) struct WildClusterBootstrap;

static CARD: Card = Card {
    id: "wild_cluster_bootstrap",
    aliases: &["wild", "wcr", "boottest"],
    title: "Errors correlated within clusters; p-values and intervals by the wild cluster bootstrap",
    kind: Kind::Covariance,
    formula: "V and t as of cluster. p-value of b_j = c: the share of draws v with |t*| >= |t|, t* the t statistic of b_j = c \
              where the outcome is the fit under b_j = c plus v_g times its residuals in cluster g, v_g drawn with mean 0 \
              and variance 1: -1 or 1 (rademacher), six values (webb), two (mammen) or normal. Intervals hold the c whose \
              p-values exceed one less the level, found exactly by draw. impose_null = no takes the fit without the \
              restriction. Where the 2^(G-1) different sign vectors are no more than the draws, each is taken once. \
              Fixed effects that are not nested in the clusters are estimated anew in every draw. Least squares only",
    reference: "Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90(3); Roodman, MacKinnon, Nielsen \
                and Webb (2019), Stata Journal 19(1); Webb (2023), Canadian Journal of Economics 56(3), for six points",
    params: &[
        Param {
            name: "clusters",
            doc: "One of the keys or text attributes, such as state",
            domain: Domain::Groups { required: true },
        },
        Param {
            name: "draws",
            doc: "The number of draws; one less than a multiple of 100 gives tests their level",
            domain: Domain::Integer { min: 99, max: 99_999, default: 999 },
        },
        Param {
            name: "seed",
            doc: "The seed of the draws",
            domain: Domain::Integer { min: 0, max: 1 << 53, default: 1 },
        },
        Param {
            name: "weights",
            doc: "The distribution of v_g; webb is better with fewer than a dozen clusters",
            domain: Domain::Choice(&["rademacher", "webb", "mammen", "normal"]),
        },
        Param {
            name: "impose_null",
            doc: "Whether residuals are those of the fit in which the hypothesis holds",
            domain: Domain::Choice(&["yes", "no"]),
        },
    ],
    inference: &[],
    laws: &[],
};

impl Covariance for WildClusterBootstrap {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn most_clusters(&self) -> usize {
        1
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let cluster = &design.clusters[0];
        let blocks = Blocks::new(CARD.id, estimate, design, cluster, stop)?;
        let given = BTreeMap::from([("clusters".to_owned(), Raw::Text(cluster.name.clone()))]);
        let factors = Params::parse(Cluster.card(), &given, "covariance.parameters")?;
        let crv1 = Cluster.vcov(estimate, design, &factors, stop)?;
        let draws = Draws::new(cluster.levels.len(), params);
        let tests = bootstrap(&blocks, &estimate.coefficients, &draws, params.chooses("impose_null", "yes"), stop)?;
        let null = if params.chooses("impose_null", "yes") { "imposed" } else { "not imposed" };
        Ok(Vcov {
            rule: format!(
                "{}; {}, the null hypothesis {null}; F tests by the covariance of cluster",
                told(&design.clusters),
                draws.told()
            ),
            remarks: coarse(&tests),
            own_inference: Some(OwnInference::Bootstrapped(tests)),
            ..crv1
        })
    }
}

/// The cluster weights of every draw.
struct Draws<'a> {
    clusters: usize,
    count: usize,
    seed: u64,
    weights: &'a str,
    /// Whether the draws are all sign vectors whose last sign is positive.
    every_sign: bool,
}

impl<'a> Draws<'a> {
    fn new(clusters: usize, params: &'a Params) -> Self {
        let (count, weights) = (params.number("draws") as usize, params.text("weights").unwrap_or_default());
        let vectors = 1_usize.checked_shl(clusters as u32 - 1).filter(|vectors| *vectors <= count);
        let vectors = vectors.filter(|_| weights == "rademacher");
        let seed = params.number("seed") as u64;
        Self { clusters, count: vectors.unwrap_or(count), seed, weights, every_sign: vectors.is_some() }
    }

    fn told(&self) -> String {
        match self.every_sign {
            true => {
                format!("wild bootstrap by all {} vectors of signs that are not each other's mirror images", self.count)
            }
            false => format!("wild bootstrap by {} draws of {} weights, seed {}", self.count, self.weights, self.seed),
        }
    }

    fn draw(&self, number: usize) -> DVector<f64> {
        if self.every_sign {
            return DVector::from_fn(self.clusters, |g, _| if number >> g & 1 == 1 { -1.0 } else { 1.0 });
        }
        let mut random = stream(self.seed, number as u64);
        let root5 = 5.0_f64.sqrt();
        DVector::from_fn(self.clusters, |_, _| match self.weights {
            "webb" => {
                let point = random.random_range(0..6_i32);
                (f64::from(point % 3 + 1) / 2.0).sqrt() * if point < 3 { -1.0 } else { 1.0 }
            }
            "mammen" if random.random::<f64>() < (root5 + 1.0) / (2.0 * root5) => (1.0 - root5) / 2.0,
            "mammen" => (1.0 + root5) / 2.0,
            "normal" => normal(&mut random),
            _ => {
                if random.random::<bool>() {
                    1.0
                } else {
                    -1.0
                }
            }
        })
    }
}

/// One coefficient's part of every draw, in units of the distance δ = (c − b)/√m from the estimate, m its variance
/// without a factor: scores under the restriction b = c are s_g − δ·a_g, a_g = κ·A_g·r.
struct Tested {
    /// The coefficient's row of the root, r.
    row: DVector<f64>,
    /// A_g·r, K × G.
    moved: DMatrix<f64>,
    /// r's_g.
    own: DVector<f64>,
    /// √m.
    unit: f64,
    /// √m/r'r, and 0 where the restriction is not imposed.
    kappa: f64,
}

impl Tested {
    fn new(blocks: &Blocks, scores: &DMatrix<f64>, j: usize, impose: bool) -> Self {
        let row = blocks.row(j);
        let moved: Vec<DVector<f64>> = blocks.grams.iter().map(|gram| gram * &row).collect();
        let own = scores.tr_mul(&row);
        let unit = own.norm();
        let kappa = if impose { unit / row.norm_squared() } else { 0.0 };
        Self { moved: DMatrix::from_columns(&moved), own, unit, kappa, row }
    }

    /// The polynomial in δ that is t*² − t² times a positive number, and the number at `distance`.
    fn polynomial(&self, scores: &DVector<f64>, draw: &DVector<f64>, distance: f64) -> ([f64; 5], f64) {
        let step = &self.moved * draw;
        let (p0, p1) = (self.row.dot(scores) / self.unit, self.kappa * self.row.dot(&step) / self.unit);
        let e = (draw.component_mul(&self.own) - self.moved.tr_mul(scores)) / self.unit;
        let f =
            (draw.component_mul(&self.moved.tr_mul(&self.row)) - self.moved.tr_mul(&step)) * (self.kappa / self.unit);
        let (q0, q1, q2) = (e.norm_squared(), e.dot(&f), f.norm_squared());
        let size = distance * distance * value(&[q0, -2.0 * q1, q2], distance);
        ([p0 * p0, -2.0 * p0 * p1, p1 * p1 - q0, 2.0 * q1, -q2], size)
    }

    /// Whether a draw is at least as far out at the value 0, and where that changes above and below the estimate.
    fn judge(&self, scores: &DVector<f64>, draw: &DVector<f64>, distance: f64) -> (bool, [Vec<f64>; 2]) {
        let (above, size) = self.polynomial(scores, draw, distance);
        if above.iter().all(|c| c.abs() <= TIE) {
            return (true, [Vec::new(), Vec::new()]);
        }
        let below = [above[0], -above[1], above[2], -above[3], above[4]];
        (value(&above, distance) >= -TIE * size, [sign_changes(&above), sign_changes(&below)])
    }
}

fn bootstrap(
    blocks: &Blocks,
    coefficients: &[f64],
    draws: &Draws<'_>,
    impose: bool,
    stop: &Stop,
) -> Result<Vec<Bootstrapped>, Error> {
    let scores = DMatrix::from_columns(&blocks.scores);
    let tested: Vec<Tested> = (0..coefficients.len()).map(|j| Tested::new(blocks, &scores, j, impose)).collect();
    let units: Vec<f64> =
        tested.iter().enumerate().map(|(j, tested)| tested.unit * blocks.root.row(j).amax()).collect();
    let judge = |number: usize| {
        stop.check()?;
        let draw = draws.draw(number);
        let sum = &scores * &draw;
        let judge = |(j, tested): (usize, &Tested)| tested.judge(&sum, &draw, -coefficients[j] / units[j]);
        Ok(tested.iter().enumerate().map(judge).collect::<Vec<_>>())
    };
    let judged = (0..draws.count).into_par_iter().map(judge).collect::<Result<Vec<_>, Error>>()?;
    let collect = |(j, b): (usize, &f64)| {
        let farther = judged.iter().filter(|draw| draw[j].0).count();
        let changes = |side: usize, unit: f64| {
            let of_draw = |(place, distance): (usize, &f64)| (*distance, if place % 2 == 0 { -1 } else { 1 });
            let mut changes: Vec<(f64, i8)> =
                judged.iter().flat_map(|draw| draw[j].1[side].iter().enumerate().map(of_draw)).collect();
            changes.sort_by(|a, b| a.0.total_cmp(&b.0));
            changes.into_iter().map(|(distance, step)| (b + distance * unit, step)).collect()
        };
        let p_value = farther as f64 / draws.count as f64;
        Bootstrapped { p_value, draws: draws.count, above: changes(0, units[j]), below: changes(1, -units[j]) }
    };
    Ok(coefficients.iter().enumerate().map(collect).collect())
}

/// A remark where a twentieth of the draws or more cannot be told from the estimate at any value.
fn coarse(tests: &[Bootstrapped]) -> Vec<Remark> {
    let never = |test: &Bootstrapped, changes: &[(f64, i8)]| {
        let left: i64 = changes.iter().map(|(_, step)| i64::from(*step)).sum();
        (test.draws as i64 + left) as f64 / test.draws as f64
    };
    let least = tests.iter().map(|test| never(test, &test.above).max(never(test, &test.below))).fold(0.0, f64::max);
    let message = format!(
        "no p-value can be below {least}, so 95% intervals are unbounded: there are too few clusters for these weights; \
         webb weights have more values"
    );
    let remark = (least >= 0.05).then(|| Remark { code: COARSE_BOOTSTRAP.to_owned(), message });
    remark.into_iter().collect()
}
