//! Spatial lags of the regressors as regressors.

use super::weights::Weights;
use crate::card::{Domain, Param, Params};
use crate::error::{Violation, Violations};
use crate::regression::design::Design;
use crate::suggest::nearest;

/// The parameter that chooses which regressors are lagged.
pub(super) const LAGGED: Param = Param {
    name: "lagged",
    doc: "Names of the terms whose spatial lags are added as w(term), separated by semicolons; all but the intercept \
          when left out.",
    domain: Domain::Terms { required: false },
};

/// A regressor and its lag, as numbers of columns.
pub(super) type Pair = (usize, Option<usize>);

/// Every regressor but the intercept, none with a lag.
pub(super) fn without_lags(design: &Design) -> Vec<Pair> {
    (0..design.names.len()).filter(|j| design.names[*j] != "(Intercept)").map(|j| (j, None)).collect()
}

/// Adds the lags of the terms chosen to the regressors.
///
/// # Errors
/// At `estimator_parameters.lagged`: names of no term.
pub(super) fn add_lags(design: &mut Design, weights: &Weights, params: &Params) -> Result<Vec<Pair>, Violations> {
    let mut pairs = without_lags(design);
    let (asked, mut violations) = (params.list("lagged"), Violations::default());
    for name in &asked {
        let mut known = pairs.iter().map(|(j, _)| design.names[*j].as_str());
        if !known.clone().any(|term| term == *name) {
            let near = nearest(name, &mut known);
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let rule = format!("must be terms of the formula{hint}");
            violations.push(Violation::new("estimator_parameters.lagged", rule, name));
        }
    }
    for (j, lag) in &mut pairs {
        if asked.is_empty() || asked.contains(&design.names[*j].as_str()) {
            *lag = Some(design.x.len());
            design.x.push(weights.matrix.times(&design.x[*j]));
            design.names.push(format!("w({})", design.names[*j]));
        }
    }
    violations.into_result(pairs)
}
