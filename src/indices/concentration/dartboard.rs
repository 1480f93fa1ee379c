//! What the indices of Ellison and Glaeser and of Maurel and Sédillot share: plants thrown at a board whose fields are
//! the regions.
//!
//! With z_k the share of plant k in the industry, s_r the share of region r in it and x_r the region's share of all
//! sizes, write H = Σ z² and X = Σ x². Both indices compare a sum over pairs of plants with its expectation where the
//! plants fall independently into regions with the probabilities x_r, and so have the same divisor (1 − X)(1 − H).

use super::plants::{Industry, Plants, industries};
use super::size::sizes;
use super::sums::{Sums, sums_of_cells};
use crate::card::{Infer, Params};
use crate::indices::{Alternative, Ask, Extra, Input, Output, Shape, p_value};
use crate::numeric::distributions::normal_tail;
use crate::numeric::random::{Random, stream};
use crate::panel::{Absent, Value, ratio};
use rand::RngExt;
use rand_distr::{Binomial, Distribution};
use rayon::prelude::*;

/// Which of the two indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dartboard {
    /// Of Σ (s − x)².
    EllisonGlaeser,
    /// Of Σ s² − Σ x².
    MaurelSedillot,
}

impl Dartboard {
    /// The index of every industry.
    pub(super) fn compute(self, input: &Input<'_>, params: &Params) -> Output {
        let rows: Vec<_> = sums(input, params).into_iter().map(|sums| Ok(self.parts(&sums?))).collect();
        Output::of_rows(shape(input.measure.width()), ["value", "g", "herfindahl", "z"], &rows)
    }

    /// What is known under the null hypothesis that the plants fall by chance.
    pub(super) fn infer(self, input: &Input<'_>, params: &Params, ask: &Ask) -> Vec<Extra> {
        if ask.infer == Infer::Permutation {
            return vec![("value_p".to_owned(), self.thrown(input, params, ask))];
        }
        let row = |sums: Result<Sums, Absent>| {
            let sums = sums?;
            let (excess, divisor) = self.excess(&sums)?;
            let deviation = self.deviation(&sums)?;
            Ok((deviation / divisor, normal_p(excess / deviation, ask.alternative)))
        };
        let rows = sums(input, params).into_iter().map(row);
        let (se, p) = rows.map(|row| (row.map(|(se, _)| se), row.map(|(_, p)| p))).unzip();
        vec![("value_se".to_owned(), se), ("value_p".to_owned(), p)]
    }

    fn parts(self, sums: &Sums) -> [Value; 4] {
        let z = self.excess(sums).and_then(|(excess, _)| Ok(excess / self.deviation(sums)?));
        [self.value(sums), Ok(self.concentration(sums)), Ok(sums.plants[0]), z]
    }

    fn value(self, sums: &Sums) -> Value {
        let (excess, divisor) = self.excess(sums)?;
        ratio(excess, divisor)
    }

    fn concentration(self, sums: &Sums) -> f64 {
        match self {
            Self::EllisonGlaeser => sums.distance,
            Self::MaurelSedillot => sums.shares - sums.sizes,
        }
    }

    /// What the concentration has above its expectation, and the divisor of the index.
    fn excess(self, sums: &Sums) -> Result<(f64, f64), Absent> {
        let (spread, h) = (1.0 - sums.sizes, sums.plants[0]);
        if h >= 1.0 || spread <= 0.0 {
            // One plant, or everything in one region.
            return Err(Absent::TooFewCategories);
        }
        Ok((self.concentration(sums) - spread * h, spread * (1.0 - h)))
    }

    /// The standard deviation of the concentration where the plants fall by chance.
    fn deviation(self, sums: &Sums) -> Value {
        let (x, cubes, [h, third, fourth]) = (sums.sizes, sums.cubes, sums.plants);
        let variance = match self {
            Self::EllisonGlaeser => {
                2.0 * (h * h * (x - 2.0 * cubes + x * x) - fourth * (x - 4.0 * cubes + 3.0 * x * x))
            }
            // Two plants share their region with the probability X; pairs that have a plant in common vary together.
            Self::MaurelSedillot => {
                let common = h - 2.0 * third - h * h + 2.0 * fourth;
                2.0 * (h * h - fourth) * (x - x * x) + 4.0 * common * (cubes - x * x)
            }
        };
        if variance > 0.0 { Ok(variance.sqrt()) } else { Err(Absent::ZeroDenominator) }
    }

    /// The p-value of every industry among the indices of plants thrown at the regions.
    fn thrown(self, input: &Input<'_>, params: &Params, ask: &Ask) -> Vec<Value> {
        let industries = industries(input, &sizes(input, params)).into_iter();
        let boards: Vec<_> = industries.map(|industry| industry.map(|one| (Board::of(&one), one))).collect();
        let draw = |number: usize| -> Vec<Value> {
            let mut random = stream(ask.seed, number as u64);
            let throw = |board: &Result<(Board, Industry), Absent>| match board {
                Ok((board, industry)) if !input.stopped() => {
                    self.value(&Sums::of(&board.throw(&industry.plants, &mut random)))
                }
                _ => Err(Absent::Missing),
            };
            boards.iter().map(throw).collect()
        };
        let draws: Vec<Vec<Value>> = (0..ask.draws).into_par_iter().map(draw).collect();
        let p = |(row, board): (usize, &Result<(Board, Industry), Absent>)| {
            let (_, industry) = board.as_ref().map_err(|absent| *absent)?;
            let observed = self.value(&Sums::of(industry))?;
            let drawn: Vec<f64> = draws.iter().filter_map(|draw| draw[row].ok()).collect();
            if drawn.is_empty() {
                Err(Absent::TooFewCategories)
            } else {
                Ok(p_value(observed, &drawn, ask.alternative))
            }
        };
        boards.iter().enumerate().map(p).collect()
    }
}

/// The sums of every industry.
fn sums(input: &Input<'_>, params: &Params) -> Vec<Result<Sums, Absent>> {
    let sizes = sizes(input, params);
    if params.text("region").is_none() {
        return sums_of_cells(input, &sizes);
    }
    industries(input, &sizes).into_iter().map(|industry| Ok(Sums::of(&industry?))).collect()
}

/// The regions as fields on which plants fall.
struct Board {
    sizes: Vec<f64>,
    /// Where each region ends on the line from 0 to 1.
    ends: Vec<f64>,
}

impl Board {
    fn of(industry: &Industry) -> Self {
        let sizes: Vec<f64> = industry.regions.iter().map(|(_, x)| *x).collect();
        let mut end = 0.0;
        let mut until = |x: &f64| {
            end += x;
            end
        };
        let ends = sizes.iter().map(&mut until).collect();
        Self { sizes, ends }
    }

    /// An industry whose plants have fallen by chance; a number of plants that is not whole is rounded.
    fn throw(&self, plants: &Plants, random: &mut Random) -> Industry {
        let mut regions: Vec<(f64, f64)> = self.sizes.iter().map(|x| (0.0, *x)).collect();
        let plants = match plants {
            Plants::Alike(count) => {
                let count = count.round();
                // One multinomial draw, region by region: the work does not grow with the plants.
                let (mut left, mut chance) = (count as u64, 1.0);
                for (field, size) in regions.iter_mut().zip(&self.sizes) {
                    // The last region with a size takes all that is left, whatever the rounding.
                    let p = if chance - size <= 1e-12 { 1.0 } else { (size / chance).clamp(0.0, 1.0) };
                    let drawn = Binomial::new(left, p).map_or(0, |binomial| binomial.sample(random));
                    field.0 = drawn as f64 / count;
                    (left, chance) = (left - drawn, chance - size);
                }
                Plants::Alike(count)
            }
            Plants::Each(shares) => {
                let mut fall = |share: f64| {
                    let dart = random.random::<f64>();
                    let field = self.ends.partition_point(|end| *end <= dart).min(regions.len() - 1);
                    regions[field].0 += share;
                };
                shares.iter().for_each(|share| fall(*share));
                Plants::Each(shares.clone())
            }
        };
        Industry { regions, plants }
    }
}

/// What the values belong to: industries, or one industry in all.
pub(super) fn shape(width: usize) -> Shape {
    if width > 1 { Shape::Industry } else { Shape::Nation }
}

/// The p-value of a standard normal z.
fn normal_p(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => 2.0 * normal_tail(z.abs()),
        Alternative::Greater => normal_tail(z),
        Alternative::Less => normal_tail(-z),
    }
}
