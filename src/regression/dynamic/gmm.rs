//! Generalised method of moments on equations of units: coefficients that bring the instruments' products with the
//! residuals near zero, in the metric of a weight matrix (Hansen 1982).

use super::equations::Equations;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// The equations y = Xb + u with instruments Z.
#[derive(Debug)]
pub(super) struct System {
    /// The outcome.
    pub(super) y: Vec<f64>,
    /// The regressors with a coefficient.
    pub(super) x: Vec<Vec<f64>>,
    /// The instruments.
    pub(super) z: Vec<Vec<f64>>,
    /// The equations of each unit.
    pub(super) units: Vec<Range<usize>>,
}

/// A weight matrix (S'S)⁻¹, by the triangle R of S = QR over its independent columns. Instruments whose column depends on
/// earlier ones have no weight.
#[derive(Debug)]
pub(super) struct Weights {
    /// Numbers of the instruments with a weight.
    pub(super) kept: Vec<usize>,
    inverse: DMatrix<f64>,
    instruments: usize,
}

impl Weights {
    /// The weights with this root S, one column an instrument.
    pub(super) fn new(root: Vec<Vec<f64>>, stop: &Stop) -> Result<Self, Error> {
        let instruments = root.len();
        let qr = Orthogonal::new(root, stop)?;
        let inverse = qr.inverse_triangle();
        Ok(Self { kept: qr.kept, inverse, instruments })
    }

    /// R⁻ᵀ·moments, so that the squared length is the criterion.
    fn whiten(&self, moments: &[f64]) -> Vec<f64> {
        let kept = DVector::from_iterator(self.kept.len(), self.kept.iter().map(|l| moments[*l]));
        self.inverse.tr_mul(&kept).as_slice().to_vec()
    }

    /// R⁻¹·white, one number an instrument.
    fn unwhiten(&self, white: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; self.instruments];
        let values = &self.inverse * DVector::from_column_slice(white);
        self.kept.iter().zip(values.iter()).for_each(|(l, value)| all[*l] = *value);
        all
    }
}

/// The estimate with one weight matrix W⁻¹; B·B' = (X'Z·W⁻¹·Z'X)⁻¹.
#[derive(Debug)]
pub(super) struct Step {
    /// b.
    pub(super) coefficients: Vec<f64>,
    /// u.
    pub(super) residuals: Vec<f64>,
    /// B.
    pub(super) bread_root: DMatrix<f64>,
    /// k columns over the equations, B'·X'Z·W⁻¹·Z', so that b moves by B·loadings'·du.
    pub(super) loadings: Vec<Vec<f64>>,
    /// Z·W⁻¹·Z'u, one number an equation.
    pub(super) pull: Vec<f64>,
    /// u'Z·W⁻¹·Z'u.
    pub(super) criterion: f64,
    /// The number of instruments with a weight.
    pub(super) rank: usize,
}

impl System {
    /// Solves the equations.
    ///
    /// # Errors
    /// At `formula`: instruments that do not tell the coefficients apart. [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn solve(&self, weights: &Weights, stop: &Stop) -> Result<Step, Error> {
        let moments = |column: &Vec<f64>| -> Result<Vec<f64>, Error> {
            stop.check()?;
            Ok(weights.whiten(&self.z.iter().map(|z| dot(z, column)).collect::<Vec<_>>()))
        };
        let qr = Orthogonal::new(self.x.iter().map(moments).collect::<Result<_, _>>()?, stop)?;
        if qr.kept.len() < self.x.len() {
            let rule = format!(
                "the instruments do not tell the coefficients apart: {} coefficients, {} independent instruments, which \
                 explain {} of them",
                self.x.len(),
                weights.kept.len(),
                qr.kept.len()
            );
            return Err(Violation::new("formula", rule, "").into());
        }
        let mut rest = moments(&self.y)?;
        let coefficients = qr.solve(qr.project(&mut rest));
        let mut residuals = self.y.clone();
        self.x.iter().zip(&coefficients).for_each(|(x, b)| add_scaled(&mut residuals, -b, x));
        Ok(Step {
            residuals,
            bread_root: qr.inverse_triangle(),
            loadings: qr.basis.iter().map(|q| self.instrumented(&weights.unwhiten(q))).collect(),
            pull: self.instrumented(&weights.unwhiten(&rest)),
            criterion: dot(&rest, &rest),
            rank: weights.kept.len(),
            coefficients,
        })
    }

    /// Z·v.
    fn instrumented(&self, v: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.y.len()];
        self.z.iter().zip(v).for_each(|(z, v)| add_scaled(&mut sum, *v, z));
        sum
    }

    /// The root of the weights for disturbances of levels that are independent and have one variance: what the equations
    /// make of them. With `apart`, as if those of the transformed equations were not those of the equations in levels.
    pub(super) fn first_root(&self, equations: &Equations, rows: usize, apart: bool) -> Vec<Vec<f64>> {
        let gather = |z: &Vec<f64>| {
            if !apart {
                return equations.gather(z, rows);
            }
            let part = |level: bool| {
                let keep =
                    |(z, equation): (&f64, &super::equations::Equation)| if equation.level == level { *z } else { 0.0 };
                equations.gather(&z.iter().zip(&equations.all).map(keep).collect::<Vec<_>>(), rows)
            };
            [part(false), part(true)].concat()
        };
        self.z.iter().map(gather).collect()
    }

    /// The root of the weights for disturbances of units that are independent, whatever they are within a unit:
    /// Zᵢ'uᵢ by unit.
    pub(super) fn second_root(&self, residuals: &[f64]) -> Vec<Vec<f64>> {
        self.z.iter().map(|z| self.sums(z, residuals)).collect()
    }

    /// Σ aₑbₑ over the equations of each unit.
    pub(super) fn sums(&self, a: &[f64], b: &[f64]) -> Vec<f64> {
        self.units.iter().map(|unit| dot(&a[unit.clone()], &b[unit.clone()])).collect()
    }

    /// The covariance of a step's coefficients, whatever disturbances are within a unit.
    pub(super) fn robust(&self, step: &Step) -> DMatrix<f64> {
        let sums: Vec<Vec<f64>> = step.loadings.iter().map(|loading| self.sums(loading, &step.residuals)).collect();
        let meat = DMatrix::from_fn(sums.len(), sums.len(), |i, j| dot(&sums[i], &sums[j]));
        &step.bread_root * meat * step.bread_root.transpose()
    }

    /// The covariance of two-step coefficients with the correction for the estimated weights (Windmeijer 2005, eq. 3.3).
    pub(super) fn windmeijer(&self, one: &Step, two: &Step) -> DMatrix<f64> {
        let k = self.x.len();
        let mut derivative = DMatrix::zeros(k, k);
        let sums = |columns: &[Vec<f64>], by: &[f64]| -> Vec<Vec<f64>> {
            columns.iter().map(|column| self.sums(column, by)).collect()
        };
        let pull = self.sums(&two.pull, &one.residuals);
        let loaded = sums(&two.loadings, &one.residuals);
        let pulled = sums(&self.x, &two.pull);
        for (i, loading) in two.loadings.iter().enumerate() {
            for (j, x) in self.x.iter().enumerate() {
                derivative[(i, j)] = dot(&self.sums(loading, x), &pull) + dot(&loaded[i], &pulled[j]);
            }
        }
        let plain = &two.bread_root * two.bread_root.transpose();
        let derivative = &two.bread_root * derivative;
        let moved = &derivative * &plain;
        &plain + &moved + moved.transpose() + &derivative * self.robust(one) * derivative.transpose()
    }
}
