//! The effective F of one endogenous regressor.

use super::super::{Subject, Test};
use super::{Stages, figure, has_instruments};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::noncentral::noncentral_chi_squared_critical;
use crate::panel::{Absent, Value, finite};
use crate::regression::instruments::{effective_f, reduced_form};
use crate::regression::{Figure, Outcome};
use nalgebra::DMatrix;

/// The test of Montiel Olea and Pflueger.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct EffectiveF;

static CARD: Card = Card {
    id: "effective_f",
    aliases: &["montiel_olea_pflueger", "olea_pflueger"],
    title: "Effective F of the first stage of one endogenous term, with critical values for the bias of 2SLS",
    kind: Kind::Test,
    formula: "F_eff = d'd / tr W, d the coefficients of the endogenous term on the orthonormal instruments beside exogenous \
              terms and fixed effects, W their covariance by the covariance of the fit. Weak at tau: the bias of 2SLS exceeds \
              tau times its worst; critical value chi2(K; K/tau)/K at its upper tail, K = (tr W)^2 (1 + 2/tau) / (tr W'W + \
              2 tr W max eig W / tau): the simplified, conservative ones",
    reference: "Montiel Olea and Pflueger (2013), Journal of Business & Economic Statistics 31(3), eq. 4, theorem 2 and \
                remark 6",
    params: &[Param {
        name: "level",
        doc: "Level of the critical values",
        domain: Domain::Number { min: 0.001, max: 0.5, default: 0.05 },
    }],
    inference: &[],
    laws: &[],
};

/// Shares of the worst bias, in per cent.
const TAUS: [u32; 4] = [5, 10, 20, 30];

impl Test for EffectiveF {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        has_instruments(subject)
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let first = reduced_form(&stages.model, stages.design, stages.only(CARD.id)?, &stages.rule, stop)?;
        let statistic = effective_f(&first);
        let level = params.number("level");
        let critical: Vec<Value> =
            TAUS.iter().map(|tau| critical(&first.vcov, level, f64::from(*tau) / 100.0)).collect();
        let named = |(tau, value): (&u32, &Value)| figure(&format!("critical_{tau}_percent_of_worst_bias"), *value);
        Ok(Outcome {
            id: CARD.id.to_owned(),
            null: "the instruments are weak: the bias of 2SLS exceeds a tenth of its worst".to_owned(),
            statistic,
            distribution: "of a weighted sum of noncentral chi2(1); see the critical values".to_owned(),
            p_value: Err(Absent::Undetermined),
            reading: reading(statistic, critical[1]).to_owned(),
            figures: TAUS.iter().zip(&critical).map(named).collect::<Vec<Figure>>(),
            parts: Vec::new(),
        })
    }
}

fn reading(statistic: Value, critical: Value) -> &'static str {
    match (statistic, critical) {
        (Ok(f), Ok(critical)) if f > critical => {
            "the instruments are strong: the bias of 2SLS is below a tenth of its worst"
        }
        (Ok(_), Ok(_)) => "the instruments may be weak; rely on the Anderson-Rubin set rather than on t",
        _ => "the statistic is not defined for these data",
    }
}

fn critical(w: &DMatrix<f64>, level: f64, tau: f64) -> Value {
    let trace = w.trace();
    if trace <= 0.0 {
        return Err(Absent::ZeroDenominator);
    }
    let largest = w.symmetric_eigenvalues().max();
    let df = trace * trace * (1.0 + 2.0 / tau) / (w.norm_squared() + 2.0 * trace * largest / tau);
    finite(noncentral_chi_squared_critical(level, df, df / tau) / df)
}
