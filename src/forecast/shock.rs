//! What the draws of the future differ in from the point forecast; the same for baseline and scenarios.
//!
//! A draw's errors are linear in few random numbers: deviations of the coefficients, and weights of the blocks of
//! the history. They are kept by number rather than by draw, so that all draws of a row are one sum of vectors.

use super::model::{Model, Points};
use super::request::Uncertainty;
use super::rest::{Disturbances, Part};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::random::{Random, normal, normals, stream};
use nalgebra::DVector;
use rand_distr::{ChiSquared, Distribution};
use rayon::prelude::*;

/// Streams of one draw that must not be the same: its numbers are mixed into the seed.
pub(super) mod salt {
    /// Coefficients and anchors.
    pub(in crate::forecast) const ESTIMATES: u64 = 0;
    /// Dates of the disturbances, the same for all equations.
    pub(in crate::forecast) const DATES: u64 = 0x9e37_79b9_7f4a_7c15;
    /// Independent disturbances, one stream a row.
    pub(in crate::forecast) const ROWS: u64 = 0xd1b5_4a32_d192_ed03;
    /// Choice of the model.
    pub(in crate::forecast) const MODELS: u64 = 0xaef1_7502_108e_f2d9;
    /// The aggregates' own futures.
    pub(in crate::forecast) const AGGREGATES: u64 = 0x6c62_272e_07bb_0142;
    /// Paths of the drivers.
    pub(in crate::forecast) const DRIVERS: u64 = 0x8cb9_2ba7_2f3d_8dd7;
}

/// The random numbers of a forecast.
#[derive(Debug)]
pub(super) struct Noise {
    /// Number of draws.
    pub(super) count: usize,
    pub(super) seed: u64,
    /// Of the growth equation.
    pub(super) main: Shocks,
    /// Of the equations that project drivers.
    pub(super) drivers: Vec<Shocks>,
    /// Whether draws have driver paths of their own.
    pub(super) paths: bool,
}

impl Noise {
    /// No draws: the point forecast.
    pub(super) const NONE: Self = Self { count: 0, seed: 0, main: Shocks::NONE, drivers: Vec::new(), paths: false };

    /// One draw, from 0: the growth equation's first.
    pub(super) fn one(&self, d: usize) -> Vec<Shock<'_>> {
        std::iter::once(&self.main).chain(&self.drivers).map(|shocks| shocks.one(d)).collect()
    }
}

/// The random numbers of all draws of one equation.
#[derive(Debug)]
pub(super) struct Shocks {
    count: usize,
    /// Deviation of each coefficient: term, then draw; empty where they are known.
    coefficients: Vec<Vec<f64>>,
    /// Weight of each block in the errors of the anchors: block, then draw; empty where they are known.
    anchors: Vec<Vec<f64>>,
    /// What both add to the intercept of each row: row × draw; empty where they are known.
    intercepts: Vec<f64>,
    /// Weight of each block in the disturbances: step, block, draw; empty without blocks.
    steps: Vec<Vec<Vec<f64>>>,
    /// Independent disturbances: by row, step × draw; empty without.
    normals: Vec<Vec<f64>>,
}

/// The numbers of one draw as they come.
struct Drawn {
    coefficients: Vec<f64>,
    anchors: Vec<f64>,
    /// Step × block.
    steps: Vec<Vec<f64>>,
}

impl Shocks {
    const NONE: Self = Self {
        count: 0,
        coefficients: Vec::new(),
        anchors: Vec::new(),
        intercepts: Vec::new(),
        steps: Vec::new(),
        normals: Vec::new(),
    };

    /// So many draws of the sources that are on; `salt` tells equations apart.
    ///
    /// A source that is switched off leaves the numbers of the others as they are.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn draw(
        model: &Model,
        on: Uncertainty,
        (horizon, count): (usize, usize),
        (seed, salt): (u64, u64),
        stop: &Stop,
    ) -> Result<Self, Error> {
        let one = |d: usize| {
            stop.check()?;
            let numbers = (stream(seed ^ salt ^ salt::ESTIMATES, d as u64), stream(seed ^ salt::DATES, d as u64));
            Ok(draw(model, horizon, numbers))
        };
        let drawn: Vec<Drawn> = (1..=count).into_par_iter().map(one).collect::<Result<_, Error>>()?;
        let rows = model.rest.known.len();
        let mut shocks = Self { count, ..Self::NONE };
        if on.coefficients {
            shocks.coefficients = by_number(&drawn, |drawn| &drawn.coefficients, stop)?;
            shocks.anchors = by_number(&drawn, |drawn| &drawn.anchors, stop)?;
            let row = |row: usize| shocks.intercept(model, row);
            shocks.intercepts = (0..rows).into_par_iter().flat_map_iter(row).collect();
        }
        if on.residuals {
            shocks.steps =
                (0..horizon).map(|h| by_number(&drawn, |drawn| &drawn.steps[h], stop)).collect::<Result<_, Error>>()?;
            if let Disturbances::Normal(deviation) = model.rest.disturbances {
                let row = |row: usize| {
                    let random = &mut stream(seed ^ salt ^ salt::ROWS, row as u64);
                    (0..horizon * count).map(|_| deviation * normal(random)).collect()
                };
                shocks.normals = (0..rows).into_par_iter().map(row).collect();
            }
        }
        Ok(shocks)
    }

    /// Errors of the intercept of a row, one a draw.
    fn intercept(&self, model: &Model, row: usize) -> Vec<f64> {
        let mut sum = vec![0.0; self.count];
        let part = |part: &Part| part.intercepts[row];
        combine(&mut sum, self.anchored(model).map(|(factor, of, draws)| (factor * part(of), draws)));
        sum
    }

    /// The errors of the anchors: factor, what it multiplies, and the draws.
    fn anchored<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (f64, &'a Part, &'a [f64])> {
        let of_terms = self.coefficients.iter().zip(&model.rest.absorbed).map(|(draws, part)| (-1.0, part, &draws[..]));
        let blocks: &[_] = if let Disturbances::Blocks(blocks) = &model.rest.disturbances { blocks } else { &[] };
        of_terms.chain(self.anchors.iter().zip(blocks).map(|(draws, block)| (1.0, &block.absorbed, &draws[..])))
    }

    /// Adds to `sum`, one number a draw, what the draws change of the outcome of `row` in step `h`, whose terms and
    /// varying slopes are given.
    pub(super) fn add(&self, model: &Model, (row, h): (usize, usize), terms: &[f64], slopes: &[f64], sum: &mut [f64]) {
        let count = self.count;
        if !self.coefficients.is_empty() || !self.anchors.is_empty() {
            combine(sum, terms.iter().zip(&self.coefficients).map(|(x, draws)| (*x, &draws[..])));
            combine(sum, std::iter::once((1.0, &self.intercepts[row * count..(row + 1) * count])));
            for (j, z) in slopes.iter().enumerate() {
                combine(sum, self.anchored(model).map(|(factor, of, draws)| (factor * of.slopes[j][row] * z, draws)));
            }
        }
        if let (Disturbances::Blocks(blocks), Some(weights)) = (&model.rest.disturbances, self.steps.get(h)) {
            combine(sum, blocks.iter().zip(weights).map(|(block, draws)| (block.values[row], &draws[..])));
        }
        if let Some(normals) = self.normals.get(row) {
            combine(sum, std::iter::once((1.0, &normals[h * count..(h + 1) * count])));
        }
    }

    /// Deviations of a coefficient, one a draw; `None` where it is known.
    pub(super) fn coefficient(&self, term: usize) -> Option<&[f64]> {
        self.coefficients.get(term).map(Vec::as_slice)
    }

    /// One draw, from 0.
    pub(super) fn one(&self, d: usize) -> Shock<'_> {
        let of = |numbers: &Vec<Vec<f64>>| numbers.iter().map(|draws| draws[d]).collect();
        Shock {
            shocks: Some(self),
            d,
            coefficients: of(&self.coefficients),
            anchors: of(&self.anchors),
            steps: self.steps.iter().map(of).collect(),
        }
    }
}

/// One draw, its numbers together.
#[derive(Debug)]
pub(super) struct Shock<'a> {
    /// `None` in the point forecast.
    shocks: Option<&'a Shocks>,
    d: usize,
    coefficients: Vec<f64>,
    anchors: Vec<f64>,
    steps: Vec<Vec<f64>>,
}

impl Shock<'_> {
    /// None at all, for the growth equation and so many equations of drivers: the point forecast.
    pub(super) fn none(drivers: usize) -> Vec<Self> {
        let none = || Self { shocks: None, d: 0, coefficients: Vec::new(), anchors: Vec::new(), steps: Vec::new() };
        std::iter::repeat_with(none).take(drivers + 1).collect()
    }

    /// Deviation of a coefficient.
    pub(super) fn coefficient(&self, term: usize) -> f64 {
        self.coefficients.get(term).copied().unwrap_or(0.0)
    }

    /// The weights of the blocks: in the disturbances step by step, and in the errors of the anchors; empty where they
    /// do not vary.
    pub(super) fn weights(&self) -> (&[Vec<f64>], &[f64]) {
        (&self.steps, &self.anchors)
    }

    /// Whether it is that of the point forecast.
    pub(super) fn is_none(&self) -> bool {
        self.shocks.is_none()
    }

    /// `sum` and what the draw adds to it in the outcome of `row` in step `h`, whose terms and varying slopes are given:
    /// bit for bit what [`Shocks::add`] does.
    pub(super) fn add(
        &self,
        model: &Model,
        (row, h): (usize, usize),
        terms: &[f64],
        slopes: &[f64],
        mut sum: f64,
    ) -> f64 {
        let Some(shocks) = self.shocks else { return sum };
        let (count, d) = (shocks.count, self.d);
        if !self.coefficients.is_empty() || !self.anchors.is_empty() {
            sum = add(sum, terms.iter().copied().zip(self.coefficients.iter().copied()));
            sum = add(sum, std::iter::once((1.0, shocks.intercepts[row * count + d])));
            for (j, z) in slopes.iter().enumerate() {
                let anchored = shocks.anchored(model);
                sum = add(sum, anchored.map(|(factor, of, draws)| (factor * of.slopes[j][row] * z, draws[d])));
            }
        }
        if let (Disturbances::Blocks(blocks), Some(weights)) = (&model.rest.disturbances, self.steps.get(h)) {
            sum = add(sum, blocks.iter().zip(weights).map(|(block, weight)| (block.values[row], *weight)));
        }
        if let Some(normals) = shocks.normals.get(row) {
            sum = add(sum, std::iter::once((1.0, normals[h * count + d])));
        }
        sum
    }
}

/// Numbers by draw as draws by number.
///
/// # Errors
/// [`Error::Cancelled`].
fn by_number<'a>(
    drawn: &'a [Drawn],
    of: impl Fn(&'a Drawn) -> &'a Vec<f64> + Sync,
    stop: &Stop,
) -> Result<Vec<Vec<f64>>, Error> {
    /// Neighbours in memory, which are read together.
    const TOGETHER: usize = 16;
    let numbers = drawn.first().map_or(0, |drawn| of(drawn).len());
    let firsts: Vec<usize> = (0..numbers).step_by(TOGETHER).collect();
    let together = |first: usize| {
        stop.check()?;
        let places = first..(first + TOGETHER).min(numbers);
        let mut draws = vec![Vec::with_capacity(drawn.len()); places.len()];
        for drawn in drawn {
            draws.iter_mut().zip(&of(drawn)[places.clone()]).for_each(|(draws, number)| draws.push(*number));
        }
        Ok(draws)
    };
    let together = firsts.into_par_iter().map(together).collect::<Result<Vec<_>, Error>>()?;
    Ok(together.into_iter().flatten().collect())
}

/// The numbers of one draw, as [`super::rest`] explains.
fn draw(model: &Model, horizon: usize, (mut own, mut dates): (Random, Random)) -> Drawn {
    let coefficients = model.root.as_ref().map_or_else(Vec::new, |root| {
        let z = DVector::from_vec(match model.points {
            Points::Normal => normals(&mut own, root.ncols()),
            Points::Webb => (0..root.ncols()).map(|_| webb(&mut own)).collect(),
        });
        let scale = model.degrees_of_freedom.map_or(1.0, |nu| scale(nu, &mut own));
        (root * z * scale).as_slice().to_vec()
    });
    let Disturbances::Blocks(blocks) = &model.rest.disturbances else {
        return Drawn { coefficients, anchors: Vec::new(), steps: vec![Vec::new(); horizon] };
    };
    let count = blocks.len() as f64;
    let scale = scale(count - 1.0, &mut dates);
    let anchors = normals(&mut own, blocks.len()).into_iter().map(|weight| scale * weight).collect();
    let bandwidth = 1.06 * count.powf(-0.2);
    let shrink = scale / (1.0 + bandwidth * bandwidth).sqrt();
    let mut date = 0;
    let step = |h: usize| {
        let fresh = (uniform(&mut dates) * count) as usize;
        date = if h.is_multiple_of(model.rest.stretch) { fresh } else { (date + 1) % blocks.len() };
        let mut weights = normals(&mut dates, blocks.len());
        weights.iter_mut().for_each(|weight| *weight *= shrink * bandwidth / count.sqrt());
        weights[date] += shrink;
        weights
    };
    Drawn { coefficients, anchors, steps: (0..horizon).map(step).collect() }
}

/// Adds factors times vectors, four at a time.
fn combine<'a>(sum: &mut [f64], parts: impl Iterator<Item = (f64, &'a [f64])>) {
    let parts: Vec<(f64, &[f64])> = parts.collect();
    let (fours, rest) = parts.as_chunks::<4>();
    for [(a, x), (b, y), (c, z), (d, w)] in fours {
        let vectors = x.iter().zip(*y).zip(z.iter().zip(*w));
        sum.iter_mut().zip(vectors).for_each(|(sum, ((x, y), (z, w)))| *sum += (a * x + b * y) + (c * z + d * w));
    }
    for (a, x) in rest {
        sum.iter_mut().zip(*x).for_each(|(sum, x)| *sum += a * x);
    }
}

/// [`combine`] for a single draw, in the same order.
fn add(mut sum: f64, parts: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut four, mut filled) = ([0.0; 4], 0);
    for (a, x) in parts {
        four[filled] = a * x;
        filled += 1;
        if filled == four.len() {
            sum += (four[0] + four[1]) + (four[2] + four[3]);
            filled = 0;
        }
    }
    four[..filled].iter().fold(sum, |sum, part| sum + part)
}

/// √(ν/χ²_ν): by how much a standard deviation known from ν degrees of freedom may be wrong.
fn scale(nu: f64, random: &mut Random) -> f64 {
    ChiSquared::new(nu).map_or(1.0, |chi_squared| (nu / chi_squared.sample(random)).sqrt())
}

/// ±√½, ±1 or ±√(3/2), each with the same chance (Webb 2023).
fn webb(random: &mut Random) -> f64 {
    let point = (6.0 * uniform(random)) as i32;
    (f64::from(point % 3 + 1) / 2.0).sqrt() * if point < 3 { -1.0 } else { 1.0 }
}

/// A number in [0, 1).
fn uniform(random: &mut Random) -> f64 {
    rand_distr::StandardUniform.sample(random)
}
