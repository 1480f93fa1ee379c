//! Which spatial model, if any, the errors ask for.

use super::moran_residuals::weight_products;
use super::sample::{LeastSquares, is_plain};
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::dot;
use crate::panel::{Absent, Value, finite};
use crate::regression::space::weights::{
    CUTOFF, LATITUDE, LONGITUDE, NEIGHBOURS, POWER, STANDARDISE, WEIGHTS, Weights,
};
use crate::regression::{Outcome, Part};

/// The Lagrange multiplier tests of Anselin.
#[derive(Debug)]
pub(super) struct LmSpatial;

static CARD: Card = Card {
    id: "lm_spatial",
    aliases: &["lm_tests", "slmtest", "lm_lag", "lm_error"],
    title: "Spatial lag or spatially correlated errors",
    kind: Kind::Test,
    formula: "e residuals, s^2 = e'e/n, a = e'We/s^2, b = e'Wy/s^2, T = tr(W'W + WW), D = T + (Wf)'M(Wf)/s^2, f fitted values, M \
              the residual maker of terms and fixed effects. error: a^2/T; lag: b^2/D; robust_error: (a - bT/D)^2/(T(1-T/D)); \
              robust_lag: (b-a)^2/(D-T); each chi2(1). sarma: error + robust_lag, chi2(2). W joins rows of the same period (and \
              industry)",
    reference: "Anselin (1988), Geographical Analysis 20(1); Anselin, Bera, Florax and Yoon (1996), Regional Science and Urban \
                Economics 26(1), eq. 12-16; panels as in Elhorst (2014), Spatial Econometrics, section 3.4",
    params: &[
        Param {
            name: "form",
            doc: "Which of the tests the statistic is; the table has all of them",
            domain: Domain::Choice(&["sarma", "lag", "error", "robust_lag", "robust_error"]),
        },
        WEIGHTS,
        NEIGHBOURS,
        CUTOFF,
        POWER,
        STANDARDISE,
        LATITUDE,
        LONGITUDE,
    ],
    inference: &[],
    laws: &[],
};

impl Test for LmSpatial {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        is_plain(fit) && fit.weights.is_none() && fit.facts.neighbours.is_some() && subject.has_within()
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        if subject.fit.weights.is_some() {
            return Err(Violation::new("id", "is not defined for weighted least squares", CARD.id).into());
        }
        let model = LeastSquares::plain(subject, stop)?;
        let multipliers = Multipliers::new(&model, params, stop)?;
        let form = params.text("form").unwrap_or_default();
        let tests = multipliers.tests();
        let (_, statistic, df) = tests.iter().find(|(name, _, _)| *name == form).copied().unwrap_or(tests[0]);
        let mut outcome = question(form, &multipliers).answer(&CARD, statistic, Law::Chi2(df));
        let law = |(_, statistic, df): &(&str, Value, f64)| {
            statistic.map(|x| crate::numeric::distributions::chi_squared_tail(x, *df))
        };
        outcome.parts = vec![Part {
            name: "multipliers".to_owned(),
            title: "All tests of a spatial lag and of spatially correlated errors".to_owned(),
            keys: vec![("test".to_owned(), tests.iter().map(|(name, _, _)| (*name).to_owned()).collect())],
            columns: vec![
                ("statistic".to_owned(), tests.iter().map(|(_, statistic, _)| *statistic).collect()),
                ("df".to_owned(), tests.iter().map(|(_, _, df)| Ok(*df)).collect()),
                ("p_value".to_owned(), tests.iter().map(law).collect()),
            ],
        }];
        Ok(outcome)
    }
}

fn question(form: &str, multipliers: &Multipliers) -> Question {
    let lag = "estimate a spatial lag, in which neighbours' outcomes act on each other";
    let error = "estimate a spatial error model, or use a covariance such as conley";
    let kept = "no spatial model is needed on this account";
    match form {
        "lag" | "robust_lag" => Question::new("the outcome does not depend on that of neighbours", lag, kept),
        "error" | "robust_error" => Question::new("the errors of neighbours are not correlated", error, kept),
        _ => {
            let points_to_lag = multipliers.robust_lag().unwrap_or(0.0) >= multipliers.robust_error().unwrap_or(0.0);
            let advice = if points_to_lag { lag } else { error };
            let null = "neither the outcome nor the errors depend on those of neighbours";
            Question::new(null, format!("{advice}; its robust test is the larger one"), kept)
        }
    }
}

/// What the tests are made of.
struct Multipliers {
    /// e'We/s².
    error: f64,
    /// e'Wy/s².
    lag: f64,
    /// tr(W'W + WW).
    trace: f64,
    /// (Wf)'M(Wf)/s².
    spread: f64,
}

impl Multipliers {
    fn new(model: &LeastSquares, params: &Params, stop: &Stop) -> Result<Self, Error> {
        let weights = Weights::of(&model.design, params, "parameters", stop)?.matrix;
        let e = &model.estimate.u_hat;
        let variance = dot(e, e) / model.rows() as f64;
        let lagged_fit = weights.times(&model.fitted());
        let whole = dot(&lagged_fit, &lagged_fit);
        let left = model.explain(lagged_fit, Vec::new(), stop)?.ssr;
        let (products, squares) = weight_products(&weights);
        Ok(Self {
            error: dot(e, &weights.times(e)) / variance,
            lag: dot(e, &weights.times(&model.design.y)) / variance,
            trace: products + squares,
            // What rounding leaves of a lag that the terms explain is none.
            spread: if left > 1e-18 * whole { left / variance } else { 0.0 },
        })
    }

    /// The tests by name with statistic and degrees of freedom.
    fn tests(&self) -> [(&'static str, Value, f64); 5] {
        let error = finite(self.error.powi(2) / self.trace);
        let lag = finite(self.lag.powi(2) / (self.trace + self.spread));
        let sarma = error.and_then(|error| self.robust_lag().map(|lag| error + lag));
        [
            ("sarma", sarma, 2.0),
            ("lag", lag, 1.0),
            ("error", error, 1.0),
            ("robust_lag", self.robust_lag(), 1.0),
            ("robust_error", self.robust_error(), 1.0),
        ]
    }

    fn robust_lag(&self) -> Value {
        self.defined()?;
        finite((self.lag - self.error).powi(2) / self.spread)
    }

    fn robust_error(&self) -> Value {
        self.defined()?;
        let share = self.trace / (self.trace + self.spread);
        finite((self.error - self.lag * share).powi(2) / (self.trace * (1.0 - share)))
    }

    /// Without terms whose neighbours' values differ from their own, a lag cannot be told from errors.
    fn defined(&self) -> Result<(), Absent> {
        if self.spread > 0.0 { Ok(()) } else { Err(Absent::ZeroDenominator) }
    }
}
