//! Whether the errors of neighbours are alike.

use super::sample::{LeastSquares, is_plain};
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::sparse::Sparse;
use crate::numeric::vector::dot;
use crate::panel::ratio;
use crate::regression::space::weights::{
    CUTOFF, LATITUDE, LONGITUDE, NEIGHBOURS, POWER, STANDARDISE, WEIGHTS, Weights,
};
use crate::regression::{Figure, Outcome};

/// Moran's I of residuals with the moments of Cliff and Ord.
#[derive(Debug)]
pub(super) struct MoranResiduals;

static CARD: Card = Card {
    id: "moran_residuals",
    aliases: &["moran", "lm_morantest"],
    title: "Errors of neighbours that are alike",
    kind: Kind::Test,
    formula: "I = n/S0 * e'We/e'e, e = sqrt(w) u, W weights among the rows of a period (and industry), S0 their sum; E = n/S0 * \
              tr(MW)/(n-k), E(I^2) = (n/S0)^2 (tr(MWMW') + tr(MWMW) + tr(MW)^2)/((n-k)(n-k+2)), M the residual maker of the k \
              regressors and fixed effects; (I-E)/sd is N(0,1)",
    reference: "Cliff and Ord (1981), Spatial Processes, p. 202-203, eq. 8.12 and 8.13",
    params: &[WEIGHTS, NEIGHBOURS, CUTOFF, POWER, STANDARDISE, LATITUDE, LONGITUDE],
    inference: &[],
    laws: &[],
};

/// Products of numbers that the moments may take.
const MOST_WORK: usize = 2_000_000_000;

impl Test for MoranResiduals {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        let columns = fit.coefficients.len() + fit.effects.iter().map(|effect| effect.levels.len()).sum::<usize>();
        let light = work(fit.rows.len(), columns) <= MOST_WORK / 4;
        is_plain(fit) && fit.facts.neighbours.is_some() && subject.has_within() && light
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::plain(subject, stop)?;
        let weights = Weights::of(&model.design, params, "parameters", stop)?.matrix;
        let n = model.rows() as f64;
        let scale = n / weights.row_sums().iter().sum::<f64>();
        let e = model.errors();
        let moran = scale * dot(&e, &weights.times(&e)) / dot(&e, &e);
        let traces = Traces::new(&weights, &basis(&model, stop)?, stop)?;
        let left = n - traces.rank;
        let mean = scale * traces.single / left;
        let square = scale * scale * (traces.crossed + traces.double + traces.single.powi(2)) / (left * (left + 2.0));
        let question = Question::new(
            "the errors of neighbours are not alike",
            "look at lm_spatial for the spatial model to take, or use a covariance such as conley",
            "no spatial model is needed on this account",
        );
        let deviation = (square - mean * mean).max(0.0).sqrt();
        let mut outcome = question.answer(&CARD, ratio(moran - mean, deviation), Law::Normal);
        outcome.figures = vec![
            Figure::new("moran_i", moran),
            Figure::new("expectation", mean),
            Figure::new("variance", deviation * deviation),
        ];
        Ok(outcome)
    }
}

const fn work(rows: usize, columns: usize) -> usize {
    rows.saturating_mul(columns).saturating_mul(columns)
}

/// An orthonormal basis of the weighted regressors and the dummies and slopes of the effects.
fn basis(model: &LeastSquares, stop: &Stop) -> Result<Vec<Vec<f64>>, Error> {
    let design = &model.design;
    let levels: usize = design.effects.iter().map(|effect| effect.groups.levels.len()).sum();
    if work(model.rows(), levels + model.estimate.kept.len()) > MOST_WORK {
        let rule = "takes too long for that many fixed effects; use lm_spatial";
        return Err(Violation::new("id", rule, CARD.id).into());
    }
    let mut columns = Vec::new();
    for effect in &design.effects {
        for level in 0..effect.groups.levels.len() as u32 {
            let of_level = |value: &dyn Fn(usize) -> f64| {
                let codes = effect.groups.codes.iter().enumerate();
                codes.map(|(i, code)| if *code == level { value(i) } else { 0.0 }).collect::<Vec<f64>>()
            };
            columns.extend(effect.intercept.then(|| of_level(&|_| 1.0)));
            columns.extend(effect.slope.as_ref().map(|slope| of_level(&|i| slope[i])));
        }
    }
    columns.extend(model.estimate.kept.iter().map(|j| design.x[*j].clone()));
    Ok(Orthogonal::new(columns.iter().map(|column| design.weighted(column)).collect(), stop)?.basis)
}

/// Traces of products of M and W.
struct Traces {
    rank: f64,
    /// tr(MW).
    single: f64,
    /// tr(MWMW).
    double: f64,
    /// tr(MWMW').
    crossed: f64,
}

impl Traces {
    /// With M = I − QQ', from Q'WQ, WQ and W'Q.
    fn new(weights: &Sparse, basis: &[Vec<f64>], stop: &Stop) -> Result<Self, Error> {
        let (products, squares) = weight_products(weights);
        let mut traces = Self { rank: basis.len() as f64, single: 0.0, double: products, crossed: squares };
        let transposed = weights.transposed();
        let lagged: Vec<Vec<f64>> = basis.iter().map(|q| weights.times(q)).collect();
        let project = |lag: &Vec<f64>| basis.iter().map(|q| dot(q, lag)).collect::<Vec<f64>>();
        let mut inner = Vec::with_capacity(basis.len());
        for lag in &lagged {
            stop.check()?;
            inner.push(project(lag));
        }
        for (j, q) in basis.iter().enumerate() {
            let (lag, back) = (&lagged[j], transposed.times(q));
            traces.single -= inner[j][j];
            traces.double -= 2.0 * dot(&back, lag);
            traces.crossed -= dot(&back, &back) + dot(lag, lag);
            traces.double += (0..basis.len()).map(|i| inner[j][i] * inner[i][j]).sum::<f64>();
            traces.crossed += dot(&inner[j], &inner[j]);
        }
        Ok(traces)
    }
}

/// tr(WW) and tr(WW').
pub(super) fn weight_products(weights: &Sparse) -> (f64, f64) {
    let rows = (0..weights.size()).flat_map(|i| weights.row(i).map(move |(j, w)| (w * weights.get(j, i), w * w)));
    rows.fold((0.0, 0.0), |(products, squares), (product, square)| (products + product, squares + square))
}
