//! Shannon's entropy of shares.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::distribution::{OVER, Over, check_over, convention, each};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, ratio};

/// `−Σ s log s`.
#[derive(Debug)]
pub(super) struct Entropy;

impl Index for Entropy {
    fn card(&self) -> &'static Card {
        &Card {
            id: "entropy",
            aliases: &[],
            title: "Shannon entropy of shares: 0 at full concentration, log n at equal shares",
            kind: Kind::Index,
            formula: "value H = −Σ s log s with 0 log 0 = 0, evenness H / log n; s the shares and n the number of \
                      categories",
            reference: "Shannon (1948), Bell System Technical Journal 27, 379–423; evenness: Pielou (1966), Journal of \
                        Theoretical Biology 13, 131–144",
            params: &[
                OVER,
                Param {
                    name: "base",
                    doc: "Base of the logarithm: e (nats), 2 (bits) or 10.",
                    domain: Domain::Choice(&["e", "2", "10"]),
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        Over::of(params, width).shape(width)
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        check_over(params, facts)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params), format!("logarithm to base {}", params.text("base").unwrap_or_default())]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let log = match params.text("base") {
            Some("2") => f64::log2,
            Some("10") => f64::log10,
            _ => f64::ln,
        };
        each(input, params, ["value", "evenness"], |distribution| {
            let h: f64 = distribution.shares().filter(|s| *s > 0.0).map(|s| s * log(1.0 / s)).sum();
            let n = distribution.len();
            let evenness = if n < 2 { Err(Absent::TooFewCategories) } else { ratio(h, log(n as f64)) };
            [Ok(h), evenness]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Raw;
    use crate::panel::Grid;

    #[test]
    fn equal_shares_are_fully_even_in_every_base() {
        let grid = Grid { width: 1, values: vec![Ok(3.0); 10] };
        let input = Input::new(&grid);
        let word = |base: &str| Raw::Text(base.to_owned());
        for (base, h) in [
            (word("e"), 10.0_f64.ln()),
            (word("2"), 10.0_f64.log2()),
            (Raw::Number(2.0), 10.0_f64.log2()),
            (Raw::Number(10.0), 1.0),
        ] {
            let given = [("base".to_owned(), base)].into();
            let output = Entropy.compute(&input, &Params::parse(Entropy.card(), &given, "").unwrap());
            assert!((output.parts[0].1[0].unwrap() - h).abs() < 1e-14);
            assert!((output.parts[1].1[0].unwrap() - 1.0).abs() < 1e-14);
        }
    }
}
