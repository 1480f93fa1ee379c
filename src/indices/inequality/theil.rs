//! What Theil's T and L share: both are a divergence between the regions' shares of the measure and of the weights.
//!
//! With s_r the region's share of the measure and p_r its share of the weights (1/R without weights), the value per
//! head relative to the mean is s_r/p_r. T = Σ s ln(s/p) and L = Σ p ln(p/s) are the same sum with the two swapped,
//! and the chain rule of that sum splits it into between and within groups.

use super::per_head::{WEIGHTS, convention, regions};
use crate::card::{Domain, Infer, Param, Params};
use crate::indices::distribution::totals;
use crate::indices::{Ask, Extra, Input, Output, Shape, permuted};
use crate::panel::{Absent, Value, finite};

/// The parameters of both indices.
pub(super) const PARAMS: &[Param] = &[
    WEIGHTS,
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
pub(super) struct Shares {
    first: f64,
    second: f64,
    group: Option<usize>,
}

/// What the groups sum to, by number: the shares that weight the sum first.
pub(super) type Sums = Vec<(f64, f64)>;

/// The statements of an answer of either index.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let mut conventions = vec!["natural logarithm".to_owned(), convention(params)];
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

    /// The p-value of the part between groups when the regions are dealt out to the groups anew; `None` without
    /// groups.
    pub(super) fn infer(self, input: &Input<'_>, ask: &Ask) -> Option<Vec<Extra>> {
        input.classes("groups").filter(|_| ask.infer == Infer::Permutation)?;
        let p = self.shares(input).and_then(|shares| {
            let observed = self.divergence(sums(&shares, |r| r)?.into_iter());
            let between = |order: &[usize]| match input.stopped() {
                true => vec![Err(Absent::Missing)],
                false => vec![sums(&shares, |r| order[r]).and_then(|sums| self.divergence(sums.into_iter()))],
            };
            permuted(ask, shares.len(), &[observed], between)[0]
        });
        Some(vec![("between_p".to_owned(), vec![p])])
    }

    /// The shares of the regions that have a value and a weight.
    pub(super) fn shares(self, input: &Input<'_>) -> Result<Vec<Shares>, Absent> {
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

    /// Σ a ln(a/b).
    fn divergence(self, pairs: impl Iterator<Item = (f64, f64)>) -> Value {
        let mut sum = 0.0;
        for (a, b) in pairs {
            sum += self.term(a, b)?;
        }
        finite(sum).map(|sum| sum.max(0.0))
    }

    /// a ln(a/b), where 0 ln 0 = 0.
    pub(super) fn term(self, a: f64, b: f64) -> Value {
        match (self, a == 0.0, b == 0.0) {
            (_, true, _) => Ok(0.0),
            // A value without heads.
            (Self::T, _, true) => Err(Absent::ZeroDenominator),
            // Heads without a value, whose logarithm is infinite.
            (Self::L, _, true) => Err(Absent::OutsideDomain),
            _ => Ok(a * (a / b).ln()),
        }
    }

    /// Between and within groups: the divergence of the groups' sums, and of the regions' shares inside their group.
    fn split(self, shares: &[Shares]) -> Result<(Value, Value), Absent> {
        let sums = sums(shares, |r| r)?;
        let within = self.divergence(scaled(shares, &sums));
        Ok((self.divergence(sums.into_iter()), within))
    }

    /// The divergence of the regions' shares inside one group, as a part of that within all groups.
    pub(super) fn within(self, shares: &[Shares], sums: &Sums, group: usize) -> Value {
        let members = shares.iter().filter(|region| region.group == Some(group));
        self.divergence(scaled(members, sums))
    }
}

/// The sums of the groups' shares when `of` says whose group a region has.
pub(super) fn sums(shares: &[Shares], of: impl Fn(usize) -> usize) -> Result<Sums, Absent> {
    let mut sums = vec![(0.0, 0.0); shares.iter().filter_map(|s| s.group).max().map_or(0, |last| last + 1)];
    for (r, region) in shares.iter().enumerate() {
        let (first, second) = &mut sums[shares[of(r)].group.ok_or(Absent::Missing)?];
        *first += region.first;
        *second += region.second;
    }
    Ok(sums)
}

/// The shares of regions as their divergence inside their groups needs them: the second on the scale of the first.
fn scaled<'s>(
    shares: impl IntoIterator<Item = &'s Shares> + 's,
    sums: &'s Sums,
) -> impl Iterator<Item = (f64, f64)> + 's {
    shares.into_iter().filter_map(|region| {
        let (first, second) = sums[region.group?];
        let scale = if second > 0.0 { first / second } else { 0.0 };
        Some((region.first, region.second * scale))
    })
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
