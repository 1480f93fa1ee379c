//! Random effects that are correlated with the regressors through their means.

use super::random_effects::generalised;
use super::{COMPONENTS, Grouping, varying};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::panel::Value;
use crate::regression::covariance::Choice;
use crate::regression::design::Design;
use crate::regression::wald::Wald;
use crate::regression::{Estimated, Estimator, Outcome, Response, Takes};
use nalgebra::{DMatrix, DVector};

/// Mundlak's regression.
#[derive(Debug)]
pub(in crate::regression) struct CorrelatedRandomEffects;

static CARD: Card = Card {
    id: "correlated_random_effects",
    aliases: &["cre", "mundlak"],
    title: "Correlated random effects: random effects with the units' means of the regressors (Mundlak)",
    kind: Kind::Estimator,
    formula: "y_it = x_it'b + mean(x)_i'c + u_i + e_it by random effects; mean(x)_i is the mean over the periods of unit i of each \
              regressor that changes within units. b of those is the within estimator in balanced panels. Test of c = 0, robust \
              to heteroskedasticity and correlation within units: the regression form of Hausman's test",
    reference: "Mundlak (1978), Econometrica 46(1); Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, \
                10.7.3; unbalanced: Wooldridge (2019), J. of Econometrics 211(1)",
    params: &[COMPONENTS],
    inference: &[],
    laws: &[],
};

impl Estimator for CorrelatedRandomEffects {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let (mut estimated, test) = mundlak(design, params, stop)?;
        estimated.estimate.response = Response::Joint;
        estimated.estimate.tests.push(Outcome {
            id: "mundlak".to_owned(),
            null: "the effects are not correlated with the means of the regressors".to_owned(),
            distribution: format!("chi2({})", test.df1),
            statistic: test.statistic.map(|f| f * test.df1 as f64),
            p_value: test.p_value,
            reading: reading(test.p_value),
            figures: Vec::new(),
            parts: Vec::new(),
        });
        Ok(estimated)
    }
}

/// What a test of random effects against fixed effects says.
pub(in crate::regression) fn reading(p_value: Value) -> String {
    let text = match p_value {
        Ok(p) if p < 0.05 => {
            "random effects are rejected at 5 %: the effects go with the regressors; use fixed effects"
        }
        Ok(_) => "random effects are not rejected at 5 %",
        Err(_) => "the test has no value in this sample",
    };
    text.to_owned()
}

/// Adds the means, estimates, and tests their coefficients with errors clustered by unit.
pub(in crate::regression) fn mundlak(
    mut design: Design,
    params: &Params,
    stop: &Stop,
) -> Result<(Estimated, Wald), Error> {
    let units = Grouping::units(&design.rows);
    let terms = design.x.len();
    for j in varying(&design, &units) {
        design.x.push(units.spread(&units.means(&design.x[j])));
        design.names.push(format!("mean({})", design.names[j]));
    }
    let groups = [units];
    let estimated = generalised(design, &groups, &["unit"], params, stop)?;
    let means: Vec<usize> =
        (0..estimated.estimate.kept.len()).filter(|i| estimated.estimate.kept[*i] >= terms).collect();
    let test = test(&estimated, &means, &groups[0], stop)?;
    Ok((estimated, test))
}

/// Wald's test that the coefficients numbered `means` are zero.
fn test(estimated: &Estimated, means: &[usize], units: &Grouping, stop: &Stop) -> Result<Wald, Error> {
    let Estimated { design, estimate } = estimated;
    let (covariance, params) = Choice::read("cluster:unit").find()?;
    let clustered = Design { clusters: vec![units.groups("unit")], ..design.clone() };
    let vcov = covariance.vcov(estimate, &clustered, &params, stop)?.matrix;
    let coefficients = DVector::from_iterator(means.len(), means.iter().map(|i| estimate.coefficients[*i]));
    let part = DMatrix::from_fn(means.len(), means.len(), |i, j| vcov[(means[i], means[j])]);
    Ok(Wald::new(&coefficients, &part, None))
}
