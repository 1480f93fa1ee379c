//! Coherence: how related a region's activity is to the rest of its activity.

use super::network::{CUTOFF, Network, convention};
use super::relation::{KIND, Matrix, Relation, SIZE};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite, ratio};
use rayon::prelude::*;

/// See the card.
#[derive(Debug)]
pub(super) struct Coherence;

impl Index for Coherence {
    fn card(&self) -> &'static Card {
        &Card {
            id: "coherence",
            aliases: &[],
            title: "Coherence of a region: the weighted average relatedness of its industries with its other industries",
            kind: Kind::Index,
            formula: "Σ_i s_ri (Σ_{j≠i} x_rj R_ij / Σ_{j≠i} x_rj), with s_ri = x_ri/Σ_i x_ri and R the relatedness of the \
                      parameter kind",
            reference: "Teece, Rumelt, Dosi and Winter (1994), Journal of Economic Behavior and Organization 23, 1–30; \
                        of regions: Nesta and Saviotti (2005), Journal of Industrial Economics 53, 123–142",
            params: &[KIND, SIZE, CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, _regions: usize, width: usize) -> u64 {
        Matrix::bytes(width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let sums = "sums run over the industries that some region is specialised in and whose value is present; \
                    undefined relatedness counts as none; a region of one industry has no coherence";
        vec![convention(params), sums.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let related = Relation::of(&network, params).matrix(0.0);
        let of = |region: usize| {
            if input.stopped() {
                return Err(Absent::Undetermined);
            }
            network.active_region(region)?;
            let cells = input.measure.region(region).filter(|(industry, _)| network.active_industry(*industry).is_ok());
            coherence(&related, &cells.filter_map(|(industry, x)| Some((industry, x.ok()?))).collect::<Vec<_>>())
        };
        Output::of(Shape::Region, (0..input.measure.regions()).into_par_iter().map(of).collect())
    }
}

/// Of one region's industries and values.
fn coherence(related: &Matrix, cells: &[(usize, f64)]) -> Value {
    if cells.iter().any(|(_, x)| *x < 0.0) {
        return Err(Absent::OutsideDomain);
    }
    let cells: Vec<(usize, f64)> = cells.iter().copied().filter(|(_, x)| *x > 0.0).collect();
    if cells.len() < 2 {
        return Err(Absent::TooFewCategories);
    }
    let total: f64 = cells.iter().map(|(_, x)| x).sum();
    let mut coherence = 0.0;
    for (industry, x) in &cells {
        let row = related.row(*industry);
        let sum: f64 = cells.iter().map(|(other, x)| x * row[*other]).sum();
        coherence += x / total * ratio(sum, total - x)?;
    }
    finite(coherence)
}
