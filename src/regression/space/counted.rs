//! What the likelihood of a panel with fixed effects counts.

use super::likelihood::Counted;
use super::weights::Weights;
use crate::card::{Domain, Param, Params};
use crate::error::{Violation, Violations};
use crate::regression::design::{Design, Effect, RowId};
use std::collections::BTreeMap;

/// The parameter that chooses between the likelihoods of panels with fixed effects.
pub(super) const BIAS_CORRECTION: Param = Param {
    name: "bias_correction",
    doc: "For balanced panels with fixed effects of regions, periods or both. `none`: the likelihood of the demeaned \
          data as if they were as many as before (Elhorst 2003), whose variance, and with effects of periods all \
          estimates, are biased. `lee_yu`: that of the (N-1)(T-1) independent transformed data (Lee and Yu 2010, \
          Journal of Econometrics 154(2), eq. 19 and 34), which is not; with effects of periods it needs rows of \
          weights that sum to 1.",
    domain: Domain::Choice(&["none", "lee_yu"]),
};

impl Counted {
    /// Every row, or what the correction leaves of them.
    ///
    /// # Errors
    /// At `estimator_parameters.bias_correction`: a panel for which the correction is not defined.
    pub(super) fn of(design: &Design, weights: &Weights, params: &Params) -> Result<Self, Violations> {
        let n = design.rows.len() as f64;
        if !params.chooses("bias_correction", "lee_yu") {
            return Ok(Self { n, share: 1.0, periods: 0.0 });
        }
        let mut violations = Violations::default();
        let mut refuse = |wrong: bool, rule: &str| {
            if wrong {
                violations.push(Violation::new("estimator_parameters.bias_correction", rule, "lee_yu"));
            }
        };
        let is = |effect: &Effect, key: fn(&RowId) -> i64| {
            effect.intercept && effect.slope.is_none() && is_classified_by(design, effect, key)
        };
        let of_regions = design.effects.iter().any(|effect| is(effect, |row| i64::from(row.region)));
        let of_periods = design.effects.iter().any(|effect| is(effect, |row| i64::from(row.period)));
        let known = usize::from(of_regions) + usize::from(of_periods);
        refuse(
            known == 0 || known != design.effects.len(),
            "needs fixed effects of regions, periods or both, and no others",
        );
        refuse(
            design.rows.iter().any(|row| row.industry != design.rows[0].industry),
            "needs regions without industries",
        );
        refuse(weights.blocks.len() != 1, "needs a balanced panel: the same regions in every period");
        let sums_to_one = weights.row_standardised && weights.islands.is_empty();
        refuse(of_periods && !sums_to_one, "needs weights standardised by row, and no region without neighbours");
        let t = weights.blocks[0].rows.len() as f64;
        violations.into_result(Self {
            n: n * if of_regions { (t - 1.0) / t } else { 1.0 } * if of_periods { 1.0 - t / n } else { 1.0 },
            share: if of_regions { (t - 1.0) / t } else { 1.0 },
            periods: if of_periods { t } else { 0.0 },
        })
    }
}

/// Whether the levels of an effect are the values of `key`.
fn is_classified_by(design: &Design, effect: &Effect, key: fn(&RowId) -> i64) -> bool {
    let mut level_of = BTreeMap::new();
    let codes = design.rows.iter().map(key).zip(&effect.groups.codes);
    let nested = codes.into_iter().all(|(key, code)| level_of.entry(key).or_insert(code) == &code);
    nested && level_of.len() == effect.groups.levels.len()
}
