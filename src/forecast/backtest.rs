//! How good a model's forecasts would have been: rolling origins, with rivals on the same cases.
//!
//! At each origin the data end: the panel is cut there, the model is estimated again on what was known, and the
//! baseline is forecast 1 to H periods ahead. What came is compared with it in levels and in growth, for every row,
//! region and group and the nation. Two forecasts of the model stand beside each other: with drivers forecast as the
//! request says, and with drivers known, as if someone had told the true ones, which understates the error (the part
//! that not knowing the drivers adds is the difference). Rivals know past levels only.
//!
//! An origin at which the model cannot be estimated or run is told with its reason. Each case, a forecast of one
//! number from one origin, keeps its scores; [`Backtest`] adds them up over origins, regions and horizons.
//!
//! * Pooled over regions, a test compares the regions' mean loss origin by origin, so that regions may move together
//!   (Timmermann and Zhu 2019, Comparing forecasting performance with panel data).
//! * Forecasts h steps ahead from origins s apart overlap in ⌈h/s⌉ − 1 origins: that is the bandwidth of the
//!   comparisons. Tests of uniformity take every ⌈h/s⌉-th origin, and of these samples the smallest p-value times
//!   their number (Bonferroni, as Diebold, Gunther and Tay 1998, section 4). Places over several regions or horizons
//!   have no independent cases and no such test.

mod ahead;
mod answer;
mod observed;
mod origin;
mod policy;
mod request;
mod rival;

pub use answer::{Backtest, Calibration, Comparison, Origin, Place, Quantity, Scored, Told, predicted_bytes};
pub use policy::{Compare, Counterfactual, PolicyCheck, PolicyRequest, PolicyScore, check_policy};
pub use request::{DEFAULT_ORIGINS, Origins, Request, Wanted};
pub use rival::Rival;

use super::Model;
use crate::error::{Error, Violations};
use crate::formula::{Formula, Program};
use crate::numeric::Stop;
use crate::panel::Panel;
use crate::regression::{Spec, fit};
use origin::Teller;
use request::Plan;

/// Compiles and estimates the models on the data up to an origin.
pub type AtOrigin<'a> = &'a (dyn Fn(&Panel) -> Result<Estimated, Error> + Sync);

/// The models of a forecast, as [`super::Models`] has them.
#[derive(Debug, Clone)]
pub struct Estimated {
    /// Models of the outcome with their weights; at least one.
    pub outcome: Vec<(Program, Model, f64)>,
    /// Equations that project drivers.
    pub drivers: Vec<(Program, Model)>,
}

impl From<(Program, Model)> for Estimated {
    fn from((program, model): (Program, Model)) -> Self {
        Self { outcome: vec![(program, model, 1.0)], drivers: Vec::new() }
    }
}

/// Compiles a formula and estimates it anew at every origin.
pub fn refitted<'a>(
    formula: &'a Formula,
    spec: &'a Spec,
    stop: &'a Stop,
) -> impl Fn(&Panel) -> Result<Estimated, Error> + Sync + 'a {
    move |panel| {
        let program = Program::compile(formula, panel)?;
        let fit = fit(&program, panel, spec, stop)?;
        let model = Model::fitted(&program, panel, &fit, stop)?;
        Ok((program, model).into())
    }
}

/// Number of the contender that is the model with drivers forecast.
pub const MODEL: usize = 0;
/// Number of the contender that is the model with drivers known.
pub const DRIVERS_KNOWN: usize = 1;

/// Checks a request against the data, without forecasting anything.
///
/// # Errors
/// Every violation, with field paths into the request.
pub fn check(request: &Request, panel: &Panel) -> Result<(), Violations> {
    Plan::read(request, panel).map(drop)
}

/// Tests the forecasts of a model at past origins of `panel`.
///
/// # Errors
/// [`Error::Invalid`]: everything wrong with the request; where the model fails at every origin, its error at the last
/// one. [`Error::Limit`]: more memory than the request allows. [`Error::Cancelled`].
pub fn backtest(at_origin: AtOrigin<'_>, panel: &Panel, request: &Request, stop: &Stop) -> Result<Backtest, Error> {
    let plan = Plan::read(request, panel)?;
    let mut answer = Backtest::empty(&plan, request.forecast.horizon);
    let mut last_error = None;
    for (number, period) in plan.origins.iter().enumerate() {
        stop.check()?;
        let teller = Teller { at_origin, panel, request: &request.forecast, plan: &plan, period: *period, stop };
        match teller.tell(number, &mut answer) {
            Ok(failures) => answer.origins.push(Origin { period: *period, failures }),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(limit @ Error::Limit { .. }) => return Err(limit),
            Err(error) => {
                answer.origins.push(Origin { period: *period, failures: vec![(MODEL, error.to_string())] });
                last_error = Some(error);
            }
        }
    }
    match last_error {
        Some(error) if answer.areas.is_empty() => Err(error),
        _ => Ok(answer),
    }
}
