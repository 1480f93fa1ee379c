//! Covariances of the coefficients: one file, one card and one formula each.
//!
//! Every one is a sandwich bread · meat · bread. An [`Estimate`] gives its scores in coordinates in which
//! the regressors are orthonormal, so the bread enters as its triangular root on either side and its
//! condition number is not squared.

mod cluster;
mod hc1;
mod iid;

use super::Estimate;
use super::design::{Design, Groups};
use super::small_sample::parameters;
use crate::card::Card;
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::vector::dot;
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// A way to estimate the covariance of the coefficients.
pub trait Covariance: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// The largest number of variables it clusters by; it needs at least one when there may be any.
    fn most_clusters(&self) -> usize {
        0
    }

    /// The covariance, and the small-sample rule it follows.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    fn vcov(&self, estimate: &Estimate, design: &Design, stop: &Stop) -> Result<Vcov, Error>;
}

/// Every covariance, in the order of the catalogue.
pub static ALL: &[&dyn Covariance] = &[&iid::Iid, &hc1::Hc1, &cluster::Cluster];

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
    /// Degrees of freedom of the t distribution.
    pub t_df: usize,
    /// The rule in words.
    pub rule: String,
    /// Whether the matrix had negative eigenvalues, which were set to zero.
    pub repaired: bool,
}

/// A covariance by name, with the variables it clusters by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Id or alias of the covariance.
    pub id: String,
    /// Names of the cluster variables.
    pub clusters: Vec<String>,
}

impl Choice {
    /// Reads `iid`, `hc1`, `cluster:state` or `cluster:state+year`.
    pub fn read(text: &str) -> Self {
        let (id, names) = text.split_once(':').unwrap_or((text, ""));
        let names = names.split('+').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Self { id: id.trim().to_owned(), clusters: names.collect() }
    }

    /// The covariance meant.
    ///
    /// # Errors
    /// At `covariance`: an unknown name; at `covariance.clusters`: too few or too many of them.
    pub fn find(&self) -> Result<&'static dyn Covariance, Violations> {
        let Some(covariance) = find(&self.id) else {
            let known: Vec<_> = ALL.iter().map(|c| c.card().id).collect();
            return Err(Violation::new("covariance", format!("one of {}", known.join(", ")), &self.id).into());
        };
        let (id, most) = (covariance.card().id, covariance.most_clusters());
        let count = self.clusters.len();
        let rule = match most {
            0 if count > 0 => format!("{id} takes no cluster variables"),
            _ if most > 0 && count == 0 => format!("{id} needs a cluster variable"),
            _ if count > most => format!("{id} takes at most {most} cluster variables"),
            _ => return Ok(covariance),
        };
        Err(Violation::new("covariance.clusters", rule, self.clusters.join("+")).into())
    }
}

/// R⁻¹ · meat · R⁻ᵀ.
fn sandwich(bread_root: &DMatrix<f64>, meat: &DMatrix<f64>) -> DMatrix<f64> {
    let matrix = bread_root * meat * bread_root.transpose();
    (&matrix + matrix.transpose()) * 0.5
}

/// Σ over groups of the outer product of the scores summed in each; every row is its own group without `groups`.
fn meat(scores: &[Vec<f64>], groups: Option<&Groups>, stop: &Stop) -> Result<DMatrix<f64>, Error> {
    let sums: Vec<Vec<f64>> = match groups {
        None => scores.to_vec(),
        Some(groups) => scores.iter().map(|column| group_sums(column, groups)).collect(),
    };
    let mut meat = DMatrix::zeros(sums.len(), sums.len());
    for (i, a) in sums.iter().enumerate() {
        stop.check()?;
        sums.iter().enumerate().for_each(|(j, b)| meat[(i, j)] = dot(a, b));
    }
    Ok(meat)
}

fn group_sums(column: &[f64], groups: &Groups) -> Vec<f64> {
    let mut sums = vec![0.0; groups.levels.len()];
    for (x, code) in column.iter().zip(&groups.codes) {
        sums[*code as usize] += x;
    }
    sums
}

/// Sets negative eigenvalues to zero (Cameron, Gelbach and Miller 2011, p. 241), in units of the iid standard
/// errors so that the result does not depend on the units of the regressors.
fn repair(matrix: &DMatrix<f64>, bread_root: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let units = DMatrix::from_diagonal(&DVector::from_iterator(
        bread_root.nrows(),
        bread_root.row_iter().map(|row| row.norm()),
    ));
    let inverse = units.map_diagonal(|u| 1.0 / u);
    let inverse = DMatrix::from_diagonal(&inverse);
    let eigen = SymmetricEigen::new(&inverse * matrix * &inverse);
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
