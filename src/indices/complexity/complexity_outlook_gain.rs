//! The complexity outlook gain: what an industry would open up for a region.

use super::network::CUTOFF;
use super::outlook::{Outlook, conventions};
use super::relation::Matrix;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value};
use rayon::prelude::*;

/// See the card.
#[derive(Debug)]
pub(super) struct ComplexityOutlookGain;

impl Index for ComplexityOutlookGain {
    fn card(&self) -> &'static Card {
        &Card {
            id: "complexity_outlook_gain",
            aliases: &["cog"],
            title: "Complexity outlook gain (COG): how much nearer to complex industries a further industry would bring a \
                    region; not the opportunity gain of economic-complexity",
            kind: Kind::Index,
            formula: "COG_ri = (1 − M_ri) Σ_j (1 − M_rj) φ_ij PCI_j / Σ_k φ_jk, with φ the proximity and M_ri = 1 where \
                      LQ_ri ≥ cutoff; 0 for industries the region is specialised in. The sum includes j = i",
            reference: "Hausmann et al. (2014), The Atlas of Economic Complexity, MIT Press, technical box 5.4, in the \
                        form of the Growth Lab's software (Stata ecomplexity, py-ecomplexity)",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Grid
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, _regions: usize, width: usize) -> u64 {
        Matrix::bytes(width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let (regions, width) = (input.measure.regions(), input.measure.width());
        let outlook = Outlook::of(input, params);
        let (pci, totals) = (&outlook.complexity, &outlook.totals);
        let weight = |industry: usize| if totals[industry] > 0.0 { pci[industry] / totals[industry] } else { 0.0 };
        // What the sum over the industries a region lacks is made of: the sum over all less that over its own.
        let all = outlook.proximity.sums(0..width, weight);
        let row = |region: usize| -> Vec<Value> {
            if input.stopped() {
                return vec![Err(Absent::Undetermined); width];
            }
            let own = outlook.near(region, weight);
            let gain = |industry: usize| {
                outlook.region(region).and(outlook.industry(industry)).map(|()| all[industry] - own[industry])
            };
            outlook.not_yet(region, (0..width).map(gain).collect())
        };
        let rows: Vec<Vec<Value>> = (0..regions).into_par_iter().map(row).collect();
        Output::of(Shape::Grid, rows.into_iter().flatten().collect())
    }
}
