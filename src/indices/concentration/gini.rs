//! The Gini coefficient, plain and locational.

use crate::card::{Card, Kind, Law, Params};
use crate::indices::distribution::{self, OVER, Over, distributions, totals};
use crate::indices::reference::{self, REFERENCE, WEIGHTS, check_reference, is_equal, reference};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value, finite, ratio};

/// Twice the area between the Lorenz curve and the diagonal.
#[derive(Debug)]
pub(super) struct Gini;

impl Index for Gini {
    fn card(&self) -> &'static Card {
        &Card {
            id: "gini",
            aliases: &[],
            title: "Gini coefficient of shares: 0 (as the reference) to 1; locational Gini with reference=total",
            kind: Kind::Index,
            formula: "G = Σ_k (F_{k−1} L_k − F_k L_{k−1}), with L and F the cumulated shares of the values and of their \
                      reference, sorted by value over reference; normalised G n/(n − 1) when the reference is equal \
                      shares of n categories",
            reference: "Gini (1912), Variabilità e mutabilità; against a reference: Hoover (1936), Review of Economics \
                        and Statistics 18, 162–171, and Krugman (1991), Geography and Trade, MIT Press",
            params: &[OVER, REFERENCE, WEIGHTS],
            inference: &[],
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
        let scale = "maximum 1, not 1/2";
        vec![distribution::convention(params), reference::convention(params), scale.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let over = Over::of(params, input.measure.width());
        let reference = reference(input, params, over);
        let ginis = distributions(&input.measure, over).into_iter().map(|one| {
            let pairs = one?.beside(&reference)?;
            Ok((gini(&pairs)?, pairs.len()))
        });
        let shape = over.shape(input.measure.width());
        if !is_equal(params) {
            return Output::of(shape, ginis.map(|gini| Ok(gini?.0)).collect());
        }
        let rows: Vec<_> = ginis.map(|gini| gini.map(|(g, n)| [Ok(g), normalised(g, n)])).collect();
        Output::of_rows(shape, ["value", "normalised"], &rows)
    }
}

fn normalised(gini: f64, n: usize) -> Value {
    if n < 2 { Err(Absent::TooFewCategories) } else { ratio(gini * n as f64, (n - 1) as f64) }
}

/// Twice the area between the diagonal and the Lorenz curve of the first numbers against the second.
fn gini(pairs: &[(f64, f64)]) -> Value {
    let (x_total, reference_total) = totals(pairs)?;
    let mut points: Vec<(f64, f64)> = pairs.iter().map(|(x, q)| (x / x_total, q / reference_total)).collect();
    // A point without value and reference has no slope to sort by, and adds no area.
    points.retain(|(x, q)| *x > 0.0 || *q > 0.0);
    points.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (mut l, mut f, mut area) = (0.0, 0.0, 0.0);
    for (x, q) in points {
        area += f * (l + x) - (f + q) * l;
        l += x;
        f += q;
    }
    finite(area).map(|area| area.max(0.0))
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
