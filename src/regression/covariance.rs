//! Covariances of the coefficients: one file, one card and one formula each.
//!
//! Every one is a sandwich bread · meat · bread. An [`Estimate`] gives its scores in coordinates in which
//! the regressors are orthonormal, so the bread enters as its triangular root on either side and its
//! condition number is not squared.

mod autocovariance;
mod blocks;
mod cluster;
mod conley;
mod crv2;
mod crv3;
mod driscoll_kraay;
mod hc0;
mod hc1;
mod hc2;
mod hc3;
mod iid;
pub(super) mod leverage;
mod newey_west;
mod pairs_bootstrap;
mod wild_cluster_bootstrap;

use super::design::{Design, Groups};
use super::inference::OwnInference;
use super::small_sample::parameters;
use super::{Estimate, Remark, Scores};
use crate::card::{Card, Params, Raw};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use std::collections::BTreeMap;

/// A way to estimate the covariance of the coefficients.
pub trait Covariance: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// The largest number of variables it clusters by.
    fn most_clusters(&self) -> usize {
        0
    }

    /// The smallest number of variables it clusters by: one when there may be any, unless it says otherwise.
    fn fewest_clusters(&self) -> usize {
        self.most_clusters().min(1)
    }

    /// The covariance, and the small-sample rule it follows.
    ///
    /// # Errors
    /// At `covariance` or below: a sample or a parameter for which it is not defined. [`Error::Cancelled`] when `stop`
    /// is raised.
    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error>;
}

/// Every covariance, in the order of the catalogue.
pub static ALL: &[&dyn Covariance] = &[
    &iid::Iid,
    &hc0::Hc0,
    &hc1::Hc1,
    &hc2::Hc2,
    &hc3::Hc3,
    &cluster::Cluster,
    &crv2::Crv2,
    &crv3::Crv3,
    &wild_cluster_bootstrap::WildClusterBootstrap,
    &pairs_bootstrap::PairsBootstrap,
    &newey_west::NeweyWest,
    &driscoll_kraay::DriscollKraay,
    &conley::Conley,
];

/// Codes of the remarks that covariances make.
pub(super) const REMARKS: [&str; 3] = [COARSE_BOOTSTRAP, FEW_CLUSTERS, UNDETERMINED_DRAWS];
const COARSE_BOOTSTRAP: &str = "COARSE_BOOTSTRAP";
const FEW_CLUSTERS: &str = "FEW_CLUSTERS";
const UNDETERMINED_DRAWS: &str = "UNDETERMINED_DRAWS";

/// The covariance of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Covariance> {
    ALL.iter().copied().find(|covariance| covariance.card().answers_to(name))
}

/// An estimated covariance.
#[derive(Debug, Clone)]
pub struct Vcov {
    /// k × k.
    pub matrix: DMatrix<f64>,
    /// The number of parameters K that the small-sample factor counts.
    pub parameters: usize,
    /// What the sandwich was multiplied by.
    pub factor: f64,
    /// Degrees of freedom of the t distribution; `None` for the normal distribution.
    pub t_df: Option<usize>,
    /// The rule in words.
    pub rule: String,
    /// Whether the matrix had negative eigenvalues, which were set to zero.
    pub repaired: bool,
    /// The longest lag counted, where lags are.
    pub lag: Option<usize>,
    /// What tests and intervals of single coefficients rest on where it is not the t distribution.
    pub own_inference: Option<OwnInference>,
    /// What a reader must know before using it.
    pub remarks: Vec<Remark>,
}

impl Default for Vcov {
    /// A covariance of nothing, to be filled in.
    fn default() -> Self {
        Self {
            matrix: DMatrix::zeros(0, 0),
            parameters: 0,
            factor: 1.0,
            t_df: None,
            rule: String::new(),
            repaired: false,
            lag: None,
            own_inference: None,
            remarks: Vec::new(),
        }
    }
}

impl Vcov {
    /// The same for tests that are normal and chi-squared.
    #[must_use]
    pub(super) fn asymptotic(self) -> Self {
        let before = self.rule.split("; t with").next().unwrap_or_default();
        Self { t_df: None, rule: format!("{before}; z and chi-squared"), ..self }
    }
}

/// A covariance by name, with the variables it clusters by and its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Id or alias of the covariance.
    pub id: String,
    /// Names of the cluster variables.
    pub clusters: Vec<String>,
    /// Parameters by name, as its card lists them.
    pub parameters: BTreeMap<String, Raw>,
}

impl Choice {
    /// Reads `iid`, `hc1`, `cluster:state`, `cluster:state+year` or `newey_west:lag=2`.
    pub fn read(text: &str) -> Self {
        let (id, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut choice = Self { id: id.trim().to_owned(), clusters: Vec::new(), parameters: BTreeMap::new() };
        for item in rest.split(['+', ',']).map(str::trim).filter(|item| !item.is_empty()) {
            match item.split_once('=') {
                None => choice.clusters.push(item.to_owned()),
                Some((name, value)) => {
                    choice.parameters.insert(name.trim().to_owned(), Raw::Text(value.trim().to_owned()));
                }
            }
        }
        choice
    }

    /// The covariance meant, with its parameters.
    ///
    /// # Errors
    /// At `covariance`: an unknown name; at `covariance.clusters`: too few or too many of them; at
    /// `covariance.parameters`: what its card does not allow.
    pub fn find(&self) -> Result<(&'static dyn Covariance, Params), Violations> {
        let Some(covariance) = find(&self.id) else {
            let known: Vec<_> = ALL.iter().map(|c| c.card().id).collect();
            return Err(Violation::new("covariance", format!("one of {}", known.join(", ")), &self.id).into());
        };
        let (id, most) = (covariance.card().id, covariance.most_clusters());
        let count = self.clusters.len();
        let rule = match most {
            0 if count > 0 => format!("{id} takes no cluster variables"),
            _ if count < covariance.fewest_clusters() => format!("{id} needs a cluster variable"),
            _ if count > most => format!("{id} takes at most {most} cluster variables"),
            _ => return self.params(covariance.card()).map(|params| (covariance, params)),
        };
        Err(Violation::new("covariance.clusters", rule, self.clusters.join("+")).into())
    }

    /// The parameters by the card, which lists the clusters among them.
    fn params(&self, card: &Card) -> Result<Params, Violations> {
        let mut given = self.parameters.clone();
        if !self.clusters.is_empty() {
            given.insert("clusters".to_owned(), Raw::Text(self.clusters.join("+")));
        }
        Params::parse(card, &given, "covariance.parameters")
    }
}

/// R⁻¹ · meat · R⁻ᵀ.
fn sandwich(bread_root: &DMatrix<f64>, meat: &DMatrix<f64>) -> DMatrix<f64> {
    let matrix = bread_root * meat * bread_root.transpose();
    (&matrix + matrix.transpose()) * 0.5
}

/// Σ over groups of the outer product of the scores summed in each; every row is its own group without `groups`.
fn meat(scores: &Scores, groups: Option<&Groups>, stop: &Stop) -> Result<DMatrix<f64>, Error> {
    stop.check()?;
    Ok(match groups {
        None => scores.squares(),
        Some(groups) => Scores::new(scores.sums(&groups.codes, groups.levels.len())).squares(),
    })
}

/// Sets negative eigenvalues to zero (Cameron, Gelbach and Miller 2011, p. 241), in units of the iid standard
/// errors so that the result does not depend on the units of the regressors.
fn repair(matrix: &DMatrix<f64>, bread_root: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    if matrix.is_empty() {
        return None;
    }
    let units = DMatrix::from_diagonal(&DVector::from_iterator(
        bread_root.nrows(),
        bread_root.row_iter().map(|row| row.norm()),
    ));
    let inverse = units.map_diagonal(|u| 1.0 / u);
    let inverse = DMatrix::from_diagonal(&inverse);
    let scaled = &inverse * matrix * &inverse;
    if !scaled.iter().all(|x| x.is_finite()) {
        return None;
    }
    let eigen = SymmetricEigen::new(scaled);
    let largest = eigen.eigenvalues.amax();
    if eigen.eigenvalues.iter().all(|value| *value >= -1e-12 * largest) {
        return None;
    }
    let floored = DMatrix::from_diagonal(&eigen.eigenvalues.map(|value| value.max(0.0)));
    let repaired = &eigen.eigenvectors * floored * eigen.eigenvectors.transpose();
    Some(&units * repaired * &units)
}

/// Residual degrees of freedom n − K with K all parameters; the caller has made sure they are positive.
fn residual_df(estimate: &Estimate, design: &Design) -> (usize, usize) {
    let parameters = parameters(estimate.coefficients.len(), design);
    (parameters, design.y.len() - parameters)
}
