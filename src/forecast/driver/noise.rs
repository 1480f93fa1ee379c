//! The randomness of one draw, shared by every cell of every measure.
//!
//! A cell's errors e_t of the history become shocks of the future as u_h = Σ_t z_th e_t / √Σ e_t², z_th standard
//! normal and the same for all cells: whole dates of the cross-section come under random weights. So u_h is standard
//! normal, and shocks of two cells, or of two measures, are correlated as their errors were. A date at which a cell
//! has no error adds nothing to it, and the weight of the others makes up for it.
//!
//! How well a variance is known enters as √(ν/χ²_ν), which turns normal into t with ν degrees of freedom; the
//! chi-squared variables of a draw are the partial sums of one sequence of squares.

use crate::numeric::random::{Random, normal, normals};
use crate::numeric::vector;
use rand_distr::{Distribution, StandardUniform};

/// What tells the stream of the errors of parameters from that of the steps.
const PARAMETERS: u64 = 1 << 63;

/// The random numbers of one draw.
#[derive(Debug)]
pub(super) struct Noise {
    /// Weights of the dates: one vector a step, then those for errors of estimated parameters.
    weights: Vec<Vec<f64>>,
    /// χ² with 0, 1, 2 … degrees of freedom.
    chi_squared: Vec<f64>,
    /// Uniform on [0, 1).
    pub(super) uniform: f64,
}

/// The errors of one cell by date, scaled to length 1; zero at a date without one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pattern(pub(super) Vec<f64>);

/// How large the errors of a cell are, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// Standard deviation.
    pub(super) sigma: f64,
    /// Degrees of freedom it was estimated with.
    pub(super) freedom: usize,
}

/// The shocks of one cell in one draw.
#[derive(Debug)]
pub(super) struct Shocks<'a> {
    /// Standard normal (t where scaled), one a step.
    pub(super) steps: &'a [f64],
    /// Standard normal, for errors of parameters.
    pub(super) extra: &'a [f64],
    /// √(ν/χ²_ν) σ: what a standard normal shock is multiplied with.
    pub(super) sigma: f64,
    /// Uniform on [0, 1), the same for all cells.
    pub(super) uniform: f64,
}

impl Noise {
    /// The random numbers of a draw for histories of `dates` periods, `steps` steps and `extra` errors of parameters.
    ///
    /// All measures share them, whatever their methods, and a longer horizon leaves those of the first steps alone.
    pub(super) fn draw(random: &mut Random, dates: usize, steps: usize, extra: usize) -> Self {
        let chi_squared = partial_sums(random, dates.max(FEWEST));
        let uniform = StandardUniform.sample(random);
        let mut of_parameters = random.clone();
        of_parameters.set_stream(random.get_stream() ^ PARAMETERS);
        let steps = (0..steps).map(|_| normals(random, dates));
        let weights = steps.chain((0..extra).map(|_| normals(&mut of_parameters, dates))).collect();
        Self { weights, chi_squared, uniform }
    }

    /// Writes the shocks of a cell, steps first, into `into`.
    pub(super) fn shocks(&self, pattern: &[f64], into: &mut [f64]) {
        for (shock, weights) in into.iter_mut().zip(&self.weights) {
            *shock = vector::dot(pattern, weights);
        }
    }

    /// √(ν/χ²_ν).
    pub(super) fn scale(&self, freedom: usize) -> f64 {
        let freedom = freedom.min(self.chi_squared.len() - 1);
        (freedom as f64 / self.chi_squared[freedom]).sqrt()
    }
}

impl Pattern {
    /// The errors (date, error) of a cell, by `dates` dates; without errors, the movement common to all dates.
    pub(super) fn new(errors: &[(usize, f64)], dates: usize) -> Self {
        let length = errors.iter().map(|(_, e)| e * e).sum::<f64>().sqrt();
        if length == 0.0 || !length.is_finite() {
            return Self(vec![(dates as f64).sqrt().recip(); dates]);
        }
        let mut pattern = vec![0.0; dates];
        errors.iter().for_each(|(date, e)| pattern[*date] = e / length);
        Self(pattern)
    }
}

/// χ² with 0, 1, …, `most` degrees of freedom: the partial sums of one sequence of squares of standard normals.
pub(super) fn partial_sums(random: &mut Random, most: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for freedom in 0..most {
        sums.push(sums[freedom] + normal(random).powi(2));
    }
    sums
}

/// Fewest degrees of freedom of a variance; what a short history lacks comes from the other cells.
const FEWEST: usize = 8;

/// The spreads of cells from their sums of squared errors and degrees of freedom.
///
/// A cell with ν < 8 takes the other 8 − ν degrees from the typical cell: σ² = (ν s² + (8 − ν) s₀²)/8 (a moderated
/// variance, Smyth 2004, equation 3, with the prior's degrees fixed). s₀² is the median over cells of s², each
/// divided by the median of χ²_ν/ν (Wilson and Hilferty 1931). `None` where no cell has a degree of freedom.
pub(super) fn spreads(cells: &[Option<(f64, usize)>]) -> Vec<Option<Spread>> {
    let known = cells.iter().flatten().filter(|(_, freedom)| *freedom > 0);
    let mut squares: Vec<f64> = known
        .map(|(squares, freedom)| {
            let freedom = *freedom as f64;
            squares / freedom / (1.0 - 2.0 / (9.0 * freedom)).powi(3)
        })
        .collect();
    squares.sort_by(f64::total_cmp);
    let typical = squares.get(squares.len() / 2).copied();
    let spread = |(squares, freedom): (f64, usize)| {
        let borrowed = FEWEST.saturating_sub(freedom);
        let total = freedom + borrowed;
        Spread { sigma: ((squares + borrowed as f64 * typical?) / total as f64).sqrt(), freedom: total }.into()
    };
    cells.iter().map(|cell| cell.and_then(spread)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::stream;

    #[test]
    fn shocks_are_correlated_as_the_errors_were() {
        let a = Pattern::new(&[(0, 1.0), (1, -2.0), (3, 1.0)], 4);
        let b = Pattern::new(&[(1, -1.0), (2, 0.5), (3, 2.0)], 4);
        let expected: f64 = a.0.iter().zip(&b.0).map(|(a, b)| a * b).sum();
        let (mut squares, mut product, draws) = (0.0, 0.0, 20_000);
        for d in 0..draws {
            let noise = Noise::draw(&mut stream(1, d), 4, 2, 0);
            let (mut of_a, mut of_b) = ([0.0; 2], [0.0; 2]);
            noise.shocks(&a.0, &mut of_a);
            noise.shocks(&b.0, &mut of_b);
            squares += of_a[1].powi(2) / draws as f64;
            product += of_a[1] * of_b[1] / draws as f64;
        }
        assert!((squares - 1.0).abs() < 0.04 && (product - expected).abs() < 0.04, "{squares} {product} {expected}");
    }

    #[test]
    fn short_histories_borrow_what_they_lack() {
        let told = spreads(&[Some((20.0, 10)), Some((0.0, 0)), None]);
        let typical = 2.0 / (1.0 - 2.0 / 90.0_f64).powi(3);
        assert_eq!(told[0], Some(Spread { sigma: 2.0_f64.sqrt(), freedom: 10 }));
        assert_eq!(told[1], Some(Spread { sigma: typical.sqrt(), freedom: 8 }));
        assert_eq!(told[2], None);
        assert_eq!(spreads(&[Some((0.0, 0))]), [None]);
    }
}
