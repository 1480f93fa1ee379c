//! Whether the variance of the errors depends on the regressors, their squares and products.

use super::breusch_pagan::{question, variance_regression};
use super::sample::{LeastSquares, centred, is_plain};
use super::verdict::Law;
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::magnitude;
use crate::regression::Outcome;

/// White's test.
#[derive(Debug)]
pub(super) struct White;

static CARD: Card = Card {
    id: "white",
    aliases: &["het_white"],
    title: "Heteroskedasticity of unknown form",
    kind: Kind::Test,
    formula: "e_i = sqrt(w_i) u_i; n R^2 of the regression of e^2 on a constant and, full: the terms, their squares and \
              products; fitted: the fitted values and their squares. chi2(independent columns less the constant)",
    reference: "White (1980), Econometrica 48(4), eq. 2; Wooldridge (2010), Econometric Analysis of Cross Section and Panel \
                Data, 2nd ed., p. 140, for fitted",
    params: &[Param {
        name: "form",
        doc: "full takes squares and products of all terms, fitted those of the fitted values alone; left out, full",
        domain: Domain::Choice(&["full", "fitted"]),
    }],
    inference: &[],
    laws: &[],
};

/// Regressors up to which a diagnosis takes the time.
const DIAGNOSED: usize = 200;

impl Test for White {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        let needed = regressors(fit.coefficients.len());
        is_plain(fit) && subject.has_levels() && 2 * needed < fit.rows.len() && needed <= DIAGNOSED
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::of_levels(subject, stop)?;
        let (needed, n) = (regressors(model.slopes().len()), model.rows());
        let columns = if params.chooses("form", "full") {
            if needed >= n {
                let rule = format!("full needs more rows than its {needed} regressors and has {n}; take form = fitted");
                return Err(Violation::new("parameters.form", rule, "full").into());
            }
            with_products(model.slopes().iter().map(|j| scaled(&model.design.x[*j])).collect(), stop)?
        } else {
            with_products(vec![scaled(&model.fitted())], stop)?
        };
        let (statistic, df) = variance_regression(&model, columns, true, stop)?;
        Ok(question().answer(&CARD, statistic, Law::Chi2(df)))
    }
}

/// The regressors of the full test of `k` terms.
const fn regressors(k: usize) -> usize {
    1 + k * (k + 3) / 2
}

/// A column about its mean, so that its square is told from it.
fn scaled(column: &[f64]) -> Vec<f64> {
    let deviations = centred(column);
    let unit = magnitude(&deviations);
    deviations.iter().map(|x| x / unit).collect()
}

fn with_products(columns: Vec<Vec<f64>>, stop: &Stop) -> Result<Vec<Vec<f64>>, Error> {
    let mut all = columns.clone();
    for (i, a) in columns.iter().enumerate() {
        stop.check()?;
        all.extend(columns[i..].iter().map(|b| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>()));
    }
    Ok(all)
}
