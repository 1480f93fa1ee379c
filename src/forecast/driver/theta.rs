//! The theta method: the mean of a straight line and of simple smoothing of what bends twice as much.

use super::cells::{Cell, fit_cells};
use super::past::{Past, Series};
use super::smoothing::{self, Form, Gains, Smooth, State};
use super::walk::Walk;
use super::{Driver, Fitted, SCALE, scale};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;

/// Standard theta method with θ = 2.
#[derive(Debug)]
pub(super) struct Theta;

impl Driver for Theta {
    fn card(&self) -> &'static Card {
        &Card {
            id: "theta",
            aliases: &["theta_method"],
            title: "Theta method",
            kind: Kind::Driver,
            formula: "y_{T+h} = (a + b (T + h))/2 + s_T/2; a + b t the least-squares line of y = ln x or x, s_T the last level of simple smoothing of 2 y_t − a − b t with α in [0.1, 0.99]: smoothing with drift b/2",
            reference: "Assimakopoulos and Nikolopoulos (2000), International Journal of Forecasting 16, 521–530; Hyndman and Billah (2003), ibid. 19, 287–290; Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler (2016), ibid. 32, 1151–1161, the standard theta method",
            params: &[SCALE],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        fit_cells(past, (scale(past, params), 0), horizon, |series| bend(series, horizon), stop)
    }
}

/// One series; a random walk with drift where it is too short.
fn bend(series: &Series, horizon: usize) -> Option<Cell<Smooth>> {
    let (intercept, slope) = line(series);
    let at = |date: usize| intercept + slope * date as f64;
    let twice = series.dates.iter().zip(&series.values).map(|(date, y)| 2.0 * y - at(*date)).collect();
    let bent = Series { dates: series.dates.clone(), values: twice };
    let Some(fit) = smoothing::fit(&bent, Form::Theta, horizon) else {
        return Walk::drifting(series, horizon).map(Smooth::walk);
    };
    let (end, span) = (at(*series.dates.last()?), series.span() as f64);
    let Cell { path, errors, freedom, future } = fit.cell;
    let halved = |(h, level): (usize, f64)| 0.5 * (level + end + (h + 1) as f64 * slope);
    Some(Cell {
        path: path.into_iter().enumerate().map(halved).collect(),
        errors: errors.into_iter().map(|(date, e)| (date, 0.5 * e)).collect(),
        freedom,
        // The drift is known as well as the mean of the n permanent shocks α e.
        future: future.map(|state| State {
            gains: Gains { phi: 1.0, ..state.gains },
            level: 0.5 * (state.level + end),
            growth: 0.5 * slope,
            root: [state.root[0], 0.0, state.gains.alpha / span.sqrt()],
            ..state
        }),
    })
}

/// Intercept and slope of the least-squares line over the dates.
fn line(series: &Series) -> (f64, f64) {
    let n = series.values.len() as f64;
    let (mean_date, mean) = (series.dates.iter().sum::<usize>() as f64 / n, series.values.iter().sum::<f64>() / n);
    let deviations = series.dates.iter().map(|date| *date as f64 - mean_date);
    let (mut product, mut square) = (0.0, 0.0);
    for (deviation, y) in deviations.zip(&series.values) {
        product += deviation * (y - mean);
        square += deviation * deviation;
    }
    let slope = if square > 0.0 { product / square } else { 0.0 };
    (mean - slope * mean_date, slope)
}
