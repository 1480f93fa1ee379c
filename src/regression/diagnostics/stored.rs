//! The rows of a model: those of the data, or what a stored model without data still knows of them.
//!
//! Least squares are stored with orthonormal regressors Q and their triangle R, so QR gives back the regressors, without
//! their fixed effects where there are any. Tests that take the fixed effects out again are the same with either.

use super::Subject;
use crate::error::Violation;
use crate::numeric::vector::add_scaled;
use crate::regression::Fit;
use crate::regression::design::{Design, Effect, Groups};
use std::borrow::Cow;
use std::sync::Arc;

impl<'a> Subject<'a> {
    /// The rows with every term as it is.
    ///
    /// # Errors
    /// A violation at `dataset` where neither the data nor the stored model have them, or the data are others.
    pub(super) fn levels(&self) -> Result<Cow<'a, Design>, Violation> {
        if self.design.is_none() && !self.fit.effects.is_empty() {
            return Err(Violation::new("dataset", "the test needs the data of a model with fixed effects", ""));
        }
        self.within()
    }

    /// The rows with every term as it is, or without its fixed effects.
    ///
    /// # Errors
    /// As [`Self::levels`].
    pub(super) fn within(&self) -> Result<Cow<'a, Design>, Violation> {
        match self.design {
            Some(design) if self.fit.estimator == "ols" && design.rows != self.fit.rows => {
                Err(Violation::new("dataset", "has other rows than the model was estimated on", ""))
            }
            Some(design) => Ok(Cow::Borrowed(design)),
            None => stored(self.fit).map(Cow::Owned).ok_or_else(|| {
                Violation::new("dataset", "the test needs the data of the model, which are not stored with it", "")
            }),
        }
    }

    /// Whether [`Self::levels`] has rows.
    pub(super) fn has_levels(&self) -> bool {
        self.design.is_some() || (self.has_within() && self.fit.effects.is_empty())
    }

    /// Whether [`Self::within`] has rows.
    pub(super) fn has_within(&self) -> bool {
        self.design.is_some() || (self.fit.estimator == "ols" && self.fit.sandwich.scores.basis().is_some())
    }
}

/// The design of stored least squares; its regressors are those with a coefficient.
fn stored(fit: &Fit) -> Option<Design> {
    let basis = fit.sandwich.scores.basis().filter(|_| fit.estimator == "ols")?;
    let triangle = fit.sandwich.bread_root.clone().try_inverse()?;
    let root = |i: usize| fit.weights.as_ref().map_or(1.0, |weights| weights[i].sqrt());
    let column = |j: usize| {
        let mut column = vec![0.0; fit.rows.len()];
        basis.iter().take(j + 1).enumerate().for_each(|(i, q)| add_scaled(&mut column, triangle[(i, j)], q));
        column.iter_mut().enumerate().for_each(|(i, x)| *x /= root(i));
        column
    };
    let effect = |e: &crate::regression::FittedEffect| Effect {
        name: e.name.clone(),
        groups: Groups { name: e.classes.clone(), codes: e.codes.clone(), levels: e.levels.clone() },
        intercept: e.intercept,
        slope: e.slope_variable.clone(),
    };
    Some(Design {
        y: fit.fitted.iter().zip(&fit.residuals).map(|(fitted, u)| fitted + u).collect(),
        x: (0..basis.len()).map(column).collect(),
        names: fit.names().map(str::to_owned).collect(),
        weights: fit.weights.clone(),
        effects: fit.effects.iter().map(effect).collect(),
        rows: fit.rows.clone(),
        facts: Arc::new(fit.facts.clone()),
        ..Design::default()
    })
}
