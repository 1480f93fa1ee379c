//! Inference that weak instruments do not mislead.

use super::super::{Subject, Test};
use super::confidence_set::{Set, confidence_set};
use super::{Stages, has_instruments, outcome, table, wald};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::{chi_squared_tail, f_tail};
use crate::panel::{Absent, Value, finite};
use crate::regression::instruments::{Column, Reduced, reduced_form};
use crate::regression::{Fit, Outcome};

/// The test of Anderson and Rubin, and the set of coefficients that it does not reject.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct AndersonRubin;

static CARD: Card = Card {
    id: "anderson_rubin",
    aliases: &["ar_test"],
    title: "Anderson and Rubin's test and confidence set, valid however weak the instruments are",
    kind: Kind::Test,
    formula: "AR(b0) = Wald F that the instruments have no coefficients in least squares of y - X b0 on exogenous terms, \
              instruments and fixed effects, with the covariance of the fit; X the endogenous terms. For one of them the set of \
              all b0 that are not rejected, found on the whole line with its point at infinity: an interval, rays, everything \
              or nothing",
    reference: "Anderson and Rubin (1949), Annals of Mathematical Statistics 20(1); Dufour (1997), Econometrica 65(6); Andrews, \
                Stock and Sun (2019), Annual Review of Economics 11, section 5",
    params: &[
        Param {
            name: "null",
            doc: "The value b0 of every endogenous term's coefficient that is tested",
            domain: Domain::Number { min: -1e300, max: 1e300, default: 0.0 },
        },
        Param {
            name: "level",
            doc: "Level of the confidence set",
            domain: Domain::Number { min: 0.5, max: 0.999, default: 0.95 },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Test for AndersonRubin {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let null = params.number("null");
        let at_null = stages.endogenous().fold(stages.model.y.clone(), |y, x| y.plus(-null, x));
        let found = wald(&reduce(&stages, &at_null, stop)?.wald());
        let hypothesis = format!("the coefficients of the endogenous terms are {null}");
        let readings =
            ["the hypothesis is rejected, however weak the instruments are", "the data do not reject the hypothesis"];
        let mut told = outcome(CARD.id, &hypothesis, found, readings);
        if let [only] = stages.model.endogenous.as_slice() {
            let level = params.number("level");
            let set = set(&stages, *only, subject.fit, level, stop)?;
            told.reading = format!("{}; {}% confidence set: {}", told.reading, 100.0 * level, set.told());
            let (low, high) = set.pieces.iter().map(|(low, high)| (bound(*low), bound(*high))).unzip();
            let numbers = (1..=set.pieces.len()).map(|piece| piece.to_string()).collect();
            let title = "Pieces of the confidence set; a bound that is not there is infinite";
            told.parts.push(table("confidence_set", title, ("piece", numbers), vec![("low", low), ("high", high)]));
        }
        Ok(told)
    }
}

fn reduce(stages: &Stages<'_>, column: &Column, stop: &Stop) -> Result<Reduced, Error> {
    reduced_form(&stages.model, stages.design, column, &stages.rule, stop)
}

fn bound(x: f64) -> Value {
    if x.is_infinite() { Err(Absent::Undetermined) } else { finite(x) }
}

/// The set in units of the fit's standard error about its coefficient, where it is easiest to find.
fn set(stages: &Stages<'_>, i: usize, fit: &Fit, level: f64, stop: &Stop) -> Result<Set, Error> {
    let position = fit.kept.iter().position(|term| *term == stages.model.kept[i]);
    let at = position.map(|p| (fit.coefficients[p], fit.standard_errors()[p]));
    let Some((centre, unit)) = at.filter(|(_, se)| *se > 0.0 && se.is_finite()) else {
        let rule = "the endogenous term has no standard error, so its confidence set has no unit";
        return Err(Violation::new("formula", rule, &fit.formula).into());
    };
    let x = stages.model.x[i].clone();
    let y = stages.model.y.clone().plus(-centre, &x).times(1.0 / unit);
    let both = reduce(stages, &y.clone().plus(1.0, &x), stop)?;
    let (y, x) = (reduce(stages, &y, stop)?, reduce(stages, &x, stop)?);
    // Covariances are quadratic in the errors, so three of them tell that of any y − b·x.
    let mixed = &both.vcov - &y.vcov - &x.vcov;
    let at = |cosine: f64, sine: f64| Reduced {
        coefficients: &y.coefficients * cosine - &x.coefficients * sine,
        vcov: &y.vcov * (cosine * cosine) - &mixed * (cosine * sine) + &x.vcov * (sine * sine),
        df: y.df,
    };
    let critical = critical(1.0 - level, y.coefficients.len(), y.df);
    let accepted = |angle: f64| at(angle.cos(), angle.sin()).wald().statistic.ok().map(|f| critical - f);
    let set = confidence_set(accepted, stop)?.ok_or_else(|| {
        let rule =
            "the covariance of the instruments' coefficients is singular, as with fewer clusters than instruments";
        Violation::new("covariance", rule, &fit.covariance.id)
    })?;
    Ok(set.moved(centre, unit))
}

/// The F with this upper tail, by bisection.
fn critical(p: f64, df1: usize, df2: Option<usize>) -> f64 {
    let tail = |f: f64| match df2 {
        Some(df2) => f_tail(f, df1 as f64, df2 as f64),
        None => chi_squared_tail(f * df1 as f64, df1 as f64),
    };
    let (mut low, mut high) = (0.0, 1.0);
    while tail(high) > p && high < 1e150 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if tail(middle) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
