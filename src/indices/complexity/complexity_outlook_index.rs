//! The complexity outlook index: how near a region is to complex industries it is not specialised in.

use super::network::CUTOFF;
use super::outlook::{Outlook, conventions};
use super::relation::Matrix;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value};
use rayon::prelude::*;

/// Deviations below this share of the mean are rounding.
const ROUNDING: f64 = 1e-12;

/// See the card.
#[derive(Debug)]
pub(super) struct ComplexityOutlookIndex;

impl Index for ComplexityOutlookIndex {
    fn card(&self) -> &'static Card {
        &Card {
            id: "complexity_outlook_index",
            aliases: &["coi"],
            title: "Complexity outlook index (COI): how near a region is to complex industries it lacks",
            kind: Kind::Index,
            formula: "value: the z-score (ddof 0) of unscaled = Σ_i ω_ri (1 − M_ri) PCI_i, with ω_ri = Σ_j M_rj φ_ij / \
                      Σ_j φ_ij, φ the proximity, M_ri = 1 where LQ_ri ≥ cutoff",
            reference: "Hausmann et al. (2014), The Atlas of Economic Complexity, MIT Press, technical box 5.4",
            params: &[CUTOFF],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
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
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let outlook = Outlook::of(input, params);
        let of = |region: usize| if input.stopped() { Err(Absent::Undetermined) } else { sum(&outlook, region) };
        let unscaled: Vec<Value> = (0..input.measure.regions()).into_par_iter().map(of).collect();
        let parts = vec![("value", standardized(&unscaled)), ("unscaled", unscaled)];
        Output { shape: Shape::Region, keys: Vec::new(), parts }
    }
}

/// The sum of density times complexity over what a region lacks.
fn sum(outlook: &Outlook, region: usize) -> Value {
    outlook.region(region)?;
    let near = outlook.near(region, |_| 1.0).into_iter().zip(&outlook.totals).zip(&outlook.complexity);
    let terms = near.map(|((near, total), pci)| if *total > 0.0 { near / total * pci } else { 0.0 });
    outlook.not_yet(region, terms.map(Ok).collect()).into_iter().sum()
}

/// z-scores of what is present.
fn standardized(values: &[Value]) -> Vec<Value> {
    let present: Vec<f64> = values.iter().copied().flatten().collect();
    let scale = spread(&present, 0);
    let of = |x: f64| {
        let scale = scale?;
        let largest = present.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        if scale.deviation <= ROUNDING * largest {
            return Err(Absent::ZeroDenominator);
        }
        Ok((x - scale.mean) / scale.deviation)
    };
    values.iter().map(|value| value.and_then(of)).collect()
}
