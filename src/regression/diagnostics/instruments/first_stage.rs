//! The first stage of each endogenous regressor.

use super::super::{Subject, Test};
use super::{Stages, has_instruments, outcome, table, wald};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::distributions::f_tail;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::dot;
use crate::panel::{Absent, Value, ratio};
use crate::regression::Outcome;
use crate::regression::instruments::{conditional_f, reduced_form};
use crate::regression::wald::Wald;

/// F tests and partial R² of the instruments.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct FirstStage;

static CARD: Card = Card {
    id: "first_stage",
    aliases: &["weak_instruments", "sanderson_windmeijer"],
    title: "First stage of each endogenous term: F, F by the covariance of the fit, conditional F, partial and Shea's R2",
    kind: Kind::Test,
    formula: "F = (partial R2/q) / ((1 - partial R2)/(n-L)), q instruments, L exogenous terms, instruments and fixed effects; \
              Wald F of the instruments with the covariance of the fit; conditional F the same of what 2SLS on the other \
              endogenous terms leaves of one, with q - m + 1 degrees of freedom for m endogenous terms; Shea's R2_j = \
              (X'X)^-1_jj / (X'P_Z X)^-1_jj. The statistic told is the smallest conditional F",
    reference: "Staiger and Stock (1997), Econometrica 65(3); Shea (1997), Review of Economics and Statistics 79(2); \
                Godfrey (1999), Review of Economics and Statistics 81(3); Sanderson and Windmeijer (2016), Journal of \
                Econometrics 190(2), eq. 14",
    params: &[],
    inference: &[],
    laws: &[],
};

const TITLE: &str =
    "First stage by endogenous term: F under one variance, F by the covariance of the fit, conditional F";

impl Test for FirstStage {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let model = &stages.model;
        let (q, df) = (model.instruments() as f64, model.instrument_df(stages.design) as f64);
        let partial: Vec<Value> = stages.endogenous().map(|x| partial_r2(model.excluded(x), &x.outside)).collect();
        let f = |r2: &Value| r2.and_then(|r2| ratio(r2 / q, (1.0 - r2) / df));
        let classic: Vec<Value> = partial.iter().map(f).collect();
        let robust = stages.endogenous().map(|x| reduced_form(model, stages.design, x, &stages.rule, stop));
        let robust = robust.map(|reduced| Ok(reduced?.wald())).collect::<Result<Vec<Wald>, Error>>()?;
        let conditional = |j: &usize| conditional_f(model, stages.design, *j, &stages.rule, stop);
        let conditional = model.endogenous.iter().map(conditional).collect::<Result<Vec<Wald>, Error>>()?;
        let smallest = conditional.iter().filter(|wald| wald.statistic.is_ok());
        let smallest = smallest.min_by(|a, b| a.statistic.unwrap_or(0.0).total_cmp(&b.statistic.unwrap_or(0.0)));
        let found = smallest.map_or((Err(Absent::Undetermined), String::new(), Err(Absent::Undetermined)), wald);
        let readings = [
            "the instruments move every endogenous term; whether strongly enough, the size of F tells: below 10 is weak",
            "the instruments may not move some endogenous term at all, so its coefficient is not to be trusted",
        ];
        let names = model.endogenous.iter().map(|i| stages.name(*i)).collect();
        let mut told = outcome(CARD.id, "the instruments do not move some endogenous term", found, readings);
        let columns = vec![
            ("f", classic.clone()),
            ("f_p_value", classic.iter().map(|f| f.map(|f| f_tail(f, q, df))).collect()),
            ("wald_f", robust.iter().map(|wald| wald.statistic).collect()),
            ("wald_f_p_value", robust.iter().map(|wald| wald.p_value).collect()),
            ("conditional_f", conditional.iter().map(|wald| wald.statistic).collect()),
            ("conditional_f_p_value", conditional.iter().map(|wald| wald.p_value).collect()),
            ("partial_r2", partial),
            ("shea_r2", shea_r2(&stages, stop)?),
        ];
        told.parts.push(table("first_stage", TITLE, ("term", names), columns));
        Ok(told)
    }
}

fn partial_r2(inside: &[f64], outside: &[f64]) -> Value {
    let explained = dot(inside, inside);
    ratio(explained, explained + dot(outside, outside))
}

fn shea_r2(stages: &Stages<'_>, stop: &Stop) -> Result<Vec<Value>, Error> {
    let x = &stages.model.x;
    let root = |columns: Vec<Vec<f64>>| Orthogonal::new(columns, stop).map(|qr| qr.inverse_triangle());
    let all = root(x.iter().map(|x| x.all.clone()).collect())?;
    let projected = root(x.iter().map(|x| x.inside.clone()).collect())?;
    let share = |j: &usize| ratio(all.row(*j).norm_squared(), projected.row(*j).norm_squared());
    Ok(stages.model.endogenous.iter().map(share).collect())
}
