//! How much of a term the other terms explain.

use super::sample::{INTERCEPT, regressors};
use super::verdict::measure;
use super::{Subject, Test};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::{Value, finite};
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::units::Units;
use crate::regression::{Outcome, Part, Response};

/// Variance inflation factors.
#[derive(Debug)]
pub(super) struct Vif;

static CARD: Card = Card {
    id: "vif",
    aliases: &["variance_inflation"],
    title: "Variance inflation of each term",
    kind: Kind::Test,
    formula: "1/(1 - R_j^2), R_j^2 that of term j on the other terms with the model's fixed effects and weights, about what effects \
              or the constant explain. A measure, not a test: no p-value",
    reference: "Marquardt (1970), Technometrics 12(3); Belsley, Kuh and Welsch (1980), Regression Diagnostics, p. 93",
    params: &[],
    inference: &[],
    laws: &[],
};

/// The factor above which a reading warns.
const HIGH: f64 = 10.0;

impl Test for Vif {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let slopes = subject.fit.names().filter(|name| *name != INTERCEPT).count();
        subject.has_within() && subject.fit.response != Response::Joint && slopes > 1
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let (mut design, kept) = regressors(subject)?;
        let slopes: Vec<usize> = kept.iter().copied().filter(|j| design.names[*j] != INTERCEPT).collect();
        if slopes.len() < 2 {
            return Err(Violation::new("id", "needs at least two terms beside the constant", CARD.id).into());
        }
        Units::take(&mut design);
        let factors = slopes.iter().map(|j| factor(&design, *j, &kept, stop)).collect::<Result<Vec<Value>, Error>>()?;
        let names: Vec<String> = slopes.iter().map(|j| design.names[*j].clone()).collect();
        let (largest, name) = (factors.iter().zip(&names))
            .map(|(factor, name)| (factor.unwrap_or(f64::INFINITY), name))
            .fold((0.0, &names[0]), |worst, found| if found.0 > worst.0 { found } else { worst });
        let mut outcome = measure(&CARD, finite(largest), reading(largest, name));
        outcome.parts = vec![Part {
            name: "vif".to_owned(),
            title: "Variance inflation factor of each term".to_owned(),
            keys: vec![("term".to_owned(), names)],
            columns: vec![("vif".to_owned(), factors)],
        }];
        Ok(outcome)
    }
}

fn reading(largest: f64, name: &str) -> String {
    let errors = largest.sqrt();
    if largest > HIGH {
        return format!(
            "The other terms explain {name} so well that its standard error is {errors:.1} times what it would be alone: drop \
             or combine terms, or do not read it by itself."
        );
    }
    format!(
        "Terms overlap little: the standard error of {name}, the most affected, is {errors:.1} times what it would be alone; \
         nothing need be done."
    )
}

/// 1/(1 − R²) of a term on the others.
fn factor(design: &Design, j: usize, kept: &[usize], stop: &Stop) -> Result<Value, Error> {
    let constant = |i: &usize| design.names[*i] == INTERCEPT;
    let others: Vec<usize> = kept.iter().copied().filter(|i| *i != j && !constant(i)).collect();
    let constants: Vec<usize> = kept.iter().copied().filter(constant).collect();
    let of = |columns: &[usize]| {
        let x = columns.iter().map(|i| design.x[*i].clone()).collect();
        let names = columns.iter().map(|i| design.names[*i].clone()).collect();
        let y = design.x[j].clone();
        let (weights, effects, rows) = (design.weights.clone(), design.effects.clone(), design.rows.clone());
        least_squares(&Design { y, x, names, weights, effects, rows, ..Design::default() }, stop)
    };
    let alone = of(&constants)?;
    let together = of(&[constants, others].concat())?;
    Ok(crate::panel::ratio(alone.ssr, together.ssr))
}
