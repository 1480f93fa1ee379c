//! Tests that the instruments agree with one another: Sargan's and Hansen's.

use super::gmm::Step;
use crate::numeric::distributions::chi_squared_tail;
use crate::panel::finite;
use crate::regression::Outcome;

/// Sargan's test with one-step weights: valid when the disturbances have one variance.
pub(super) fn sargan(one: &Step, sigma2: f64) -> Option<Outcome> {
    let scope = "valid only when disturbances have one variance; not weakened by many instruments";
    outcome("sargan", one.criterion / sigma2, one, scope)
}

/// Hansen's test with two-step weights.
pub(super) fn hansen(two: &Step) -> Option<Outcome> {
    outcome("hansen", two.criterion, two, "valid whatever the variances; weakened by many instruments")
}

fn outcome(id: &str, statistic: f64, step: &Step, scope: &str) -> Option<Outcome> {
    let df = step.rank.checked_sub(step.coefficients.len()).filter(|df| *df > 0)?;
    let statistic = finite(statistic);
    let p_value = statistic.map(|x| chi_squared_tail(x, df as f64));
    let finding = match p_value {
        Ok(p) if p < 0.05 => "the instruments disagree: some are not valid, or the model is not",
        Ok(_) => "no sign that instruments are not valid",
        Err(_) => "no statistic",
    };
    Some(Outcome {
        id: id.to_owned(),
        null: "all instruments are uncorrelated with the disturbances".to_owned(),
        statistic,
        distribution: format!("chi2({df})"),
        p_value,
        reading: format!("{finding}; {scope}"),
        figures: Vec::new(),
        parts: Vec::new(),
    })
}
