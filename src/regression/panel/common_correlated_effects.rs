//! Units that react differently to common factors, for which the averages across units stand in.

use super::by_unit::{ByUnit, UnitFit, table};
use super::mean_group::mean_group;
use super::{Grouping, INTERCEPT};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::vector::norm;
use crate::regression::design::Design;
use crate::regression::{Estimate, Estimated, Estimator, Own, Response, Takes};
use nalgebra::DMatrix;

/// Pesaran's common correlated effects.
#[derive(Debug)]
pub(in crate::regression) struct CommonCorrelatedEffects;

static CARD: Card = Card {
    id: "common_correlated_effects",
    aliases: &["cce"],
    title: "Common correlated effects: units react differently to common factors (Pesaran)",
    kind: Kind::Estimator,
    formula: "y_it = x_it'b_i + a_i + f_t'g_i + e_it with factors f_t not observed. M_i takes out of the rows of unit i an intercept \
              (if the formula has one) and the averages across units, period by period, of y and of each regressor. mean_group: \
              b = sum_i b_i/N of each unit's regression of M_i y_i on M_i X_i; covariance sum_i (b_i - b)(b_i - b)'/(N(N-1)). \
              pooled: b = (sum_i A_i)^-1 sum_i X_i'M_i y_i, A_i = X_i'M_i X_i; covariance N/(N-1) (sum A_i)^-1 \
              [sum_i A_i (b_i - b_mg)(b_i - b_mg)'A_i] (sum A_i)^-1. The rows of the fit are the M_i y_i and M_i X_i, whose \
              degrees of freedom small-sample factors of other covariances do not count. Units with too few periods are left out \
              as not_usable, after the averages",
    reference: "Pesaran (2006), Econometrica 74(4), eqs. 53, 58 (mean group), 65, 67-69 (pooled)",
    params: &[POOL],
    inference: &[],
    laws: &[],
};

const POOL: Param = Param {
    name: "pool",
    doc: "mean_group averages the units' coefficients, pooled assumes that they are the same",
    domain: Domain::Choice(&["mean_group", "pooled"]),
};

impl Estimator for CommonCorrelatedEffects {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let (design, spent) = defactored(design, stop)?;
        let by_unit = ByUnit::new(design, &spent, stop)?;
        let (design, mut estimate) =
            if params.chooses("pool", "pooled") { pooled(by_unit) } else { mean_group(by_unit) };
        estimate.response = Response::Joint;
        Ok(Estimated { design, estimate })
    }
}

/// The design without what intercepts and averages explain in each unit, and how many parameters that took in each.
fn defactored(mut design: Design, stop: &Stop) -> Result<(Design, Vec<usize>), Error> {
    let periods = Grouping::periods(&design.rows);
    let mut common = Vec::new();
    if let Some(j) = design.names.iter().position(|name| name == INTERCEPT) {
        design.names.remove(j);
        common.push(design.x.remove(j));
    }
    common.extend(std::iter::once(&design.y).chain(&design.x).map(|column| periods.spread(&periods.means(column))));
    let mut spent = Vec::new();
    let lengths: Vec<f64> = design.x.iter().map(|x| norm(x)).collect();
    for rows in Grouping::units(&design.rows).members() {
        let pick = |column: &[f64]| rows.iter().map(|i| column[*i]).collect::<Vec<f64>>();
        let qr = Orthogonal::new(common.iter().map(|c| pick(c)).collect(), stop)?;
        for column in std::iter::once(&mut design.y).chain(&mut design.x) {
            let mut own = pick(column);
            qr.project(&mut own);
            rows.iter().zip(own).for_each(|(i, value)| column[*i] = value);
        }
        spent.push(qr.basis.len());
    }
    // What is left of a regressor that is the same for all units is rounding.
    for (column, length) in design.x.iter_mut().zip(lengths) {
        if norm(column) <= DEPENDENT * length {
            column.fill(0.0);
        }
    }
    Ok((design, spent))
}

/// One coefficient for all units, with the covariance that the dispersion of their own tells.
fn pooled(by_unit: ByUnit) -> (Design, Estimate) {
    let count = by_unit.units.len() as f64;
    let (mean, _) = by_unit.mean();
    let ByUnit { design, pooled, units } = by_unit;
    let k = pooled.kept.len();
    let spread = |sum: DMatrix<f64>, unit: &UnitFit| {
        let Some(gram) = unit.gram() else { return sum };
        let deviation = gram * (&unit.coefficients - &mean);
        sum + &deviation * deviation.transpose()
    };
    let dispersion = units.iter().fold(DMatrix::zeros(k, k), spread);
    let root = &pooled.sandwich.bread_root;
    let inverse = root * root.transpose();
    let own = Own {
        matrix: &inverse * dispersion * &inverse * (count / (count - 1.0)),
        rule: format!("dispersion of the coefficients across {count} units; normal distribution"),
    };
    let parts = vec![table(&design, &pooled.kept, &units)];
    (design, Estimate { own: Some(own), asymptotic: true, parts, ..pooled })
}
