//! Tests that the instruments do not contradict each other, for which there must be more of them than needed.

use super::model::Model;
use crate::numeric::distributions::{chi_squared_tail, f_tail};
use crate::numeric::vector::dot;
use crate::panel::{Value, finite};
use crate::regression::design::Design;
use crate::regression::{Estimate, Outcome};

const NULL: &str = "the instruments are uncorrelated with the errors";

/// Sargan's and Basmann's tests of a k-class estimate.
///
/// Sargan (1958), Econometrica 26(3): n·u'P_Z u / u'u; Basmann (1960), JASA 55(292): (n − L)·u'P_Z u / u'M_Z u. Both take errors
/// to be independent and of one variance.
pub(super) fn tests(model: &Model, design: &Design, estimate: &Estimate) -> Vec<Outcome> {
    let surplus = model.surplus();
    if surplus == 0 {
        return Vec::new();
    }
    let errors = model.errors(&estimate.coefficients);
    let inside = dot(&errors.inside, &errors.inside);
    let outside = dot(&errors.outside, &errors.outside);
    let sargan = design.y.len() as f64 * inside / (inside + outside);
    let basmann = model.instrument_df(design) as f64 * inside / outside;
    vec![chi_squared("sargan", sargan, surplus), chi_squared("basmann", basmann, surplus)]
}

/// The tests of a LIML estimate's kappa.
///
/// Anderson and Rubin (1950), Annals of Mathematical Statistics 21(4): n·ln kappa; Basmann (1960): (kappa − 1)·(n − L) over
/// the number of instruments beyond those needed.
pub(super) fn of_liml(model: &Model, design: &Design, kappa: f64) -> Vec<Outcome> {
    let (surplus, df) = (model.surplus(), model.instrument_df(design));
    if surplus == 0 {
        return Vec::new();
    }
    let ratio = chi_squared("anderson_rubin_likelihood_ratio", design.y.len() as f64 * kappa.ln(), surplus);
    let f = (kappa - 1.0) * df as f64 / surplus as f64;
    let p_value = f_tail(f, surplus as f64, df as f64);
    let basmann_f = outcome("basmann_f", finite(f), format!("F({surplus}, {df})"), finite(p_value));
    vec![ratio, basmann_f]
}

/// Hansen's test (1982, Econometrica 50(4)), if there is one.
pub(super) fn hansen(j: f64, surplus: usize) -> Option<Outcome> {
    (surplus > 0).then(|| chi_squared("hansen_j", j, surplus))
}

fn chi_squared(id: &str, statistic: f64, df: usize) -> Outcome {
    let p_value = finite(statistic).map(|x| chi_squared_tail(x, df as f64));
    outcome(id, finite(statistic), format!("chi2({df})"), p_value)
}

fn outcome(id: &str, statistic: Value, distribution: String, p_value: Value) -> Outcome {
    let reading = match p_value {
        Ok(p) if p < 0.05 => {
            "the instruments contradict each other: at least one seems to belong in the equation itself"
        }
        Ok(_) => "no sign that an instrument is invalid; this cannot show that all are valid",
        Err(_) => "the residuals leave nothing to test",
    };
    Outcome {
        id: id.to_owned(),
        null: NULL.to_owned(),
        statistic,
        distribution,
        p_value,
        reading: reading.to_owned(),
        figures: Vec::new(),
        parts: Vec::new(),
    }
}
