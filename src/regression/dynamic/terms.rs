//! Which terms are instrumented by their own past, and which by themselves.

use super::history::{History, Variable};
use crate::card::Params;
use crate::error::{Violation, Violations};
use crate::regression::design::Design;
use crate::suggest;

/// A variable whose past instruments the equations.
#[derive(Debug)]
pub(super) struct Instrumented {
    /// Its name.
    pub(super) name: String,
    /// Its values.
    pub(super) history: History,
    /// The latest lag that is an instrument of a differenced equation.
    pub(super) first: i32,
    /// The earliest.
    pub(super) last: i32,
}

/// The parts that terms play.
#[derive(Debug)]
pub(super) struct Roles {
    /// The outcome, if a term is a lag of it, and the terms listed.
    pub(super) instrumented: Vec<Instrumented>,
    /// Terms that instrument themselves: neither listed nor a lag of what is listed or of the outcome.
    pub(super) exogenous: Vec<usize>,
    /// Terms that are lags of the outcome.
    pub(super) lagged: Vec<usize>,
}

/// Reads the parameters.
///
/// # Errors
/// Terms that the formula does not have or that are listed twice, lags in the wrong order.
pub(super) fn roles(design: &Design, params: &Params) -> Result<Roles, Violations> {
    let mut violations = Violations::default();
    let first = params.number("min_lag") as i32;
    let last = params.number_if_given("max_lag").map_or(i32::MAX, |lag| lag as i32);
    if last < first {
        let rule = format!("max_lag must not be below min_lag, {first}");
        violations.push(Violation::new("estimator_parameters.max_lag", rule, last));
    }
    let endogenous = listed(design, params, "endogenous", &mut violations);
    let predetermined = listed(design, params, "predetermined", &mut violations);
    if let Some(twice) = endogenous.iter().find(|j| predetermined.contains(j)) {
        let rule = "a term is either endogenous or predetermined";
        violations.push(Violation::new("estimator_parameters.predetermined", rule, &design.names[*twice]));
    }
    let outcome = Instrumented { name: "outcome".to_owned(), history: past(design, Variable::Outcome), first, last };
    let of = |j: &usize, first: i32| {
        let history = past(design, Variable::Term(*j));
        (*j, Instrumented { name: design.names[*j].clone(), history, first, last })
    };
    let terms = endogenous.iter().map(|j| of(j, first)).chain(predetermined.iter().map(|j| of(j, first - 1)));
    violations.into_result(assign(design, outcome, terms.collect()))
}

fn past(design: &Design, variable: Variable) -> History {
    History::of(design, variable)
}

/// The numbers of the terms in a list; names that the formula does not have are violations.
pub(super) fn listed(design: &Design, params: &Params, list: &str, violations: &mut Violations) -> Vec<usize> {
    let mut numbers = Vec::new();
    for name in params.list(list) {
        match design.names.iter().position(|known| known == name) {
            Some(j) => numbers.push(j),
            None => {
                let near = suggest::nearest(name, design.names.iter().map(String::as_str));
                let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let rule = format!("must be terms of the formula: {}{hint}", design.names.join("; "));
                violations.push(Violation::new(format!("estimator_parameters.{list}"), rule, name));
            }
        }
    }
    numbers
}

/// A lag of an instrumented variable has the instruments of that variable and none of its own.
fn assign(design: &Design, outcome: Instrumented, listed: Vec<(usize, Instrumented)>) -> Roles {
    let histories: Vec<History> = (0..design.x.len()).map(|j| past(design, Variable::Term(j))).collect();
    let lagged: Vec<usize> = (0..histories.len()).filter(|j| histories[*j].is_lag_of(&outcome.history)).collect();
    let is_lag = |j: &usize| {
        let mut others = listed.iter().filter(|(other, _)| other != j);
        lagged.contains(j) || others.any(|(_, other)| histories[*j].is_lag_of(&other.history))
    };
    let lags: Vec<usize> = (0..histories.len()).filter(is_lag).collect();
    let is_listed = |j: &usize| listed.iter().any(|(listed, _)| listed == j);
    let exogenous = (0..histories.len()).filter(|j| !lags.contains(j) && !is_listed(j)).collect();
    let own = listed.into_iter().filter(|(j, _)| !lags.contains(j)).map(|(_, instrumented)| instrumented);
    let outcome = (!lagged.is_empty()).then_some(outcome);
    Roles { instrumented: outcome.into_iter().chain(own).collect(), exogenous, lagged }
}
