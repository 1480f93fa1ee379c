//! Beta convergence: growth on the initial level.

use super::terms::listed;
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::absorb::LevelEffects;
use crate::numeric::vector::add_scaled;
use crate::panel::{Absent, Value, finite};
use crate::regression::design::Design;
use crate::regression::{Estimate, Estimated, Estimator, Figure, Response, Takes, ols, small_sample};

/// Least squares of growth on the initial level, with the speed of convergence that it implies.
#[derive(Debug)]
pub(in crate::regression) struct ConvergenceRegression;

static CARD: Card = Card {
    id: "convergence_regression",
    aliases: &["barro_regression", "growth_regression"],
    title: "Absolute or conditional beta convergence, with speed and half-life",
    kind: Kind::Estimator,
    formula: "Least squares of growth over T periods on the log of the initial level, other terms (conditional convergence) \
              and fixed effects. With b the coefficient of the initial level, the share of a gap that is left after T periods \
              is exp(-speed*T) = 1 + b*T for average growth, 1 + b for total growth, b for the log level itself as outcome; \
              speed = -ln(share)/T per period, half-life = ln(2)/speed. Their standard errors by the delta method; the \
              nonlinear form has speed itself as a parameter, with the same fit, and its error under any covariance. The \
              half-life's error is to the half-life as that of speed to speed",
    reference: "Barro and Sala-i-Martin (1992), J. Political Economy 100(2), eq. 11; Mankiw, Romer and Weil (1992), QJE 107(2); \
                Islam (1995), QJE 110(4), eq. 11 for the panel form",
    params: &[
        Param {
            name: "initial",
            doc: "The term that is the log of the initial level; left out, the first one.",
            domain: Domain::Terms { required: false },
        },
        Param {
            name: "span",
            doc: "The number T of periods that growth is over; left out, k where the initial level is l(x, k), and 1 otherwise.",
            domain: Domain::Lags { max: 1_000 },
        },
        Param {
            name: "outcome",
            doc: "What the outcome is: growth by period (a difference of logs over T, not per cent), over all T periods \
                  together, or the log of the later level.",
            domain: Domain::Choice(&["average_growth", "total_growth", "level"]),
        },
        Param {
            name: "form",
            doc: "Whether the initial level keeps its coefficient or the nonlinear equation is estimated for the speed.",
            domain: Domain::Choice(&["linear", "nonlinear"]),
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for ConvergenceRegression {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let initial = initial(&design, params)?;
        let mut estimate = ols::least_squares(&design, stop)?;
        let Some(place) = estimate.kept.iter().position(|j| *j == initial) else {
            let rule = "other terms or fixed effects determine the initial level, so it has no coefficient";
            return Err(Violation::new("formula", rule, &design.names[initial]).into());
        };
        let span = params.number_if_given("span").unwrap_or_else(|| lag_in(&design.names[initial]));
        if span < 1.0 {
            return Err(Violation::new("estimator_parameters.span", "must be one period or more", span).into());
        }
        let decay = Decay::new(params, estimate.coefficients[place], span);
        estimate.figures = decay.figures(&estimate, &design, place);
        if params.chooses("form", "nonlinear") {
            let Ok(speed) = decay.speed() else {
                let rule = format!("no speed leads to a gap of {} times the first after {span} periods", decay.share);
                return Err(Violation::new("formula", rule, &design.names[initial]).into());
            };
            reparametrise(&mut estimate, place, speed, decay.derivative);
        }
        Ok(Estimated { design, estimate })
    }
}

/// The number of the term that is the initial level.
fn initial(design: &Design, params: &Params) -> Result<usize, Violations> {
    let mut violations = Violations::default();
    let given = listed(design, params, "initial", &mut violations);
    violations.into_result(())?;
    let first = (0..design.x.len()).find(|j| design.names[*j] != "(Intercept)");
    match (&given[..], first.as_ref()) {
        ([j], _) | ([], Some(j)) => Ok(*j),
        ([], None) => Err(Violation::new("formula", "needs the initial level among its terms", "").into()),
        _ => {
            let told = params.text("initial").unwrap_or_default();
            Err(Violation::new("estimator_parameters.initial", "must be one term", told).into())
        }
    }
}

/// The k of a term called `l(x, k)`; 1 for any other.
fn lag_in(name: &str) -> f64 {
    let inner = name.strip_prefix("l(").and_then(|rest| rest.strip_suffix(')'));
    let lag = inner.and_then(|inner| inner.rsplit_once(',')).and_then(|(_, lag)| lag.trim().parse::<u32>().ok());
    lag.map_or(1.0, f64::from)
}

/// What becomes of a gap.
struct Decay {
    /// What is left of it after `span` periods.
    share: f64,
    span: f64,
    /// d speed / d coefficient.
    derivative: f64,
}

impl Decay {
    fn new(params: &Params, b: f64, span: f64) -> Self {
        let (share, slope) = match params.text("outcome") {
            Some("total_growth") => (1.0 + b, 1.0),
            Some("level") => (b, 1.0),
            _ => (1.0 + b * span, span),
        };
        Self { share, span, derivative: -slope / (share * span) }
    }

    fn speed(&self) -> Value {
        if self.share > 0.0 { Ok(-self.share.ln() / self.span) } else { Err(Absent::OutsideDomain) }
    }

    /// Speed and half-life with their standard errors for independent errors of one variance.
    fn figures(&self, estimate: &Estimate, design: &Design, place: usize) -> Vec<Figure> {
        let df = design.y.len().saturating_sub(small_sample::parameters(estimate.kept.len(), design));
        let error = estimate.sandwich.bread_root.row(place).norm() * (estimate.ssr / df as f64).sqrt();
        let speed = self.speed();
        let speed_error = speed.and_then(|_| finite(error * self.derivative.abs()));
        let half_life = speed.and_then(|speed| {
            if speed > 0.0 { finite(std::f64::consts::LN_2 / speed) } else { Err(Absent::OutsideDomain) }
        });
        let relative = |value: Value| Ok(value? / speed?);
        let half_life_error = half_life.and_then(|half_life| Ok(half_life * relative(speed_error)?));
        let told = [
            ("span", Ok(self.span)),
            ("speed", speed),
            ("speed_error_iid", speed_error),
            ("half_life", half_life),
            ("half_life_error_iid", half_life_error),
        ];
        told.map(|(name, value)| Figure { name: name.to_owned(), value }).to_vec()
    }
}

/// Puts the speed, as the last parameter, in the place of the initial level's coefficient.
fn reparametrise(estimate: &mut Estimate, place: usize, speed: f64, derivative: f64) {
    let k = estimate.kept.len();
    let b = estimate.coefficients.remove(place);
    estimate.kept.remove(place);
    estimate.coefficients.push(speed);
    estimate.others = vec!["speed".to_owned()];
    let order: Vec<usize> = (0..k).filter(|j| *j != place).chain([place]).collect();
    let mut root = estimate.sandwich.bread_root.select_rows(&order);
    root.row_mut(k - 1).scale_mut(derivative);
    estimate.sandwich.bread_root = root;
    // The part that the initial level takes of the fixed effects stays with them.
    let of_initial: Vec<LevelEffects> = estimate.regressor_effects.remove(place);
    for (effect, taken) in estimate.outcome_effects.iter_mut().zip(&of_initial) {
        add_scaled(&mut effect.intercepts, -b, &taken.intercepts);
        if let (Some(slopes), Some(taken)) = (&mut effect.slopes, &taken.slopes) {
            add_scaled(slopes, -b, taken);
        }
    }
    estimate.response = Response::Joint;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_the_lag_of_the_initial_level() {
        let spans = ["l(ln(income), 80)", "l(ln(income))", "ln(income)", "l(min(a, 3))"].map(lag_in);
        assert_eq!(spans.map(|span| span as u32), [80, 1, 1, 1]);
    }
}
