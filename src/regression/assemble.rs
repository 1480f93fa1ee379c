//! From an estimate and its covariance to a [`Fit`].

use super::covariance::Vcov;
use super::design::Design;
use super::effects::Normalisation;
use super::fit::{CovarianceUsed, Fit, FittedEffect};
use super::statistics::Statistics;
use super::{Estimate, Outcome};
use crate::numeric::absorb::LevelEffects;
use crate::numeric::vector::add_scaled;
use std::sync::Arc;

impl Fit {
    /// Puts the results together, in the units of the design.
    pub(super) fn assemble(design: Design, estimate: Estimate, vcov: Vcov) -> Self {
        let vcov = if estimate.asymptotic { vcov.asymptotic() } else { vcov };
        let regressors = design.names.len();
        let statistics = Statistics::new(&design, &estimate, &vcov);
        let normalisation = Normalisation::new(&design.effects);
        let effects = fitted_effects(&design, &estimate, &normalisation);
        Self {
            formula: String::new(),
            outcome: String::new(),
            log_outcome: false,
            estimator: String::new(),
            parameters: Vec::new(),
            definitions: Vec::new(),
            deviations: Vec::new(),
            subset: None,
            others: estimate.others.len(),
            endogenous: design.endogenous,
            response: estimate.response,
            sandwich: estimate.sandwich,
            facts: Arc::unwrap_or_clone(design.facts),
            figures: estimate.figures,
            parts: estimate.parts,
            tests: estimate.tests.into_iter().map(Outcome::sound).collect(),
            own: estimate.own,
            covariance: CovarianceUsed::new("", &design.clusters, &vcov),
            random_variance: estimate.random_variance,
            remarks: estimate.remarks.into_iter().chain(vcov.remarks).collect(),
            vcov: vcov.matrix.row_iter().map(|row| row.iter().copied().collect()).collect(),
            collinear: estimate.collinear,
            normalisation: normalisation.describe(&design.effects),
            absorption: estimate.absorption,
            regions: Vec::new(),
            industries: Vec::new(),
            fitted: match estimate.fitted {
                Some(fitted) => fitted,
                None => design.y.iter().zip(&estimate.u_hat).map(|(y, u)| y - u).collect(),
            },
            effects,
            coefficients: estimate.coefficients,
            kept: estimate.kept.into_iter().chain(regressors..regressors + estimate.others.len()).collect(),
            residuals: estimate.u_hat,
            terms: design.names.into_iter().chain(estimate.others).collect(),
            rows: design.rows,
            weights: design.weights,
            left_out: design.left_out.into_iter().collect(),
            statistics,
        }
    }
}

fn fitted_effects(design: &Design, estimate: &Estimate, normalisation: &Normalisation) -> Vec<FittedEffect> {
    let mut values = estimate.outcome_effects.clone();
    let mut of_regressors = estimate.regressor_effects.clone();
    for (b, effects) in estimate.coefficients.iter().zip(&of_regressors) {
        for (value, effect) in values.iter_mut().zip(effects) {
            add_scaled(&mut value.intercepts, -b, &effect.intercepts);
            if let (Some(slopes), Some(effect)) = (&mut value.slopes, &effect.slopes) {
                add_scaled(slopes, -b, effect);
            }
        }
    }
    normalisation.apply(&mut values);
    of_regressors.iter_mut().for_each(|effects| normalisation.apply(effects));
    let fitted = |(q, values): (usize, LevelEffects)| {
        let effect = &design.effects[q];
        let mut rows = vec![0; effect.groups.levels.len()];
        effect.groups.codes.iter().for_each(|g| rows[*g as usize] += 1);
        FittedEffect {
            name: effect.name.clone(),
            classes: effect.groups.name.clone(),
            intercept: effect.intercept,
            levels: effect.groups.levels.clone(),
            rows,
            values,
            of_regressors: of_regressors.iter().map(|effects| effects[q].clone()).collect(),
            codes: effect.groups.codes.clone(),
            slope_variable: effect.slope.clone(),
        }
    };
    values.into_iter().enumerate().map(fitted).collect()
}
