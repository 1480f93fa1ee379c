//! Errors that are correlated within clusters of one or several classifications.

use super::{Covariance, Vcov, meat, repair, sandwich};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::{Design, Groups};
use crate::regression::small_sample::parameters_not_nested;
use crate::regression::{Estimate, Scores};
use nalgebra::DMatrix;
use std::borrow::Cow;
use std::collections::HashMap;

/// The clustered covariance, one- to four-way.
#[derive(Debug)]
pub(super) struct Cluster;

static CARD: Card = Card {
    id: "cluster",
    aliases: &["clustered", "crv1"],
    title: "Errors correlated within clusters, by one to four classifications",
    kind: Kind::Covariance,
    formula: "V = (n-1)/(n-K) * G/(G-1) * B (sum over sets of classifications of (-1)^(size+1) sum_g s_g s_g') B, \
              B = (X'WX)^-1, s_g the scores summed in the clusters that the set's classifications form together, G the \
              smallest number of clusters, K all parameters with an effect nested in a cluster counted once; t with G-1 \
              degrees of freedom",
    reference: "Liang and Zeger (1986), Biometrika 73(1); Cameron, Gelbach and Miller (2011), JBES 29(2), eq. 2.13; \
                factors as in the R package fixest 0.14, ssc() defaults",
    params: &[Param {
        name: "clusters",
        doc: "One to four of the keys or text attributes, such as state+year",
        domain: Domain::Groups { required: true },
    }],
    inference: &[],
    laws: &[],
};

impl Covariance for Cluster {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn most_clusters(&self) -> usize {
        4
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, _: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let n = design.y.len();
        let clusters = &design.clusters;
        let parameters = parameters_not_nested(estimate.coefficients.len(), design);
        let smallest = clusters.iter().map(|c| c.levels.len()).min().unwrap_or(1);
        let df = smallest - 1;
        let factor = (n - 1) as f64 / (n - parameters) as f64 * smallest as f64 / df as f64;
        let meat = multiway_meat(&estimate.sandwich.scores, clusters, stop)?;
        let matrix = sandwich(&estimate.sandwich.bread_root, &meat) * factor;
        stop.check()?;
        let repaired = (clusters.len() > 1).then(|| repair(&matrix, &estimate.sandwich.bread_root)).flatten();
        Ok(Vcov {
            rule: rule(n, parameters, clusters, smallest),
            parameters,
            factor,
            t_df: Some(df),
            repaired: repaired.is_some(),
            lag: None,
            matrix: repaired.unwrap_or(matrix),
        })
    }
}

fn rule(n: usize, parameters: usize, clusters: &[Groups], smallest: usize) -> String {
    let told: Vec<_> = clusters.iter().map(|c| format!("{} ({} clusters)", c.name, c.levels.len())).collect();
    format!(
        "clustered by {}; (n-1)/(n-K) = {}/{} with K = {parameters} (an effect nested in a cluster counts once), \
         G/(G-1) = {smallest}/{df} with the smallest G; t with {df} degrees of freedom",
        told.join(" and "),
        n - 1,
        n - parameters,
        df = smallest - 1,
    )
}

/// Inclusion and exclusion over every set of classifications.
fn multiway_meat(scores: &Scores, clusters: &[Groups], stop: &Stop) -> Result<DMatrix<f64>, Error> {
    let mut total = DMatrix::zeros(scores.len(), scores.len());
    for set in 1..1_usize << clusters.len() {
        let members = clusters.iter().enumerate().filter(|(c, _)| set >> c & 1 == 1);
        let members = members.map(|(_, cluster)| Cow::Borrowed(cluster));
        let sign = if set.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
        if let Some(joint) = members.reduce(|a, b| Cow::Owned(intersection(&a, &b))) {
            total += meat(scores, Some(&joint), stop)? * sign;
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
        let multiway_meat = |clusters: &[Groups]| multiway_meat(&scores, clusters, &Stop::default()).unwrap();
        assert_eq!(multiway_meat(&[a.clone(), b]), DMatrix::from_element(1, 1, 80.0));
        assert_eq!(multiway_meat(&[a.clone(), a]), DMatrix::from_element(1, 1, 58.0));
    }
}
