//! Coefficients of clusters, or rows, drawn with replacement.

use super::blocks::Blocks;
use super::cluster::{few_clusters, told};
use super::{Covariance, UNDETERMINED_DRAWS, Vcov, residual_df};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::random::stream;
use crate::regression::design::{Design, Groups};
use crate::regression::{Estimate, Remark};
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rand::RngExt;
use rayon::prelude::*;

/// An eigenvalue of a draw's Gram matrix below this counts as zero.
const NOTHING: f64 = 1e-9;

/// The bootstrap of whole clusters or rows.
#[derive(Debug)]
pub(super) struct PairsBootstrap;

static CARD: Card = Card {
    id: "pairs_bootstrap",
    aliases: &["cluster_bootstrap", "block_bootstrap"],
    title: "The spread of coefficients over samples of clusters, or rows, drawn with replacement",
    kind: Kind::Covariance,
    formula: "V = 1/(D-1) * sum_d (b_d - m)(b_d - m)', m the mean of b_d, b_d the coefficients of G clusters drawn with \
              replacement, exactly: b_d - b = B (sum_g n_g A_g)^-1 (sum_g n_g s_g), n_g how often cluster g is drawn, A_g \
              its Gram matrix and s_g its score among orthonormal regressors. A cluster drawn twice is two clusters with \
              effects of their own where the fixed effects are nested in clusters; others, such as those of periods, are \
              common to all. Without clusters rows are drawn and every effect is common. t with G-1 degrees of freedom, \
              or n-K for rows. Draws that leave a coefficient open are left out and remarked on. Least squares only",
    reference: "Efron (1979), Annals of Statistics 7(1); Freedman (1981), Annals of Statistics 9(6); Cameron, Gelbach and \
                Miller (2008), Review of Economics and Statistics 90(3), for clusters",
    params: &[
        Param {
            name: "clusters",
            doc: "One of the keys or text attributes, such as state; left out, rows are drawn",
            domain: Domain::Groups { required: false },
        },
        Param {
            name: "draws",
            doc: "The number of draws",
            domain: Domain::Integer { min: 50, max: 99_999, default: 999 },
        },
        Param {
            name: "seed",
            doc: "The seed of the draws",
            domain: Domain::Integer { min: 0, max: 1 << 53, default: 1 },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Covariance for PairsBootstrap {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn most_clusters(&self) -> usize {
        1
    }

    fn fewest_clusters(&self) -> usize {
        0
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let rows = rows_as_clusters(design);
        let cluster = design.clusters.first().unwrap_or(&rows);
        let blocks = Blocks::new(CARD.id, estimate, design, cluster, stop)?;
        let (draws, seed) = (params.number("draws") as usize, params.number("seed") as u64);
        let draw = |number: usize| {
            stop.check()?;
            let times = redraw(cluster.levels.len(), seed, number as u64);
            Ok(change(&blocks, &times))
        };
        let changes = (0..draws).into_par_iter().map(draw).collect::<Result<Vec<_>, Error>>()?;
        let known: Vec<DVector<f64>> = changes.into_iter().flatten().collect();
        if known.len() < draws.div_ceil(2) {
            let rule = "most draws leave a coefficient open, because few clusters or rows tell it; use crv3 or cluster";
            return Err(Violation::new("covariance", rule, CARD.id).into());
        }
        let (parameters, residual_df) = residual_df(estimate, design);
        let df = if design.clusters.is_empty() { residual_df } else { cluster.levels.len() - 1 };
        let drawn = if design.clusters.is_empty() { "rows".to_owned() } else { told(&design.clusters) };
        let mut remarks = few_clusters(&design.clusters);
        remarks.extend(undetermined(draws - known.len(), draws));
        Ok(Vcov {
            matrix: spread(&blocks.root, &known),
            parameters,
            t_df: Some(df),
            rule: format!("pairs bootstrap of {drawn}; {draws} draws, seed {seed}; t with {df} degrees of freedom"),
            remarks,
            ..Vcov::default()
        })
    }
}

fn rows_as_clusters(design: &Design) -> Groups {
    let n = design.y.len();
    Groups { name: "row".to_owned(), codes: (0..n as u32).collect(), levels: vec![String::new(); n] }
}

/// How often each of `count` clusters is among as many draws with replacement.
fn redraw(count: usize, seed: u64, number: u64) -> Vec<f64> {
    let mut random = stream(seed, number);
    let mut times = vec![0.0; count];
    (0..count).for_each(|_| times[random.random_range(0..count)] += 1.0);
    times
}

/// The change of the coordinates where each cluster counts so many times; `None` where a coefficient is left open.
fn change(blocks: &Blocks, times: &[f64]) -> Option<DVector<f64>> {
    let columns = blocks.root.ncols();
    // No term is left, and nalgebra refuses empty matrices.
    if columns == 0 {
        return Some(DVector::zeros(0));
    }
    let (mut gram, mut score) = (DMatrix::zeros(columns, columns), DVector::zeros(columns));
    for (g, times) in times.iter().enumerate().filter(|(_, times)| **times > 0.0) {
        gram += &blocks.grams[g] * *times;
        score += &blocks.scores[g] * *times;
    }
    let eigen = SymmetricEigen::new(gram);
    let is_open = |j: usize| eigen.eigenvalues[j] <= NOTHING && blocks.reaches(&eigen.eigenvectors.column(j).into());
    if (0..columns).any(is_open) {
        return None;
    }
    let inverse = eigen.eigenvalues.map(|value| if value <= NOTHING { 0.0 } else { 1.0 / value });
    Some(&eigen.eigenvectors * inverse.component_mul(&eigen.eigenvectors.tr_mul(&score)))
}

/// The covariance of coefficients whose coordinates change so.
fn spread(root: &DMatrix<f64>, changes: &[DVector<f64>]) -> DMatrix<f64> {
    let count = changes.len() as f64;
    let mean = changes.iter().fold(DVector::zeros(root.ncols()), |sum, change| sum + change) / count;
    let mut meat = DMatrix::zeros(root.ncols(), root.ncols());
    for change in changes {
        let off = change - &mean;
        meat.ger(1.0 / (count - 1.0), &off, &off, 1.0);
    }
    super::sandwich(root, &meat)
}

fn undetermined(open: usize, draws: usize) -> Option<Remark> {
    let message = format!("{open} of {draws} draws leave a coefficient open and are left out");
    (open > 0).then(|| Remark { code: UNDETERMINED_DRAWS.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::normals;
    use crate::regression::design::Effect;
    use crate::regression::ols::least_squares;

    fn groups(codes: Vec<u32>) -> Groups {
        let count = *codes.iter().max().unwrap() as usize + 1;
        Groups { name: "g".into(), codes, levels: vec![String::new(); count] }
    }

    fn effect(codes: Vec<u32>) -> Effect {
        Effect { name: "e".into(), groups: groups(codes), intercept: true, slope: None }
    }

    #[test]
    fn a_draw_is_the_regression_on_the_clusters_drawn() {
        let (regions, years) = (6_usize, 5_usize);
        let rows: Vec<(usize, usize)> = (0..regions * years).map(|i| (i / years, i % years)).collect();
        let mut random = stream(3, 0);
        let (x, y) = (normals(&mut random, rows.len()), normals(&mut random, rows.len()));
        let weights: Vec<f64> = normals(&mut random, rows.len()).iter().map(|z| z.exp()).collect();
        // Region 4 is not drawn; the second copy of a region is a region of its own.
        let times = [2_usize, 1, 1, 1, 0, 1];
        let design = |times: &[usize]| {
            let copies: Vec<(usize, usize)> =
                times.iter().enumerate().flat_map(|(r, n)| vec![r; *n]).enumerate().collect();
            let rows: Vec<_> =
                copies.iter().flat_map(|(copy, r)| (0..years).map(move |t| (*copy, r * years + t, t))).collect();
            let pick = |v: &[f64]| rows.iter().map(|(_, i, _)| v[*i]).collect::<Vec<f64>>();
            let region = || rows.iter().map(|(copy, _, _)| *copy as u32).collect::<Vec<u32>>();
            Design {
                y: pick(&y),
                x: vec![pick(&x)],
                names: vec!["x".into()],
                weights: Some(pick(&weights)),
                effects: vec![effect(region()), effect(rows.iter().map(|(_, _, t)| *t as u32).collect())],
                clusters: vec![groups(region())],
                ..Design::default()
            }
        };
        let stop = Stop::default();
        let whole = design(&[1; 6]);
        let estimate = least_squares(&whole, &stop).unwrap();
        let blocks = Blocks::new(CARD.id, &estimate, &whole, &whole.clusters[0], &stop).unwrap();
        let moved = &blocks.root * change(&blocks, &times.map(|n| n as f64)).unwrap();
        let expected = least_squares(&design(&times), &stop).unwrap().coefficients[0];
        assert!((estimate.coefficients[0] + moved[0] - expected).abs() < 1e-12);
    }
}
