//! The counterfactual engine: every region's future with and without a policy, on the same draws.
//!
//! ```text
//! drivers ─ project ─▶ baseline path ─ change, closure ─▶ scenario path
//!    ▲                                                        │ formula program, whole cross-section
//!    └── feedback ── level ◀─ link ─ outcome ◀─ b^d x + anchor + disturbance
//! ```
//!
//! The program of the formula that was fitted runs on every simulated period, so a change in one region moves the
//! indices of all. Each draw d has its own coefficients N(b, V), errors of the fixed effects and disturbances of
//! the future (`rest.rs` says how, and why the intervals cover), from the stream (seed, d). Baseline and
//! scenarios share them: an effect is a difference on the same draw. Results do not depend on the number of threads.
//!
//! [`Study`] keeps a forecast ready for any scenario; [`forecast`] runs those of a request and tells everything.
//!
//! **Changes.** A scenario's path is the baseline path with the changes applied anew in every period in which they
//! are in force, in the order set, scale, add, share, move whatever their order in the request. Changes with one label
//! form a policy; those without one form the policy called like the scenario.
//!
//! * A permanent change stays: a factor multiplies whatever level the baseline has by then. Phased over n periods, a
//!   factor 1 + a is 1 + a·j/n in the j-th period and 1 + a ever after. A temporary change ends with its last
//!   period, or fades out by equal steps after it; the path is then the baseline's again.
//! * *Set* brings each region to a level: on the way there it is the baseline plus j/n of the distance; a growth target
//!   sets levels that grow from the last observed one. *Add* adds the same amount in each period (j/n of it while it
//!   comes in); the amount added stays level and does not grow with the region. All speak of a region as a whole: the
//!   selected industries share in proportion to their size. For a rate, which does not add up, set and add speak of
//!   each cell.
//! * The **levers** scale several measures: *extensive*, a entrants per incumbent multiply enterprises by 1 + a and
//!   what they bring by 1 + κ a, κ the size of an entrant relative to the average incumbent; *intensive*, the number of
//!   enterprises stays and measures are multiplied by 1 + b. They keep their margin, so that effects can be split by it.
//! * A **share** brings regions together to a share of the nation's total (`share.rs` has the algebra).
//! * *Move* takes a share of what each region has after the other changes and gives it, industry by industry, to the
//!   destinations in proportion to their size. Several moves act at once.
//! * The **closure** says where the net amount that changes other than moves bring comes from: from nowhere; from the
//!   same industry of all regions without a change of their own, or of named regions, in proportion to size; or
//!   from all cells without a change of their own so that the national total over industries stays. Without
//!   industries the second and the last are the same. A cut is given back likewise. Closures concern
//!   measures that add up.
//! * **Feedback**: a driver with elasticity φ is, before the changes, its projected path times
//!   (level of the scenario / level of the baseline)^φ of the period before, on the same draw; one that migrates is then
//!   rescaled so that each industry keeps its national total. The baseline has none.
//!
//! What is undefined is absent with its reason; a row without a baseline is left out of every sum and counted.

mod answer;
mod area;
pub mod backtest;
mod change;
mod closure;
mod coherent;
pub mod distance;
mod drawn;
pub mod driver;
pub mod explain;
mod extrapolation;
mod feedback;
mod future;
mod honesty;
pub mod inequality;
pub mod inverse;
mod leverage;
mod memory;
mod model;
mod moved;
mod multiplier;
mod names;
mod negative;
mod path;
mod plan;
pub mod plausibility;
mod plausible;
pub mod reconcile;
mod request;
mod rest;
pub mod score;
mod series;
mod share;
mod shares;
mod shock;
mod simulate;
mod study;
mod summary;
mod tell;
mod unequal;
mod walk;
mod warning;

pub use answer::{
    AddingUp, Area, AreaEffect, AreaKind, AreaPath, Band, Effect, Forecast, Imposed, Inequality, MovedDriver, Outlook,
    ProjectedDriver, Row, SourceShares, VarianceShares,
};
pub use change::Margin;
pub use drawn::Drawn;
pub use memory::predict as predicted_bytes;
pub use model::{Given, Model, Points};
pub use plan::Scenario as PlannedScenario;
pub use plan::{MAX_DRAWS, MAX_HORIZON, check_scenario};
pub use request::{
    Action, Change, Closure, Companion, DriverPath, Entrants, Feedback, GivenPath, Group, Reconciliation, Request,
    Scenario, Source, Uncertainty,
};
pub use series::Series;
pub use study::{Draws, Models, Quantity, Study, Target};
pub use warning::{Code, Warning};

use crate::error::{Error, Violation, Violations};
use crate::formula::{Link, Program};
use crate::numeric::Stop;
use crate::panel::Panel;
use plan::Plan;

/// Forecasts the outcome of `program` in every region of `panel`, without and with the scenarios of the request.
///
/// # Errors
/// [`Error::Invalid`]: everything wrong with the request, with field paths into it, or at `formula` a formula that
/// cannot be forecast. [`Error::Limit`]: more memory than the request allows. [`Error::Cancelled`].
pub fn forecast(
    program: &Program,
    panel: &Panel,
    model: &Model,
    request: &Request,
    stop: &Stop,
) -> Result<Forecast, Error> {
    let models = Models { outcome: vec![(program, model, 1.0)], drivers: Vec::new() };
    forecast_with(&models, panel, request, stop)
}

/// [`forecast`] with several models of the outcome, and with equations that project drivers.
///
/// # Errors
/// As [`forecast`]; at `models` and `equations`: models that do not go together.
pub fn forecast_with(models: &Models<'_>, panel: &Panel, request: &Request, stop: &Stop) -> Result<Forecast, Error> {
    Study::of(models, panel, request, stop)?.tell()
}

/// Checks a request against the formulas and the data, without computing anything.
///
/// # Errors
/// All that [`forecast_with`] would refuse before it computes.
pub fn check(outcome: &[&Program], drivers: &[&Program], panel: &Panel, request: &Request) -> Result<(), Violations> {
    let (outcome, drivers) = study::linked(outcome, drivers)?;
    Plan::read(request, panel, &outcome, &drivers).map(drop)
}

/// What the scenarios of a request take beyond what there is, as far as it passes its checks: told beside what is wrong
/// otherwise, so that nobody mends one to find the other.
///
/// # Errors
/// [`Error::Invalid`] at `scenarios[i].changes` and `scenarios[i].closure`; [`Error::Cancelled`].
pub fn check_stocks(
    outcome: &[&Program],
    drivers: &[&Program],
    panel: &Panel,
    request: &Request,
    stop: &Stop,
) -> Result<(), Error> {
    let Ok((outcome, drivers)) = study::linked(outcome, drivers) else { return Ok(()) };
    let (plan, _) = Plan::partial(request, panel, &outcome, &drivers);
    match path::baseline(&plan, panel, &mut Vec::new(), stop) {
        Ok(projected) => Ok(path::check(&plan, panel, &projected.steps)?),
        Err(Error::Invalid(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

/// The link of a formula that looks back only.
fn check_formula(program: &Program) -> Result<Link, Violations> {
    let mut violations = Violations::default();
    if program.looks_ahead() {
        let rule = "a forecast has no later periods to look ahead to: leave leads out";
        violations.push(Violation::new("formula", rule, program.formula()));
    }
    let link = violations.keep("", program.link().map_err(Violations::from));
    match link {
        Some(link) if violations.is_empty() => Ok(link),
        _ => Err(violations),
    }
}
