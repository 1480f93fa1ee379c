//! Wolfson's index of polarisation: how far the middle has gone.

use super::lorenz::Lorenz;
use super::per_head::{WEIGHTS, convention, heads};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Value, ratio};

/// Four times the area between the Lorenz curve and its tangent at the median, scaled to the median.
#[derive(Debug)]
pub(super) struct Wolfson;

impl Index for Wolfson {
    fn card(&self) -> &'static Card {
        &Card {
            id: "wolfson",
            aliases: &["bipolarisation"],
            title: "Wolfson index of bipolarisation between regions: 0 where equal, 1 where one half of the heads has \
                    nothing and the other half equal shares",
            kind: Kind::Index,
            formula: "P = 2 (2T − G) m/M, with T = ½ − L(½) the share that the poorer half of the heads lacks, G the \
                      Gini coefficient, m the mean and M the median of the value per head; L lies on straight lines \
                      between regions. PySAL's wolfson is (2T − G) m/M, half of it",
            reference: "Wolfson (1994), American Economic Review 84(2), 353–358",
            params: &[WEIGHTS],
            inference: &[Infer::BootstrapRegions],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::NonNegative,
                Law::ZeroWhenEqual,
                Law::ReplicationInvariant,
            ],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention(params), "the original scale, twice that of PySAL".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Nation, vec![wolfson(input)])
    }
}

fn wolfson(input: &Input<'_>) -> Value {
    // Values per head are relative to their mean.
    let curve = Lorenz::new(heads(input)?.iter().map(|h| (h.relative, h.share)).collect());
    let lacking = 0.5 - curve.poorer_half();
    ratio((2.0 * (2.0 * lacking - curve.gini()?)).max(0.0), curve.median())
}
