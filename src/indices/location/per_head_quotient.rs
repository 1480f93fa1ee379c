//! The quotient per head: a region's share of an industry over its share of the population.

use super::national_shares::NationalShares;
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::ratio;

/// `(x_ri/x_i) / (p_r/p)`.
#[derive(Debug)]
pub(super) struct PerHeadQuotient;

impl Index for PerHeadQuotient {
    fn card(&self) -> &'static Card {
        &Card {
            id: "per_head_quotient",
            aliases: &["rpop"],
            title: "Quotient per head: the industry per head of the region over the same of the nation",
            kind: Kind::Index,
            formula: "(x_ri/x_i) / (p_r/p) = (x_ri/p_r) / (x_i/p), with x_i and p the sums over the regions whose \
                      population p_r is known; 1 where the industry follows the population",
            reference: "Hausmann, Hidalgo and others (2014), The Atlas of Economic Complexity, MIT Press, as RPOP of \
                        The Growth Lab's ecomplexity",
            params: &[Param {
                name: "population",
                doc: "The measure or numeric attribute that counts the heads.",
                domain: Domain::Measure { required: true },
            }],
            inference: &[Infer::BootstrapUnits],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::NonNegative,
                Law::OneWhenEqual,
                Law::ReplicationInvariant,
            ],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let population = params.text("population").unwrap_or_default();
        vec![format!("the nation is the regions whose {population} is known")]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let population = input.regional("population").unwrap_or_default();
        let heads = NationalShares::of_regions(population, population);
        let industries = NationalShares::of_cells(&input.measure, population);
        let values = input.measure.cells().map(|(region, industry, x)| {
            let x = x?;
            ratio(industries.of(industry, x)?, heads.of(0, population[region]?)?)
        });
        Output::of(Shape::Cell, values.collect())
    }
}
