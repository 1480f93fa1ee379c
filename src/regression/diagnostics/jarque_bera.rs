//! Whether residuals look normal.

use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::magnitude;
use crate::panel::{Value, ratio};
use crate::regression::{Degenerate, Figure, Outcome, Response};

/// The test of Jarque and Bera.
#[derive(Debug)]
pub(super) struct JarqueBera;

static CARD: Card = Card {
    id: "jarque_bera",
    aliases: &["normality"],
    title: "Normality of the errors",
    kind: Kind::Test,
    formula: "JB = n/6 (S^2 + (K-3)^2/4), S and K skewness and kurtosis of e_i = sqrt(w_i) u_i about their mean; chi2(2)",
    reference: "Jarque and Bera (1987), International Statistical Review 55(2), p. 165",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Test for JarqueBera {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        subject.fit.response == Response::Identity && subject.fit.statistics.degenerate.is_none()
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, _: &Stop) -> Result<Outcome, Error> {
        let fit = subject.fit;
        if fit.statistics.degenerate == Some(Degenerate::PerfectFit) {
            return Err(Violation::new("id", "the model fits exactly, so there are no errors to test", CARD.id).into());
        }
        let weight = |i: usize| fit.weights.as_ref().map_or(1.0, |weights| weights[i].sqrt());
        let errors: Vec<f64> = fit.residuals.iter().enumerate().map(|(i, u)| u * weight(i)).collect();
        let (skewness, kurtosis) = shape(&errors);
        let statistic =
            skewness.and_then(|s| kurtosis.map(|k| errors.len() as f64 / 6.0 * (s * s + (k - 3.0).powi(2) / 4.0)));
        let question = Question::new(
            "the errors are normal",
            "in a small sample trust t and F less and look for outliers; in a large one coefficients and tests hold anyway, \
             but forecast intervals may not",
            "t, F and forecast intervals may be taken at their word on this account",
        );
        let mut outcome = question.answer(&CARD, statistic, Law::Chi2(2.0));
        outcome.figures = vec![
            Figure { name: "skewness".to_owned(), value: skewness },
            Figure { name: "kurtosis".to_owned(), value: kurtosis },
        ];
        Ok(outcome)
    }
}

/// Skewness and kurtosis.
fn shape(errors: &[f64]) -> (Value, Value) {
    let n = errors.len() as f64;
    let unit = magnitude(errors);
    let mean = errors.iter().map(|e| e / unit).sum::<f64>() / n;
    let moment = |p: i32| errors.iter().map(|e| (e / unit - mean).powi(p)).sum::<f64>() / n;
    let variance = moment(2);
    (ratio(moment(3), variance.powf(1.5)), ratio(moment(4), variance * variance))
}
