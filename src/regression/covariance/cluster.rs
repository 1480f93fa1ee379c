//! Errors that are correlated within clusters of one or several classifications.

use super::{Covariance, FEW_CLUSTERS, Vcov, meat, repair, sandwich};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::{Design, Groups};
use crate::regression::small_sample::{parameters, parameters_not_nested};
use crate::regression::{Estimate, Remark, Scores};
use nalgebra::DMatrix;
use std::borrow::Cow;
use std::collections::HashMap;

/// Numbers of clusters below this get a remark.
const FEW: usize = 30;

/// The clustered covariance, one- to eight-way.
#[derive(Debug)]
pub(super) struct Cluster;

static CARD: Card = Card {
    id: "cluster",
    aliases: &["clustered", "crv1"],
    title: "Errors correlated within clusters, by one to eight classifications",
    kind: Kind::Covariance,
    formula: "V = (n-1)/(n-K) * G/(G-1) * B (sum over sets of classifications of (-1)^(size+1) sum_g s_g s_g') B, \
              B = (X'WX)^-1, s_g the scores summed in the clusters that the set's classifications form together, G the \
              smallest number of clusters, K all parameters with an effect nested in a cluster counted once; t with G-1 \
              degrees of freedom. The parameters choose other factors of the R package fixest. Negative eigenvalues are \
              set to zero",
    reference: "Liang and Zeger (1986), Biometrika 73(1); Cameron, Gelbach and Miller (2011), JBES 29(2), eq. 2.13; \
                factors as in the R package fixest 0.14, ssc()",
    params: &[
        Param {
            name: "clusters",
            doc: "One to eight of the keys or text attributes, such as state+year",
            domain: Domain::Groups { required: true },
        },
        Param { name: "g_adj", doc: "Whether to multiply by G/(G-1)", domain: Domain::Choice(&["yes", "no"]) },
        Param {
            name: "g_df",
            doc: "G in G/(G-1): the smallest number of clusters (min), or each set's own (conventional)",
            domain: Domain::Choice(&["min", "conventional"]),
        },
        Param { name: "k_adj", doc: "Whether to multiply by (n-1)/(n-K)", domain: Domain::Choice(&["yes", "no"]) },
        Param {
            name: "k_fixef",
            doc: "What K counts of the fixed effects: those not nested in a cluster (nonnested), none of them, or all (full)",
            domain: Domain::Choice(&["nonnested", "none", "full"]),
        },
    ],
    inference: &[],
    laws: &[],
};

impl Covariance for Cluster {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn most_clusters(&self) -> usize {
        8
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let (n, slopes, clusters) = (design.y.len(), estimate.coefficients.len(), &design.clusters);
        let (parameters, counted) = match params.text("k_fixef") {
            Some("none") => (slopes, "without fixed effects"),
            Some("full") => (parameters(slopes, design), "with all fixed effects"),
            _ => (parameters_not_nested(slopes, design), "an effect nested in a cluster counts once"),
        };
        let of_rows = match params.chooses("k_adj", "yes") {
            true => (n - 1) as f64 / (n - parameters) as f64,
            false => 1.0,
        };
        let smallest = smallest(clusters);
        let of_clusters = |count: usize| count as f64 / (count - 1) as f64;
        let each: &dyn Fn(usize) -> f64 = match (params.text("g_adj"), params.text("g_df")) {
            (Some("no"), _) => &|_| 1.0,
            (_, Some("conventional")) => &of_clusters,
            _ => &|_| of_clusters(smallest),
        };
        let meat = multiway_meat(&estimate.sandwich.scores, clusters, each, stop)?;
        let root = &estimate.sandwich.bread_root;
        let matrix = sandwich(root, &meat) * of_rows;
        stop.check()?;
        let repaired = (clusters.len() > 1).then(|| repair(&matrix, root)).flatten();
        Ok(Vcov {
            rule: format!(
                "{}; {}; {}; t with {} degrees of freedom",
                told(clusters),
                rows_rule(n, parameters, counted, params),
                clusters_rule(smallest, params),
                smallest - 1,
            ),
            parameters,
            factor: of_rows * if params.chooses("g_df", "conventional") { 1.0 } else { each(smallest) },
            t_df: Some(smallest - 1),
            repaired: repaired.is_some(),
            matrix: repaired.unwrap_or(matrix),
            remarks: few_clusters(clusters),
            ..Vcov::default()
        })
    }
}

fn rows_rule(n: usize, parameters: usize, counted: &str, params: &Params) -> String {
    match params.chooses("k_adj", "yes") {
        true => format!("(n-1)/(n-K) = {}/{} with K = {parameters} ({counted})", n - 1, n - parameters),
        false => "no factor (n-1)/(n-K)".to_owned(),
    }
}

fn clusters_rule(smallest: usize, params: &Params) -> String {
    match (params.text("g_adj"), params.text("g_df")) {
        (Some("no"), _) => "no factor G/(G-1)".to_owned(),
        (_, Some("conventional")) => "G/(G-1) with the G of each set of classifications".to_owned(),
        _ => format!("G/(G-1) = {smallest}/{} with the smallest G", smallest - 1),
    }
}

/// The clusters in words.
pub(super) fn told(clusters: &[Groups]) -> String {
    let told: Vec<_> = clusters.iter().map(|c| format!("{} ({} clusters)", c.name, c.levels.len())).collect();
    format!("clustered by {}", told.join(" and "))
}

/// The smallest number of clusters.
pub(super) fn smallest(clusters: &[Groups]) -> usize {
    clusters.iter().map(|c| c.levels.len()).min().unwrap_or(1)
}

/// A remark for every classification with so few clusters that the t distribution is a poor guide.
pub(super) fn few_clusters(clusters: &[Groups]) -> Vec<Remark> {
    let few = clusters.iter().filter(|cluster| cluster.levels.len() < FEW);
    let remark = |cluster: &Groups| Remark {
        code: FEW_CLUSTERS.to_owned(),
        message: format!(
            "{} has {} clusters; with fewer than {FEW}, intervals are often too short: compare crv2, crv3 and \
             wild_cluster_bootstrap",
            cluster.name,
            cluster.levels.len(),
        ),
    };
    few.map(remark).collect()
}

/// Inclusion and exclusion over every set of classifications; `factor` of the number of a set's clusters.
fn multiway_meat(
    scores: &Scores,
    clusters: &[Groups],
    factor: &dyn Fn(usize) -> f64,
    stop: &Stop,
) -> Result<DMatrix<f64>, Error> {
    let mut total = DMatrix::zeros(scores.len(), scores.len());
    for set in 1..1_usize << clusters.len() {
        let members = clusters.iter().enumerate().filter(|(c, _)| set >> c & 1 == 1);
        let members = members.map(|(_, cluster)| Cow::Borrowed(cluster));
        let sign = if set.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
        if let Some(joint) = members.reduce(|a, b| Cow::Owned(intersection(&a, &b))) {
            total += meat(scores, Some(&joint), stop)? * sign * factor(joint.levels.len());
        }
    }
    Ok(total)
}

/// The classes that two classifications form together, numbered as they first appear.
pub(super) fn intersection(a: &Groups, b: &Groups) -> Groups {
    let mut numbers = HashMap::new();
    let pairs = a.codes.iter().zip(&b.codes);
    let codes = pairs
        .map(|pair| {
            let next = numbers.len() as u32;
            *numbers.entry(pair).or_insert(next)
        })
        .collect();
    Groups { name: format!("{}^{}", a.name, b.name), codes, levels: vec![String::new(); numbers.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(codes: &[u32], levels: usize) -> Groups {
        Groups { name: "g".into(), codes: codes.to_vec(), levels: vec![String::new(); levels] }
    }

    #[test]
    fn two_way_meat_is_the_sum_less_the_intersection() {
        let scores = Scores::new(vec![vec![1.0, 2.0, 3.0, 4.0]]);
        let (a, b) = (groups(&[0, 0, 1, 1], 2), groups(&[0, 1, 0, 1], 2));
        // (1+2)² + (3+4)² + (1+3)² + (2+4)² − (1 + 4 + 9 + 16)
        let multiway_meat = |clusters: &[Groups]| multiway_meat(&scores, clusters, &|_| 1.0, &Stop::default()).unwrap();
        assert_eq!(multiway_meat(&[a.clone(), b]), DMatrix::from_element(1, 1, 80.0));
        assert_eq!(multiway_meat(&[a.clone(), a]), DMatrix::from_element(1, 1, 58.0));
    }
}
