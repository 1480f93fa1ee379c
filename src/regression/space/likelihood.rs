//! The likelihood of B(Ay − Xb) = Da + e with A = I − ρW, B = I − λW and normal errors e of one variance.

use super::filters::Filters;
use super::maximum::{Maximum, Slope, maximise};
use super::sample::{Sample, filtered};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// Which filters a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filtered {
    /// A, with ρ.
    Outcome,
    /// B, with λ.
    Errors,
    /// Both.
    Both,
}

impl Filtered {
    /// Names of the parameters.
    pub(super) fn names(self) -> Vec<String> {
        self.places().iter().map(|q| ["rho", "lambda"][*q].to_owned()).collect()
    }

    /// Which of ρ and λ it has.
    pub(super) fn places(self) -> &'static [usize] {
        match self {
            Self::Outcome => &[0],
            Self::Errors => &[1],
            Self::Both => &[0, 1],
        }
    }
}

/// What the likelihood counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Independent errors.
    pub(super) n: f64,
    /// Share of the log-determinant.
    pub(super) share: f64,
    /// Periods in each of which the eigenvalue one is left out of the determinant.
    pub(super) periods: f64,
}

/// The likelihood with b and the variance at their best for given ρ and λ.
#[derive(Debug)]
pub(super) struct Likelihood<'a> {
    pub(super) sample: &'a Sample<'a>,
    pub(super) filters: &'a Filters<'a>,
    pub(super) counted: Counted,
    known: RefCell<BTreeMap<u64, Option<(f64, f64)>>>,
}

/// The likelihood at one ρ and λ.
#[derive(Debug)]
pub(super) struct At {
    /// ρ and λ.
    pub(super) at: [f64; 2],
    /// Its logarithm.
    pub(super) log: f64,
    /// The derivatives of it.
    pub(super) slopes: [f64; 2],
    /// The coefficients.
    pub(super) coefficients: Vec<f64>,
    /// The filtered regressors.
    pub(super) qr: Orthogonal,
    /// The errors e.
    pub(super) errors: Vec<f64>,
    /// Their sum of squares.
    pub(super) ssr: f64,
}

/// The likelihood along one of ρ and λ.
struct Along(At, usize);

impl Slope for Along {
    fn value(&self) -> f64 {
        self.0.log
    }

    fn slope(&self) -> f64 {
        self.0.slopes[self.1]
    }
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(sample: &'a Sample<'a>, filters: &'a Filters<'a>, counted: Counted) -> Self {
        Self { sample, filters, counted, known: RefCell::default() }
    }

    /// Its maximum; `None` where it is nowhere defined.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn maximise(&self, model: Filtered, stop: &Stop) -> Result<Option<Maximum<At>>, Error> {
        let along = |q: usize, fixed: f64| {
            let at = move |x: f64| if q == 0 { [x, fixed] } else { [fixed, x] };
            maximise(self.filters.interval, move |x| Ok(self.at(at(x), stop)?.map(|point| Along(point, q))))
        };
        let found = match model {
            Filtered::Outcome => along(0, 0.0)?,
            Filtered::Errors => along(1, 0.0)?,
            // Along ρ the slope of the likelihood maximised over λ is its slope at that maximum.
            Filtered::Both => {
                maximise(self.filters.interval, |rho| Ok(along(1, rho)?.map(|inner| Along(inner.of.0, 0))))?
            }
        };
        let at = |Maximum { at, of, evaluations, converged }| Maximum { at, of: At::from(of), evaluations, converged };
        Ok(found.map(at))
    }

    /// The likelihood at ρ and λ; `None` where a filter is singular.
    pub(super) fn at(&self, at: [f64; 2], stop: &Stop) -> Result<Option<At>, Error> {
        let (Some(of_rho), Some(of_lambda)) = (self.determinant(at[0], stop)?, self.determinant(at[1], stop)?) else {
            return Ok(None);
        };
        let (sample, [rho, lambda]) = (self.sample, at);
        let x = sample.x.iter().map(|column| filtered(column, [0.0, lambda])).collect();
        let qr = Orthogonal::new(x, stop)?;
        let mut errors = filtered(&sample.y, at);
        let mut coefficients = vec![0.0; sample.x.len()];
        let solution = qr.solve(qr.project(&mut errors));
        qr.kept.iter().zip(solution).for_each(|(j, b)| coefficients[*j] = b);
        // Minus the derivatives of the errors, b held fixed: BWy and W(Ay − Xb).
        let (mut by_rho, mut by_lambda) = (sample.y[1].clone(), sample.y[1].clone());
        add_scaled(&mut by_rho, -lambda, &sample.y[2]);
        add_scaled(&mut by_lambda, -rho, &sample.y[2]);
        coefficients.iter().zip(&sample.x).for_each(|(b, x)| add_scaled(&mut by_lambda, -b, &x[1]));
        let (n, ssr) = (self.counted.n, dot(&errors, &errors));
        let slope = |by: &[f64], trace: f64| n * dot(&errors, by) / ssr - trace;
        Ok(Some(At {
            at,
            log: -0.5 * n * ((2.0 * PI * ssr / n).ln() + 1.0) + of_rho.0 + of_lambda.0,
            slopes: [slope(&by_rho, of_rho.1), slope(&by_lambda, of_lambda.1)],
            coefficients,
            qr,
            errors,
            ssr,
        }))
    }

    /// The part of the log-determinant that counts, and minus its derivative; each ρ is computed once.
    fn determinant(&self, rho: f64, stop: &Stop) -> Result<Option<(f64, f64)>, Error> {
        if rho == 0.0 && self.counted.periods == 0.0 {
            // W has no diagonal.
            return Ok(Some((0.0, 0.0)));
        }
        if let Some(known) = self.known.borrow().get(&rho.to_bits()) {
            return Ok(*known);
        }
        let Counted { share, periods, .. } = self.counted;
        let counted = self
            .filters
            .determinant(rho, stop)?
            .map(|(log, trace)| (share * (log - periods * (-rho).ln_1p()), share * (trace - periods / (1.0 - rho))));
        self.known.borrow_mut().insert(rho.to_bits(), counted);
        Ok(counted)
    }
}

impl From<Along> for At {
    fn from(along: Along) -> Self {
        along.0
    }
}
