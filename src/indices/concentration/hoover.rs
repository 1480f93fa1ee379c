//! The Hoover index: the share that would have to move to match the reference.

use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{self, Distribution, OVER, Over, map_distributions, share_distance};
use crate::indices::reference::{self, REFERENCE, WEIGHTS, check_reference, is_equal, reference};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};

/// `½ Σ |s − q|`.
#[derive(Debug)]
pub(super) struct Hoover;

impl Index for Hoover {
    fn card(&self) -> &'static Card {
        &Card {
            id: "hoover",
            aliases: &[],
            title: "Hoover index: the share that would have to move to match the reference, 0 to 1",
            kind: Kind::Index,
            formula: "½ Σ |s − q|, with s the shares and q those of the reference",
            reference: "Hoover (1936), Review of Economics and Statistics 18, 162–171",
            params: &[OVER, REFERENCE, WEIGHTS],
            inference: &[Infer::BootstrapUnits],
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
        let scale = "a fraction, not per cent";
        vec![distribution::convention(params), reference::convention(params), scale.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let over = Over::of(params, input.measure.width());
        let reference = reference(input, params, over);
        let value = |one: Distribution| Ok(0.5 * share_distance(&one.beside(&reference)?)?);
        Output::of(over.shape(input.measure.width()), map_distributions(&input.measure, over, value))
    }
}
