//! A trend that dies out.

use super::ets::fit_forms;
use super::past::Past;
use super::smoothing::Form;
use super::{Driver, Fitted, SCALE};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;

/// Holt's smoothing with damped growth.
#[derive(Debug)]
pub(super) struct DampedTrend;

impl Driver for DampedTrend {
    fn card(&self) -> &'static Card {
        &Card {
            id: "damped_trend",
            aliases: &["damped_holt"],
            title: "Damped trend",
            kind: Kind::Driver,
            formula: "y_t = l_{t−1} + φ b_{t−1} + e_t, l_t = l_{t−1} + φ b_{t−1} + α e_t, b_t = φ b_{t−1} + β e_t, φ in [0.8, 0.98], y = ln x or x; by maximum likelihood; y_{T+h} = l_T + (φ + … + φ^h) b_T",
            reference: "Gardner and McKenzie (1985), Management Science 31, 1237–1246; Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, model (A,Ad,N)",
            params: &[SCALE],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        fit_forms(past, params, &[Form::Damped], horizon, stop)
    }
}
