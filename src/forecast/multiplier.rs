//! The spatial multiplier: what a region's own outcome and that of its neighbours make of each other.

use super::series::Section;
use crate::numeric::sparse::Sparse;
use crate::panel::{Absent, Value, finite};
use rayon::prelude::*;

/// Rounds of the sum, at most.
const MAX_ROUNDS: usize = 5000;
/// Change relative to the largest outcome at which the sum has come to stand still.
const STILL: f64 = 1e-14;
/// A draw of ρ beyond this is taken at it: beyond 1 shocks would not die out from region to region.
const LARGEST: f64 = 0.99;

/// (I − ρW)⁻¹ = I + ρW + ρ²W² + … (LeSage and Pace 2009, eq. 2.11).
#[derive(Debug, Clone)]
pub(super) struct Multiplier {
    pub(super) rho: f64,
    /// Number of ρ among the coefficients.
    pub(super) term: usize,
    /// W among the rows of the program; empty rows for those the fit does not know.
    pub(super) weights: Sparse,
}

impl Multiplier {
    /// The outcomes that solve y = r + ρWy with ρ off its estimate by `deviation`; a row with an absent neighbour is
    /// absent.
    pub(super) fn apply(&self, own: &[Value], deviation: f64) -> Vec<Value> {
        let reasons = self.reasons(own.iter().map(|value| value.err()).collect());
        let present: Vec<f64> = own.iter().map(|value| value.unwrap_or(0.0)).collect();
        let solved = self.solve(&present, self.rho + deviation);
        solved.into_iter().zip(reasons).map(|(x, reason)| reason.map_or_else(|| finite(x), Err)).collect()
    }

    /// [`Multiplier::apply`] of every draw; `deviations` has one a draw, or `None` where ρ is known.
    pub(super) fn apply_to_draws(&self, own: &mut Section, deviations: Option<&[f64]>) {
        let (count, rows) = (own.count, own.point.len());
        own.absent = self.reasons(std::mem::take(&mut own.absent));
        let one = |d: usize| {
            let present: Vec<f64> = (0..rows).map(|row| own.values[row * count + d]).collect();
            self.solve(&present, self.rho + deviations.map_or(0.0, |deviations| deviations[d]))
        };
        let solved: Vec<Vec<f64>> = (0..count).into_par_iter().map(one).collect();
        for (d, solved) in solved.into_iter().enumerate() {
            for (row, x) in solved.into_iter().enumerate() {
                own.values[row * count + d] = x;
                if !x.is_finite() {
                    own.absent[row].get_or_insert(Absent::Overflow);
                }
            }
        }
    }

    /// Why rows have no outcome: their own reason, or that of a row they are joined to over any number of neighbours.
    fn reasons(&self, mut reasons: Vec<Option<Absent>>) -> Vec<Option<Absent>> {
        for _ in 0..reasons.len() {
            let inherited =
                |row: usize| reasons[row].or_else(|| self.weights.row(row).find_map(|(other, _)| reasons[other]));
            let next: Vec<_> = (0..reasons.len()).map(inherited).collect();
            if next == reasons {
                break;
            }
            reasons = next;
        }
        reasons
    }

    fn solve(&self, own: &[f64], rho: f64) -> Vec<f64> {
        let rho = rho.clamp(-LARGEST, LARGEST.max(self.rho));
        let (mut term, mut sum) = (own.to_vec(), own.to_vec());
        for _ in 0..MAX_ROUNDS {
            term = self.weights.times(&term).into_iter().map(|x| rho * x).collect();
            let largest = |values: &[f64]| values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            sum.iter_mut().zip(&term).for_each(|(sum, term)| *sum += term);
            if largest(&term) <= STILL * largest(&sum) {
                break;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(rho: f64) -> Multiplier {
        let row = |i: u32| vec![((i + 1) % 4, 0.5), ((i + 3) % 4, 0.5)];
        Multiplier { rho, term: 0, weights: Sparse::from_rows((0..4).map(row)) }
    }

    #[test]
    fn outcomes_solve_their_equation() {
        let multiplier = ring(0.6);
        let own = [1.0, -2.0, 0.5, 3.0];
        let y: Vec<f64> = multiplier.apply(&own.map(Ok), 0.1).into_iter().map(Result::unwrap).collect();
        for (i, own) in own.iter().enumerate() {
            let around = 0.5 * (y[(i + 1) % 4] + y[(i + 3) % 4]);
            assert!((y[i] - own - 0.7 * around).abs() < 1e-12);
        }
    }

    #[test]
    fn what_joins_an_absent_row_is_absent() {
        let island = Sparse::from_rows([vec![(1, 1.0)], vec![(0, 1.0)], vec![]]);
        let multiplier = Multiplier { rho: 0.5, term: 0, weights: island };
        let y = multiplier.apply(&[Ok(1.0), Err(Absent::Missing), Ok(2.0)], 0.0);
        assert_eq!(y, [Err(Absent::Missing), Err(Absent::Missing), Ok(2.0)]);
    }
}
