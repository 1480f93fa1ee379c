//! The mean of the units' own coefficients.

use super::Grouping;
use super::by_unit::ByUnit;
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Own, Takes};
use nalgebra::DMatrix;

/// Pesaran and Smith's mean group.
#[derive(Debug)]
pub(in crate::regression) struct MeanGroup;

static CARD: Card = Card {
    id: "mean_group",
    aliases: &["mg"],
    title: "Mean group: the mean of the coefficients of each unit's own regression",
    kind: Kind::Estimator,
    formula: "b = sum_i b_i/N, b_i least squares of the rows of unit i; covariance sum_i (b_i - b)(b_i - b)'/(N(N-1)) from the \
              dispersion across units (iid), or a sandwich of w_it = (X_i'X_i)^-1 x_it (y_it - x_it'b)/N, which sum to (b_i - b)/N \
              in each unit. Units with no more periods than terms, or whose rows do not tell the terms apart, are left out as \
              not_usable. Residuals are those from b",
    reference: "Pesaran and Smith (1995), J. of Econometrics 68(1)",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for MeanGroup {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let spent = vec![0; Grouping::units(&design.rows).len()];
        let (design, estimate) = mean_group(ByUnit::new(design, &spent, stop)?);
        Ok(Estimated { design, estimate })
    }
}

/// The mean of the units' coefficients with its covariance.
pub(super) fn mean_group(by_unit: ByUnit) -> (Design, crate::regression::Estimate) {
    let (k, count) = (by_unit.pooled.kept.len(), by_unit.units.len());
    let (_, matrix) = by_unit.mean();
    let rule = format!("dispersion of the coefficients across {count} units; normal distribution");
    by_unit.combine(|_| DMatrix::identity(k, k) / count as f64, Own { matrix, rule })
}
