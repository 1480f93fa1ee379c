//! Whether errors of a panel with fixed effects of its units are correlated over time.

use super::breusch_godfrey::question;
use super::panel_residuals::{about_means, differences};
use super::sample::centred;
use super::series::{Series, earlier};
use super::verdict::Law;
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::ratio;
use crate::regression::design::RowId;
use crate::regression::{Figure, Outcome};

/// Wooldridge's tests by a regression of residuals on their lags.
#[derive(Debug)]
pub(super) struct Wooldridge;

static CARD: Card = Card {
    id: "wooldridge",
    aliases: &["xtserial", "pwartest", "pwfdtest"],
    title: "Errors correlated over time in a panel with effects of its units",
    kind: Kind::Test,
    formula: "F = (b - b0)^2/V, b the coefficient of e_r,t-1 in the regression of e_rt on it, V clustered by unit r. differences: \
              e residuals of first differences without constant, regression without constant, b0 = -1/2, V by G/(G-1) \
              (n-1)/(n-1), F(1, G-1), G units. difference_fe, difference_fd: e residuals of first differences with a constant, \
              regression with a constant, b0 = -1/2 for uncorrelated errors or 0 for errors that are a random walk, V without \
              factor, F(1, n-2). within: e residuals about the means of units, b0 = -1/(T-1), T the most rows of a unit, \
              otherwise as before. A gap ends a series of differences and lags",
    reference: "Wooldridge (2002), Econometric Analysis of Cross Section and Panel Data, p. 282; Drukker (2003), Stata Journal \
                3(2), for differences; the R package plm 2.6, pwfdtest() and pwartest(), for the others",
    params: &[Param {
        name: "form",
        doc: "differences is Drukker's, difference_fe, difference_fd and within are those of plm",
        domain: Domain::Choice(&["differences", "difference_fe", "difference_fd", "within"]),
    }],
    inference: &[],
    laws: &[],
};

impl Test for Wooldridge {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        let lagged = earlier(&fit.rows, 2).iter().any(Option::is_some);
        let has_effects = !fit.effects.is_empty() || fit.estimator != "ols";
        fit.endogenous.is_empty() && fit.others == 0 && has_effects && lagged && subject.has_within()
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let design = &subject.within()?;
        if !subject.fit.endogenous.is_empty() {
            return Err(Violation::new("id", "is not defined for models with instruments", CARD.id).into());
        }
        let form = params.text("form").unwrap_or_default();
        let with_constant = form != "differences";
        let (rows, residuals) = match form {
            "within" => about_means(design, stop)?,
            _ => differences(design, with_constant, stop)?,
        };
        let longest = Series::new(&design.rows).units.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let null = match form {
            "within" => -1.0 / (longest - 1.0),
            "difference_fd" => 0.0,
            _ => -0.5,
        };
        let on_lag = OnLag::new(&rows, &residuals, with_constant);
        if on_lag.units < 2 || on_lag.pairs < 3 {
            let rule = "needs at least two units with rows in three periods running";
            return Err(Violation::new("id", rule, CARD.id).into());
        }
        let (pairs, units) = (on_lag.pairs as f64, on_lag.units as f64);
        let (factor, law) = match with_constant {
            true => (1.0, Law::F(1.0, pairs - 2.0)),
            false => (units / (units - 1.0), Law::F(1.0, units - 1.0)),
        };
        let mut question = question();
        if form == "difference_fd" {
            question.null = "the changes of a unit's errors from period to period are not correlated".to_owned();
        }
        let statistic = ratio((on_lag.slope - null).powi(2), factor * on_lag.variance);
        let mut outcome = question.answer(&CARD, statistic, law);
        outcome.figures =
            vec![Figure::new("coefficient", on_lag.slope), Figure::new("coefficient_if_uncorrelated", null)];
        Ok(outcome)
    }
}

/// The regression of residuals on those of the period before.
struct OnLag {
    slope: f64,
    /// The variance of the slope, clustered by unit, without factor.
    variance: f64,
    pairs: usize,
    /// Units with a pair.
    units: usize,
}

impl OnLag {
    fn new(rows: &[RowId], residuals: &[f64], with_constant: bool) -> Self {
        let pairs: Vec<(usize, usize)> =
            earlier(rows, 1).iter().enumerate().filter_map(|(i, before)| Some((i, (*before)?))).collect();
        let mut x: Vec<f64> = pairs.iter().map(|(_, before)| residuals[*before]).collect();
        let mut error: Vec<f64> = pairs.iter().map(|(i, _)| residuals[*i]).collect();
        if with_constant {
            (x, error) = (centred(&x), centred(&error));
        }
        let squares = dot(&x, &x);
        let slope = dot(&x, &error) / squares;
        add_scaled(&mut error, -slope, &x);
        let paired: Vec<RowId> = pairs.iter().map(|(i, _)| rows[*i]).collect();
        let units = Series::new(&paired).units;
        let moment = |unit: &Vec<usize>| unit.iter().map(|i| x[*i] * error[*i]).sum::<f64>().powi(2);
        let variance = units.iter().map(moment).sum::<f64>() / (squares * squares);
        Self { slope, variance, pairs: pairs.len(), units: units.len() }
    }
}
