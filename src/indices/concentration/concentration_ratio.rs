//! The concentration ratio.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::distribution::{OVER, Over, check_over, convention, each};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};

/// The sum of the k largest shares.
#[derive(Debug)]
pub(super) struct ConcentrationRatio;

impl Index for ConcentrationRatio {
    fn card(&self) -> &'static Card {
        &Card {
            id: "concentration_ratio",
            aliases: &["cr"],
            title: "Concentration ratio CR_k: the sum of the k largest shares",
            kind: Kind::Index,
            formula: "CR_k = s_(1) + … + s_(k), with s_(1) ≥ s_(2) ≥ … the shares",
            reference: "Bain (1951), Quarterly Journal of Economics 65, 293–324; axioms: Hall and Tideman (1967), \
                        Journal of the American Statistical Association 62, 162–168",
            params: &[
                OVER,
                Param {
                    name: "k",
                    doc: "Number of shares summed.",
                    domain: Domain::Integer { min: 1, max: 1_000_000, default: 4 },
                },
            ],
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
        let k = params.number("k");
        vec![convention(params), format!("the {k} largest shares; 1 where there are no more than {k}")]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let k = params.number("k") as usize;
        each(input, params, ["value"], |distribution| {
            let mut values = distribution.values.clone();
            values.sort_unstable_by(|a, b| b.total_cmp(a));
            [Ok(values.iter().take(k).sum::<f64>() / distribution.total)]
        })
    }
}
