//! The distribution over classes that the transitions lead to in the end.

use super::chain::{self, Chain, PARAMS};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Key, Output, Shape};
use crate::panel::{Absent, Value, finite};
use nalgebra::{DMatrix, DVector};

/// `π = πP`.
#[derive(Debug)]
pub(super) struct MarkovSteadyState;

impl Index for MarkovSteadyState {
    fn card(&self) -> &'static Card {
        &Card {
            id: "markov_steady_state",
            aliases: &["ergodic_distribution"],
            title: "Steady state of the transitions between classes: the distribution they lead to in the end",
            kind: Kind::Index,
            formula: "share π_i of class i with π = πP and Σ π_i = 1, P the transition matrix of markov_transition. \
                      Absent (outside_domain) when the classes fall into several groups that no region ever leaves, \
                      for then the end depends on the beginning; absent (zero_denominator) when a class was never \
                      occupied. One row for each class, 1 the lowest",
            reference: "Quah (1993), European Economic Review 37, 426–434",
            params: PARAMS,
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1), Law::SumsTo(1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn listed_rows(&self, params: &Params, _regions: usize, _width: usize) -> usize {
        chain::classes(params)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        chain::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let classes = chain::classes(params);
        let shares = Chain::observed(input, params).and_then(|chain| steady_state(&chain.matrix()?));
        let shares = shares.unwrap_or_else(|absent| vec![Err(absent); classes]);
        let key = Key::Numbers("", (1..=classes).map(|class| class as f64).collect());
        Output::listed(vec![("class", key)], vec![("share", shares)])
    }
}

/// The one distribution that P maps to itself.
fn steady_state(p: &DMatrix<f64>) -> Result<Vec<Value>, Absent> {
    if closed_groups(p) != 1 {
        return Err(Absent::OutsideDomain);
    }
    let k = p.nrows();
    // (Pᵀ − I)π = 0, of which one equation follows from the others and makes room for Σ π = 1.
    let mut equations = p.transpose() - DMatrix::identity(k, k);
    equations.row_mut(k - 1).fill(1.0);
    let mut sums = DVector::zeros(k);
    sums[k - 1] = 1.0;
    let shares = equations.lu().solve(&sums).ok_or(Absent::OutsideDomain)?;
    // Rounding may leave a class that all regions leave a little below zero.
    Ok(shares.iter().map(|share| finite(share.max(0.0))).collect())
}

/// Number of groups of classes within which a region gets from any class to any other, and out of which it never gets.
fn closed_groups(p: &DMatrix<f64>) -> usize {
    let k = p.nrows();
    let mut reach = p.map(|probability| probability > 0.0);
    for via in 0..k {
        for from in (0..k).filter(|from| reach[(*from, via)]).collect::<Vec<_>>() {
            for to in 0..k {
                reach[(from, to)] |= reach[(via, to)];
            }
        }
    }
    // A class is in a closed group when all that it reaches reaches it; the group's first class counts for it.
    let closed = |class: &usize| (0..k).all(|other| !reach[(*class, other)] || reach[(other, *class)]);
    let first = |class: &usize| (0..*class).all(|other| !reach[(*class, other)]);
    (0..k).filter(closed).filter(first).count()
}
