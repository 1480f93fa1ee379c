//! The Gini coefficient, plain and locational.

use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{self, OVER, Over, map_distributions, totals};
use crate::indices::reference::{self, REFERENCE, WEIGHTS, check_reference, is_equal, reference};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value, ratio};

/// Twice the area between the Lorenz curve and the diagonal.
#[derive(Debug)]
pub(super) struct Gini;

impl Index for Gini {
    fn card(&self) -> &'static Card {
        &Card {
            id: "gini",
            aliases: &["locational_gini"],
            title: "Gini coefficient of shares: 0 (as the reference) to 1; locational Gini with reference=total",
            kind: Kind::Index,
            formula: "value G = Σ_k (F_{k−1} L_k − F_k L_{k−1}), with L and F the cumulated shares of the values and of \
                      their reference, sorted by value over reference: twice the area between the Lorenz curve and \
                      the diagonal, at most 1; half_area G/2, at most 1/2: the scale of locational_gini in EconGeo; \
                      normalised G / (1 − q), with q the least share of the reference: 1 when all is in one \
                      category, G n/(n − 1) when the reference is equal shares of n categories",
            reference: "Gini (1912), Variabilità e mutabilità; against a reference: Hoover (1936), Review of Economics \
                        and Statistics 18, 162–171, and Krugman (1991), Geography and Trade, MIT Press",
            params: &[OVER, REFERENCE, WEIGHTS],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1), Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        Over::of(params, width).shape(width)
    }

    fn needs_additive(&self, params: &Params) -> bool {
        !is_equal(params)
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_reference(params, facts)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let scale = "value has the maximum 1, half_area 1/2";
        vec![distribution::convention(params), reference::convention(params), scale.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let over = Over::of(params, input.measure.width());
        let reference = reference(input, params, over);
        let rows = map_distributions(&input.measure, over, |one| {
            let pairs = one.beside(&reference)?;
            let g = gini(&pairs)?;
            Ok([Ok(g), Ok(g / 2.0), normalised(g, &pairs)])
        });
        Output::of_rows(over.shape(input.measure.width()), ["value", "half_area", "normalised"], &rows)
    }
}

/// The coefficient over the one that it has when all is in the category of the least reference.
pub(super) fn normalised(gini: f64, pairs: &[(f64, f64)]) -> Value {
    let start = (0.0, f64::INFINITY);
    let (reference, least) = pairs.iter().fold(start, |(sum, least), (_, q)| (sum + q, least.min(*q)));
    if pairs.len() < 2 { Err(Absent::TooFewCategories) } else { ratio(gini, 1.0 - least / reference) }
}

/// Twice the area between the diagonal and the Lorenz curve of the first numbers against the second.
pub(super) fn gini(pairs: &[(f64, f64)]) -> Value {
    let (x_total, reference_total) = totals(pairs)?;
    let mut steps = Vec::with_capacity(pairs.len());
    steps.extend(pairs.iter().filter(|(_, q)| *q > 0.0).map(|(x, q)| (x / q, *q)));
    // No slope is negative, so that they are in the order of their bits.
    steps.sort_unstable_by_key(|(slope, _): &(f64, f64)| slope.to_bits());
    let (mut l, mut f, mut area) = (0.0, 0.0, 0.0);
    for (slope, q) in steps {
        let x = slope * q;
        area += f * x - q * l;
        l += x;
        f += q;
    }
    // Where the reference is zero, the curve ends in a step up to the total.
    area += f * (x_total - l).max(0.0);
    ratio(area, x_total * reference_total).map(|area| area.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_without_reference_comes_last() {
        assert_eq!(gini(&[(1.0, 0.0), (0.0, 4.0)]), Ok(1.0));
        assert_eq!(gini(&[(1.0, 1.0), (0.0, 0.0), (1.0, 1.0)]), Ok(0.0));
    }

    #[test]
    fn nothing_or_a_negative_value_has_no_curve() {
        assert_eq!(gini(&[(0.0, 1.0), (0.0, 1.0)]), Err(Absent::ZeroDenominator));
        assert_eq!(gini(&[(2.0, 1.0), (-1.0, 1.0)]), Err(Absent::OutsideDomain));
    }
}
