//! Whether the regressors called endogenous are endogenous.

use super::super::{Subject, Test};
use super::{Stages, figure, has_instruments, outcome, wald};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::{chi_squared_tail, f_tail};
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::dot;
use crate::panel::ratio;
use crate::regression::ols::leverages;
use crate::regression::wald::Wald;
use crate::regression::{Estimate, Outcome, Sandwich, Scores, small_sample};
use nalgebra::DVector;

/// The test of the control function.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct WuHausman;

static CARD: Card = Card {
    id: "wu_hausman",
    aliases: &["durbin_wu_hausman", "endogeneity"],
    title: "Wu, Hausman and Durbin: are the endogenous terms exogenous after all?",
    kind: Kind::Test,
    formula: "Wald F that the residuals v of the first stages have no coefficients in least squares of y on X and v, with the \
              covariance of the fit; wu_hausman_f = ((SSR_0 - SSR)/m) / (SSR/(n-K-m)), durbin = n (SSR_0 - SSR)/SSR_0, SSR_0 \
              without v, m endogenous terms, K terms and fixed effects",
    reference: "Durbin (1954), Review of the International Statistical Institute 22(1); Wu (1973), Econometrica 41(4); \
                Hausman (1978), Econometrica 46(6); Wooldridge (2010), Econometric Analysis, section 6.3.1",
    params: &[],
    inference: &[],
    laws: &[],
};

impl Test for WuHausman {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let (model, m) = (&stages.model, stages.model.endogenous.len());
        let k = model.x.len();
        let (n, parameters) = (stages.design.y.len(), small_sample::parameters(k + m, stages.design));
        let residuals = stages.endogenous().map(|x| x.outside.clone());
        let qr = Orthogonal::new(model.x.iter().map(|x| x.all.clone()).chain(residuals).collect(), stop)?;
        if !qr.dependent.is_empty() || n <= parameters {
            let rule = "the first stages leave no residuals that could be told from the terms";
            return Err(Violation::new("formula", rule, &subject.fit.formula).into());
        }
        let mut errors = model.y.all.clone();
        let coordinates = qr.project(&mut errors);
        let (explained, ssr) = (dot(&coordinates[k..], &coordinates[k..]), dot(&errors, &errors));
        let df = n - parameters;
        let estimate = Estimate {
            ssr,
            coefficients: qr.solve(coordinates),
            sandwich: Sandwich {
                bread_root: qr.inverse_triangle(),
                leverages: leverages(&qr.basis, n),
                scores: Scores::products(qr.basis, errors),
            },
            ..Estimate::default()
        };
        let vcov = stages.rule.vcov(&estimate, stages.design, stop)?;
        let matrix = vcov.matrix.view((k, k), (m, m)).into_owned();
        let robust = Wald::new(&DVector::from_column_slice(&estimate.coefficients[k..]), &matrix, vcov.t_df);
        let f = ratio(explained / m as f64, ssr / df as f64);
        let durbin = ratio(n as f64 * explained, explained + ssr);
        let readings = [
            "least squares and instruments disagree: the terms are endogenous, so least squares is biased",
            "no sign that the terms are endogenous; least squares would be more precise",
        ];
        let mut told =
            outcome(CARD.id, "the endogenous terms are uncorrelated with the errors", wald(&robust), readings);
        told.figures = vec![
            figure("wu_hausman_f", f),
            figure("wu_hausman_p_value", f.map(|f| f_tail(f, m as f64, df as f64))),
            figure("durbin", durbin),
            figure("durbin_p_value", durbin.map(|x| chi_squared_tail(x, m as f64))),
        ];
        Ok(told)
    }
}
