//! Relatedness density: how much of what is related to an industry a region is specialised in.

use super::network::{CUTOFF, Network, convention};
use super::relation::{DIAGONAL, KIND, Matrix, Relation, SIZE, check_diagonal};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value, ratio};
use rayon::prelude::*;

/// See the card.
#[derive(Debug)]
pub(super) struct RelatednessDensity;

impl Index for RelatednessDensity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "relatedness_density",
            aliases: &["density_around"],
            title: "Relatedness density: the share of an industry's related industries that a region is specialised in",
            kind: Kind::Index,
            formula: "ω_ri = Σ_j M_rj φ_ij / Σ_j φ_ij, with φ the relatedness of the parameter kind and M_rj = 1 where \
                      LQ_rj ≥ cutoff; 1 − ω is the distance",
            reference: "Hidalgo, Klinger, Barabási and Hausmann (2007), Science 317, 482–487; of other kinds: Boschma, \
                        Balland and Kogler (2015), Industrial and Corporate Change 24, 223–250",
            params: &[
                Param {
                    name: KIND.name,
                    doc: KIND.doc,
                    domain: Domain::Choice(&["conditional", "cosine", "jaccard", "association", "probability"]),
                },
                SIZE,
                DIAGONAL,
                CUTOFF,
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Grid
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        if !facts.has_industries {
            return Err(Refusal { param: "", rule: "needs data with industries" });
        }
        check_diagonal(params)
    }

    fn scratch(&self, _params: &Params, _regions: usize, width: usize) -> u64 {
        Matrix::bytes(width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let own = if params.chooses("diagonal", "included") { "counts, with relatedness 1" } else { "does not count" };
        vec![convention(params), format!("the industry itself {own}; undefined relatedness counts as none")]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let diagonal = if params.chooses("diagonal", "included") { 1.0 } else { 0.0 };
        let related = Relation::of(&network, params).matrix(diagonal);
        let totals = related.totals();
        let row = |region: usize| -> Vec<Value> {
            if input.stopped() {
                return vec![Err(Absent::Undetermined); totals.len()];
            }
            let sums = related.sums(network.industries.row(region).iter().map(|j| *j as usize), |_| 1.0);
            let of = |industry: usize| {
                network.active_region(region)?;
                ratio(sums[industry], totals[industry])
            };
            network.per_industry(of)
        };
        let rows: Vec<Vec<Value>> = (0..input.measure.regions()).into_par_iter().map(row).collect();
        Output::of(Shape::Grid, rows.into_iter().flatten().collect())
    }
}
