//! Whether powers of the fitted values explain what the terms do not.

use super::sample::{LeastSquares, centred, is_least_squares};
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::magnitude;
use crate::panel::finite;
use crate::regression::Outcome;

/// Ramsey's test.
#[derive(Debug)]
pub(super) struct Reset;

static CARD: Card = Card {
    id: "reset",
    aliases: &["ramsey", "resettest", "linear_reset"],
    title: "Wrong functional form",
    kind: Kind::Test,
    formula: "F = ((SSR - SSR*)/q) / (SSR*/(n-K-q)), SSR* of the model with the powers 2 to `power` of its fitted values, q of \
              them independent; F(q, n-K-q)",
    reference: "Ramsey (1969), Journal of the Royal Statistical Society B 31(2); powers of fitted values as in Ramsey and \
                Schmidt (1976), JASA 71(354)",
    params: &[Param {
        name: "power",
        doc: "The highest power of the fitted values",
        domain: Domain::Integer { min: 2, max: 6, default: 3 },
    }],
    inference: &[],
    laws: &[],
};

impl Test for Reset {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        is_least_squares(subject.fit) && subject.has_within()
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::behind(subject, stop)?;
        let fitted = model.fitted();
        let base = if model.has_constant() { centred(&fitted) } else { fitted };
        let unit = magnitude(&base);
        let power = |p: i32| base.iter().map(|f| (f / unit).powi(p)).collect::<Vec<f64>>();
        let powers = (2..=params.number("power") as i32).map(power).collect();
        let Some((f, df1, df2)) = model.f_of(powers, stop)? else {
            let rule =
                "powers of the fitted values say nothing beyond the terms of the model, or too few rows are left";
            return Err(Violation::new("id", rule, CARD.id).into());
        };
        let question = Question::new(
            "the outcome follows the terms in a straight line",
            "try logarithms, squares or products of the terms, or terms that are missing",
            "the form of the terms may stay as it is",
        );
        Ok(question.answer(&CARD, finite(f), Law::F(df1, df2)))
    }
}
