//! Spatial models estimated by two-stage least squares and moments, which need no normal errors.

use super::filters::Filters;
use super::impacts::{Impacts, Multipliers};
use super::lags::without_lags;
use super::likelihood::Filtered;
use super::moments::error_parameter;
use super::sample::{Lagged, Sample};
use super::weights::Weights;
use crate::card::Params;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::small_sample::parameters;
use crate::regression::{Estimate, Estimated, Figure, Remark, Response, Sandwich, Scores};

/// Least squares of the filtered outcome on the filtered regressors and, with a lag, the filtered lag of the outcome,
/// all projected on X, WX and WWX.
struct Stage {
    qr: Orthogonal,
    coefficients: Vec<f64>,
    errors: Vec<f64>,
}

/// Estimates the model with these filters: b and ρ by two-stage least squares (Kelejian and Prucha 1998), λ by moments
/// (Kelejian and Prucha 1999), and then b and ρ again from filtered data.
///
/// # Errors
/// [`Error::Invalid`] at `estimator_parameters`: weights or a correction that are not defined here; at `formula`: no
/// instrument for the lag of the outcome. [`Error::Cancelled`] when `stop` is raised.
pub(super) fn two_stage(design: Design, params: &Params, model: Filtered, stop: &Stop) -> Result<Estimated, Error> {
    for (name, of_likelihood) in [("bias_correction", "lee_yu"), ("effects", "random")] {
        if params.chooses(name, of_likelihood) {
            let rule = "belongs to maximum likelihood; choose `method` ml for it";
            return Err(Violation::new(format!("estimator_parameters.{name}"), rule, of_likelihood).into());
        }
    }
    let weights = Weights::of(&design, params, "estimator_parameters", stop)?;
    let linear = least_squares(&design, stop)?;
    let sample = Sample::new(&design, &weights, &linear.kept, stop)?;
    let filters = Filters::new(&weights, stop)?;
    let instruments = instruments(&sample, &linear.kept, stop)?;
    let has_lag = model != Filtered::Errors;
    let mut stage = Stage::new(&sample, &instruments, (has_lag, 0.0), stop)?;
    let mut figures = Vec::new();
    if model != Filtered::Outcome {
        let rule = "the moments of the residuals have no spatial parameter";
        let lambda = error_parameter(&stage.errors, &weights.matrix, filters.interval)?;
        let lambda = lambda.ok_or_else(|| Violation::new("formula", rule, ""))?;
        stage = Stage::new(&sample, &instruments, (has_lag, lambda), stop)?;
        figures.push(Figure::new("lambda", lambda));
    }
    let mut estimate = stage.estimate(linear, has_lag);
    estimate.figures = figures;
    estimate.remarks.extend(weights.remark(&design));
    if has_lag {
        add_impacts(&mut estimate, &design, (&filters, params), stop)?;
    }
    Ok(Estimated { design, estimate })
}

/// An orthonormal basis of X, WX and WWX, the intercept without lags.
fn instruments(sample: &Sample<'_>, kept: &[usize], stop: &Stop) -> Result<Orthogonal, Error> {
    let is_slope = |j: usize| sample.design.names[kept[j]] != "(Intercept)";
    let columns = |lags: usize| {
        let slopes = sample.x.iter().enumerate().filter(move |(j, _)| lags == 0 || is_slope(*j));
        slopes.map(move |(_, x)| x[lags].clone())
    };
    Orthogonal::new((0..3).flat_map(columns).collect(), stop)
}

impl Stage {
    fn new(
        sample: &Sample<'_>,
        instruments: &Orthogonal,
        (has_lag, lambda): (bool, f64),
        stop: &Stop,
    ) -> Result<Self, Error> {
        let filtered = |column: &Lagged, from: usize| {
            let mut filtered = column[from].clone();
            add_scaled(&mut filtered, -lambda, &column[from + 1]);
            filtered
        };
        let mut columns: Vec<Vec<f64>> = sample.x.iter().map(|x| filtered(x, 0)).collect();
        if has_lag {
            columns.push(filtered(&sample.y, 1));
        }
        let projected = |column: &Vec<f64>| {
            let mut projected = vec![0.0; column.len()];
            instruments.basis.iter().for_each(|q| add_scaled(&mut projected, dot(q, column), q));
            projected
        };
        // Without a lag every regressor is its own instrument.
        let qr =
            Orthogonal::new(if has_lag { columns.iter().map(projected).collect() } else { columns.clone() }, stop)?;
        if qr.kept.len() < columns.len() {
            let rule =
                "needs a regressor beside the intercept whose spatial lags are instruments for the lag of the outcome";
            return Err(Violation::new("formula", rule, "").into());
        }
        let mut errors = filtered(&sample.y, 0);
        let coefficients = qr.solve(qr.basis.iter().map(|q| dot(q, &errors)).collect());
        columns.iter().zip(&coefficients).for_each(|(column, b)| add_scaled(&mut errors, -b, column));
        Ok(Self { qr, coefficients, errors })
    }

    fn estimate(self, linear: Estimate, has_lag: bool) -> Estimate {
        Estimate {
            coefficients: self.coefficients,
            others: if has_lag { Filtered::Outcome.names() } else { Vec::new() },
            ssr: dot(&self.errors, &self.errors),
            sandwich: Sandwich {
                bread_root: self.qr.inverse_triangle(),
                scores: Scores::products(self.qr.basis, self.errors.clone()),
                leverages: Vec::new(),
            },
            u_hat: self.errors,
            asymptotic: true,
            response: Response::Joint,
            ..linear
        }
    }
}

fn add_impacts(
    estimate: &mut Estimate,
    design: &Design,
    (filters, params): (&Filters<'_>, &Params),
    stop: &Stop,
) -> Result<(), Error> {
    let (n, place) = (design.rows.len(), estimate.kept.len());
    let rho = estimate.coefficients[place];
    let inside = rho > filters.interval.0 && rho < filters.interval.1;
    let traces = if inside { filters.traces([rho; 2], &estimate.u_hat, stop)? } else { None };
    let Some(traces) = traces else {
        let message = format!("rho = {rho} lies where I - rho W is singular or beyond, so that there are no impacts");
        estimate.remarks.push(Remark { code: "NO_IMPACTS".to_owned(), message });
        return Ok(());
    };
    let df = n.saturating_sub(parameters(estimate.coefficients.len(), design)).max(1);
    let root = &estimate.sandwich.bread_root * (estimate.ssr / df as f64).sqrt();
    let impacts = Impacts {
        terms: Impacts::terms(&without_lags(design), &design.names, &estimate.kept),
        parameters: &estimate.coefficients,
        root: &root,
        rho: Some(place),
        multipliers: Multipliers::of(&traces, n),
    };
    let (part, remark) = impacts.table(filters, params, stop)?;
    estimate.parts.push(part);
    estimate.remarks.extend(remark);
    Ok(())
}
