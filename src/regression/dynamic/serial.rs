//! Tests for serial correlation of the differenced disturbances (Arellano and Bond 1991, eqs. 8 to 10).

use super::equations::{Equations, Transformation};
use super::gmm::{Step, System};
use crate::numeric::distributions::normal_tail;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::{Absent, finite};
use crate::regression::design::Design;
use crate::regression::{Figure, Outcome};
use nalgebra::{DMatrix, DVector};

/// What the tests are about.
#[derive(Debug)]
pub(super) struct Tested<'a> {
    /// The panel in levels.
    pub(super) design: &'a Design,
    /// Its regressors with a coefficient.
    pub(super) kept: &'a [usize],
    /// The equations.
    pub(super) system: &'a System,
    /// The estimate.
    pub(super) step: &'a Step,
    /// The covariance of the coefficients.
    pub(super) covariance: &'a DMatrix<f64>,
}

impl Tested<'_> {
    /// The test of order `order`.
    pub(super) fn serial_correlation(&self, order: i32) -> Outcome {
        let statistic = self.statistic(order).ok_or(Absent::Undetermined).and_then(finite);
        let p_value = statistic.map(|z| 2.0 * normal_tail(z.abs()));
        let reading = match (order, p_value) {
            (_, Err(_)) => "no unit has rows enough for it",
            (1, Ok(p)) if p < 0.05 => {
                "differences are correlated with those of the period before, as they are when levels are not"
            }
            (1, Ok(_)) => {
                "no sign that differences are correlated with those of the period before; they would be if levels were not"
            }
            (_, Ok(p)) if p < 0.05 => {
                "differences are correlated with those two periods before, so the disturbances of levels are correlated and \
                 the latest instruments are not valid; a larger min_lag may help"
            }
            (_, Ok(_)) => "no sign of serial correlation of the disturbances of levels: the instruments may be valid",
        };
        Outcome {
            id: format!("m{order}"),
            null: format!("the differenced disturbances have no serial correlation of order {order}"),
            statistic,
            distribution: "N(0, 1)".to_owned(),
            p_value,
            reading: reading.to_owned(),
            figures: vec![Figure::new("order", f64::from(order))],
            parts: Vec::new(),
        }
    }

    /// m, with residuals v in differences, w the same some periods before, and a = Σ wv of a unit:
    /// Σa/√(Σa² − 2·w'X·(Σ influence·a) + w'X·V·X'w).
    fn statistic(&self, order: i32) -> Option<f64> {
        let differences = Equations::new(self.design, Transformation::FirstDifferences, false);
        let x: Vec<Vec<f64>> = self.kept.iter().map(|j| differences.apply(&self.design.x[*j])).collect();
        let mut v = differences.apply(&self.design.y);
        x.iter().zip(&self.step.coefficients).for_each(|(x, b)| add_scaled(&mut v, -b, x));
        let mut w = vec![0.0; v.len()];
        for unit in &differences.units {
            for e in unit.clone() {
                let date = differences.all[e].date - order;
                let earlier = differences.all[unit.start..e].iter().position(|other| other.date == date);
                w[e] = earlier.map_or(0.0, |back| v[unit.start + back]);
            }
        }
        let by_unit: Vec<f64> = differences.units.iter().map(|unit| dot(&w[unit.clone()], &v[unit.clone()])).collect();
        let wx = DVector::from_iterator(x.len(), x.iter().map(|x| dot(x, &w)));
        let moved = self.step.loadings.iter().map(|l| dot(&self.system.sums(l, &self.step.residuals), &by_unit));
        let moved = &self.step.bread_root * DVector::from_iterator(x.len(), moved);
        let spread = dot(&by_unit, &by_unit) - 2.0 * wx.dot(&moved) + wx.dot(&(self.covariance * &wx));
        (spread > 0.0).then(|| by_unit.iter().sum::<f64>() / spread.sqrt())
    }
}
