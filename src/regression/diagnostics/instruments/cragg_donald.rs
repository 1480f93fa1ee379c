//! The minimum eigenvalue statistic of Cragg and Donald.

use super::super::{Subject, Test};
use super::{Stages, chi_squared, figure, has_instruments, outcome};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::distributions::chi_squared_tail;
use crate::panel::finite;
use crate::regression::Outcome;

/// Underidentification and weakness under errors of one variance.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct CraggDonald;

static CARD: Card = Card {
    id: "cragg_donald",
    aliases: &["anderson_canonical_correlations", "minimum_eigenvalue"],
    title: "Cragg and Donald's F and Anderson's canonical correlations: are all endogenous terms identified?",
    kind: Kind::Test,
    formula: "g = smallest eigenvalue of (X'M_Z X)^-1 X'P X over the endogenous X, P the projection on instruments beside \
              exogenous terms; F = g (n-L)/q, L exogenous terms, instruments and fixed effects, q instruments; Anderson's LM = \
              n g/(1+g), chi-squared with q - m + 1 degrees of freedom for m endogenous terms. Independent errors of one variance",
    reference: "Cragg and Donald (1993), Econometric Theory 9(2); Anderson (1951), Annals of Mathematical Statistics 22(3); \
                critical values of F in Stock and Yogo (2005), tables 5.1 and 5.2",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Test for CraggDonald {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let (inside, _) = stages.in_units_of(|x| x.outside.clone(), stop)?;
        let root = inside.singular_values().min();
        let smallest = root * root;
        let n = stages.design.y.len() as f64;
        let q = stages.model.instruments();
        let df = q + 1 - stages.model.endogenous.len();
        let f = smallest * stages.model.instrument_df(stages.design) as f64 / q as f64;
        let readings =
            ["the instruments identify the coefficients", "the instruments may not identify the coefficients"];
        let null = "the instruments leave some endogenous term unidentified";
        let wald = finite(n * smallest);
        let mut told = outcome(CARD.id, null, chi_squared(n * smallest / (1.0 + smallest), df), readings);
        told.figures = vec![
            figure("cragg_donald_f", finite(f)),
            figure("cragg_donald_wald", wald),
            figure("cragg_donald_wald_p_value", wald.map(|wald| chi_squared_tail(wald, df as f64))),
        ];
        Ok(told)
    }
}
