//! Exponential smoothing of each cell, without or with trend.

use super::cells::{Cell, fit_cells};
use super::past::{Past, Series};
use super::smoothing::{self, Fit, Form, Smooth};
use super::walk::Walk;
use super::{Driver, Figure, Fitted, SCALE, scale};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Simple smoothing or Holt's.
#[derive(Debug)]
pub(super) struct Ets;

impl Driver for Ets {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ets",
            aliases: &["exponential_smoothing"],
            title: "Exponential smoothing",
            kind: Kind::Driver,
            formula: "y_t = l_{t−1} + b_{t−1} + e_t, l_t = l_{t−1} + b_{t−1} + α e_t, b_t = b_{t−1} + β e_t (without trend b = 0), y = ln x or x; α, β in the usual region and l_0, b_0 by maximum likelihood; y_{T+h} = l_T + h b_T",
            reference: "Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, sections 2.5 and 5.1, models (A,N,N) and (A,A,N); Holt (1957)",
            params: &[
                SCALE,
                Param {
                    name: "trend",
                    doc: "none (simple smoothing), additive (Holt) or automatic: the one of smaller AICc, cell by cell; cells of a history too short for it are random walks, with drift where there is a trend",
                    domain: Domain::Choice(&["automatic", "none", "additive"]),
                },
            ],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let forms: &[Form] = match params.text("trend") {
            Some("none") => &[Form::Level],
            Some("additive") => &[Form::Trend],
            _ => &[Form::Level, Form::Trend],
        };
        fit_forms(past, params, forms, horizon, stop)
    }
}

/// Fits each cell with the form of smallest AICc.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn fit_forms(
    past: &Past<'_>,
    params: &Params,
    forms: &[Form],
    horizon: usize,
    stop: &Stop,
) -> Result<Fitted, Error> {
    let (stuck, short) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let fit = |series: &Series| -> Option<Cell<Smooth>> {
        let fits = forms.iter().filter_map(|form| smoothing::fit(series, *form, horizon));
        let best = fits.min_by(|a: &Fit, b: &Fit| a.aicc.total_cmp(&b.aicc));
        let Some(best) = best else {
            short.fetch_add(1, Relaxed);
            let walk = match forms {
                [Form::Trend | Form::Damped] => Walk::drifting(series, horizon)?,
                _ => Walk::still(series, horizon),
            };
            return Some(Smooth::walk(walk));
        };
        stuck.fetch_add(usize::from(!best.converged), Relaxed);
        Some(best.cell)
    };
    let mut fitted = fit_cells(past, (scale(past, params), 0), horizon, fit, stop)?;
    let figure = |name: &str, value: AtomicUsize| Figure { name: name.to_owned(), value: value.into_inner() as f64 };
    fitted.figures = vec![figure("cells_too_short", short), figure("cells_not_converged", stuck)];
    Ok(fitted)
}
