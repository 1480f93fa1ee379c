//! Whether errors follow those of the periods before.

use super::sample::{LeastSquares, is_least_squares};
use super::series::{Series, earlier};
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::{finite, ratio};
use crate::regression::Outcome;

/// The test of Breusch and Godfrey, each unit by itself.
#[derive(Debug)]
pub(super) struct BreuschGodfrey;

static CARD: Card = Card {
    id: "breusch_godfrey",
    aliases: &["bgtest", "acorr_breusch_godfrey", "pbgtest"],
    title: "Errors correlated over time up to an order",
    kind: Kind::Test,
    formula: "Regression of u_rt on the terms, fixed effects included, and u_r,t-1 ... u_r,t-p of the same unit r, 0 where there \
              is none. chi2: n R^2, chi2(p); F: that of the lags, F(p, n-K-p). t-1 is a period of the calendar and a lag never \
              reaches into another unit, as it does in pbgtest() of the R package plm 2.6. Fixed effects of units make the \
              errors of few periods look correlated; then use wooldridge",
    reference: "Breusch (1978), Australian Economic Papers 17(31); Godfrey (1978), Econometrica 46(6), p. 1293; Wooldridge \
                (2010), Econometric Analysis of Cross Section and Panel Data, 2nd ed., section 10.5.4",
    params: &[
        Param {
            name: "order",
            doc: "The longest lag p, in periods",
            domain: Domain::Integer { min: 1, max: 100, default: 1 },
        },
        Param {
            name: "form",
            doc: "chi2 is the Lagrange multiplier, F is more careful in small samples",
            domain: Domain::Choice(&["chi2", "F"]),
        },
    ],
    inference: &[],
    laws: &[],
};

impl Test for BreuschGodfrey {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        let repeated = Series::new(&fit.rows).repeated() > 0;
        is_least_squares(fit) && fit.effects.is_empty() && repeated && subject.has_within()
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::behind(subject, stop)?;
        let order = params.number("order") as i32;
        let u = &model.estimate.u_hat;
        let lags: Vec<Vec<f64>> = (1..=order).map(|lag| lagged(&model, lag)).collect();
        if lags.iter().any(|lag| lag.iter().all(|u| *u == 0.0)) {
            let rule = "is at most the number of periods between the first and the last row of some unit";
            return Err(Violation::new("parameters.order", rule, order).into());
        }
        let larger = model.explain(u.clone(), lags, stop)?;
        let q = (larger.kept.len() - model.estimate.kept.len()) as f64;
        let (n, explained) = (model.rows() as f64, model.estimate.ssr - larger.ssr);
        let df = n - model.parameters() as f64 - q;
        if df <= 0.0 {
            return Err(Violation::new("parameters.order", "leaves no degrees of freedom", order).into());
        }
        Ok(if params.chooses("form", "F") {
            question().answer(&CARD, ratio(explained / q, larger.ssr / df), Law::F(q, df))
        } else {
            question().answer(&CARD, finite(n * explained / model.estimate.ssr), Law::Chi2(q))
        })
    }
}

/// What tests of serial correlation put to the test.
pub(super) fn question() -> Question {
    Question::new(
        "the errors of a unit are not correlated over time",
        "cluster by region, or use newey_west or driscoll_kraay, or add the outcome's lag",
        "no correction for correlation over time is needed on this account",
    )
}

/// The residual of the same unit `lag` periods earlier, 0 where there is none.
fn lagged(model: &LeastSquares, lag: i32) -> Vec<f64> {
    let residual = |i: Option<usize>| i.map_or(0.0, |i| model.estimate.u_hat[i]);
    earlier(&model.design.rows, lag).into_iter().map(residual).collect()
}
