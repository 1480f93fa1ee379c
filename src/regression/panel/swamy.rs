//! Coefficients that differ between units at random.

use super::Grouping;
use super::by_unit::{ByUnit, UnitFit};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::chi_squared_tail;
use crate::panel::{Value, finite};
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Outcome, Own, Remark, Takes};
use nalgebra::{DMatrix, DVector};

/// Swamy's random coefficients.
#[derive(Debug)]
pub(in crate::regression) struct Swamy;

static CARD: Card = Card {
    id: "swamy",
    aliases: &["random_coefficients"],
    title: "Random coefficients: a weighted mean of the coefficients of each unit's own regression (Swamy)",
    kind: Kind::Estimator,
    formula: "b = sum_i W_i b_i, W_i = V (D + V_i)^-1, V = [sum_i (D + V_i)^-1]^-1 the covariance (iid), V_i = s2_i (X_i'X_i)^-1; \
              D = sum_i (b_i - bbar)(b_i - bbar)'/(N-1) - sum_i V_i/N, or its first part alone if the difference is not positive \
              definite. Test of equal coefficients: sum_i (b_i - b*)'V_i^-1 (b_i - b*), b* = [sum V_i^-1]^-1 sum V_i^-1 b_i",
    reference: "Swamy (1970), Econometrica 38(2), eqs. 3.5-3.7; as in the R package plm 2.6, pvcm(model = \"random\")",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for Swamy {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let spent = vec![0; Grouping::units(&design.rows).len()];
        let by_unit = ByUnit::new(design, &spent, stop)?;
        let variances: Vec<DMatrix<f64>> = by_unit.units.iter().map(|unit| unit.inverse() * unit.sigma2).collect();
        let (dispersion, full) = dispersion(&by_unit, &variances);
        let precision = |unit: &UnitFit| inverse(unit.inverse() * unit.sigma2 + &dispersion);
        let Some(precisions) = by_unit.units.iter().map(precision).collect::<Option<Vec<_>>>() else {
            return Err(Violation::new("formula", "the coefficients of some unit have no finite precision", "").into());
        };
        let total = precisions.iter().skip(1).fold(precisions[0].clone(), |sum, p| sum + p);
        let Some(matrix) = inverse(total) else {
            return Err(Violation::new("formula", "the coefficients have no finite covariance", "").into());
        };
        let test = constancy(&by_unit.units, &variances);
        let rule = "inverse of the summed precisions; normal distribution".to_owned();
        let weights = |unit: &UnitFit| match precision(unit) {
            Some(precision) => &matrix * precision,
            None => DMatrix::zeros(matrix.nrows(), matrix.ncols()),
        };
        let (design, mut estimate) = by_unit.combine(weights, Own { matrix: matrix.clone(), rule });
        estimate.tests.push(test);
        if full {
            let message = "the dispersion of the coefficients less their sampling variance is not positive definite; the \
                           sampling variance was not taken off";
            estimate.remarks.push(Remark { code: "DISPERSION_NOT_CORRECTED".to_owned(), message: message.to_owned() });
        }
        Ok(Estimated { design, estimate })
    }
}

/// The covariance of the coefficients between units, and whether sampling variance is still in it.
fn dispersion(by_unit: &ByUnit, variances: &[DMatrix<f64>]) -> (DMatrix<f64>, bool) {
    let (_, of_mean) = by_unit.mean();
    let count = by_unit.units.len() as f64;
    let raw = of_mean * count;
    let sampling = variances.iter().fold(DMatrix::zeros(raw.nrows(), raw.ncols()), |sum, v| sum + v) / count;
    let corrected = &raw - sampling;
    let negative = corrected.symmetric_eigenvalues().iter().any(|value| *value < 0.0);
    if negative { (raw, true) } else { (corrected, false) }
}

/// The test that all units have the same coefficients.
fn constancy(units: &[UnitFit], variances: &[DMatrix<f64>]) -> Outcome {
    let k = units.first().map_or(0, |unit| unit.coefficients.len());
    let df = k * (units.len() - 1);
    let statistic = constancy_statistic(units, variances).map_or(Err(crate::panel::Absent::Undetermined), finite);
    let p_value: Value = statistic.map(|chi2| chi_squared_tail(chi2, df as f64));
    let reading = match p_value {
        Ok(p) if p < 0.05 => "rejected at 5 %: the units' coefficients differ",
        Ok(_) => "not rejected at 5 %",
        Err(_) => "the test has no value in this sample",
    };
    Outcome {
        id: "parameter_constancy".to_owned(),
        null: "all units have the same coefficients".to_owned(),
        statistic,
        distribution: format!("chi2({df})"),
        p_value,
        reading: reading.to_owned(),
        figures: Vec::new(),
        parts: Vec::new(),
    }
}

fn constancy_statistic(units: &[UnitFit], variances: &[DMatrix<f64>]) -> Option<f64> {
    let precisions: Vec<DMatrix<f64>> = variances.iter().map(|v| inverse(v.clone())).collect::<Option<_>>()?;
    let k = precisions.first()?.nrows();
    let total = precisions.iter().fold(DMatrix::zeros(k, k), |sum, p| sum + p);
    let pairs = || units.iter().zip(&precisions);
    let weighted = pairs().fold(DVector::zeros(k), |sum, (unit, p)| sum + p * &unit.coefficients);
    let common = inverse(total)? * weighted;
    Some(pairs().map(|(unit, p)| (p * (&unit.coefficients - &common)).dot(&(&unit.coefficients - &common))).sum())
}

/// The inverse of a symmetric positive definite matrix, scaled to unit diagonal first.
fn inverse(matrix: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let scale = DMatrix::from_diagonal(&matrix.diagonal().map(|v| v.sqrt().recip()));
    Some(&scale * (&scale * matrix * &scale).cholesky()?.inverse() * &scale)
}
