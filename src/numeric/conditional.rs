//! Forecasts under conditions: the least unlikely shocks that bring them about.
//!
//! A linear forecast departs from its unconditional path by R ε, ε independent standard normal. Conditions R ε = r are
//! met at least cost by η = R'(RR')⁻¹r, and q = r'(RR')⁻¹r tells how unlikely they are: it is χ² with as many degrees of
//! freedom as there are independent conditions. Doan, Litterman and Sims (1984, Econometric Reviews 3(1)); Waggoner and
//! Zha (1999, Review of Economics and Statistics 81(4), 639–651).

use super::distributions::chi_squared_tail;
use nalgebra::{DMatrix, DVector};

/// Singular values of R below this share of the largest are zero.
const RANK: f64 = 1e-12;
/// A part of r, relative to r, that no shock can bring about.
const CONTRADICTION: f64 = 1e-9;

/// What conditions ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditional {
    /// η, the mean of the shocks under the conditions.
    pub shocks: Vec<f64>,
    /// How unlikely they are together.
    pub plausibility: Plausibility,
}

/// How unlikely conditions are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plausibility {
    /// q, a squared Mahalanobis distance.
    pub q: f64,
    /// The number of independent conditions.
    pub df: usize,
    /// P(χ² > q): the share of futures in which the conditioned variables end farther away.
    pub tail: f64,
    /// ½(1 + √(1 − exp(−q/d))), d being the number of shocks: a Kullback–Leibler divergence told as the bias of a coin
    /// (McCulloch 1989; Antolín-Díaz, Petrella and Rubio-Ramírez 2021, Journal of Monetary Economics 117,
    /// 798–815).
    /// 0.5 is realistic, [`UNLIKELY`] unlikely, 1 the ceiling.
    pub calibrated: f64,
}

/// The calibrated plausibility from which conditions count as unlikely.
pub const UNLIKELY: f64 = 0.83;

/// The share of futures farther away below which conditions may count as unlikely.
const RARE: f64 = 0.05;

impl Plausibility {
    /// The plausibility of `df` conditions at squared distance `q`, brought about by `shocks` shocks.
    pub fn new(q: f64, df: usize, shocks: usize) -> Self {
        let coin = 0.5 * (1.0 + (-(-q / shocks.max(1) as f64).exp_m1()).sqrt());
        Self { q, df, tail: chi_squared_tail(q, df as f64), calibrated: coin }
    }

    /// Whether the conditions count as unlikely: calibrated so, and farther than all but a twentieth of the futures. What
    /// futures draw themselves is at a q near the number of conditions, where the calibrated plausibility is 0.9 already.
    pub fn unlikely(&self) -> bool {
        self.calibrated >= UNLIKELY && self.tail < RARE
    }
}

/// The shocks that meet the conditions R ε = r, one row of `responses` a condition and one column a shock; `None` where
/// conditions contradict one another or no shock reaches them.
pub fn conditional(deviations: &[f64], responses: &DMatrix<f64>) -> Option<Conditional> {
    let r = DVector::from_column_slice(deviations);
    let svd = responses.clone().svd(true, true);
    let (u, v) = (svd.u?, svd.v_t?);
    let floor = RANK * svd.singular_values.iter().fold(0.0, |m: f64, s| m.max(*s));
    let mut shocks = DVector::zeros(responses.ncols());
    let (mut q, mut df) = (0.0, 0);
    for (i, s) in svd.singular_values.iter().enumerate().filter(|(_, s)| **s > floor) {
        let along = u.column(i).dot(&r) / s;
        shocks += v.row(i).transpose() * along;
        q += along * along;
        df += 1;
    }
    let missed = (responses * &shocks - &r).norm();
    let plausibility = Plausibility::new(q, df, responses.ncols());
    (missed <= CONTRADICTION * r.norm() && q.is_finite())
        .then(|| Conditional { shocks: shocks.iter().copied().collect(), plausibility })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_condition_costs_its_squared_standard_score() {
        // Two steps of a random walk with innovations of standard deviation 2: the second has variance 8.
        let walk = DMatrix::from_row_slice(1, 2, &[2.0, 2.0]);
        let ours = conditional(&[4.0], &walk).unwrap();
        assert!((ours.plausibility.q - 2.0).abs() < 1e-14);
        assert!(ours.shocks.iter().all(|e| (e - 1.0).abs() < 1e-14));
    }

    #[test]
    fn repeated_conditions_count_once_and_contradictions_are_refused() {
        let twice = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 1.0, 0.5]);
        assert_eq!(conditional(&[1.0, 1.0], &twice).unwrap().plausibility.df, 1);
        assert_eq!(conditional(&[1.0, 2.0], &twice), None);
        assert_eq!(conditional(&[1.0], &DMatrix::zeros(1, 3)), None);
    }

    #[test]
    fn nothing_imposed_is_realistic_and_anything_reaches_the_ceiling() {
        let plausibility = |r: f64| conditional(&[r], &DMatrix::from_element(1, 1, 1.0)).unwrap().plausibility;
        let none = plausibility(0.0);
        assert!((none.calibrated - 0.5).abs() < 1e-15 && (none.tail - 1.0).abs() < 1e-15 && !none.unlikely());
        assert!(plausibility(40.0).calibrated > 1.0 - 1e-15 && plausibility(4.0).unlikely());
        assert!(!plausibility(1.0).unlikely(), "a standard deviation is nothing rare");
    }
}
