//! What Theil's T and L share: both are a divergence between the regions' shares of the measure and of the weights.
//!
//! With s_r the region's share of the measure and p_r its share of the weights (1/R without weights), the value per
//! head relative to the mean is s_r/p_r. T = Σ s ln(s/p) and L = Σ p ln(p/s) are the same sum with the two swapped,
//! and the chain rule of that sum splits it into between and within groups.

use super::per_head::regions;
use crate::card::{Domain, Param, Params};
use crate::indices::distribution::totals;
use crate::indices::{Input, Output, Shape};
use crate::panel::{Absent, Value, finite};
use std::collections::BTreeMap;

/// The parameters of both indices.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "weights",
        doc: "A measure or numeric attribute, such as population: the index is then the inequality of the measure per \
              head, each region weighted by its heads. Left out, regions count alike.",
        domain: Domain::Measure { required: false },
    },
    Param {
        name: "groups",
        doc: "A text attribute of the regions, such as the macro-region: the index is then split into between and \
              within groups.",
        domain: Domain::Groups { required: false },
    },
];

/// Which of the two indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theil {
    /// Σ s ln(s/p), weighted by shares of the measure.
    T,
    /// Σ p ln(p/s), weighted by shares of the heads.
    L,
}

/// A region's two shares, those that weight the sum first, and its group.
struct Shares {
    first: f64,
    second: f64,
    group: Option<usize>,
}

/// The statements of an answer of either index.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let mut conventions = vec!["natural logarithm; industries are summed".to_owned()];
    conventions.push(params.text("weights").map_or_else(
        || "regions weigh alike".to_owned(),
        |weights| format!("of the value per unit of {weights}, weighted by {weights}"),
    ));
    if params.text("groups").is_some() {
        conventions.push("between and within are absent when the group of a region is unknown".to_owned());
    }
    conventions
}

impl Theil {
    /// The index, and its split when the input names groups.
    pub(super) fn compute(self, input: &Input<'_>) -> Output {
        let found = self.shares(input).and_then(|shares| {
            let total = self.divergence(shares.iter().map(|s| (s.first, s.second)))?;
            Ok((total, shares))
        });
        if input.classes("groups").is_none() {
            return Output::of_rows(Shape::Nation, ["total"], &[found.map(|(total, _)| [Ok(total)])]);
        }
        let parts = found.map(|(total, shares)| {
            let (between, within) = self.split(&shares).unwrap_or_else(|absent| (Err(absent), Err(absent)));
            [Ok(total), between, within]
        });
        Output::of_rows(Shape::Nation, ["total", "between", "within"], &[parts])
    }

    /// The shares of the regions that have a value and a weight.
    fn shares(self, input: &Input<'_>) -> Result<Vec<Shares>, Absent> {
        let regions = regions(input)?;
        let pairs: Vec<_> = regions.iter().map(|r| (r.value, r.weight)).collect();
        let (x, w) = totals(&pairs)?;
        let shares = regions.iter().map(|r| {
            let (s, p) = (r.value / x, r.weight / w);
            let (first, second) = if self == Self::T { (s, p) } else { (p, s) };
            Shares { first, second, group: input.classes("groups").and_then(|groups| groups.of[r.region]) }
        });
        Ok(shares.collect())
    }

    /// Σ a ln(a/b), where 0 ln 0 = 0.
    fn divergence(self, pairs: impl Iterator<Item = (f64, f64)>) -> Value {
        let mut sum = 0.0;
        for (a, b) in pairs.filter(|(a, _)| *a > 0.0) {
            if b == 0.0 {
                // T: a value without heads. L: heads without a value, whose logarithm is infinite.
                return Err(if self == Self::T { Absent::ZeroDenominator } else { Absent::OutsideDomain });
            }
            sum += a * (a / b).ln();
        }
        finite(sum).map(|sum| sum.max(0.0))
    }

    /// Between and within groups: the divergence of the groups' sums, and of the regions' shares inside their group.
    fn split(self, shares: &[Shares]) -> Result<(Value, Value), Absent> {
        let mut groups: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for region in shares {
            let sums = groups.entry(region.group.ok_or(Absent::Missing)?).or_default();
            sums.0 += region.first;
            sums.1 += region.second;
        }
        let between = self.divergence(groups.values().copied());
        let scaled = shares.iter().filter_map(|region| {
            let (first, second) = groups.get(&region.group?)?;
            Some((region.first, region.second * (first / second)))
        });
        Ok((between, self.divergence(scaled)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::Classes;
    use crate::panel::Grid;
    use std::borrow::Cow;

    fn total(kind: Theil, x: &[f64], w: &[f64]) -> Value {
        let grid = Grid { width: 1, values: x.iter().copied().map(Ok).collect() };
        let weights: Vec<Value> = w.iter().copied().map(Ok).collect();
        let input = Input::new(&grid).with_regional("weights", &weights[..]);
        kind.compute(&input).parts[0].1[0]
    }

    #[test]
    fn equal_values_per_head_are_equal() {
        for kind in [Theil::T, Theil::L] {
            assert_eq!(total(kind, &[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0]), Ok(0.0));
        }
    }

    #[test]
    fn a_zero_is_nothing_to_t_and_infinite_to_l() {
        assert_eq!(total(Theil::T, &[0.0, 1.0], &[1.0, 1.0]), Ok(2.0_f64.ln()));
        assert_eq!(total(Theil::L, &[0.0, 1.0], &[1.0, 1.0]), Err(Absent::OutsideDomain));
        assert_eq!(total(Theil::T, &[1.0, 1.0], &[0.0, 1.0]), Err(Absent::ZeroDenominator));
    }

    #[test]
    fn a_region_of_unknown_group_spoils_the_split_only() {
        let grid = Grid { width: 1, values: vec![Ok(1.0), Ok(3.0)] };
        let classes = Classes { of: vec![Some(0), None], names: vec!["East".into()] };
        let input = Input::new(&grid).with_classes("groups", Cow::Owned(classes));
        let output = Theil::T.compute(&input);
        assert!(output.parts[0].1[0].is_ok());
        assert_eq!(output.parts[1], ("between", vec![Err(Absent::Missing)]));
    }
}
