//! Whether several coefficients are all zero.

use super::linear_restrictions::{Restrictions, answer};
use super::sample::{INTERCEPT, listed};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::regression::Outcome;

/// The test that the slopes, or some of the coefficients, are zero.
#[derive(Debug)]
pub(super) struct Wald;

static CARD: Card = Card {
    id: "wald",
    aliases: &["joint", "f_test"],
    title: "Coefficients that are all zero",
    kind: Kind::Test,
    formula: "b'V^-1 b of the q coefficients with the model's own covariance V: over q, F(q, df of its t); chi2(q) where tests \
              are asymptotic",
    reference: "Wald (1943), Transactions of the American Mathematical Society 54(3)",
    params: &[Param {
        name: "terms",
        doc: "Terms whose coefficients are zero under the null hypothesis; left out, all but the constant",
        domain: Domain::Terms { required: false },
    }],
    inference: &[],
    laws: &[],
};

impl Test for Wald {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        subject.fit.statistics.degenerate.is_none() && subject.fit.names().any(|name| name != INTERCEPT)
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, _: &Stop) -> Result<Outcome, Error> {
        let names: Vec<&str> = subject.fit.names().collect();
        let chosen = match listed(params, "terms", &names)? {
            Some(chosen) => chosen,
            None => (0..names.len()).filter(|j| names[*j] != INTERCEPT).collect(),
        };
        if chosen.is_empty() {
            return Err(Violation::new("parameters.terms", "the model has nothing but a constant", "").into());
        }
        let told: Vec<&str> = chosen.iter().map(|j| names[*j]).collect();
        let null = match told.as_slice() {
            [one] => format!("{one} makes no difference to the outcome"),
            several => format!("{} make no difference to the outcome, all together", several.join(", ")),
        };
        answer(&CARD, subject.fit, &Restrictions::zero(&chosen, names.len()), null)
    }
}
