//! Strong clusters: where an industry is both unusually concentrated and not small.

use super::ranks::{Rank, ranks};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::location::location_quotient::quotients;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// The rule of cluster mapping.
#[derive(Debug)]
pub(super) struct StrongCluster;

impl Index for StrongCluster {
    fn card(&self) -> &'static Card {
        &Card {
            id: "strong_cluster",
            aliases: &[],
            title: "Strong cluster: 1 where an industry's quotient is among the largest and its share not among the \
                    smallest, else 0",
            kind: Kind::Index,
            formula: "1 where, among the regions that have industry i, fewer than the share `top` have a larger LQ_ri, \
                      LQ_ri ≥ quotient, at least the share `floor` have a smaller x_ri/x_i, and, with the measure \
                      `plants` n, as many have a smaller n_ri/n_i; else 0. Parts: value, quotient = LQ_ri, share = \
                      x_ri/x_i",
            reference: "Delgado, Porter and Stern (2014), Research Policy 43, 1785–1799, and their U.S. Cluster \
                        Mapping Project: top quarter of quotients, lowest quarter of shares excluded",
            params: &[
                Param {
                    name: "top",
                    doc: "The share of the regions of an industry that its strong clusters are, at most.",
                    domain: Domain::Number { min: 0.0, max: 1.0, default: 0.25 },
                },
                Param {
                    name: "quotient",
                    doc: "The location quotient that a strong cluster has, at least.",
                    domain: Domain::Number { min: 0.0, max: 1e6, default: 1.0 },
                },
                Param {
                    name: "floor",
                    doc: "The share of the regions of an industry whose share of it is too small for a strong cluster.",
                    domain: Domain::Number { min: 0.0, max: 1.0, default: 0.25 },
                },
                Param {
                    name: "plants",
                    doc: "A measure that counts plants, whose shares must not be among the smallest either.",
                    domain: Domain::Cells { required: false },
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec![
            "ranks are among the regions where the industry is above zero; the nation includes the region itself"
                .to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let slice = &input.measure;
        let (quotients, totals) = (quotients(slice), slice.industry_totals());
        let shares: Vec<Value> = slice.cells().map(|(_, industry, x)| ratio(x?, totals[industry]?)).collect();
        let by_quotient = ranks(slice, &quotients);
        let sizes: Vec<Vec<Result<Rank, Absent>>> = [Some(slice), input.cells("plants")]
            .into_iter()
            .flatten()
            .map(|size| ranks(slice, size.values()))
            .collect();
        let is_strong = |cell: usize| {
            let (x, quotient) = (slice.values()[cell]?, quotients[cell]?);
            let mut strong = x > 0.0 && quotient >= params.number("quotient");
            strong &= by_quotient[cell]?.is_in_top(params.number("top"));
            for size in &sizes {
                strong &= size[cell]?.is_beyond(params.number("floor"));
            }
            Ok(f64::from(u8::from(strong)))
        };
        let value = (0..shares.len()).map(is_strong).collect();
        let parts = vec![("value", value), ("quotient", quotients), ("share", shares)];
        Output { shape: Shape::Cell, keys: Vec::new(), parts }
    }
}
