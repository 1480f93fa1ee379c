//! The columns that one set of fixed effects puts into the normal equations.

use serde::{Deserialize, Serialize};

/// Variation of a slope's variable within a level, relative to its size, below which there is none.
const CONSTANT: f64 = 1e-9;

/// One set of fixed effects as data.
#[derive(Debug, Clone, Copy)]
pub struct Factor<'a> {
    /// Level of each row.
    pub codes: &'a [u32],
    /// Number of levels.
    pub levels: usize,
    /// Whether each level has an intercept.
    pub intercept: bool,
    /// The variable whose slope differs by level.
    pub slope: Option<&'a [f64]>,
}

/// The effects of one factor, one entry a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelEffects {
    /// The level's intercept.
    pub intercepts: Vec<f64>,
    /// The level's slope, for a factor that has one.
    pub slopes: Option<Vec<f64>>,
}

impl LevelEffects {
    /// The effect of a level at the value `z` of the slope's variable.
    pub fn at(&self, level: usize, z: f64) -> f64 {
        self.intercepts[level] + self.slopes.as_ref().map_or(0.0, |slopes| slopes[level] * z)
    }
}

/// The columns of one factor, orthonormal in the weighted inner product.
#[derive(Debug)]
pub(super) struct Block<'a> {
    codes: &'a [u32],
    /// One over the length of each dummy; zero for a factor without intercepts.
    scale: Vec<f64>,
    slope: Option<Slope>,
}

#[derive(Debug)]
struct Slope {
    /// The variable less `mean` of the level.
    centred: Vec<f64>,
    /// The variable's mean in each level; zero for a factor without intercepts.
    mean: Vec<f64>,
    /// One over the length of each level's column; zero where the variable does not vary.
    scale: Vec<f64>,
}

impl<'a> Block<'a> {
    pub(super) fn new(factor: Factor<'a>, weights: Option<&[f64]>) -> Self {
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        let totals = level_sums(factor, weight);
        let scale = totals.iter().map(|w| if factor.intercept { inverse_root(*w) } else { 0.0 }).collect();
        let slope = factor.slope.map(|z| Slope::new(factor, z, weight, &totals));
        Self { codes: factor.codes, scale, slope }
    }

    pub(super) fn len(&self) -> usize {
        self.scale.len() * (1 + usize::from(self.slope.is_some()))
    }

    pub(super) fn codes(&self) -> &'a [u32] {
        self.codes
    }

    pub(super) fn levels(&self) -> usize {
        self.scale.len()
    }

    /// Numbers of the columns in which row `i` has an entry.
    pub(super) fn columns_of(&self, i: usize) -> impl Iterator<Item = usize> + use<> {
        let level = self.codes[i] as usize;
        (level..self.len()).step_by(self.levels())
    }

    /// Entry of row `i` in a column of its level.
    pub(super) fn entry(&self, i: usize, column: usize) -> f64 {
        match &self.slope {
            Some(slope) if column >= self.levels() => slope.scale[column - self.levels()] * slope.centred[i],
            _ => self.scale[column],
        }
    }

    /// The dummies, and the slopes where there are any: one over the length of each column, and the entry of each row
    /// where it is not 1.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&[f64], Option<&[f64]>)> {
        let slopes = self.slope.as_ref().map(|slope| (slope.scale.as_slice(), Some(slope.centred.as_slice())));
        std::iter::once((self.scale.as_slice(), None)).chain(slopes)
    }

    /// The row of the columns for an observation of this level and slope value; `None` where the
    /// sample does not tell the level's slope.
    pub(super) fn row(&self, level: u32, z: f64) -> Option<Vec<(usize, f64)>> {
        let g = level as usize;
        let mut row = vec![(g, self.scale[g])];
        if let Some(slope) = &self.slope {
            let away = z - slope.mean[g];
            if slope.scale[g] <= 0.0 && away.abs() > CONSTANT * slope.mean[g].abs() {
                return None;
            }
            row.push((self.scale.len() + g, slope.scale[g] * away));
        }
        Some(row)
    }

    /// Coefficients of the columns of unit length, dummies first, in the caller's terms.
    pub(super) fn effects(&self, coefficients: &[f64]) -> LevelEffects {
        let (of_dummies, of_slopes) = coefficients.split_at(self.levels());
        let scaled = |c: &[f64], scale: &[f64]| c.iter().zip(scale).map(|(c, s)| c * s).collect::<Vec<f64>>();
        let slopes = self.slope.as_ref().map(|slope| scaled(of_slopes, &slope.scale));
        self.about_zero(scaled(of_dummies, &self.scale), slopes)
    }

    /// Effects about the means of the slope's variable, as effects about its zero.
    pub(super) fn about_zero(&self, mut intercepts: Vec<f64>, slopes: Option<Vec<f64>>) -> LevelEffects {
        if let (Some(slope), Some(values)) = (&self.slope, &slopes) {
            for ((intercept, b), mean) in intercepts.iter_mut().zip(values).zip(&slope.mean) {
                *intercept -= b * mean;
            }
        }
        LevelEffects { intercepts, slopes }
    }
}

impl Slope {
    fn new(factor: Factor<'_>, z: &[f64], weight: impl Fn(usize) -> f64, totals: &[f64]) -> Self {
        let sums = level_sums(factor, |i| weight(i) * z[i]);
        let mean = |(sum, w): (&f64, &f64)| if factor.intercept && *w > 0.0 { sum / w } else { 0.0 };
        let mean: Vec<f64> = sums.iter().zip(totals).map(mean).collect();
        let centred: Vec<f64> = z.iter().zip(factor.codes).map(|(z, g)| z - mean[*g as usize]).collect();
        let before = level_sums(factor, |i| weight(i) * z[i] * z[i]);
        let after = level_sums(factor, |i| weight(i) * centred[i] * centred[i]);
        let varies = |after: f64, before: f64| after > CONSTANT * CONSTANT * before;
        let scale = after.iter().zip(&before).map(|(a, b)| if varies(*a, *b) { inverse_root(*a) } else { 0.0 });
        Self { scale: scale.collect(), centred, mean }
    }
}

fn level_sums(factor: Factor<'_>, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; factor.levels];
    for (i, code) in factor.codes.iter().enumerate() {
        sums[*code as usize] += value(i);
    }
    sums
}

fn inverse_root(x: f64) -> f64 {
    if x > 0.0 { 1.0 / x.sqrt() } else { 0.0 }
}
