//! Averages over models.

use super::TOP;
use super::model::{Model, Problem};
use crate::numeric::distributions::t_two_sided;
use nalgebra::{DMatrix, DVector};

/// Weighted sums over models, with weights relative to that of the heaviest model so far.
#[derive(Debug, Clone)]
pub(super) struct Posterior {
    /// Logarithm of the weight that counts as one.
    scale: f64,
    weight: f64,
    included: Vec<f64>,
    positive: Vec<f64>,
    first: DVector<f64>,
    /// Lower triangle of the second moments about zero.
    second: DMatrix<f64>,
    variance: f64,
    /// The heaviest models with the logarithms of their weights, in falling order.
    best: Vec<(u128, f64)>,
    /// Models added.
    pub(super) models: usize,
    /// 1/(1+g).
    pub(super) shrinkage: f64,
    freedom: f64,
}

impl Posterior {
    pub(super) fn new(problem: &Problem) -> Self {
        let k = problem.len();
        Self {
            scale: f64::NEG_INFINITY,
            weight: 0.0,
            included: vec![0.0; k],
            positive: vec![0.0; k],
            first: DVector::zeros(k),
            second: DMatrix::zeros(k, k),
            variance: 0.0,
            best: Vec::new(),
            models: 0,
            shrinkage: problem.shrinkage(),
            freedom: problem.freedom(),
        }
    }

    /// Adds a model with this logarithm of its weight.
    pub(super) fn add(&mut self, problem: &Problem, model: &Model, log_weight: f64) {
        self.rescale(log_weight);
        let weight = (log_weight - self.scale).exp();
        let variance = problem.variance(model);
        self.models += 1;
        self.weight += weight;
        self.variance += weight * variance;
        let spread = variance * self.shrinkage;
        for ((j, b), inverse) in model.coefficients().zip(model.inverse_diagonal()) {
            let mean = self.shrinkage * b;
            self.included[j] += weight;
            self.first[j] += weight * mean;
            // The coefficient is t about its mean, with a scale whose square is the variance times (v − 2)/v.
            let scale = (spread * inverse * (self.freedom - 2.0) / self.freedom).sqrt();
            let tail = 0.5 * t_two_sided(mean / scale, self.freedom);
            self.positive[j] += weight * if mean > 0.0 { 1.0 - tail } else { tail };
            for (l, other) in model.coefficients().take_while(|(l, _)| *l <= j) {
                self.second[(j, l)] += weight * mean * self.shrinkage * other;
            }
        }
        model.for_inverse(|i, j, entry| self.second[(i, j)] += weight * spread * entry);
        self.rank(model.terms, log_weight);
    }

    fn rescale(&mut self, log_weight: f64) {
        if log_weight <= self.scale {
            return;
        }
        let factor = (self.scale - log_weight).exp();
        self.scale = log_weight;
        self.weight *= factor;
        self.variance *= factor;
        self.included.iter_mut().chain(&mut self.positive).for_each(|x| *x *= factor);
        self.first *= factor;
        self.second *= factor;
    }

    fn rank(&mut self, terms: u128, log_weight: f64) {
        let place = self.best.partition_point(|(other, weight)| (*weight, terms) > (log_weight, *other));
        if place < TOP {
            self.best.insert(place, (terms, log_weight));
            self.best.truncate(TOP);
        }
    }

    /// Adds the sums of other models.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.rescale(other.scale);
        other.rescale(self.scale);
        self.models += other.models;
        self.weight += other.weight;
        self.variance += other.variance;
        self.included.iter_mut().zip(&other.included).for_each(|(a, b)| *a += b);
        self.positive.iter_mut().zip(&other.positive).for_each(|(a, b)| *a += b);
        self.first += other.first;
        self.second += other.second;
        other.best.into_iter().for_each(|(terms, weight)| self.rank(terms, weight));
    }

    /// The probability that each term belongs in the model.
    pub(super) fn inclusion(&self) -> Vec<f64> {
        self.included.iter().map(|x| x / self.weight).collect()
    }

    /// The probability that each term belongs in the model with a coefficient above zero.
    pub(super) fn positive(&self) -> Vec<f64> {
        self.positive.iter().map(|x| x / self.weight).collect()
    }

    /// The mean of the coefficients.
    pub(super) fn mean(&self) -> DVector<f64> {
        &self.first / self.weight
    }

    /// The mean of the errors' variance.
    pub(super) fn variance(&self) -> f64 {
        self.variance / self.weight
    }

    /// The covariance of the coefficients.
    pub(super) fn covariance(&self) -> DMatrix<f64> {
        let mean = self.mean();
        DMatrix::from_fn(mean.len(), mean.len(), |i, j| {
            self.second[(i.max(j), i.min(j))] / self.weight - mean[i] * mean[j]
        })
    }

    /// The most probable models with their probabilities.
    pub(super) fn best(&self) -> Vec<(u128, f64)> {
        self.best.iter().map(|(terms, weight)| (*terms, (weight - self.scale).exp() / self.weight)).collect()
    }
}
