//! The Herfindahl-Hirschman index.

use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{OVER, Over, check_over, convention, each};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value, ratio};

/// `Σ s²`.
#[derive(Debug)]
pub(super) struct Hhi;

impl Index for Hhi {
    fn card(&self) -> &'static Card {
        &Card {
            id: "hhi",
            aliases: &["herfindahl"],
            title: "Herfindahl-Hirschman index: sum of squared shares",
            kind: Kind::Index,
            formula: "value H = Σ s², normalised (H − 1/n) / (1 − 1/n), equivalent_number 1/H; s the shares and n the \
                      number of categories",
            reference: "Hirschman (1964), American Economic Review 54, 761–762; equivalent number: Adelman (1969), \
                        Review of Economics and Statistics 51, 99–101",
            params: &[OVER],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        Over::of(params, width).shape(width)
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_over(params, facts)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params), "shares are fractions: 1 at full concentration".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        each(input, params, ["value", "normalised", "equivalent_number"], |distribution| {
            let h = distribution.shares().map(|s| s * s).sum();
            [Ok(h), normalised(h, distribution.len()), ratio(1.0, h)]
        })
    }
}

fn normalised(h: f64, n: usize) -> Value {
    let least = 1.0 / n as f64;
    if n < 2 { Err(Absent::TooFewCategories) } else { ratio(h - least, 1.0 - least) }
}
