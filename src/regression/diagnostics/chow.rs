//! Whether coefficients change at a known period.

use super::sample::LeastSquares;
use super::series::periods;
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::{Period, finite};
use crate::regression::Outcome;

/// Chow's test.
#[derive(Debug)]
pub(super) struct Chow;

static CARD: Card = Card {
    id: "chow",
    aliases: &["structural_break"],
    title: "Coefficients that change at a known period",
    kind: Kind::Test,
    formula: "F = ((SSR - SSR*)/q) / (SSR*/(n-K-q)), SSR* of the model with every term, the constant included, also times 1 from \
              the period on, q of these independent; fixed effects stay; F(q, n-K-q). Errors of one variance, not correlated",
    reference: "Chow (1960), Econometrica 28(3), p. 598",
    params: &[Param {
        name: "period",
        doc: "The first period after the break, such as 2008 or 2008Q4",
        domain: Domain::Terms { required: true },
    }],
    inference: &[],
    laws: &[],
};

impl Test for Chow {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, _: &Subject<'_>) -> bool {
        false
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::of_levels(subject, stop)?;
        let told = params.text("period").unwrap_or_default();
        let refuse = |rule: String| Violation::new("parameters.period", rule, told);
        let facts = &model.design.facts;
        let known = periods(&model.design.rows);
        let (first, last) = (facts.period(known[0]), facts.period(known[known.len() - 1]));
        let at = Period::parse(told)
            .filter(|period| period.frequency == first.frequency)
            .filter(|period| period.ordinal > first.ordinal && period.ordinal <= last.ordinal)
            .ok_or_else(|| refuse(format!("must be a period after {first} and not after {last}")))?;
        let found = break_at(&model, at.ordinal, stop)?;
        let (f, df1, df2) = found.ok_or_else(|| refuse("leaves too few rows on a side of the break".to_owned()))?;
        let question = Question::new(
            format!("all coefficients are the same before and from {at} on"),
            "estimate the two spans apart or let the terms' slopes differ between them",
            "one model for both spans is fine",
        );
        Ok(question.answer(&CARD, finite(f), Law::F(df1, df2)))
    }
}

/// F with its degrees of freedom for a change of all coefficients at a period.
pub(super) fn break_at(model: &LeastSquares, period: i32, stop: &Stop) -> Result<Option<(f64, f64, f64)>, Error> {
    let after: Vec<bool> = model.design.rows.iter().map(|row| row.period >= period).collect();
    let from_then_on =
        |j: &usize| model.design.x[*j].iter().zip(&after).map(|(x, after)| if *after { *x } else { 0.0 }).collect();
    model.f_of(model.estimate.kept.iter().map(from_then_on).collect(), stop)
}
