//! Nearest points of the unit box and of what a budget leaves of it.

/// What may be chosen: 0 ≤ y ≤ 1 with Σ cost·y ≤ budget; costs and budget are not negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affordable<'a> {
    /// Cost of the whole range of each place.
    pub(super) costs: &'a [f64],
    /// What there is to spend; infinite without a budget.
    pub(super) budget: f64,
}

impl Affordable<'_> {
    /// What `y` costs.
    pub(super) fn cost(&self, y: &[f64]) -> f64 {
        self.costs.iter().zip(y).map(|(cost, y)| cost * y).sum()
    }

    /// The nearest affordable point.
    pub(super) fn nearest(&self, point: &[f64]) -> Vec<f64> {
        let inside: Vec<f64> = point.iter().map(|x| x.clamp(0.0, 1.0)).collect();
        if self.cost(&inside) <= self.budget {
            return inside;
        }
        spending(point, &vec![1.0; point.len()], self.costs, self.budget)
    }

    /// The budget in equal amounts of money; where one cannot take its part the others share it.
    pub(super) fn equal_split(&self) -> Vec<f64> {
        let squares: Vec<f64> = self.costs.iter().map(|cost| cost * cost).collect();
        spending(&vec![0.0; self.costs.len()], &squares, self.costs, self.budget)
    }
}

/// The point of the box with Σ cost·y = budget that minimises Σ weight·(y − point)², the most there is where the budget
/// is more than that.
///
/// yᵢ = clamp(pointᵢ − λ·costᵢ/weightᵢ), and what they cost falls with λ in straight pieces: the breakpoints are sorted,
/// the piece that holds the budget is found by bisection, and λ lies on it exactly (Helgason, Kennington and Lall 1980,
/// Mathematical Programming 18, 338–343).
fn spending(point: &[f64], weights: &[f64], costs: &[f64], budget: f64) -> Vec<f64> {
    let slopes: Vec<f64> = costs.iter().zip(weights).map(|(c, w)| if *c > 0.0 { c / w } else { 0.0 }).collect();
    let at = |lambda: f64| -> Vec<f64> {
        point.iter().zip(&slopes).map(|(p, slope)| (p - lambda * slope).clamp(0.0, 1.0)).collect()
    };
    let cost = |lambda: f64| at(lambda).iter().zip(costs).map(|(y, c)| y * c).sum::<f64>();
    let ends = |(p, slope): (&f64, &f64)| [(p - 1.0) / slope, p / slope];
    let moving = point.iter().zip(&slopes).filter(|(_, slope)| **slope > 0.0);
    let mut breaks: Vec<f64> = moving.flat_map(ends).collect();
    breaks.sort_by(f64::total_cmp);
    let next = breaks.partition_point(|lambda| cost(*lambda) > budget);
    let y = match (next.checked_sub(1).map(|i| breaks[i]), breaks.get(next).copied()) {
        (Some(left), Some(right)) => {
            let (dear, cheap) = (cost(left), cost(right));
            let part = if dear > cheap { (dear - budget) / (dear - cheap) } else { 1.0 };
            at(left + part * (right - left))
        }
        (left, right) => at(left.or(right).unwrap_or(0.0)),
    };
    // Far points make λ so large that its rounding costs money.
    let spent: f64 = y.iter().zip(costs).map(|(y, c)| y * c).sum();
    if spent > budget { y.iter().map(|y| y * (budget / spent)).collect() } else { y }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_is_split_equally_and_what_one_cannot_take_the_others_share() {
        let affordable = Affordable { costs: &[1.0, 10.0, 10.0, 0.0], budget: 9.0 };
        let split = affordable.equal_split();
        for (share, expected) in split.iter().zip([1.0, 0.4, 0.4, 0.0]) {
            assert!((share - expected).abs() < 1e-15, "{split:?}");
        }
        assert_eq!(Affordable { budget: 100.0, ..affordable }.equal_split(), [1.0, 1.0, 1.0, 0.0]);
    }

    proptest! {
        /// The nearest point z of a convex set: (point − z)'(y − z) ≤ 0 for every y of it.
        #[test]
        fn the_nearest_point_has_all_others_behind_it(
            places in prop::collection::vec((-2.0..3.0_f64, 0.0..5.0_f64, 0.0..1.0_f64), 1..12),
            budget in 0.0..6.0_f64,
        ) {
            let point: Vec<f64> = places.iter().map(|p| p.0).collect();
            let costs: Vec<f64> = places.iter().map(|p| p.1).collect();
            let other: Vec<f64> = places.iter().map(|p| p.2).collect();
            let affordable = Affordable { costs: &costs, budget };
            let z = affordable.nearest(&point);
            prop_assert!(affordable.cost(&z) <= budget + 1e-12);
            let shrink = (budget / affordable.cost(&other)).min(1.0);
            let angle: f64 = (0..z.len()).map(|i| (point[i] - z[i]) * (shrink * other[i] - z[i])).sum();
            prop_assert!(angle <= 1e-12, "{angle}");
        }
    }
}
