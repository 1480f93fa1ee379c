//! Local Moran's I: which regions are like their neighbours.

use super::conditional::{Pool, conditional};
use super::moments::tail;
use super::neighbourhood::{DISTANCE, K, KERNEL, NEIGHBOURS, TRANSFORMATION, check_neighbours, convention, scratch};
use super::points::{METRIC, X, Y};
use super::sample::{Sample, scores};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Value, ratio};

/// `z_i Σ_j w_ij z_j`, of standard scores.
#[derive(Debug)]
pub(super) struct LocalMoran;

impl Index for LocalMoran {
    fn card(&self) -> &'static Card {
        &Card {
            id: "local_moran",
            aliases: &["lisa"],
            title: "Local Moran's I: which regions are like their neighbours (clusters) or unlike them (outliers)",
            kind: Kind::Index,
            formula: "value I_i = z_i Σ_j w_ij z_j, with z the measure less its mean over its standard deviation \
                      (divisor n; esda's and GeoDa's are (n − 1)/n of it) and w_ij the weight of neighbour j; quadrant: \
                      1 high among high, 2 low among high, 3 low among low, 4 high among low. With row weights the \
                      mean of I_i is Moran's I",
            reference: "Anselin (1995), Geographical Analysis 27, 93–115; conditional moments: Sokal, Oden \
                        and Thomson (1998), Geographical Analysis 30, 331–354",
            params: &[NEIGHBOURS, K, DISTANCE, KERNEL, TRANSFORMATION, X, Y, METRIC],
            inference: &[Infer::Analytic, Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_neighbours(params, facts)
    }

    fn scratch(&self, params: &Params, regions: usize, _width: usize) -> u64 {
        scratch(params, regions)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let quadrant = "what equals the mean counts as low; tests keep a region's own value and deal out the others";
        vec![convention(params), super::ISLANDS.to_owned(), quadrant.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let sample = Sample::connected(input, params);
        let row = |i: usize, z: &[f64]| {
            let lag = sample.weights.lag(i, z);
            let quadrant = match (z[i] > 0.0, lag > 0.0) {
                (true, true) => 1.0,
                (false, true) => 2.0,
                (false, false) => 3.0,
                (true, false) => 4.0,
            };
            [Ok(z[i] * lag), Ok(quadrant)]
        };
        let rows = match sample.plural().and_then(|sample| scores(&sample.values)) {
            Ok(z) => (0..sample.len()).map(|i| Ok(row(i, &z))).collect(),
            Err(absent) => vec![Err(absent); sample.len()],
        };
        Output::of_rows(Shape::Region, ["value", "quadrant"], &sample.spread(&rows))
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if !matches!(ask.infer, Infer::Analytic | Infer::Permutation) {
            return None;
        }
        let sample = Sample::connected(input, params);
        let absent = |absent| vec![Err(absent); sample.len()];
        let z = sample.plural().and_then(|sample| scores(&sample.values));
        if ask.infer == Infer::Permutation {
            let p = z.map_or_else(absent, |z| conditional(input, ask, &sample.weights, &z, |i, lag| z[i] * lag));
            return Some(vec![("value_p".to_owned(), sample.spread(&p))]);
        }
        let (se, p): (Vec<Value>, Vec<Value>) =
            z.map_or_else(|reason| (absent(reason), absent(reason)), |z| analytic(&sample, &z, ask));
        Some(vec![("value_se".to_owned(), sample.spread(&se)), ("value_p".to_owned(), sample.spread(&p))])
    }
}

/// Standard errors and p-values when a region keeps its value and the others are dealt out.
fn analytic(sample: &Sample, z: &[f64], ask: &Ask) -> (Vec<Value>, Vec<Value>) {
    let all = Pool::of(z);
    let of = |i: usize| {
        let (expected, variance) = all.without(z[i]).lag(sample.weights.row(i).1.iter().copied());
        let se = z[i].abs() * variance.sqrt();
        let away = z[i] * (sample.weights.lag(i, z) - expected);
        (Ok(se), ratio(away, se).map(|z| tail(z, ask.alternative)))
    };
    (0..sample.len()).map(of).unzip()
}
