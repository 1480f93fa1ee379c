//! Fixed against random effects.

use super::panel_design::{is_of_units, pooled, refuse_weights};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::distributions::chi_squared_tail;
use crate::panel::{Absent, Value, finite};
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::panel::{COMPONENTS, Grouping, INTERCEPT, generalised, mundlak, reading};
use crate::regression::{Estimate, Outcome, Part};
use nalgebra::{DMatrix, DVector};

/// Hausman's test.
#[derive(Debug)]
pub(super) struct Hausman;

static CARD: Card = Card {
    id: "hausman",
    aliases: &[],
    title: "Fixed against random effects of units (Hausman)",
    kind: Kind::Test,
    formula: "classic: q'(V_FE - V_RE)^-1 q, q = b_FE - b_RE over the terms that both estimate, chi2 of as many degrees of freedom; \
              each V with its own error variance. V_FE - V_RE need not be positive definite in a sample: the reading says so, and a \
              statistic below zero is no value. robust: Wald test that the units' means of the regressors have \
              no coefficients when added to random effects (Mundlak's regression), errors clustered by unit with the factor \
              (n-1)/(n-K) G/(G-1), chi2",
    reference: "Hausman (1978), Econometrica 46(6); robust: Arellano (1993), J. of Econometrics 59(1), and Wooldridge (2010), \
                Econometric Analysis of Cross Section and Panel Data, 10.7.3",
    params: &[FORM, COMPONENTS],
    inference: &[],
    laws: &[],
};

const FORM: Param = Param {
    name: "form",
    doc: "classic holds under independent errors of one variance only, robust also under heteroskedasticity and correlation \
          within units",
    domain: Domain::Choice(&["classic", "robust"]),
};

const NULL: &str = "the effects of units are not correlated with the regressors";

impl Test for Hausman {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let Some(design) = subject.design else { return false };
        let units = Grouping::units(&design.rows);
        let has_units = design.effects.iter().any(|effect| is_of_units(effect, &units));
        subject.fit.estimator == "random_effects" || (subject.fit.estimator == "ols" && has_units)
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let design = subject.design()?;
        refuse_weights(design)?;
        let units = Grouping::units(&design.rows);
        let design = pooled(design, &units)?;
        if params.chooses("form", "robust") {
            let (_, test) = mundlak(design, params, stop)?;
            let statistic = test.statistic.map(|f| f * test.df1 as f64);
            return Ok(outcome(statistic, test.df1, String::new(), Vec::new()));
        }
        let fixed = least_squares(&Design { effects: vec![units.effect("unit")], ..design.clone() }, stop)?;
        let random = generalised(design.clone(), std::slice::from_ref(&units), &["unit"], params, stop)?.estimate;
        Ok(classic(&design, &fixed, &random, units.len()))
    }
}

/// Compares the coefficients that both estimates have.
fn classic(design: &Design, fixed: &Estimate, random: &Estimate, units: usize) -> Outcome {
    let place = |estimate: &Estimate, j: usize| estimate.kept.iter().position(|k| *k == j);
    let is_common =
        |j: &usize| design.names[*j] != INTERCEPT && place(fixed, *j).is_some() && place(random, *j).is_some();
    let common: Vec<usize> = (0..design.x.len()).filter(is_common).collect();
    let n = design.y.len();
    let part = |estimate: &Estimate, df: usize| {
        let places: Vec<usize> = common.iter().filter_map(|j| place(estimate, *j)).collect();
        let root = &estimate.sandwich.bread_root;
        let vcov = root * root.transpose() * (estimate.ssr / df as f64);
        let coefficients = DVector::from_iterator(places.len(), places.iter().map(|i| estimate.coefficients[*i]));
        (coefficients, DMatrix::from_fn(places.len(), places.len(), |i, j| vcov[(places[i], places[j])]))
    };
    let (b_fixed, v_fixed) = part(fixed, n.saturating_sub(units + fixed.kept.len()).max(1));
    let (b_random, v_random) = part(random, n.saturating_sub(random.kept.len()).max(1));
    let difference = &b_fixed - &b_random;
    let (statistic, caveat) = contrast(&difference, v_fixed - v_random);
    let column = |values: &DVector<f64>| values.iter().map(|b| finite(*b)).collect::<Vec<Value>>();
    let table = Part {
        name: "coefficients".to_owned(),
        title: "Coefficients with fixed and with random effects".to_owned(),
        keys: vec![("term".to_owned(), common.iter().map(|j| design.names[*j].clone()).collect())],
        columns: vec![
            ("fixed_effects".to_owned(), column(&b_fixed)),
            ("random_effects".to_owned(), column(&b_random)),
            ("difference".to_owned(), column(&difference)),
        ],
    };
    outcome(statistic, common.len(), caveat, vec![table])
}

/// q'V⁻¹q in units of the standard errors, and what must be known of V.
fn contrast(q: &DVector<f64>, v: DMatrix<f64>) -> (Value, String) {
    let scale = v.diagonal().map(|variance| if variance == 0.0 { 1.0 } else { variance.abs().sqrt().recip() });
    let v = DMatrix::from_diagonal(&scale) * v * DMatrix::from_diagonal(&scale);
    let q = q.component_mul(&scale);
    let definite = v.clone().cholesky().is_some();
    let statistic = v.lu().solve(&q).map_or(f64::NAN, |solved| q.dot(&solved));
    let caveat = "; the difference of the covariances is not positive definite, so use the robust form";
    let caveat = if definite { String::new() } else { caveat.to_owned() };
    if statistic >= 0.0 { (finite(statistic), caveat) } else { (Err(Absent::Undetermined), caveat) }
}

fn outcome(statistic: Value, df: usize, caveat: String, parts: Vec<Part>) -> Outcome {
    let p_value = statistic.map(|chi2| chi_squared_tail(chi2, df as f64));
    Outcome {
        id: CARD.id.to_owned(),
        null: NULL.to_owned(),
        statistic,
        distribution: format!("chi2({df})"),
        p_value,
        reading: reading(p_value) + &caveat,
        figures: Vec::new(),
        parts,
    }
}
