//! Random effects of regions in the errors of spatial models.
//!
//! With e = m + v, m the same in every period, the errors have the covariance s²(Q + P/θ²), P the means over time, and
//! taking the share 1 − θ of each region's mean out of a column makes them independent. In a balanced panel that
//! commutes with spatial lags, so that for given θ the model is the one without effects of quasi-demeaned data; the
//! log-likelihood has N·ln θ besides.

use super::filters::Filters;
use super::likelihood::{At, Counted, Filtered, Likelihood};
use super::maximum::{Maximum, Slope, maximise};
use super::sample::Sample;
use super::weights::Weights;
use crate::card::{Domain, Param};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::vector::dot;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::{Figure, Remark};

/// The parameter that chooses between errors without and with effects of regions.
pub(super) const EFFECTS: Param = Param {
    name: "effects",
    doc: "`none`: those of the formula alone. `random`: the errors e are the sum of an effect of the region, drawn \
          once, and one of the row (with spatial errors: the model of Kapoor, Kelejian and Prucha 2007); for \
          balanced panels and formulas without fixed effects.",
    domain: Domain::Choice(&["none", "random"]),
};

/// A balanced panel whose regions have random effects.
#[derive(Debug)]
pub(super) struct RandomEffects<'a> {
    design: &'a Design,
    weights: &'a Weights,
    filters: &'a Filters<'a>,
    model: Filtered,
}

/// The likelihood at one θ.
struct AtTheta {
    log: f64,
    slope: f64,
}

impl Slope for AtTheta {
    fn value(&self) -> f64 {
        self.log
    }

    fn slope(&self) -> f64 {
        self.slope
    }
}

/// What the search for θ found.
#[derive(Debug)]
pub(super) struct Found {
    /// The quasi-demeaned design.
    pub(super) design: Design,
    /// N·ln θ, to be added to the log-likelihood.
    pub(super) log: f64,
    /// The log-likelihood without spatial parameters, at its own θ.
    pub(super) linear: Option<f64>,
    /// What is told of θ.
    pub(super) figures: Vec<Figure>,
    /// A warning where the variance of the effects is zero.
    pub(super) remark: Option<Remark>,
}

impl<'a> RandomEffects<'a> {
    /// # Errors
    /// At `estimator_parameters.effects`: fixed effects, an unbalanced panel or a single period.
    pub(super) fn new(
        design: &'a Design,
        (weights, filters): (&'a Weights, &'a Filters<'a>),
        model: Filtered,
    ) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let mut refuse = |wrong: bool, rule: &str| {
            if wrong {
                violations.push(Violation::new("estimator_parameters.effects", rule, "random"));
            }
        };
        refuse(!design.effects.is_empty(), "needs a formula without fixed effects");
        let balanced = weights.blocks.len() == 1 && weights.blocks[0].rows.len() > 1;
        refuse(!balanced, "needs a balanced panel: the same regions in two or more periods");
        violations.into_result(Self { design, weights, filters, model })
    }

    /// The θ of highest likelihood.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn find(&self, stop: &Stop) -> Result<Option<Found>, Error> {
        let spatial = |likelihood: &Likelihood<'_>| {
            let maximum = likelihood.maximise(self.model, stop)?;
            Ok(maximum.map(|maximum| maximum.of))
        };
        let linear = self.maximise(|likelihood| likelihood.at([0.0; 2], stop), stop)?;
        let Some(Maximum { at: theta, of, .. }) = self.maximise(spatial, stop)? else { return Ok(None) };
        let periods = self.weights.blocks[0].rows.len() as f64;
        let phi = (1.0 / (theta * theta) - 1.0) / periods;
        let remark = (of.slope > 0.0 && theta > 1.0 - 1e-6).then(|| Remark {
            code: "NO_VARIANCE_BETWEEN_REGIONS".to_owned(),
            message: "the likelihood is highest where the random effects have no variance; leave them out".to_owned(),
        });
        Ok(Some(Found {
            design: self.quasi_demeaned(theta),
            log: self.regions() * theta.ln(),
            linear: linear.map(|maximum| maximum.of.log),
            figures: vec![Figure::new("theta", 1.0 - theta), Figure::new("phi", phi)],
            remark,
        }))
    }

    fn maximise(
        &self,
        of: impl Fn(&Likelihood<'_>) -> Result<Option<At>, Error>,
        stop: &Stop,
    ) -> Result<Option<Maximum<AtTheta>>, Error> {
        maximise((0.0, 1.0), |theta| {
            let design = self.quasi_demeaned(theta);
            let kept = least_squares(&design, stop)?.kept;
            let sample = Sample::new(&design, self.weights, &kept, stop)?;
            let n = design.y.len() as f64;
            let likelihood = Likelihood::new(&sample, self.filters, Counted { n, share: 1.0, periods: 0.0 });
            Ok(of(&likelihood)?.map(|at| {
                let means = self.means(&at.errors);
                let between = dot(&means, &at.errors);
                let slope = (self.regions() - n * between / at.ssr) / theta;
                AtTheta { log: at.log + self.regions() * theta.ln(), slope }
            }))
        })
    }

    fn regions(&self) -> f64 {
        self.weights.blocks[0].matrix.size() as f64
    }

    /// The mean over time of each row's region.
    fn means(&self, column: &[f64]) -> Vec<f64> {
        let periods = &self.weights.blocks[0].rows;
        let mut means = vec![0.0; column.len()];
        for region in 0..periods[0].len() {
            let mean = periods.iter().map(|rows| column[rows[region]]).sum::<f64>() / periods.len() as f64;
            periods.iter().for_each(|rows| means[rows[region]] = mean);
        }
        means
    }

    fn quasi_demeaned(&self, theta: f64) -> Design {
        let without = |column: &Vec<f64>| -> Vec<f64> {
            column.iter().zip(self.means(column)).map(|(x, mean)| x - (1.0 - theta) * mean).collect()
        };
        let x = self.design.x.iter().map(without).collect();
        Design { y: without(&self.design.y), x, ..self.design.clone() }
    }
}
