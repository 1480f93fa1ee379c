//! Direct, indirect and total impacts of regressors on the outcome.
//!
//! With A = I − ρW the impacts of a regressor with coefficient b and coefficient c of its lag are the entries of
//! A⁻¹(bI + cW) (LeSage and Pace 2009, section 2.7): their direct mean is b + (ρb + c)·tr(G)/n, that of their row sums
//! b + (ρb + c)·ι'Gι/n, with G = WA⁻¹. Both are exact for any weights.

use super::filters::{Filters, Traces};
use super::lags::Pair;
use super::weights::Weights;
use crate::card::{Domain, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::distributions::{normal_quantile, normal_tail};
use crate::numeric::random::{normals, stream};
use crate::panel::{Value, finite, ratio};
use crate::regression::{Part, Remark};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::f64::consts::PI;

/// The parameter for the number of draws.
pub(super) const DRAWS: Param = Param {
    name: "draws",
    doc: "Draws of the parameters from their distribution under the model's own assumptions, for simulated errors and \
          intervals of the impacts; with 0 there are those of the delta method alone.",
    domain: Domain::Integer { min: 0, max: 100_000, default: 1000 },
};

/// The parameter for the seed of the draws.
pub(super) const SEED: Param = Param {
    name: "seed",
    doc: "Seed of the draws.",
    domain: Domain::Integer { min: 0, max: i64::MAX >> 11, default: 1 },
};

/// Relative error of what is interpolated for draws.
const INTERPOLATION: f64 = 1e-10;

/// tr(G)/n and ι'Gι/n, the shares of ρb + c in direct and total impacts.
type Shares = [f64; 2];

/// The shares and their derivatives by ρ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Multipliers {
    /// The shares.
    pub(super) shares: Shares,
    /// Their derivatives.
    pub(super) slopes: Shares,
}

impl Multipliers {
    /// Those at the ρ of the traces, of n rows.
    pub(super) fn of(traces: &Traces, n: usize) -> Self {
        let n = n as f64;
        Self {
            shares: [traces.trace[0] / n, traces.total[0] / n],
            slopes: [traces.product[0] / n, traces.total[1] / n],
        }
    }

    /// Those of a model in which the outcome has no lag.
    pub(super) fn without_filter(weights: &Weights) -> Self {
        let total: f64 = weights.matrix.row_sums().iter().sum();
        Self { shares: [0.0, total / weights.matrix.size() as f64], slopes: [0.0; 2] }
    }
}

/// An estimate whose impacts are asked for.
#[derive(Debug)]
pub(super) struct Impacts<'a> {
    /// Each regressor's name and the places of its coefficient and of that of its lag.
    pub(super) terms: Vec<(String, [Option<usize>; 2])>,
    /// The parameters.
    pub(super) parameters: &'a [f64],
    /// A root of their covariance.
    pub(super) root: &'a DMatrix<f64>,
    /// The place of ρ; `None` for models without it.
    pub(super) rho: Option<usize>,
    /// At the estimate.
    pub(super) multipliers: Multipliers,
}

/// Direct, indirect and total.
type Three = [f64; 3];

const EFFECTS: [&str; 3] = ["direct", "indirect", "total"];

fn three(direct: f64, total: f64) -> Three {
    [direct, total - direct, total]
}

impl Impacts<'_> {
    /// The terms of pairs of columns, of which those in `kept` have a coefficient.
    pub(super) fn terms(pairs: &[Pair], names: &[String], kept: &[usize]) -> Vec<(String, [Option<usize>; 2])> {
        let place = |column: usize| kept.iter().position(|j| *j == column);
        let terms = pairs.iter().map(|(own, lag)| (names[*own].clone(), [place(*own), lag.and_then(place)]));
        terms.filter(|(_, places)| places.iter().any(Option::is_some)).collect()
    }

    fn rho(&self, parameters: &[f64]) -> f64 {
        self.rho.map_or(0.0, |place| parameters[place])
    }

    fn of(&self, term: usize, parameters: &[f64], shares: Shares) -> Three {
        let [b, c] = self.terms[term].1.map(|place| place.map_or(0.0, |place| parameters[place]));
        let [direct, total] = shares.map(|share| b + (self.rho(parameters) * b + c) * share);
        three(direct, total)
    }

    /// Standard errors by the delta method.
    fn delta(&self, term: usize) -> Three {
        let (rho, places) = (self.rho(self.parameters), self.terms[term].1);
        let [b, c] = places.map(|place| place.map_or(0.0, |place| self.parameters[place]));
        let gradient = |e: usize| {
            let (share, slope) = (self.multipliers.shares[e], self.multipliers.slopes[e]);
            let mut gradient = vec![0.0; self.parameters.len()];
            places[0].into_iter().for_each(|place| gradient[place] = 1.0 + rho * share);
            places[1].into_iter().for_each(|place| gradient[place] = share);
            self.rho.into_iter().for_each(|place| gradient[place] = b * share + (rho * b + c) * slope);
            gradient
        };
        let [direct, total] = [gradient(0), gradient(1)];
        let indirect: Vec<f64> = total.iter().zip(&direct).map(|(total, direct)| total - direct).collect();
        [direct, indirect, total].map(|gradient| (self.root.transpose() * nalgebra::DVector::from(gradient)).norm())
    }

    /// The table, with a remark where draws were left out because their ρ lies beyond the interval.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `stop` is raised.
    pub(super) fn table(
        &self,
        filters: &Filters<'_>,
        params: &Params,
        stop: &Stop,
    ) -> Result<(Part, Option<Remark>), Error> {
        let asked = params.number("draws") as u64;
        let mut draws: Vec<Vec<f64>> = (0..asked).map(|draw| self.draw(params.number("seed") as u64, draw)).collect();
        let (low, high) = filters.interval;
        draws.retain(|draw| self.rho.is_none() || (self.rho(draw) > low && self.rho(draw) < high));
        let shares = self.shares(&draws, filters, stop)?;
        let mut rows = Rows::default();
        for term in 0..self.terms.len() {
            let (impacts, errors) = (self.of(term, self.parameters, self.multipliers.shares), self.delta(term));
            let drawn: Vec<Three> =
                draws.iter().zip(&shares).map(|(draw, shares)| self.of(term, draw, *shares)).collect();
            for e in 0..3 {
                let mut of_effect: Vec<f64> = drawn.iter().map(|three| three[e]).collect();
                rows.add([&self.terms[term].0, EFFECTS[e]], impacts[e], errors[e], &mut of_effect);
            }
        }
        let beyond = asked as usize - draws.len();
        let remark = (beyond > 0).then(|| Remark {
            code: "DRAWS_LEFT_OUT".to_owned(),
            message: format!(
                "{beyond} of {asked} draws have a rho beyond its interval; simulated impacts are without them"
            ),
        });
        Ok((rows.part(asked > 0), remark))
    }

    fn draw(&self, seed: u64, draw: u64) -> Vec<f64> {
        let z = nalgebra::DVector::from(normals(&mut stream(seed, draw), self.root.ncols()));
        let moves = self.root * z;
        self.parameters.iter().zip(moves.iter()).map(|(parameter, by)| parameter + by).collect()
    }

    /// The shares at the ρ of each draw: interpolated between Chebyshev's nodes after their poles at the ends of the
    /// interval are taken out, so that no draw needs an inverse.
    fn shares(&self, draws: &[Vec<f64>], filters: &Filters<'_>, stop: &Stop) -> Result<Vec<Shares>, Error> {
        let rhos: Vec<f64> = draws.iter().map(|draw| self.rho(draw)).collect();
        let (least, most) = rhos.iter().fold((f64::MAX, f64::MIN), |(low, high), rho| (low.min(*rho), high.max(*rho)));
        if self.rho.is_none() || most <= least {
            return Ok(vec![self.multipliers.shares; draws.len()]);
        }
        let (low, high) = filters.interval;
        let poles = |rho: f64| (rho - low) * (high - rho);
        // The error falls with the axes of the ellipse about the draws that reaches the nearer pole (Bernstein 1912).
        let reach = 1.0 + 2.0 * (high - most).min(least - low) / (most - least);
        let digits = -INTERPOLATION.ln() / (reach + (reach * reach - 1.0).sqrt()).ln();
        let count = (digits.ceil() as usize).clamp(4, 32);
        let angle = |i: usize| PI * (i as f64 + 0.5) / count as f64;
        let nodes: Vec<f64> =
            (0..count).map(|i| 0.5 * (least + most) + 0.5 * (most - least) * angle(i).cos()).collect();
        let known = nodes.par_iter().map(|rho| {
            let shares = filters.shares(*rho, stop)?;
            Ok(shares.map(|share| share * poles(*rho)))
        });
        let known = known.collect::<Result<Vec<Shares>, Error>>()?;
        let interpolate = |rho: f64| {
            let (mut above, mut below) = ([0.0; 2], 0.0);
            for (i, (node, value)) in nodes.iter().zip(&known).enumerate() {
                if rho.to_bits() == node.to_bits() {
                    return value.map(|value| value / poles(rho));
                }
                let weight = if i % 2 == 0 { 1.0 } else { -1.0 } * angle(i).sin() / (rho - node);
                (0..2).for_each(|e| above[e] += weight * value[e]);
                below += weight;
            }
            above.map(|above| above / below / poles(rho))
        };
        Ok(rhos.into_iter().map(interpolate).collect())
    }
}

/// The table under construction.
#[derive(Default)]
struct Rows {
    keys: [Vec<String>; 2],
    columns: [Vec<Value>; 9],
}

impl Rows {
    fn add(&mut self, keys: [&str; 2], impact: f64, error: f64, drawn: &mut [f64]) {
        self.keys.iter_mut().zip(keys).for_each(|(column, key)| column.push(key.to_owned()));
        let z = ratio(impact, error);
        let reach = normal_quantile(0.975) * error;
        drawn.sort_by(f64::total_cmp);
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let spread = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (drawn.len() as f64 - 1.0);
        let values = [
            finite(impact),
            finite(error),
            z,
            z.map(|z| 2.0 * normal_tail(z.abs())),
            finite(impact - reach),
            finite(impact + reach),
            finite(spread.sqrt()),
            quantile(drawn, 0.025),
            quantile(drawn, 0.975),
        ];
        self.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }

    fn part(self, simulated: bool) -> Part {
        let names = [
            "impact",
            "std_error",
            "z",
            "p_value",
            "low",
            "high",
            "simulated_std_error",
            "simulated_low",
            "simulated_high",
        ];
        let told = if simulated { names.len() } else { 6 };
        let columns = names.into_iter().map(str::to_owned).zip(self.columns).take(told).collect();
        let [terms, effects] = self.keys;
        Part {
            name: "impacts".to_owned(),
            title: "Mean impacts of a change of a regressor in a region on the outcome there (direct), elsewhere \
                    (indirect) and in all (total); errors and 95% intervals from the covariance under the model's \
                    own assumptions, by the delta method and simulated"
                .to_owned(),
            keys: vec![("term".to_owned(), terms), ("effect".to_owned(), effects)],
            columns,
        }
    }
}

/// A quantile of ascending numbers, interpolated between them.
fn quantile(ascending: &[f64], p: f64) -> Value {
    let place = p * (ascending.len() as f64 - 1.0);
    let Some(low) = ascending.get(place.max(0.0) as usize) else { return Err(crate::panel::Absent::Undetermined) };
    let high = ascending.get(place.max(0.0) as usize + 1).unwrap_or(low);
    finite(low + (place - place.floor()) * (high - low))
}
