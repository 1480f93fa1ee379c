//! Errors that are correlated within clusters, each cluster's residuals unbiased where errors are independent.

use super::blocks::Blocks;
use super::cluster::{few_clusters, told};
use super::{Covariance, Vcov, residual_df, sandwich};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;
use crate::regression::inference::OwnInference;
use nalgebra::DMatrix;

/// Bell and McCaffrey's covariance with a t distribution for each coefficient.
#[derive(Debug)]
pub(super) struct Crv2;

static CARD: Card = Card {
    id: "crv2",
    aliases: &["bell_mccaffrey", "cv2"],
    title: "Errors correlated within clusters, unbiased where they are independent, with Satterthwaite's degrees of freedom",
    kind: Kind::Covariance,
    formula: "V = B (sum_g t_g t_g') B', t_g = X_g'(I - H_gg)^(-1/2) u_g, H_gg the cluster's block of the hat matrix of \
              regressors and all fixed effects; with orthonormal regressors t_g = (I - A_g)^(-1/2) s_g, A_g the cluster's \
              Gram matrix and s_g its score. The t distribution of coefficient j has tr(P)^2/tr(P^2) degrees of freedom, \
              P_gh = a_g'(I - H)_gh a_h, a_g = (I - H_gg)^(-1/2) X_g (X'WX)^-1 e_j; F tests have G-1. Weighted regressors and \
              errors, x and u times the root of the weight, stand for x and u. Least squares only. Not defined where a \
              cluster alone tells a coefficient",
    reference: "Bell and McCaffrey (2002), Survey Methodology 28(2); Imbens and Kolesar (2016), Review of Economics and \
                Statistics 98(4); Pustejovsky and Tipton (2018), JBES 36(4), for fixed effects",
    params: &[Param {
        name: "clusters",
        doc: "One of the keys or text attributes, such as state",
        domain: Domain::Groups { required: true },
    }],
    inference: &[],
    laws: &[],
};

impl Covariance for Crv2 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn most_clusters(&self) -> usize {
        1
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let cluster = &design.clusters[0];
        let blocks = Blocks::new(CARD.id, estimate, design, cluster, stop)?;
        let count = cluster.levels.len();
        let mut meat = DMatrix::zeros(blocks.root.ncols(), blocks.root.ncols());
        let mut roots = Vec::with_capacity(count);
        for (g, level) in cluster.levels.iter().enumerate() {
            stop.check()?;
            let root = blocks.left(g, -0.5, level)?;
            let score = &root * &blocks.scores[g];
            meat += &score * score.transpose();
            roots.push(root);
        }
        let df: Vec<f64> = (0..blocks.root.nrows()).map(|j| satterthwaite(&blocks, &roots, j)).collect();
        let (least, most) = df.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), df| (low.min(*df), high.max(*df)));
        Ok(Vcov {
            matrix: sandwich(&blocks.root, &meat),
            parameters: residual_df(estimate, design).0,
            t_df: Some(count - 1),
            rule: format!(
                "{}; no factor; t with Satterthwaite's degrees of freedom, {least:.1} to {most:.1}; F with {}",
                told(&design.clusters),
                count - 1,
            ),
            own_inference: Some(OwnInference::DegreesOfFreedom(df)),
            remarks: few_clusters(&design.clusters),
            ..Vcov::default()
        })
    }
}

/// tr(P)²/tr(P²) of a coefficient; P = diag(m) − W'W with m_g = a_g'a_g and w_g = X_g'a_g.
fn satterthwaite(blocks: &Blocks, roots: &[DMatrix<f64>], j: usize) -> f64 {
    let direction = blocks.row(j);
    let columns = direction.len();
    let (mut trace, mut of_square, mut outer) = (0.0, 0.0, DMatrix::zeros(columns, columns));
    for (root, gram) in roots.iter().zip(&blocks.grams) {
        let adjusted = root * &direction;
        let w = gram * &adjusted;
        let m = w.dot(&adjusted);
        trace += m - w.norm_squared();
        of_square += m * (m - 2.0 * w.norm_squared());
        outer += &w * w.transpose();
    }
    trace * trace / (of_square + outer.norm_squared())
}
