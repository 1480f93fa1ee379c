//! The model a forecast runs: coefficients with their covariance, and what history leaves beside them.

use super::leverage::Leverage;
use super::multiplier::Multiplier;
use super::rest::{Rest, places};
use crate::error::{Error, Violation, Violations};
use crate::formula::{Predictors, Program};
use crate::numeric::Stop;
use crate::numeric::sparse::Sparse;
use crate::panel::{Panel, Value};
use crate::regression::design::RowId;
use crate::regression::{Fit, Response, SpatialFilter};
use nalgebra::{DMatrix, SymmetricEigen};
use std::collections::BTreeMap;

/// A growth model, ready to forecast the regions of one panel.
#[derive(Debug, Clone)]
pub struct Model {
    /// One a regressor of the program; zero for one that was collinear.
    pub(super) coefficients: Vec<f64>,
    /// A root R of their covariance V = R R', row by row; `None` when they are taken as known.
    pub(super) root: Option<DMatrix<f64>>,
    /// The distribution of what the root multiplies.
    pub(super) points: Points,
    /// Degrees of freedom of their t distribution; normal without.
    pub(super) degrees_of_freedom: Option<f64>,
    /// Fixed effects and disturbances.
    pub(super) rest: Rest,
    /// What neighbours make of each other, in a model of the outcome's spatial lag.
    pub(super) multiplier: Option<Multiplier>,
    /// Leverage of the regressors, for a fit.
    pub(super) leverage: Option<Leverage>,
}

/// The distribution of the independent numbers behind the coefficients' errors, of mean 0 and variance 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Points {
    /// Normal.
    #[default]
    Normal,
    /// The six points of Webb (2023), of a wild bootstrap.
    Webb,
}

/// Coefficients that come from the caller, such as those of a published study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Given {
    /// Term and coefficient; every term of the formula once.
    pub coefficients: Vec<(String, f64)>,
    /// Covariance in the order of the coefficients; `None` takes them as known.
    pub covariance: Option<Vec<Vec<f64>>>,
    /// Standard deviation of independent normal residuals; `None` leaves them out.
    pub residual_standard_deviation: Option<f64>,
}

impl Model {
    /// The model of a fit, for the regions of `panel`, which need not be all those of the fit.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `formula`: the program is not that of the fit, or it has slopes that vary by period;
    /// [`Error::Cancelled`].
    pub fn fitted(program: &Program, panel: &Panel, fit: &Fit, stop: &Stop) -> Result<Self, Error> {
        if program.formula() != fit.formula {
            let rule = format!("the model was fitted with another formula, {}", fit.formula);
            return Err(Violation::new("formula", rule, program.formula()).into());
        }
        let multiplier = multiplier(program, panel, fit, stop)?;
        if multiplier.is_none() {
            refuse_what_no_path_follows(fit)?;
        }
        let terms = fit.terms.len();
        let (mut coefficients, mut v) = (vec![0.0; terms], DMatrix::zeros(terms, terms));
        for (i, row) in fit.kept.iter().enumerate() {
            coefficients[*row] = fit.coefficients[i];
            fit.kept.iter().enumerate().for_each(|(j, column)| v[(*row, *column)] = fit.vcov[i][j]);
        }
        let root = root(&v).unwrap_or_else(|negative| negative.clamped);
        let rest = Rest::recovered(program, panel, fit, stop)?;
        let leverage = Leverage::of(program, panel, fit);
        let degrees_of_freedom = fit.covariance.t_df.map(|df| df as f64);
        Ok(Self {
            coefficients,
            root: Some(root),
            points: Points::Normal,
            degrees_of_freedom,
            rest,
            multiplier,
            leverage,
        })
    }

    /// The same model with the coefficients of a wild bootstrap: each draw turns the scores of whole regions round by
    /// random points (Cameron, Gelbach and Miller 2008, in the score form of Kline and Santos 2012), so that errors
    /// need be neither normal nor of one variance, nor independent within a region. The scores are enlarged by
    /// √(G/(G−1)·(n−1)/(n−k)) for G regions and k coefficients.
    ///
    /// # Errors
    /// At `coefficient_draws`: a fit whose coefficients are no sums of scores.
    pub fn wild(self, fit: &Fit) -> Result<Self, Violation> {
        let (n, regions) = (fit.rows.len(), fit.regions.len());
        let codes: Vec<u32> = fit.rows.iter().map(|row| row.region).collect();
        let columns = fit.sandwich.scores.sums(&codes, regions);
        if columns.len() != fit.kept.len() || fit.sandwich.bread_root.nrows() != fit.kept.len() {
            let rule = "a wild bootstrap needs an estimator with a score for each coefficient";
            return Err(Violation::new("coefficient_draws", rule, &fit.estimator));
        }
        let clusters = codes.iter().collect::<std::collections::BTreeSet<_>>().len() as f64;
        let (observations, k) = (n as f64, fit.kept.len() as f64);
        let scale = (clusters / (clusters - 1.0) * (observations - 1.0) / (observations - k)).sqrt();
        let scores = DMatrix::from_fn(regions, fit.kept.len(), |g, k| columns[k][g]);
        let errors = &fit.sandwich.bread_root * scores.transpose() * scale;
        let mut root = DMatrix::zeros(self.coefficients.len(), regions);
        for (i, term) in fit.kept.iter().enumerate() {
            root.row_mut(*term).copy_from(&errors.row(i));
        }
        Ok(Self { root: Some(root), points: Points::Webb, degrees_of_freedom: None, ..self })
    }

    /// How many dates of the history a forecast takes in a row as its disturbances.
    pub fn stretch(&self) -> usize {
        self.rest.stretch
    }

    /// The model of coefficients given by the caller.
    ///
    /// # Errors
    /// At `formula`: fixed effects, whose values are not given. At `coefficients`, `covariance` and
    /// `residual_standard_deviation`: unknown, repeated and missing terms, and what is no covariance.
    pub fn given(program: &Program, given: &Given) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        if let Some(effect) = program.effects().first() {
            let rule = "given coefficients need a formula without fixed effects, whose values are not given";
            violations.push(Violation::new("formula", rule, &effect.name));
        }
        let order = order(program, given, &mut violations);
        let root = covariance(given, &order, &mut violations);
        let sd = given.residual_standard_deviation;
        if sd.is_some_and(|sd| !(sd.is_finite() && sd >= 0.0)) {
            let value = sd.unwrap_or_default();
            let rule = "must be a finite number, not negative";
            violations.push(Violation::new("residual_standard_deviation", rule, value));
        }
        let coefficients = order.iter().map(|i| i.map_or(0.0, |i| given.coefficients[i].1)).collect();
        let rest = Rest::none(program, sd.filter(|sd| *sd > 0.0));
        violations.into_result(Self {
            coefficients,
            root,
            points: Points::Normal,
            degrees_of_freedom: None,
            rest,
            multiplier: None,
            leverage: None,
        })
    }
}

impl Model {
    /// What multiplies a column of the right-hand side in a row: regressors first, then varying slopes.
    pub(super) fn coefficient(&self, column: usize, row: usize) -> f64 {
        match column.checked_sub(self.rest.absorbed.len()) {
            None => self.coefficients[column],
            Some(slope) => self.rest.anchor.slopes[slope][row],
        }
    }

    /// The outcome of a row without what draws change; `terms` and `slopes` take the row's numbers.
    ///
    /// # Errors
    /// Why the row has none.
    pub(super) fn predict(
        &self,
        predictors: &Predictors,
        row: usize,
        terms: &mut Vec<f64>,
        slopes: &mut Vec<f64>,
    ) -> Value {
        self.rest.known[row]?;
        terms.clear();
        slopes.clear();
        let mut sum = self.rest.anchor.intercepts[row];
        for (b, column) in self.coefficients.iter().zip(&predictors.regressors) {
            terms.push(column[row]?);
            sum += b * column[row]?;
        }
        for (of_rows, column) in self.rest.anchor.slopes.iter().zip(&predictors.slopes) {
            slopes.push(column[row]?);
            sum += of_rows[row] * column[row]?;
        }
        Ok(sum)
    }
}

/// The multiplier of a spatial lag model among the rows of the program.
fn multiplier(program: &Program, panel: &Panel, fit: &Fit, stop: &Stop) -> Result<Option<Multiplier>, Error> {
    let mut ids: BTreeMap<usize, RowId> = BTreeMap::new();
    for (row, place) in fit.rows.iter().zip(places(program, panel, fit)) {
        ids.extend(place.map(|place| (place, RowId { period: 0, ..*row })));
    }
    let known: Vec<usize> = ids.keys().copied().collect();
    let Some(filter) = SpatialFilter::of(fit, ids.into_values().collect(), stop)? else { return Ok(None) };
    let mut weights = vec![Vec::new(); program.rows()];
    for (i, row) in known.iter().enumerate() {
        weights[*row] = filter.weights.row(i).map(|(j, w)| (known[j] as u32, w)).collect();
    }
    let rho = fit.kept.iter().position(|term| *term == filter.term).map_or(0.0, |i| fit.coefficients[i]);
    Ok(Some(Multiplier { rho, term: filter.term, weights: Sparse::from_rows(weights) }))
}

/// A forecast adds terms and effects up region by region.
fn refuse_what_no_path_follows(fit: &Fit) -> Result<(), Violation> {
    let rule = match fit.response {
        Response::Identity => return Ok(()),
        Response::Joint => {
            "the outcome of a region depends on that of others in this model, which a forecast cannot follow"
        }
        _ => "the outcome is no sum of terms and effects in this model, which a forecast needs",
    };
    Err(Violation::new("estimator", rule, &fit.estimator))
}

/// For each regressor of the program, the position of its given coefficient.
fn order(program: &Program, given: &Given, violations: &mut Violations) -> Vec<Option<usize>> {
    let mut order = vec![None; program.regressors().len()];
    for (i, (term, coefficient)) in given.coefficients.iter().enumerate() {
        let field = format!("coefficients[{i}]");
        if !coefficient.is_finite() {
            violations.push(Violation::new(format!("{field}.estimate"), "must be a finite number", coefficient));
        }
        let names = program.regressors().iter().map(String::as_str);
        let found = super::names::find("term in the formula", names, term, &format!("{field}.term"));
        if let Some(place) = violations.keep("", found)
            && order[place].replace(i).is_some()
        {
            violations.push(Violation::new(format!("{field}.term"), "has a coefficient already", term));
        }
    }
    for (name, _) in program.regressors().iter().zip(&order).filter(|(_, place)| place.is_none()) {
        violations.push(Violation::new("coefficients", "a term of the formula has no coefficient", name));
    }
    order
}

/// The root of the given covariance in the order of the program.
fn covariance(given: &Given, order: &[Option<usize>], violations: &mut Violations) -> Option<DMatrix<f64>> {
    let matrix = given.covariance.as_ref()?;
    let k = given.coefficients.len();
    if matrix.len() != k || matrix.iter().any(|row| row.len() != k) {
        let rule = format!("must have {k} rows of {k} numbers, as there are coefficients");
        violations.push(Violation::new("covariance", rule, matrix.len()));
        return None;
    }
    if matrix.iter().flatten().any(|v| !v.is_finite()) {
        violations.push(Violation::new("covariance", "must be finite numbers", ""));
        return None;
    }
    let largest = matrix.iter().flatten().fold(0.0, |m: f64, v| m.max(v.abs()));
    let symmetric = |i: usize| (0..k).all(|j| (matrix[i][j] - matrix[j][i]).abs() <= 1e-9 * largest);
    if !(0..k).all(symmetric) {
        violations.push(Violation::new("covariance", "must be symmetric", ""));
    }
    let entry = |i: usize, j: usize| order[i].zip(order[j]).map_or(0.0, |(i, j)| matrix[i][j]);
    match root(&DMatrix::from_fn(order.len(), order.len(), entry)) {
        Ok(root) => Some(root),
        Err(negative) => {
            let rule = "must be positive semi-definite; its smallest eigenvalue is";
            violations.push(Violation::new(
                "covariance",
                format!("{rule} {}", negative.eigenvalue),
                negative.eigenvalue,
            ));
            None
        }
    }
}

/// A matrix that is no covariance, and the root of the nearest one.
struct Negative {
    eigenvalue: f64,
    clamped: DMatrix<f64>,
}

/// R with R R' = V, from the eigenvectors of V, which may be singular.
fn root(v: &DMatrix<f64>) -> Result<DMatrix<f64>, Negative> {
    if v.is_empty() {
        return Ok(v.clone());
    }
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(v.clone());
    let mut root = eigenvectors;
    for (mut column, value) in root.column_iter_mut().zip(eigenvalues.iter()) {
        column *= value.max(0.0).sqrt();
    }
    let (smallest, largest) = (eigenvalues.min(), eigenvalues.amax());
    if smallest < -1e-9 * largest { Err(Negative { eigenvalue: smallest, clamped: root }) } else { Ok(root) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_gives_the_covariance_back() {
        let v = DMatrix::from_row_slice(3, 3, &[4.0, 2.0, 0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0]);
        let root = root(&v).ok().unwrap();
        assert!((&root * root.transpose() - v).amax() < 1e-14);
    }

    #[test]
    fn a_negative_eigenvalue_is_told() {
        let v = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        assert!((root(&v).err().unwrap().eigenvalue + 1.0).abs() < 1e-14);
    }
}
