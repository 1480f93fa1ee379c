//! Errors that are correlated within clusters, each cluster left out in turn.

use super::blocks::Blocks;
use super::cluster::{few_clusters, told};
use super::{Covariance, Vcov, residual_df, sandwich};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::Design;
use nalgebra::DMatrix;

/// The jackknife by cluster.
#[derive(Debug)]
pub(super) struct Crv3;

static CARD: Card = Card {
    id: "crv3",
    aliases: &["cluster_jackknife", "cv3"],
    title: "Errors correlated within clusters, by leaving out each cluster in turn (jackknife)",
    kind: Kind::Covariance,
    formula: "V = (G-1)/G * sum_g (b_(g) - b)(b_(g) - b)', b_(g) the coefficients without the rows of cluster g; with \
              orthonormal regressors, those of fixed effects that are not nested in the clusters included, b_(g) - b = \
              -B (I - A_g)^-1 s_g, A_g the cluster's Gram matrix and s_g its score, which is exact; t with G-1 degrees of \
              freedom. Least squares only. Not defined where a cluster alone tells a coefficient",
    reference: "Bell and McCaffrey (2002), Survey Methodology 28(2); MacKinnon, Nielsen and Webb (2023), Journal of Applied \
                Econometrics 38(5), eq. 8 (CV3)",
    params: &[Param {
        name: "clusters",
        doc: "One of the keys or text attributes, such as state",
        domain: Domain::Groups { required: true },
    }],
    inference: &[],
    laws: &[],
};

impl Covariance for Crv3 {
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
        for (g, level) in cluster.levels.iter().enumerate() {
            stop.check()?;
            let change = blocks.left(g, -1.0, level)? * &blocks.scores[g];
            meat += &change * change.transpose();
        }
        let factor = (count - 1) as f64 / count as f64;
        Ok(Vcov {
            matrix: sandwich(&blocks.root, &meat) * factor,
            parameters: residual_df(estimate, design).0,
            factor,
            t_df: Some(count - 1),
            rule: format!(
                "{}, each left out in turn; (G-1)/G = {df}/{count}; t with {df} degrees of freedom",
                told(&design.clusters),
                df = count - 1,
            ),
            remarks: few_clusters(&design.clusters),
            ..Vcov::default()
        })
    }
}
