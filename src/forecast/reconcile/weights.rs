//! The covariance of forecast errors, and the coherent levels nearest under it.
//!
//! W = D + F F': errors of the nodes' own, variances D, and a few factors in common. With U'y the excess of
//! each aggregate over its regions, coherent levels have U'y = 0, and those nearest to ŷ under W solve
//!
//! ```text
//! y = ŷ + F v − D U μ,   (I + F_Z'D_Z⁻¹F_Z) v + F'U μ = −F_Z'D_Z⁻¹ŷ_Z,   U'D U μ − U'F v = U'ŷ
//! ```
//!
//! where Z are the regions held at zero, which U and the sums leave out otherwise. That is as many equations as there
//! are factors and aggregates, however many regions: no matrix of nodes × nodes is ever formed.

use super::Hierarchy;
use crate::panel::Absent;
use nalgebra::{DMatrix, DVector};

/// A level this small relative to the largest forecast is zero.
const ROUNDING: f64 = 1e-12;
/// Full exchanges without progress before one region moves at a time.
const PATIENCE: usize = 3;

/// What is known of the errors of all nodes.
#[derive(Debug, Clone)]
pub struct Weights {
    /// D by node.
    pub(super) own: Vec<f64>,
    /// F by factor and node.
    pub(super) common: Vec<Vec<f64>>,
    /// How much the correlations were shrunk.
    pub(super) shrinkage: Option<f64>,
}

impl Weights {
    /// Errors that are independent, with these variances.
    pub(super) fn independent(own: Vec<f64>) -> Self {
        Self { own, common: Vec::new(), shrinkage: None }
    }

    /// Takes the nation's level as free of error.
    pub(super) fn give_nation(&mut self) {
        self.own[0] = 0.0;
        self.common.iter_mut().for_each(|factor| factor[0] = 0.0);
    }

    /// Factor × aggregate: F'U of the regions that are `counted`.
    fn factors_in_excess(&self, hierarchy: &Hierarchy, counted: impl Fn(usize) -> bool + Copy) -> DMatrix<f64> {
        let rows: Vec<f64> = self.common.iter().flat_map(|factor| hierarchy.excess(factor, counted)).collect();
        DMatrix::from_row_slice(self.common.len(), hierarchy.aggregates(), &rows)
    }

    /// U'D U of the regions that are `counted`.
    fn own_in_excess(&self, hierarchy: &Hierarchy, counted: impl Fn(usize) -> bool) -> DMatrix<f64> {
        let aggregates = hierarchy.aggregates();
        let mut matrix = DMatrix::from_diagonal(&DVector::from_column_slice(&self.own[..aggregates]));
        for region in (0..hierarchy.regions()).filter(|region| counted(*region)) {
            for i in hierarchy.above(region) {
                for j in hierarchy.above(region) {
                    matrix[(i, j)] += self.own[aggregates + region];
                }
            }
        }
        matrix
    }

    /// Region × aggregate: −W U (U'W U)⁻¹, what a region takes up of each excess; `None` where the matrix to invert
    /// is singular.
    pub(super) fn gain(&self, hierarchy: &Hierarchy) -> Option<Vec<f64>> {
        let aggregates = hierarchy.aggregates();
        let factors = self.factors_in_excess(hierarchy, |_| true);
        let excess = self.own_in_excess(hierarchy, |_| true) + factors.tr_mul(&factors);
        let common = |k: usize, region: usize| self.common[k][aggregates + region];
        let common = DMatrix::from_fn(self.common.len(), hierarchy.regions(), common);
        let mut loads = -factors.tr_mul(&common);
        for region in 0..hierarchy.regions() {
            hierarchy.above(region).for_each(|j| loads[(j, region)] += self.own[aggregates + region]);
        }
        // Columns lie one after the other, so that the regions do.
        Some(excess.cholesky()?.solve(&loads).as_slice().to_vec())
    }

    /// The nearest levels of the regions of which none is negative, from the nearest of any sign.
    ///
    /// Block principal pivoting (Portugal, Júdice and Vicente 1994, Mathematics of Computation 63): regions below
    /// zero are held at zero, regions that would rise from it are let go, all at once as long as fewer and fewer are
    /// wrong and else one by one (Murty 1974, Linear Algebra and its Applications 9), which ends.
    ///
    /// # Errors
    /// [`Absent::Undetermined`] where rounding keeps it from ending.
    pub(super) fn non_negative(
        &self,
        hierarchy: &Hierarchy,
        base: &[f64],
        mut levels: Vec<f64>,
    ) -> Result<Vec<f64>, Absent> {
        let rounding = ROUNDING * base.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let mut held = vec![false; levels.len()];
        let (mut fewest, mut patience) = (usize::MAX, PATIENCE);
        for _ in 0..100 + 10 * levels.len() {
            let is_wrong = |r: &usize| if held[*r] { levels[*r] > rounding } else { levels[*r] < -rounding };
            let wrong: Vec<usize> = (0..levels.len()).filter(is_wrong).collect();
            let Some(last) = wrong.last() else {
                return Ok(levels.iter().zip(held).map(|(x, held)| if held { 0.0 } else { x.max(0.0) }).collect());
            };
            patience = if wrong.len() < fewest { PATIENCE } else { patience.saturating_sub(1) };
            fewest = fewest.min(wrong.len());
            if patience > 0 {
                wrong.iter().for_each(|r| held[*r] = !held[*r]);
            } else {
                held[*last] = !held[*last];
            }
            self.leave_one(&mut held, &levels);
            levels = self.holding(hierarchy, base, &held).ok_or(Absent::Undetermined)?;
        }
        Err(Absent::Undetermined)
    }

    /// Lets the largest region go where a nation that is given would find all held at zero.
    fn leave_one(&self, held: &mut [bool], levels: &[f64]) {
        let largest = (0..levels.len()).max_by(|a, b| levels[*a].total_cmp(&levels[*b]));
        if self.own[0] == 0.0
            && held.iter().all(|held| *held)
            && let Some(largest) = largest
        {
            held[largest] = false;
        }
    }

    /// The nearest levels while some regions are held at zero; for those, the level they would rise (or fall) to.
    fn holding(&self, hierarchy: &Hierarchy, base: &[f64], held: &[bool]) -> Option<Vec<f64>> {
        let (aggregates, count) = (hierarchy.aggregates(), self.common.len());
        let is_free = |region: usize| !held[region];
        let factors = self.factors_in_excess(hierarchy, is_free);
        let mut precision = DMatrix::identity(count, count);
        let mut pull = DVector::zeros(count);
        for region in (0..held.len()).filter(|region| held[*region]) {
            let node = aggregates + region;
            let at = DVector::from_iterator(count, self.common.iter().map(|factor| factor[node]));
            precision.ger(1.0 / self.own[node], &at, &at, 1.0);
            pull.axpy(base[node] / self.own[node], &at, 1.0);
        }
        let precision = precision.cholesky()?;
        let (per_excess, pull) = (precision.solve(&factors), precision.solve(&pull));
        let excess = self.own_in_excess(hierarchy, is_free) + factors.tr_mul(&per_excess);
        let wanted = DVector::from_vec(hierarchy.excess(base, is_free)) - factors.tr_mul(&pull);
        let multipliers = excess.cholesky()?.solve(&wanted);
        let common = -(pull + per_excess * &multipliers);
        let level = |region: usize| {
            let node = aggregates + region;
            let shared: f64 = self.common.iter().zip(common.iter()).map(|(factor, v)| factor[node] * v).sum();
            let own: f64 = hierarchy.above(region).map(|j| multipliers[j]).sum();
            base[node] + shared + self.own[node] * own
        };
        Some((0..held.len()).map(level).collect())
    }
}
