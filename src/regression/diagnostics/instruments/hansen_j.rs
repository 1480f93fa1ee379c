//! Hansen's test of overidentification by the covariance of the fit.

use super::super::{Subject, Test};
use super::{Stages, chi_squared, has_instruments, outcome};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::regression::Outcome;
use crate::regression::instruments::two_steps;

/// The minimum of the two-step moments.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct HansenJ;

static CARD: Card = Card {
    id: "overidentification",
    aliases: &["j_test", "sargan_hansen"],
    title: "Hansen's J of overidentification by the covariance of the fit; Sargan's under iid",
    kind: Kind::Test,
    formula: "J = m' S^-1 m, m = Z'(y - Xb) at the two-step estimate b, S the covariance of m by the covariance of the fit, \
              without a small-sample factor, at the residuals of 2SLS; chi-squared, degrees of freedom the instruments beyond \
              those needed",
    reference: "Hansen (1982), Econometrica 50(4); Sargan (1958), Econometrica 26(3)",
    params: &[],
    inference: &[],
    laws: &[],
};

pub(super) const NULL: &str = "the instruments are uncorrelated with the errors";
pub(super) const READINGS: [&str; 2] = [
    "the instruments contradict each other: at least one seems to belong in the equation itself",
    "no sign that an instrument is invalid; this cannot show that all are valid",
];

impl Test for HansenJ {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let surplus = stages.model.surplus();
        if surplus == 0 {
            let rule = "needs more instruments than endogenous terms";
            return Err(Violation::new("formula", rule, &subject.fit.formula).into());
        }
        let found = two_steps(&stages.model, stages.design, &stages.rule, stop)?;
        Ok(outcome(CARD.id, NULL, chi_squared(found.j, surplus), READINGS))
    }
}
