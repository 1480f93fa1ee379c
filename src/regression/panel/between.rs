//! Regression of the units' means.

use super::Grouping;
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::{Estimated, Estimator, Takes};

/// Least squares of means over time.
#[derive(Debug)]
pub(in crate::regression) struct Between;

static CARD: Card = Card {
    id: "between",
    aliases: &[],
    title: "Between estimator: least squares of the units' means over time",
    kind: Kind::Estimator,
    formula: "b = argmin sum_i W_i (ybar_i - xbar_i'b)^2, ybar_i = sum_t w_it y_it / W_i, W_i = sum_t w_it; without weights \
              every unit counts once, whatever the number of its periods. A unit is a region, or a region's industry. A row \
              of means has no period: correlation over time is not defined, and a cluster holds whole units",
    reference: "Baltagi (2021), Econometric Analysis of Panel Data, 6th ed., eq. 2.13; weights as in linearmodels 7.1, BetweenOLS",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Estimator for Between {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, _: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let units = Grouping::units(&design.rows);
        refuse_divided_units(&design, &units)?;
        let design = means(design, &units);
        let estimate = least_squares(&design, stop)?;
        Ok(Estimated { design, estimate })
    }
}

/// Refuses cluster variables that change within a unit.
fn refuse_divided_units(design: &Design, units: &Grouping) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for cluster in &design.clusters {
        let codes: Vec<f64> = cluster.codes.iter().map(|g| 1.0 + f64::from(*g)).collect();
        if units.varies(&codes) {
            let rule = "the rows are means of units over time, so a cluster must hold whole units";
            violations.push(Violation::new("covariance.clusters", rule, &cluster.name));
        }
    }
    violations.into_result(())
}

/// One row a unit: weighted means, and the sum of the weights.
fn means(mut design: Design, units: &Grouping) -> Design {
    let total = design.weights.as_deref().map(|w| units.sums(w));
    let mean = |column: &[f64]| match (&design.weights, &total) {
        (Some(w), Some(total)) => {
            let products: Vec<f64> = column.iter().zip(w).map(|(x, w)| x * w).collect();
            units.sums(&products).iter().zip(total).map(|(sum, w)| sum / w).collect()
        }
        _ => units.means(column),
    };
    let (y, x): (Vec<f64>, Vec<Vec<f64>>) = (mean(&design.y), design.x.iter().map(|x| mean(x)).collect());
    let first: Vec<usize> = units.members().iter().map(|rows| rows[0]).collect();
    let period = design.rows.iter().map(|row| row.period).min().unwrap_or_default();
    design.keep(&first);
    design.rows.iter_mut().for_each(|row| row.period = period);
    Design { y, x, weights: total, ..design }
}
