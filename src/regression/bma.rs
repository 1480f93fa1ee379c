//! Bayesian model averaging over which regressors belong in a linear model.
//!
//! The least-squares problem of all regressors is reduced to its triangle first, X = QR with effects and intercept taken
//! out, so that a model costs operations on k numbers, not on n rows.

mod chain;
mod enumeration;
mod model;
mod posterior;

use super::design::Design;
use super::ols::{least_squares, without_effects};
use super::small_sample::parameters;
use super::{Estimate, Estimated, Estimator, Figure, Own, Part, Takes};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::{finite, ratio};
use model::{Prior, Problem};
use nalgebra::{DMatrix, DVector};
use posterior::Posterior;

/// Model averaging with the prior of Fernández, Ley and Steel.
#[derive(Debug)]
pub(super) struct Bma;

/// Regressors up to which every model is looked at.
const ENUMERABLE: usize = 20;
/// Regressors that a model's number has a bit for.
const MOST: usize = 128;
/// Models told in the table of the best.
const TOP: usize = 20;
const INTERCEPT: &str = "(Intercept)";

static CARD: Card = Card {
    id: "bma",
    aliases: &["bayesian_model_averaging"],
    title: "Bayesian model averaging over the regressors, with fixed effects and intercept in every model",
    kind: Kind::Estimator,
    formula: "p(M|y) prop. to p(M) (g/(1+g))^(k/2) (SSR_M/(1+g) + g TSS/(1+g))^(-v/2), g = 1/max(n, K^2) (BRIC), k of K \
              regressors in M, TSS about intercept and effects, v = n less their number; in M the coefficients have mean \
              b_M/(1+g) and covariance (X_M'X_M)^-1/(1+g) (SSR_M/(1+g) + g TSS/(1+g))/(v-2). Coefficients and iid covariance \
              are the posterior means and covariance over all models, those without the term counted as 0. All 2^K models up \
              to K = 20, else a Markov chain that flips one term a step (MC3)",
    reference: "Fernandez, Ley and Steel (2001), Journal of Applied Econometrics 16(5), eq. 5-8, and Journal of Econometrics \
                100(2); Ley and Steel (2009), Journal of Applied Econometrics 24(4), eq. 12; Madigan and York (1995), \
                International Statistical Review 63(2)",
    params: &[
        Param {
            name: "model_prior",
            doc: "uniform: all models alike; random: models of one size alike, and all sizes alike at the default prior_size",
            domain: Domain::Choice(&["uniform", "random"]),
        },
        Param {
            name: "prior_size",
            doc: "Expected number of terms before seeing the data, of the random model prior; 0 means half of the terms",
            domain: Domain::Number { min: 0.0, max: 127.0, default: 0.0 },
        },
        Param {
            name: "draws",
            doc: "Steps of the Markov chain after its burn-in of a tenth of them; not used up to 20 terms",
            domain: Domain::Integer { min: 1_000, max: 10_000_000, default: 200_000 },
        },
        Param {
            name: "seed",
            doc: "Seed of the Markov chain",
            domain: Domain::Integer { min: 0, max: i64::MAX >> 11, default: 1 },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for Bma {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { any_units: false, ..Takes::default() }
    }

    fn only_own_covariance(&self) -> bool {
        true
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let full = least_squares(&design, stop)?;
        let fixed = full.kept.iter().take_while(|j| design.names[**j] == INTERCEPT).count();
        let terms = full.kept.len() - fixed;
        check(&design, &full, terms, params)?;
        let prior = prior(params, terms);
        let freedom = design.y.len() - parameters(fixed, &design);
        let problem = Problem::new(&full, fixed, design.y.len(), freedom, prior);
        let outcome = design.weighted(&design.y);
        if !problem.has_variation(dot(&outcome, &outcome)) {
            return Err(
                Violation::new("formula", "the outcome does not vary about intercept and fixed effects", "").into()
            );
        }
        let (posterior, convergence) = if terms <= ENUMERABLE {
            (enumeration::enumerate(&problem, stop)?, Vec::new())
        } else {
            chain::walk(&problem, params.number("draws") as usize, params.number("seed") as u64, stop)?
        };
        let estimate = assemble(&design, full, fixed, &posterior, convergence);
        Ok(Estimated { design, estimate })
    }
}

fn check(design: &Design, full: &Estimate, terms: usize, params: &Params) -> Result<(), Violation> {
    let formula = |rule: String| Err(Violation::new("formula", rule, ""));
    if terms == 0 || terms > MOST {
        return formula(format!(
            "bma needs between 1 and {MOST} terms beside intercept and fixed effects, and has {terms}"
        ));
    }
    let all = parameters(full.kept.len(), design);
    if design.y.len() < all + 3 {
        return formula(format!("bma needs 3 rows more than parameters: {all} parameters, {} rows", design.y.len()));
    }
    let size = params.number("prior_size");
    if params.chooses("model_prior", "random") && size >= terms as f64 {
        let rule = format!("must be less than the number of terms, {terms}");
        return Err(Violation::new("estimator_parameters.prior_size", rule, size));
    }
    Ok(())
}

fn prior(params: &Params, terms: usize) -> Prior {
    match params.number("prior_size") {
        _ if params.chooses("model_prior", "uniform") => Prior::Uniform,
        0.0 => Prior::Random { size: 0.5 * terms as f64 },
        size => Prior::Random { size },
    }
}

fn assemble(
    design: &Design,
    full: Estimate,
    fixed: usize,
    posterior: &Posterior,
    convergence: Vec<Figure>,
) -> Estimate {
    let (mean, covariance) = with_intercept(design, &full, fixed, posterior);
    let mut u_hat = full.u_hat.clone();
    for (column, (new, old)) in without_effects(design, &full).iter().zip(mean.iter().zip(&full.coefficients)) {
        add_scaled(&mut u_hat, old - new, column);
    }
    let errors = design.weighted(&u_hat);
    let names: Vec<String> = full.kept[fixed..].iter().map(|j| design.names[*j].clone()).collect();
    let mut figures = vec![
        Figure::new("shrinkage", posterior.shrinkage),
        Figure::new("mean_model_size", posterior.inclusion().iter().sum()),
        Figure::new("models", posterior.models as f64),
    ];
    figures.extend(convergence);
    Estimate {
        ssr: dot(&errors, &errors),
        own: Some(Own {
            matrix: covariance,
            rule: "posterior covariance over the models, within them and between their means; normal distribution"
                .to_owned(),
        }),
        coefficients: mean.iter().copied().collect(),
        asymptotic: true,
        u_hat,
        figures,
        parts: vec![inclusion(&names, posterior), best_models(&names, posterior)],
        ..full
    }
}

/// Mean and covariance with those of the intercept a = mean(y) − mean(x)'b, whose prior is flat.
fn with_intercept(
    design: &Design,
    full: &Estimate,
    fixed: usize,
    posterior: &Posterior,
) -> (DVector<f64>, DMatrix<f64>) {
    let (slopes, covariance) = (posterior.mean(), posterior.covariance());
    if fixed == 0 {
        return (slopes, covariance);
    }
    let k = slopes.len();
    let means = DVector::from_iterator(k, full.kept[1..].iter().map(|j| design.mean(&design.x[*j])));
    // (a, b) = (mean(y), 0) + T·b with T = (−mean(x)', I).
    let transform = DMatrix::from_fn(k + 1, k, |i, j| if i == 0 { -means[j] } else { f64::from(u8::from(i == j + 1)) });
    let mut mean = &transform * slopes;
    mean[0] += design.mean(&design.y);
    let mut all = &transform * covariance * transform.transpose();
    all[(0, 0)] += posterior.variance() / design.weights.as_ref().map_or(design.y.len() as f64, |w| w.iter().sum());
    (mean, all)
}

/// What the models say of each term.
fn inclusion(names: &[String], posterior: &Posterior) -> Part {
    let (mean, covariance, inclusion) = (posterior.mean(), posterior.covariance(), posterior.inclusion());
    let column = |of: &dyn Fn(usize) -> f64| (0..names.len()).map(|j| finite(of(j))).collect();
    let given = |of: &dyn Fn(usize) -> f64| (0..names.len()).map(|j| ratio(of(j), inclusion[j])).collect();
    Part {
        name: "inclusion".to_owned(),
        title:
            "Probability that a term belongs in the model, and its coefficient over all models and over those with it"
                .to_owned(),
        keys: vec![("term".to_owned(), names.to_vec())],
        columns: vec![
            ("inclusion_probability".to_owned(), column(&|j| inclusion[j])),
            ("mean".to_owned(), column(&|j| mean[j])),
            ("standard_deviation".to_owned(), column(&|j| covariance[(j, j)].sqrt())),
            ("mean_if_included".to_owned(), given(&|j| mean[j])),
            ("probability_of_positive_sign".to_owned(), given(&|j| posterior.positive()[j])),
        ],
    }
}

/// The most probable models.
fn best_models(names: &[String], posterior: &Posterior) -> Part {
    let best = posterior.best();
    let text = |model: u128| {
        let terms = names.iter().enumerate().filter(|(j, _)| model >> j & 1 == 1).map(|(_, name)| name.as_str());
        terms.collect::<Vec<_>>().join(" + ")
    };
    Part {
        name: "best_models".to_owned(),
        title: "The most probable models; of a Markov chain, relative to all that it visited".to_owned(),
        keys: vec![("terms".to_owned(), best.iter().map(|(model, _)| text(*model)).collect())],
        columns: vec![("probability".to_owned(), best.iter().map(|(_, p)| finite(*p)).collect())],
    }
}
